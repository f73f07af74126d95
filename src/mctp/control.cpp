#include "mctp/control.hpp"

#include <algorithm>

#include "mctp/eid.hpp"

namespace cxlemu::mctp {
namespace {

// DSP0236 12.6.1: the versions before the newest are listed as well.
constexpr auto kBaseVersions = std::to_array<VersionNumberEntry>({
    {0xF1, 0xF0, 0xFF, 0x00},
    {0xF1, 0xF1, 0xFF, 0x00},
    {0xF1, 0xF2, 0xFF, 0x00},
    {0xF1, 0xF3, 0xF3, 0x00},
});
constexpr std::uint8_t kBaseSpecification = 0xFF;

// DSP0236 8.2: 0 is null, 1 to 7 are reserved, FFh is broadcast.
bool is_assignable(Eid eid) { return eid >= kFirstEid && eid != kBroadcastEid; }

}  // namespace

// DSP0236 12.3 Set Endpoint ID (01h)
ControlResult<SetEndpointIdOut> set_endpoint_id(ControlContext& context, const SetEndpointIdIn& in) {
  const auto operation = static_cast<SetEndpointIdOperation>(SetEndpointIdIn::Operation::get(in.operation.value()));
  const Eid static_eid = context.configuration.static_eid;
  Eid eid{in.endpoint_id};
  switch (operation) {
    case SetEndpointIdOperation::set:
      // An endpoint on one bus has one bus owner, so there is no other whose EID it would have to keep: as force.
    case SetEndpointIdOperation::force:
      if (!is_assignable(eid)) return std::unexpected(CompletionCode::error_invalid_data);
      break;
    case SetEndpointIdOperation::reset:
      if (static_eid == kNullEid) return std::unexpected(CompletionCode::error_invalid_data);
      eid = static_eid;
      break;
    case SetEndpointIdOperation::set_discovered_flag:
      // SMBus, USB and serial have no Discovered flag.
      return std::unexpected(CompletionCode::error_invalid_data);
  }
  context.assignment = {eid, context.requester, context.requester_address};
  return SetEndpointIdOut{.status = 0, .eid_setting = eid.value, .eid_pool_size = 0};
}

// DSP0236 12.4 Get Endpoint ID (02h)
ControlResult<GetEndpointIdOut> get_endpoint_id(ControlContext& context) {
  const Eid eid = context.assignment.eid;
  const Eid static_eid = context.configuration.static_eid;
  auto type = EndpointIdType::dynamic;
  if (static_eid != kNullEid) {
    type = eid == static_eid ? EndpointIdType::static_and_current : EndpointIdType::static_but_other_is_current;
  }
  return GetEndpointIdOut{
      .endpoint_id = eid.value,
      .endpoint_type = GetEndpointIdOut::IdType::set(std::uint8_t{0}, static_cast<std::uint64_t>(type)),
      .medium_specific_information = context.configuration.medium_specific_information,
  };
}

// DSP0236 12.5 Get Endpoint UUID (03h)
ControlResult<GetEndpointUuidOut> get_endpoint_uuid(ControlContext& context) {
  if (context.configuration.uuid == Uuid{}) return std::unexpected(CompletionCode::error_unsupported_cmd);
  return GetEndpointUuidOut{context.configuration.uuid};
}

// DSP0236 12.6 Get MCTP Version Support (04h)
ControlResult<GetMctpVersionSupportOut> get_mctp_version_support(ControlContext& context,
                                                                 const GetMctpVersionSupportIn& in, Writer& entries) {
  if (in.message_type_number == kBaseSpecification ||
      in.message_type_number == static_cast<std::uint8_t>(MessageType::control)) {
    entries.put(kBaseVersions);
    return GetMctpVersionSupportOut{static_cast<std::uint8_t>(kBaseVersions.size())};
  }
  const auto& types = context.configuration.message_types;
  const auto found =
      std::ranges::find(types, static_cast<MessageType>(in.message_type_number.value()), &SupportedMessageType::type);
  if (found == types.end()) return std::unexpected(CompletionCode::message_type_number_not_supported);
  entries.put(found->version);
  return GetMctpVersionSupportOut{1};
}

// DSP0236 12.7 Get Message Type Support (05h): the types besides control
ControlResult<GetMessageTypeSupportOut> get_message_type_support(ControlContext& context, Writer& types) {
  std::uint8_t count = 0;
  for (const auto& supported : context.configuration.message_types) {
    // LIMIT: one packet. More types than that cannot be told.
    if (!types.put(U8(static_cast<std::uint8_t>(supported.type)))) break;
    ++count;
  }
  return GetMessageTypeSupportOut{count};
}

// DSP0236 12.8 Get Vendor Defined Message Support (06h): there are none, so that no selector is valid
ControlResult<std::byte> get_vendor_defined_message_support(ControlContext&, const GetVendorDefinedMessageSupportIn&) {
  return std::unexpected(CompletionCode::error_invalid_data);
}

std::string_view control_command_name(std::uint8_t code) {
  static constexpr auto kNames = std::to_array<std::string_view>({
      "Reserved",
      "Set Endpoint ID",
      "Get Endpoint ID",
      "Get Endpoint UUID",
      "Get MCTP Version Support",
      "Get Message Type Support",
      "Get Vendor Defined Message Support",
      "Resolve Endpoint ID",
      "Allocate Endpoint IDs",
      "Routing Information Update",
      "Get Routing Table Entries",
      "Prepare for Endpoint Discovery",
      "Endpoint Discovery",
      "Discovery Notify",
      "Get Network ID",
      "Query Hop",
      "Resolve UUID",
      "Query Rate Limit",
      "Request TX Rate Limit",
      "Update Rate Limit",
      "Query Supported Interfaces",
  });
  if (code < kNames.size()) return kNames[code];
  return code >= 0xF0 ? "Transport Specific" : "Reserved";
}

Result<Bytes, DropReason> answer_control_request(std::span<const ControlCommand> commands, ControlContext& context,
                                                 Bytes body, bool is_broadcast,
                                                 std::span<std::byte, kMaximumControlBody> space) {
  Reader reader(body);
  const auto header = reader.take<ControlMessageHeader>();
  if (!header) return std::unexpected(DropReason::malformed_control_message);
  const std::uint8_t flags = header->request_datagram_instance_id;
  if (ControlMessageHeader::Request::get(flags) == 0) return std::unexpected(DropReason::malformed_control_message);
  const auto row = std::ranges::find(commands, header->command_code.value(), &ControlCommand::code);
  const bool known = row != commands.end();
  if (is_broadcast && !(known && row->may_be_broadcast)) return std::unexpected(DropReason::broadcast_not_allowed);

  Writer response(space);
  response.put(ControlMessageHeader{static_cast<std::uint8_t>(ControlMessageHeader::InstanceId::get(flags)),
                                    header->command_code});
  const auto completion_code = response.reserve(1);
  const std::size_t without_data = response.size();
  auto code = CompletionCode::error_unsupported_cmd;
  if (known && row->run != nullptr) {
    code = reader.rest().size() == row->request_size ? row->run(context, reader.rest(), response)
                                                     : CompletionCode::error_invalid_length;
  }
  completion_code.front() = static_cast<std::byte>(code);
  if (ControlMessageHeader::Datagram::get(flags) != 0) return Bytes{};
  // An error is told by its code alone.
  return Bytes(space).first(code == CompletionCode::success ? response.size() : without_data);
}

bool is_control_response(Bytes body) {
  const auto header = Reader(body).take<ControlMessageHeader>();
  if (!header) return false;
  const std::uint8_t flags = header->request_datagram_instance_id;
  return ControlMessageHeader::Request::get(flags) == 0 && ControlMessageHeader::Datagram::get(flags) == 0;
}

}  // namespace cxlemu::mctp
