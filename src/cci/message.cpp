#include "cci/message.hpp"

#include <algorithm>

#include "wire/events.hpp"

namespace cxlemu::cci {
namespace {

// The generic sets 00h to 07h are heard on both.
bool heard_by(MessageClass by, Opcode opcode) {
  const bool generic = opcode.value <= 0x07FF;
  return by == MessageClass::fm_api ? is_fm_api(opcode) || generic : !is_fm_api(opcode);
}

}  // namespace

MessageResult handle_message(Cci& cci, MessageClass by, const Requester& from, Bytes message,
                             std::size_t whole_length) {
  Reader reader(message);
  const auto header = reader.take<CciMessageHeader>();
  if (!header) return {MessageDrop::too_short, {}};
  if (CciMessageHeader::Category::get(header->category.value()) !=
      static_cast<std::uint64_t>(CciMessageCategory::request)) {
    return {MessageDrop::not_a_request, {}};
  }
  const Opcode opcode{header->opcode};
  // CXL r3.2 8.2.10.2.8: a component discards a notification that it receives.
  if (opcode == kEventNotification) return {MessageDrop::event_notification, {}};

  const auto declared = CciMessageHeader::PayloadLength::get(header->payload_length_and_background_operation.value());
  std::array<std::byte, kMaximumMessagePayload> space;
  Request request{
      .opcode = opcode, .payload = reader.rest(), .declared_length = declared, .by = Way::mctp, .from = from};
  Reply reply;
  if (!heard_by(by, opcode)) {
    CommandSet& commands = cci.component->commands;
    const bool known = commands.find(opcode) != nullptr || commands.find_runtime(opcode) != nullptr;
    reply.return_code = known ? ReturnCode::unsupported_mailbox_or_cci : ReturnCode::unsupported;
    reply.background_operation = cci.background.running();
  } else {
    // One of the lengths is not true, or the message was longer than what is kept: let dispatch say 16h in its place.
    if (whole_length != message.size() || declared != reader.rest().size()) {
      request.declared_length = std::max<std::size_t>(declared, whole_length) + 1;
    }
    reply = dispatch(cci, request, space);
  }

  CciMessageHeader answer{};
  answer.category = static_cast<std::uint8_t>(CciMessageCategory::response);
  answer.cci_tag = header->cci_tag;
  answer.opcode = opcode.value;
  answer.payload_length_and_background_operation = CciMessageHeader::BackgroundOperation::set(
      static_cast<std::uint32_t>(reply.payload_size), reply.background_operation ? 1 : 0);
  answer.return_code = reply.return_code;
  answer.vendor_specific_extended_status = reply.vendor_specific_extended_status;
  MessageResult result;
  result.response.reserve(sizeof answer + reply.payload_size);
  append(result.response, bytes_of(answer));
  append(result.response, Bytes(space).first(reply.payload_size));
  return result;
}

}  // namespace cxlemu::cci
