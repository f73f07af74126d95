// MCTP control messages as they lie on the wire: DSP0236 1.3.3 11 and 12. Layouts only. The header follows the message
// type byte; requests follow the header, and responses follow the completion code behind it.
#pragma once

#include "base/uuid.hpp"
#include "wire/fields.hpp"

namespace cxlemu::mctp {

// DSP0236 11.1 Control message header
struct ControlMessageHeader {
  U8 request_datagram_instance_id;
  U8 command_code;

  using Request = Bits<7>;
  using Datagram = Bits<6>;
  using InstanceId = Bits<4, 0>;
};
static_assert(sizeof(ControlMessageHeader) == 2);

// DSP0236 12.1 Completion codes
enum class CompletionCode : std::uint8_t {
  success = 0x00,
  error = 0x01,
  error_invalid_data = 0x02,
  error_invalid_length = 0x03,
  error_not_ready = 0x04,
  error_unsupported_cmd = 0x05,
  /// 80h and above belong to the command. Get MCTP Version Support:
  message_type_number_not_supported = 0x80,
};
inline constexpr auto kCompletionCodes = std::to_array<NamedValue>({
    {0x00, "SUCCESS"},
    {0x01, "ERROR"},
    {0x02, "ERROR_INVALID_DATA"},
    {0x03, "ERROR_INVALID_LENGTH"},
    {0x04, "ERROR_NOT_READY"},
    {0x05, "ERROR_UNSUPPORTED_CMD"},
    {0x80, "command specific"},
});

// DSP0236 12.3 Set Endpoint ID
enum class SetEndpointIdOperation : std::uint8_t { set = 0, force = 1, reset = 2, set_discovered_flag = 3 };
inline constexpr auto kSetEndpointIdOperations =
    std::to_array<NamedValue>({{0, "Set EID"}, {1, "Force EID"}, {2, "Reset EID"}, {3, "Set Discovered Flag"}});
struct SetEndpointIdIn {
  U8 operation;
  U8 endpoint_id;
  using Operation = Bits<1, 0>;
};
struct SetEndpointIdOut {
  U8 status;
  U8 eid_setting;
  U8 eid_pool_size;
  using AssignmentStatus = Bits<5, 4>;      ///< 0 accepted, 1 rejected
  using EndpointIdAllocation = Bits<1, 0>;  ///< 0: needs no pool
};

// DSP0236 12.4 Get Endpoint ID
enum class EndpointIdType : std::uint8_t {
  dynamic = 0,
  static_supported = 1,
  static_and_current = 2,
  static_but_other_is_current = 3,
};
struct GetEndpointIdOut {
  U8 endpoint_id;
  U8 endpoint_type;
  U8 medium_specific_information;
  using EndpointType = Bits<5, 4>;  ///< 0 simple endpoint, 1 bus owner or bridge
  using IdType = Bits<1, 0>;
};

// DSP0236 12.5 Get Endpoint UUID
struct GetEndpointUuidOut {
  Uuid endpoint_uuid;
};

// DSP0236 12.6 Get MCTP version support
struct GetMctpVersionSupportIn {
  U8 message_type_number;  ///< FFh: the base specification, 00h: the control protocol
};
struct GetMctpVersionSupportOut {
  U8 version_number_entry_count;
};

// DSP0236 12.7 Get Message Type Support
struct GetMessageTypeSupportOut {
  U8 mctp_message_type_count;
};

// DSP0236 12.8 Get Vendor Defined Message Support
struct GetVendorDefinedMessageSupportIn {
  U8 vendor_id_set_selector;
};

}  // namespace cxlemu::mctp

namespace cxlemu {

CXLEMU_DESCRIBE(mctp::ControlMessageHeader,
                CXLEMU_FIELD(mctp::ControlMessageHeader, request_datagram_instance_id, hex,
                             "Rq [7], D [6], Instance ID [4:0]"),
                CXLEMU_FIELD(mctp::ControlMessageHeader, command_code, hex, "Command Code"));
CXLEMU_DESCRIBE(mctp::SetEndpointIdIn,
                CXLEMU_FIELD(mctp::SetEndpointIdIn, operation, choice, "Operation [1:0]",
                             mctp::kSetEndpointIdOperations),
                CXLEMU_FIELD(mctp::SetEndpointIdIn, endpoint_id, number, "Endpoint ID"));
CXLEMU_DESCRIBE(mctp::SetEndpointIdOut,
                CXLEMU_FIELD(mctp::SetEndpointIdOut, status, hex,
                             "EID assignment status [5:4], endpoint ID allocation status [1:0]"),
                CXLEMU_FIELD(mctp::SetEndpointIdOut, eid_setting, number, "EID Setting"),
                CXLEMU_FIELD(mctp::SetEndpointIdOut, eid_pool_size, number, "EID Pool Size"));
CXLEMU_DESCRIBE(mctp::GetEndpointIdOut, CXLEMU_FIELD(mctp::GetEndpointIdOut, endpoint_id, number, "Endpoint ID"),
                CXLEMU_FIELD(mctp::GetEndpointIdOut, endpoint_type, hex, "Endpoint Type [5:4], Endpoint ID Type [1:0]"),
                CXLEMU_FIELD(mctp::GetEndpointIdOut, medium_specific_information, hex, "Medium-Specific Information"));
CXLEMU_DESCRIBE(mctp::GetEndpointUuidOut, CXLEMU_FIELD(mctp::GetEndpointUuidOut, endpoint_uuid, uuid, "Endpoint UUID"));
CXLEMU_DESCRIBE(mctp::GetMctpVersionSupportIn,
                CXLEMU_FIELD(mctp::GetMctpVersionSupportIn, message_type_number, hex, "Message Type Number"));
CXLEMU_DESCRIBE(mctp::GetMctpVersionSupportOut, CXLEMU_FIELD(mctp::GetMctpVersionSupportOut, version_number_entry_count,
                                                             number, "Version Number Entry count"));
CXLEMU_DESCRIBE(mctp::GetMessageTypeSupportOut, CXLEMU_FIELD(mctp::GetMessageTypeSupportOut, mctp_message_type_count,
                                                             number, "MCTP Message Type Count"));
CXLEMU_DESCRIBE(mctp::GetVendorDefinedMessageSupportIn,
                CXLEMU_FIELD(mctp::GetVendorDefinedMessageSupportIn, vendor_id_set_selector, number,
                             "Vendor ID Set Selector"));

}  // namespace cxlemu
