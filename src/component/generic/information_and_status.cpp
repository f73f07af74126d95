#include "component/generic/information_and_status.hpp"

#include <algorithm>
#include <bit>

#include "cci/dispatch.hpp"
#include "component/state_keys.hpp"

namespace cxlemu::generic {

cci::Result<IdentifyOut> identify(cci::Component& component, cci::Cci&) { return component.identity; }

cci::Result<BackgroundOperationStatusOut> background_operation_status(cci::Component& component, cci::Cci& cci) {
  const auto& state = cci.background.state();
  BackgroundOperationStatusOut out{};
  out.command_opcode = state.opcode.value;
  out.return_code = state.return_code;
  out.vendor_specific_extended_status = state.vendor_specific_extended_status;
  // COMPAT(libcxlmi): its waiters end only when the status byte is 0, so the percentage of an ended operation is shown
  // once.
  const bool shown_once = component.profile == Profile::libcxlmi && !cci.background.running();
  if (shown_once && state.result_was_read) return out;
  using Out = BackgroundOperationStatusOut;
  std::uint8_t status = Out::PercentageComplete::set(std::uint8_t{0}, cci.background.percent());
  status = Out::InProgress::set(status, cci.background.running() ? 1 : 0);
  out.background_operation_status = status;
  if (shown_once) {
    cci.background.result_was_read();
    component.changes.mark(StateKey::background);
  }
  return out;
}

cci::Result<ResponseMessageLimit> get_response_message_limit(cci::Component&, cci::Cci& cci) {
  return ResponseMessageLimit{static_cast<std::uint8_t>(std::countr_zero(cci.response_limit))};
}

cci::Result<ResponseMessageLimit> set_response_message_limit(cci::Component& component, cci::Cci& cci,
                                                             const ResponseMessageLimit& in) {
  const std::uint8_t limit = in.response_message_limit;
  if (limit < ResponseMessageLimit::kMinimum || limit > ResponseMessageLimit::kMaximum) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  // The component may settle for less than was asked for: what its message-limit allows.
  cci.response_limit = std::min(1U << limit, cci.request_limit);
  component.changes.mark(StateKey::response_message_limit);
  return get_response_message_limit(component, cci);
}

cci::Result<void> request_abort_background_operation(cci::Component& component, cci::Cci& cci) {
  if (!cci.background.running()) {
    // SILENT: the text has no code for a slot with nothing in it.
    if (component.abort_when_idle == AbortWhenIdle::success) return {};
    return cci::refuse(ReturnCode::request_abort_background_operation_not_supported);
  }
  const cci::Command* running = component.commands.find(cci.background.state().opcode);
  if (running == nullptr || (running->effects & effect::request_abort_background_operation_supported) == 0) {
    return cci::refuse(ReturnCode::request_abort_background_operation_not_supported);
  }
  // The device may choose to go on; SILENT: then this is Success with the BO bit still set.
  if (component.abort_threshold != nullptr && cci.background.percent() >= component.abort_threshold(cci)) return {};
  cci::interrupt_background(cci, cci::Interruption::abort);
  component.changes.mark(StateKey::background);
  return {};
}

}  // namespace cxlemu::generic
