// CXL r3.2 8.2.10.5.2.3 to 8.2.10.5.2.6: what stands in the logs that Get Log returns
#pragma once

#include "wire/events.hpp"
#include "wire/fields.hpp"

namespace cxlemu {

// CXL r3.2 8.2.10.5.2.3 Component State Dump Log (Table 8-89); Component State Dump Data follows
struct ComponentStateDumpHeader {
  Le32 component_state_dump_data_length;
  U8 auto_populate_trigger_count_since_clear;
  Le<EventLogId> event_log;
  Le16 associated_event_record_handle;
  Le64 timestamp;
  Uuid component_state_dump_format_uuid;
  Le32 flags;
  Reserved<0x1C> reserved;

  static constexpr std::uint32_t kAutoPopulateData = 1 << 0;
};
static_assert(sizeof(ComponentStateDumpHeader) == 0x40);
inline constexpr auto kComponentStateDumpFlags = std::to_array<NamedValue>({{1, "Auto Populate Data"}});
CXLEMU_DESCRIBE(ComponentStateDumpHeader,
                CXLEMU_FIELD(ComponentStateDumpHeader, component_state_dump_data_length, number,
                             "bytes of Component State Dump Data that follow"),
                CXLEMU_FIELD(ComponentStateDumpHeader, auto_populate_trigger_count_since_clear, number,
                             "triggers of an auto population since the log was cleared (saturates)"),
                CXLEMU_FIELD(ComponentStateDumpHeader, event_log, choice, "Event Log of the trigger's record",
                             kEventLogNames),
                CXLEMU_FIELD(ComponentStateDumpHeader, associated_event_record_handle, hex,
                             "Associated Event Record Handle; 0: none"),
                CXLEMU_FIELD(ComponentStateDumpHeader, timestamp, nanoseconds, "when the data was generated"),
                CXLEMU_FIELD(ComponentStateDumpHeader, component_state_dump_format_uuid, uuid,
                             "Component State Dump Format UUID"),
                CXLEMU_FIELD(ComponentStateDumpHeader, flags, flags, "Flags", kComponentStateDumpFlags),
                CXLEMU_RESERVED(ComponentStateDumpHeader, reserved));

// CXL r3.2 8.2.10.5.2.4 DDR5 Error Check Scrub Log (Table 8-90), Common Header; entries follow
struct Ddr5EcsLogHeader {
  Le32 common_header;

  using TotalNumberOfEntries = Bits<9, 0>;
  using ComponentIdentifierIsPldm = Bits<10>;
  using EntryType = Bits<12, 11>;
  static constexpr std::uint32_t kPerMemoryMediaFru = 1;
};
static_assert(sizeof(Ddr5EcsLogHeader) == 4);
CXLEMU_DESCRIBE(
    Ddr5EcsLogHeader,
    CXLEMU_FIELD(Ddr5EcsLogHeader, common_header, hex,
                 "bits 9:0: entries; bit 10: PLDM Component Identifiers; bits 12:11: 0 per DRAM, 1 per FRU"));

// CXL r3.2 8.2.10.5.2.4 DDR5 Error Check Scrub Log (Table 8-90), one entry
struct Ddr5EcsLogEntry {
  std::array<std::byte, 16> component_identifier;
  Le16 ddr5_ecs_configurations;
  U8 flags;
  Le16 error_count;
  U8 maximum_row_error_count;
  Le64 address_with_maximum_errors;
  Reserved<4> reserved;

  static constexpr std::uint8_t kErrorFound = 1 << 0;
  using ThresholdCount = Bits<2, 0>;
  using CountsCodewords = Bits<3>;
};
static_assert(sizeof(Ddr5EcsLogEntry) == 0x22);
template <>
inline constexpr std::string_view kPlural<Ddr5EcsLogEntry> = "entries";
inline constexpr auto kDdr5EcsFlags = std::to_array<NamedValue>({{1, "Error Found"}});
CXLEMU_DESCRIBE(Ddr5EcsLogEntry, CXLEMU_FIELD(Ddr5EcsLogEntry, component_identifier, text, "Component Identifier"),
                CXLEMU_FIELD(Ddr5EcsLogEntry, ddr5_ecs_configurations, hex,
                             "bits 2:0: threshold per Gb (3: 256, 4: 1024, 5: 4096); bit 3: codewords are counted"),
                CXLEMU_FIELD(Ddr5EcsLogEntry, flags, flags, "Flags", kDdr5EcsFlags),
                CXLEMU_FIELD(Ddr5EcsLogEntry, error_count, number, "rows or codewords with errors"),
                CXLEMU_FIELD(Ddr5EcsLogEntry, maximum_row_error_count, number, "errors of the row with most of them"),
                CXLEMU_FIELD(Ddr5EcsLogEntry, address_with_maximum_errors, hex, "where that row is"),
                CXLEMU_RESERVED(Ddr5EcsLogEntry, reserved));

// CXL r3.2 8.2.10.5.2.5 Media Test Capability Log (Table 8-92), Common Header
struct MediaTestCapabilityLogHeader {
  U8 number_of_supported_tests;
  Le32 total_number_of_error_signatures;
  U8 media_test_result_long_log_version;
  U8 media_test_result_short_log_version;
  U8 capabilities;
  Reserved<8> reserved;
};
static_assert(sizeof(MediaTestCapabilityLogHeader) == 0x10);
CXLEMU_DESCRIBE(MediaTestCapabilityLogHeader,
                CXLEMU_FIELD(MediaTestCapabilityLogHeader, number_of_supported_tests, number, "tests that follow"),
                CXLEMU_FIELD(MediaTestCapabilityLogHeader, total_number_of_error_signatures, number,
                             "Total Number of Error Signatures"),
                CXLEMU_FIELD(MediaTestCapabilityLogHeader, media_test_result_long_log_version, number,
                             "Media Test Result Long Log Version"),
                CXLEMU_FIELD(MediaTestCapabilityLogHeader, media_test_result_short_log_version, number,
                             "Media Test Result Short Log Version"),
                CXLEMU_FIELD(MediaTestCapabilityLogHeader, capabilities, hex, "Capabilities"),
                CXLEMU_RESERVED(MediaTestCapabilityLogHeader, reserved));

// CXL r3.2 8.2.10.5.2.6 Media Test Results Short and Long Log (Tables 8-95 and 8-98), Common Header
struct MediaTestResultsLogHeader {
  U8 number_of_tests_executed;
  U8 version;
  U8 result;
  Reserved<13> reserved;
};
static_assert(sizeof(MediaTestResultsLogHeader) == 0x10);
inline constexpr auto kMediaTestResults =
    std::to_array<NamedValue>({{0, "All tests completed successfully"},
                               {1, "At least one test completed with failure"},
                               {2, "Interrupted; what had completed was successful"},
                               {3, "Interrupted; at least one test had failed"}});
CXLEMU_DESCRIBE(MediaTestResultsLogHeader,
                CXLEMU_FIELD(MediaTestResultsLogHeader, number_of_tests_executed, number, "tests that follow"),
                CXLEMU_FIELD(MediaTestResultsLogHeader, version, number, "Version"),
                CXLEMU_FIELD(MediaTestResultsLogHeader, result, choice, "Result", kMediaTestResults),
                CXLEMU_RESERVED(MediaTestResultsLogHeader, reserved));

}  // namespace cxlemu
