// CXL r3.2 8.2.10.1 Information and Status command set: handlers for every component
#pragma once

#include "cci/dispatch.hpp"
#include "component/generic/concepts.hpp"

namespace cxlemu::generic {

// CXL r3.2 8.2.10.1.1 Identify (Opcode 0001h)
template <HasIdentity C>
cci::Result<IdentifyOut> identify(C& component, cci::Context&) {
  return component.identity();
}

// CXL r3.2 8.2.10.1.2 Background Operation Status (Opcode 0002h)
template <AnyComponent C>
cci::Result<BackgroundOperationStatusOut> background_operation_status(C& component, cci::Context& context) {
  const auto& state = context.background.state();
  BackgroundOperationStatusOut out{};
  out.command_opcode = state.opcode.value;
  out.return_code = state.return_code;
  out.vendor_specific_extended_status = state.vendor_specific_extended_status;
  // COMPAT(libcxlmi): its waiters end only when the status byte is 0, so the percentage of an ended operation is shown
  // once.
  const bool shown_once = component.profile() == Profile::libcxlmi && !context.background.running();
  if (shown_once && state.result_was_read) return out;
  using Out = BackgroundOperationStatusOut;
  std::uint8_t status = Out::PercentageComplete::set(std::uint8_t{0}, context.background.percent());
  status = Out::InProgress::set(status, context.background.running() ? 1 : 0);
  out.background_operation_status = status;
  if (shown_once) {
    context.background.result_was_read();
    component.changes().mark(StateKey::background);
  }
  return out;
}

// CXL r3.2 8.2.10.1.3 Get Response Message Limit (Opcode 0003h)
template <AnyComponent C>
cci::Result<ResponseMessageLimit> get_response_message_limit(C&, cci::Context& context) {
  return ResponseMessageLimit{static_cast<std::uint8_t>(std::countr_zero(context.response_limit))};
}

// CXL r3.2 8.2.10.1.4 Set Response Message Limit (Opcode 0004h)
template <AnyComponent C>
cci::Result<ResponseMessageLimit> set_response_message_limit(C& component, cci::Context& context,
                                                             const ResponseMessageLimit& in) {
  const std::uint8_t limit = in.response_message_limit;
  if (limit < ResponseMessageLimit::kMinimum || limit > ResponseMessageLimit::kMaximum) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  // The component may settle for less than was asked for: what its message-limit allows.
  context.response_limit = std::min(1U << limit, context.request_limit);
  component.changes().mark(StateKey::response_message_limit);
  return get_response_message_limit(component, context);
}

// CXL r3.2 8.2.10.1.5 Request Abort Background Operation (Opcode 0005h)
template <HasAbortPolicy C>
cci::Result<void> request_abort_background_operation(C& component, cci::Context& context) {
  if (!context.background.running()) {
    // SILENT: the text has no code for a slot with nothing in it.
    if (component.abort_when_idle() == AbortWhenIdle::success) return {};
    return cci::refuse(ReturnCode::request_abort_background_operation_not_supported);
  }
  const cci::Command* running = component.commands().find(context.background.state().opcode);
  if (running == nullptr || (running->effects & effect::request_abort_background_operation_supported) == 0) {
    return cci::refuse(ReturnCode::request_abort_background_operation_not_supported);
  }
  // The device may choose to go on; SILENT: then this is Success with the BO bit still set.
  if (context.background.percent() >= component.abort_threshold()) return {};
  cci::interrupt_background(component.target(context), cci::Interruption::abort);
  component.changes().mark(StateKey::background);
  return {};
}

}  // namespace cxlemu::generic
