// The MCTP control protocol as a responder: DSP0236 1.3.3 11 and 12. Validates, acts and answers; knows no transport.
#pragma once

#include <array>
#include <span>
#include <type_traits>

#include "mctp/configuration.hpp"
#include "mctp/control_message.hpp"
#include "mctp/message.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu::mctp {

/// What Set Endpoint ID changes. The bus owner is whoever assigned the EID (DSP0236 12.3).
struct EidAssignment {
  Eid eid{};
  Eid bus_owner{};
  PhysicalAddress bus_owner_address{};
  bool operator==(const EidAssignment&) const = default;
};

/// The endpoint that a command acts on, and who sent it.
struct ControlContext {
  const EndpointConfiguration& configuration;
  EidAssignment& assignment;
  Eid requester{};
  PhysicalSource requester_address{};
};

/// One command, made by control_command<handler>(). A row without a handler is known and not supported.
struct ControlCommand {
  using Run = CompletionCode (*)(ControlContext&, Bytes data, Writer& response);
  std::uint8_t code;
  std::string_view title;
  std::string_view section;
  bool may_be_broadcast = false;
  std::size_t request_size = 0;  ///< exact; any other is ERROR_INVALID_LENGTH
  Run run = nullptr;
  const Layout* request = nullptr;
  const Layout* response = nullptr;  ///< behind the completion code; a handler with a Writer adds to it
};

template <typename T>
using ControlResult = Result<T, CompletionCode>;

template <typename Handler>
struct ControlHandlerTraits;
template <typename Output, typename... Tail>
struct ControlHandlerTraits<ControlResult<Output> (*)(ControlContext&, Tail...)> {
  using In = void;
  using Out = Output;
};
template <typename Output, typename Input, typename... Tail>
struct ControlHandlerTraits<ControlResult<Output> (*)(ControlContext&, const Input&, Tail...)> {
  using In = Input;
  using Out = Output;
};

/// Copies the request out, runs the handler and puts what it returns before what it wrote.
template <auto Handler>
CompletionCode run_control_handler(ControlContext& context, Bytes data, Writer& response) {
  using Traits = ControlHandlerTraits<decltype(Handler)>;
  using Out = typename Traits::Out;
  const MutableBytes head = response.reserve(sizeof(Out));
  if (head.empty()) return CompletionCode::error;
  const auto result = [&] {
    if constexpr (std::is_void_v<typename Traits::In>) {
      if constexpr (requires { Handler(context); }) {
        return Handler(context);
      } else {
        return Handler(context, response);
      }
    } else {
      typename Traits::In in{};
      std::memcpy(&in, data.data(), sizeof(in));
      if constexpr (requires { Handler(context, in); }) {
        return Handler(context, in);
      } else {
        return Handler(context, in, response);
      }
    }
  }();
  if (!result) return result.error();
  std::memcpy(head.data(), &*result, sizeof(Out));
  return CompletionCode::success;
}

template <auto Handler>
consteval ControlCommand control_command(std::uint8_t code, std::string_view title, std::string_view section) {
  using Traits = ControlHandlerTraits<decltype(Handler)>;
  ControlCommand row{.code = code, .title = title, .section = section, .run = run_control_handler<Handler>};
  if constexpr (!std::is_void_v<typename Traits::In>) {
    row.request_size = sizeof(typename Traits::In);
    row.request = &LayoutOf<typename Traits::In>::value;
  }
  row.response = &LayoutOf<typename Traits::Out>::value;
  return row;
}

ControlResult<SetEndpointIdOut> set_endpoint_id(ControlContext& context, const SetEndpointIdIn& in);
ControlResult<GetEndpointIdOut> get_endpoint_id(ControlContext& context);
ControlResult<GetEndpointUuidOut> get_endpoint_uuid(ControlContext& context);
ControlResult<GetMctpVersionSupportOut> get_mctp_version_support(ControlContext& context,
                                                                 const GetMctpVersionSupportIn& in, Writer& entries);
ControlResult<GetMessageTypeSupportOut> get_message_type_support(ControlContext& context, Writer& types);
ControlResult<std::byte> get_vendor_defined_message_support(ControlContext& context,
                                                            const GetVendorDefinedMessageSupportIn& in);

/// DSP0236 12.2: what a simple endpoint answers. Bus owners and bridges have rows of their own besides these.
inline constexpr auto kEndpointControlCommands = std::to_array<ControlCommand>({
    control_command<set_endpoint_id>(0x01, "Set Endpoint ID", "12.3"),
    control_command<get_endpoint_id>(0x02, "Get Endpoint ID", "12.4"),
    control_command<get_endpoint_uuid>(0x03, "Get Endpoint UUID", "12.5"),
    control_command<get_mctp_version_support>(0x04, "Get MCTP Version Support", "12.6"),
    control_command<get_message_type_support>(0x05, "Get Message Type Support", "12.7"),
    control_command<get_vendor_defined_message_support>(0x06, "Get Vendor Defined Message Support", "12.8"),
    // Only bindings with a discovery flow (PCIe VDM) have these; a broadcast one is still answered with "unsupported".
    {.code = 0x0B, .title = "Prepare for Endpoint Discovery", .section = "12.13", .may_be_broadcast = true},
    {.code = 0x0C, .title = "Endpoint Discovery", .section = "12.14", .may_be_broadcast = true},
});

/// DSP0236 12: every command that has a number, for traces.
std::string_view control_command_name(std::uint8_t code);

/// Body bytes of the longest control message: one packet of the baseline unit, less the message type.
inline constexpr std::size_t kMaximumControlBody = kBaselineTransmissionUnit - 1;

/// Answers one control message with TO=1. Returns the body of the response within `space`, which is empty for a
/// datagram; for what must be discarded silently (DSP0236 Table 11), the reason.
Result<Bytes, DropReason> answer_control_request(std::span<const ControlCommand> commands, ControlContext& context,
                                                 Bytes body, bool is_broadcast,
                                                 std::span<std::byte, kMaximumControlBody> space);

/// Whether `body` is a response by its own header (Rq=0, D=0), as one with TO=0 must be (DSP0236 Table 11).
bool is_control_response(Bytes body);

}  // namespace cxlemu::mctp
