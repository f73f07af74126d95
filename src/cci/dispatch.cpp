#include "cci/dispatch.hpp"

#include <algorithm>

namespace cxlemu::cci {
namespace {

void tell(const Target& target, const Note& note) {
  if (target.component.note != nullptr) target.component.note(target.component.object, *target.context, note);
}

// What a row, constant or run-time, says about the form of a request.
struct Form {
  Opcode opcode;
  Carriers carriers;
  std::uint16_t effects;
  std::size_t minimum_input;
  std::size_t maximum_input;
};

// What is refused before the state of the component is looked at.
std::optional<ReturnCode> refusal_of_form(const Target& target, const Form& form, Bytes payload,
                                          std::size_t declared_length) {
  const Context& context = *target.context;
  if (!is_carried(form.carriers, form.effects, target.by.value_or(context.carrier)))
    return ReturnCode::unsupported_mailbox_or_cci;
  if (declared_length != payload.size() || declared_length > context.request_limit ||
      payload.size() < form.minimum_input ||
      (target.component.refuse_surplus_payload && payload.size() > form.maximum_input)) {
    return ReturnCode::invalid_payload_length;
  }
  return target.component.faults == nullptr ? std::nullopt : target.component.faults->take_return_code(form.opcode);
}

// Everything that is decided before a handler runs.
std::optional<ReturnCode> refusal(const Target& target, const Command& command, Bytes payload,
                                  std::size_t declared_length) {
  const Form form{command.opcode, command.carriers, command.effects, command.minimum_input, command.maximum_input};
  if (const auto code = refusal_of_form(target, form, payload, declared_length)) return code;
  const Context& context = *target.context;
  if (context.background.running() && command.would_run_in_background(target.component.object, context, payload)) {
    return ReturnCode::busy;
  }
  if (target.component.admit != nullptr) {
    return target.component.admit(target.component.object, context, command);
  }
  return std::nullopt;
}

Reply run_row(const Target& target, const Command& command, Bytes payload, std::size_t declared_length, Writer& out) {
  Reply reply;
  Context& context = *target.context;
  context.forced_background = target.component.faults != nullptr && command.may_run_in_background() &&
                              target.component.faults->has_background(command.opcode);
  if (const auto code = refusal(target, command, payload, declared_length)) {
    reply.return_code = *code;
    return reply;
  }
  const auto outcome = command.run(target.component.object, context, payload, out);
  if (!outcome) {
    reply.return_code = outcome.error();
    out.clear();
    return reply;
  }
  if (const auto& background = *outcome) {
    Nanoseconds duration = background->duration;
    Disturbance disturbance;
    bool ends_at_once = background->ends_at_once;
    if (target.component.faults != nullptr) {
      if (const auto fault = target.component.faults->take_background(command.opcode)) {
        duration = fault->duration.value_or(duration);
        disturbance = fault->disturbance;
        ends_at_once = false;
      }
    }
    context.background.start(command.opcode, payload, duration, disturbance);
    if (ends_at_once) complete_background(target);
    reply.return_code = ReturnCode::background_command_started;
  }
  return reply;
}

Reply run_runtime(const Target& target, RuntimeCommand& command, Bytes payload, std::size_t declared_length,
                  Writer& out) {
  Reply reply;
  const Form form{command.opcode, command.carriers, command.effects, command.minimum_input, command.maximum_input};
  if (const auto code = refusal_of_form(target, form, payload, declared_length)) {
    reply.return_code = *code;
  } else if (const auto result = command.run(*target.context, payload, out); !result) {
    reply.return_code = result.error();
    out.clear();
  }
  return reply;
}

}  // namespace

const Command* CommandSet::find(Opcode opcode) const {
  const auto found = std::ranges::lower_bound(rows, opcode, {}, &Command::opcode);
  return found != rows.end() && found->opcode == opcode ? &*found : nullptr;
}

RuntimeCommand* CommandSet::find_runtime(Opcode opcode) {
  const auto found = std::ranges::lower_bound(runtime, opcode, {}, &RuntimeCommand::opcode);
  return found != runtime.end() && found->opcode == opcode ? &*found : nullptr;
}

bool CommandSet::add(RuntimeCommand command) {
  constexpr Opcode kFirstVendorOpcode{0xC000};
  if (command.opcode < kFirstVendorOpcode || runtime.size() >= kMaximumRuntimeCommands) return false;
  const auto place = std::ranges::lower_bound(runtime, command.opcode, {}, &RuntimeCommand::opcode);
  if (place != runtime.end() && place->opcode == command.opcode) return false;
  runtime.insert(place, std::move(command));
  return true;
}

Reply dispatch(const Target& target, Opcode opcode, Bytes payload, std::size_t declared_length, MutableBytes space) {
  Writer out(space.first(std::min<std::size_t>(space.size(), target.context->response_limit)));
  Reply reply;
  if (const Command* command = target.component.commands->find(opcode)) {
    reply = run_row(target, *command, payload, declared_length, out);
  } else if (RuntimeCommand* runtime = target.component.commands->find_runtime(opcode)) {
    reply = run_runtime(target, *runtime, payload, declared_length, out);
  } else {
    reply.return_code = ReturnCode::unsupported;
  }
  if (reply.return_code != ReturnCode::success) {
    const bool started = reply.return_code == ReturnCode::background_command_started;
    tell(target,
         {.what = started ? Note::What::started : Note::What::refused, .opcode = opcode, .code = reply.return_code});
  }
  reply.payload_size = out.size();
  reply.background_operation = target.context->background.running();
  return reply;
}

namespace {

void end_background(const Target& target) {
  BackgroundSlot& slot = target.context->background;
  const Command* command = target.component.commands->find(slot.state().opcode);
  // The slot was restored from a state of another version that knows the opcode: nothing can be completed.
  if (command == nullptr || command->complete == nullptr) {
    slot.interrupt(ReturnCode::internal_error);
    tell(target, {Note::What::interrupted, slot.state().opcode, ReturnCode::internal_error, slot.percent()});
    return;
  }
  const Buffer request = slot.state().request;
  if (const ReturnCode failure = slot.state().disturbance.result; failure != ReturnCode::success) {
    // It came as far as its last percent.
    constexpr std::uint8_t kLastPercent = 99;
    slot.complete(failure);
    command->interrupted(target.component.object, *target.context, request, kLastPercent, Interruption::failure);
  } else {
    slot.complete(command->complete(target.component.object, *target.context, request));
  }
  tell(target, {.what = Note::What::ended, .opcode = slot.state().opcode, .code = slot.state().return_code});
}

}  // namespace

void complete_background(const Target& target) {
  end_background(target);
  target.context->notifications.background_operation_completed();
}

void interrupt_background(const Target& target, Interruption why) {
  BackgroundSlot& slot = target.context->background;
  if (!slot.running()) return;
  const Command* command = target.component.commands->find(slot.state().opcode);
  const Buffer request = slot.state().request;
  const std::uint8_t percent = slot.percent();
  slot.interrupt(ReturnCode::aborted);
  if (command != nullptr && command->interrupted != nullptr) {
    command->interrupted(target.component.object, *target.context, request, percent, why);
  }
  tell(target, {Note::What::interrupted, slot.state().opcode, ReturnCode::aborted, percent});
}

}  // namespace cxlemu::cci
