// CXL r3.2 8.2.10.5 Logs command set (Opcodes 0400h to 0405h) and the Command Effects Log; what stands in the other
// logs is in log_contents.hpp
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

inline constexpr Uuid kCommandEffectsLog = "0da9c0b5-bf41-4b78-8f79-96b1623b3f17"_uuid;
inline constexpr Uuid kVendorDebugLog = "5e1819d9-11a9-400c-811f-d60719403d86"_uuid;
inline constexpr Uuid kComponentStateDumpLog = "b3fab4cf-01b6-4332-943e-5e9962f23567"_uuid;
inline constexpr Uuid kDdr5EcsLog = "f1720d60-a7a9-4306-a003-11948f9e077c"_uuid;
inline constexpr Uuid kMediaTestCapabilityLog = "e6dfa32c-d13e-4a5c-8ca8-99bebbf731a4"_uuid;
inline constexpr Uuid kMediaTestResultsShortLog = "2c255522-8ce4-11ec-b909-0242ac120002"_uuid;
inline constexpr Uuid kMediaTestResultsLongLog = "c1fe0b3e-7a00-448e-a24e-a6aabbfe587a"_uuid;

// CXL r3.2 8.2.10.5.2.1 Command Effects Log, one entry (Table 8-87)
struct CommandEffectsLogEntry {
  Le16 opcode;
  Le16 command_effect;
};
static_assert(sizeof(CommandEffectsLogEntry) == 4);

/// Bits of a Command Effect (CXL r3.2 8.2.10.5.2.1, Table 8-87).
namespace effect {
inline constexpr std::uint16_t none = 0;
inline constexpr std::uint16_t configuration_change_after_cold_reset = 1 << 0;
inline constexpr std::uint16_t immediate_configuration_change = 1 << 1;
inline constexpr std::uint16_t immediate_data_change = 1 << 2;
inline constexpr std::uint16_t immediate_policy_change = 1 << 3;
inline constexpr std::uint16_t immediate_log_change = 1 << 4;
inline constexpr std::uint16_t security_state_change = 1 << 5;
inline constexpr std::uint16_t background_operation = 1 << 6;
inline constexpr std::uint16_t secondary_mailbox_supported = 1 << 7;
inline constexpr std::uint16_t request_abort_background_operation_supported = 1 << 8;
inline constexpr std::uint16_t cel_11_10_valid = 1 << 9;
inline constexpr std::uint16_t configuration_change_after_conventional_reset = 1 << 10;
inline constexpr std::uint16_t configuration_change_after_cxl_reset = 1 << 11;
}  // namespace effect

inline constexpr auto kCommandEffects = std::to_array<NamedValue>({
    {effect::configuration_change_after_cold_reset, "Configuration Change after Cold Reset"},
    {effect::immediate_configuration_change, "Immediate Configuration Change"},
    {effect::immediate_data_change, "Immediate Data Change"},
    {effect::immediate_policy_change, "Immediate Policy Change"},
    {effect::immediate_log_change, "Immediate Log Change"},
    {effect::security_state_change, "Security State Change"},
    {effect::background_operation, "Background Operation"},
    {effect::secondary_mailbox_supported, "Secondary Mailbox Supported"},
    {effect::request_abort_background_operation_supported, "Request Abort Background Operation Supported"},
    {effect::cel_11_10_valid, "CEL[11:10] Valid"},
    {effect::configuration_change_after_conventional_reset, "Configuration Change after Conventional Reset"},
    {effect::configuration_change_after_cxl_reset, "Configuration Change after CXL Reset"},
});
CXLEMU_DESCRIBE(CommandEffectsLogEntry, CXLEMU_FIELD(CommandEffectsLogEntry, opcode, hex, "Opcode"),
                CXLEMU_FIELD(CommandEffectsLogEntry, command_effect, flags, "Command Effect", kCommandEffects));

// CXL r3.2 8.2.10.5.1 Get Supported Logs (Opcode 0400h), output payload; Supported Log Entries follow
struct GetSupportedLogsOut {
  Le16 number_of_supported_log_entries;
  Reserved<6> reserved;
};
static_assert(sizeof(GetSupportedLogsOut) == 8);
CXLEMU_DESCRIBE(GetSupportedLogsOut,
                CXLEMU_FIELD(GetSupportedLogsOut, number_of_supported_log_entries, number, "entries that follow"),
                CXLEMU_RESERVED(GetSupportedLogsOut, reserved));

struct SupportedLogEntry {
  Uuid log_identifier;
  Le32 log_size;
};
static_assert(sizeof(SupportedLogEntry) == 20);
template <>
inline constexpr std::string_view kPlural<SupportedLogEntry> = "entries";
CXLEMU_DESCRIBE(SupportedLogEntry, CXLEMU_FIELD(SupportedLogEntry, log_identifier, uuid, "Log Identifier"),
                CXLEMU_FIELD(SupportedLogEntry, log_size, number, "largest number of bytes to retrieve"));

// CXL r3.2 8.2.10.5.2 Get Log (Opcode 0401h), input payload; the output is `length` bytes of log data
struct GetLogIn {
  Uuid log_identifier;
  Le32 offset;
  Le32 length;
};
static_assert(sizeof(GetLogIn) == 24);
CXLEMU_DESCRIBE(GetLogIn, CXLEMU_FIELD(GetLogIn, log_identifier, uuid, "Log Identifier"),
                CXLEMU_FIELD(GetLogIn, offset, number, "first byte of the log to return"),
                CXLEMU_FIELD(GetLogIn, length, number, "bytes to return"));

// CXL r3.2 8.2.10.5.3 Get Log Capabilities (Opcode 0402h), input payload
struct GetLogCapabilitiesIn {
  Uuid log_identifier;
};
static_assert(sizeof(GetLogCapabilitiesIn) == 16);
CXLEMU_DESCRIBE(GetLogCapabilitiesIn, CXLEMU_FIELD(GetLogCapabilitiesIn, log_identifier, uuid, "Log Identifier"));

// CXL r3.2 8.2.10.5.3 Get Log Capabilities (Opcode 0402h), output payload
struct GetLogCapabilitiesOut {
  Le32 parameter_flags;

  static constexpr std::uint32_t kClearLogSupported = 1 << 0;
  static constexpr std::uint32_t kPopulateLogSupported = 1 << 1;
  static constexpr std::uint32_t kAutoPopulateSupported = 1 << 2;
  static constexpr std::uint32_t kPersistentAcrossColdReset = 1 << 3;
};
static_assert(sizeof(GetLogCapabilitiesOut) == 4);
inline constexpr auto kLogParameterFlags = std::to_array<NamedValue>({{1 << 0, "Clear Log Supported"},
                                                                      {1 << 1, "Populate Log Supported"},
                                                                      {1 << 2, "Auto Populate Supported"},
                                                                      {1 << 3, "Persistent across Cold Reset"}});
CXLEMU_DESCRIBE(GetLogCapabilitiesOut,
                CXLEMU_FIELD(GetLogCapabilitiesOut, parameter_flags, flags, "Parameter Flags", kLogParameterFlags));

// CXL r3.2 8.2.10.5.4 Clear Log (Opcode 0403h), input payload
struct ClearLogIn {
  Uuid log_identifier;
};
static_assert(sizeof(ClearLogIn) == 16);
CXLEMU_DESCRIBE(ClearLogIn, CXLEMU_FIELD(ClearLogIn, log_identifier, uuid, "Log Identifier"));

// CXL r3.2 8.2.10.5.5 Populate Log (Opcode 0404h), input payload
struct PopulateLogIn {
  Uuid log_identifier;
};
static_assert(sizeof(PopulateLogIn) == 16);
CXLEMU_DESCRIBE(PopulateLogIn, CXLEMU_FIELD(PopulateLogIn, log_identifier, uuid, "Log Identifier"));

// CXL r3.2 8.2.10.5.6 Get Supported Logs Sub-List (Opcode 0405h), input payload
struct GetSupportedLogsSubListIn {
  U8 maximum_number_of_supported_log_entries;
  U8 start_supported_log_entry_index;
};
static_assert(sizeof(GetSupportedLogsSubListIn) == 2);
CXLEMU_DESCRIBE(GetSupportedLogsSubListIn,
                CXLEMU_FIELD(GetSupportedLogsSubListIn, maximum_number_of_supported_log_entries, number,
                             "entries wanted, at least 1"),
                CXLEMU_FIELD(GetSupportedLogsSubListIn, start_supported_log_entry_index, number, "first entry wanted"));

// CXL r3.2 8.2.10.5.6 Get Supported Logs Sub-List (Opcode 0405h), output payload; Supported Log Entries follow
struct GetSupportedLogsSubListOut {
  U8 number_of_supported_log_entries;
  Reserved<1> reserved;
  Le16 total_number_of_supported_log_entries;
  U8 start_supported_log_entry_index;
  Reserved<3> reserved_2;
};
static_assert(sizeof(GetSupportedLogsSubListOut) == 8);
CXLEMU_DESCRIBE(GetSupportedLogsSubListOut,
                CXLEMU_FIELD(GetSupportedLogsSubListOut, number_of_supported_log_entries, number,
                             "entries that follow"),
                CXLEMU_RESERVED(GetSupportedLogsSubListOut, reserved),
                CXLEMU_FIELD(GetSupportedLogsSubListOut, total_number_of_supported_log_entries, number,
                             "entries the component has"),
                CXLEMU_FIELD(GetSupportedLogsSubListOut, start_supported_log_entry_index, number,
                             "index of the first entry returned"),
                CXLEMU_RESERVED(GetSupportedLogsSubListOut, reserved_2));

}  // namespace cxlemu
