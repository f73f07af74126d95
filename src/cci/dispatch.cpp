#include "cci/dispatch.hpp"

#include <algorithm>

namespace cxlemu::cci {
namespace {

void tell(const Cci& cci, const Note& note) {
  if (cci.component->note != nullptr) cci.component->note(cci, note);
}

// What a row, constant or run-time, says about the form of a request.
struct Form {
  Roles roles;
  std::size_t minimum_input;
  std::size_t maximum_input;
};

// What is refused before the state of the component is looked at.
std::optional<ReturnCode> refusal_of_form(Cci& cci, const Form& form, const Request& request) {
  if (!form.roles.has(cci.id.role)) return ReturnCode::unsupported_mailbox_or_cci;
  const std::size_t size = request.payload.size();
  if (request.declared_length != size || request.declared_length > cci.request_limit || size < form.minimum_input ||
      (cci.component->refuse_surplus_payload && size > form.maximum_input)) {
    return ReturnCode::invalid_payload_length;
  }
  return cci.component->faults.take_return_code(request.opcode);
}

// Everything that is decided before a handler runs.
std::optional<ReturnCode> refusal(Cci& cci, const Command& command, const Request& request) {
  if (const auto code = refusal_of_form(cci, {command.roles, command.minimum_input, command.maximum_input}, request)) {
    return code;
  }
  if (cci.background.running() && command.would_run_in_background(cci, request)) return ReturnCode::busy;
  return cci.component->admit == nullptr ? std::nullopt : cci.component->admit(cci, command);
}

Reply run_row(Cci& cci, const Command& command, Request request, Writer& out) {
  Reply reply;
  Faults& faults = cci.component->faults;
  request.forced_background = command.may_run_in_background() && faults.has_background(command.opcode);
  if (const auto code = refusal(cci, command, request)) {
    reply.return_code = *code;
    return reply;
  }
  const auto outcome = command.run(cci, request, out);
  if (!outcome) {
    reply.return_code = outcome.error();
    out.clear();
    return reply;
  }
  if (const auto& background = *outcome) {
    Nanoseconds duration = background->duration;
    Disturbance disturbance;
    bool ends_at_once = background->ends_at_once;
    if (const auto fault = faults.take_background(command.opcode)) {
      duration = fault->duration.value_or(duration);
      disturbance = fault->disturbance;
      ends_at_once = false;
    }
    cci.background.start(command.opcode, request.payload, duration, disturbance);
    if (ends_at_once) complete_background(cci);
    reply.return_code = ReturnCode::background_command_started;
  }
  return reply;
}

Reply run_runtime(Cci& cci, RuntimeCommand& command, const Request& request, Writer& out) {
  Reply reply;
  if (const auto code = refusal_of_form(cci, {command.roles, command.minimum_input, command.maximum_input}, request)) {
    reply.return_code = *code;
  } else if (const auto result = command.run(cci, request, out); !result) {
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

Reply dispatch(Cci& cci, const Request& request, MutableBytes space) {
  Writer out(space.first(std::min<std::size_t>(space.size(), cci.response_limit)));
  CommandSet& commands = cci.component->commands;
  Reply reply;
  if (const Command* command = commands.find(request.opcode)) {
    reply = run_row(cci, *command, request, out);
  } else if (RuntimeCommand* runtime = commands.find_runtime(request.opcode)) {
    reply = run_runtime(cci, *runtime, request, out);
  } else {
    reply.return_code = ReturnCode::unsupported;
  }
  if (reply.return_code != ReturnCode::success) {
    const bool started = reply.return_code == ReturnCode::background_command_started;
    tell(cci, {.what = started ? Note::What::started : Note::What::refused,
               .opcode = request.opcode,
               .code = reply.return_code});
  }
  reply.payload_size = out.size();
  reply.background_operation = cci.background.running();
  return reply;
}

namespace {

void end_background(Cci& cci) {
  BackgroundSlot& slot = cci.background;
  const Command* command = cci.component->commands.find(slot.state().opcode);
  // The slot was restored from a state of another version that knows the opcode: nothing can be completed.
  if (command == nullptr || command->complete == nullptr) {
    slot.interrupt(ReturnCode::internal_error);
    tell(cci, {Note::What::interrupted, slot.state().opcode, ReturnCode::internal_error, slot.percent()});
    return;
  }
  const Buffer request = slot.state().request;
  if (const ReturnCode failure = slot.state().disturbance.result; failure != ReturnCode::success) {
    // It came as far as its last percent.
    constexpr std::uint8_t kLastPercent = 99;
    slot.complete(failure);
    command->interrupted(cci, request, kLastPercent, Interruption::failure);
  } else {
    slot.complete(command->complete(cci, request));
  }
  tell(cci, {.what = Note::What::ended, .opcode = slot.state().opcode, .code = slot.state().return_code});
}

}  // namespace

void complete_background(Cci& cci) {
  end_background(cci);
  cci.notifications.background_operation_completed();
}

void interrupt_background(Cci& cci, Interruption why) {
  BackgroundSlot& slot = cci.background;
  if (!slot.running()) return;
  const Command* command = cci.component->commands.find(slot.state().opcode);
  const Buffer request = slot.state().request;
  const std::uint8_t percent = slot.percent();
  slot.interrupt(ReturnCode::aborted);
  if (command != nullptr && command->interrupted != nullptr) command->interrupted(cci, request, percent, why);
  tell(cci, {Note::What::interrupted, slot.state().opcode, ReturnCode::aborted, percent});
}

}  // namespace cxlemu::cci
