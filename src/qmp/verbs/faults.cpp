// Faults that a user sets.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "decode/names.hpp"
#include "qmp/arguments.hpp"
#include "qmp/targets.hpp"
#include "qmp/verbs/reset_kinds.hpp"
#include "qmp/verbs/verbs.hpp"
#include "text/quoted.hpp"

namespace cxlemu::qmp {
namespace {

using decode::parse_return_code;
using text::quoted;
using enum ArgumentKind;

constexpr auto kActivationFailures = std::to_array<std::string_view>({"rolled-back", "cold-reset-required"});
constexpr auto kSet = std::to_array<Argument>({
    kPath,
    {"opcode", opcode, "which command", true},
    {"return-code", text, "answer for one call: a name such as \"busy\" or a number; nothing is carried out", true},
    {"call", u32, "which call from now on (1: the next); default 1", true},
    {"background-duration", duration, "how long the next background operation of the opcode takes", true},
    {"stall-at", u8,
     "percentage at which the next background operation of the opcode stands still for ever; from abort-threshold on "
     "0005h does not end it",
     true},
    {"background-return-code", text, "how the next background operation of the opcode fails at its end", true},
    {"reset-at", u8, "percentage of the next background operation of the opcode at which the device is reset", true},
    {"reset-kind", choice, "which reset that is; default power-loss", true, kResetKinds},
    {"activation-failure", choice, "how the next activation of firmware fails, online or at a reset: 0Ch or 0Dh", true,
     kActivationFailures},
    {"clear", boolean, "true: forget the faults that are waiting", true},
});

constexpr auto kBackgroundFaults =
    std::to_array<std::string_view>({"background-duration", "stall-at", "background-return-code", "reset-at"});

Result<ReturnCode> return_code_of(const Json& value) {
  const auto code = parse_return_code(*value.string());
  if (!code) return failure(fmt::format("{} is no return code", quoted(*value.string())));
  return *code;
}

Result<std::optional<std::uint8_t>> percent_of(const Json& arguments, std::string_view name) {
  if (!arguments.contains(name)) return std::nullopt;
  const auto percent = number_of(arguments[name]);
  if (percent > 99) return failure(fmt::format("parameter \"{}\" is from 0 to 99", name));
  return static_cast<std::uint8_t>(percent);
}

Result<cci::BackgroundFault> background_fault(Opcode opcode, const Json& arguments) {
  cci::BackgroundFault fault{.opcode = opcode};
  if (arguments.contains("background-duration")) fault.duration = duration_of(arguments["background-duration"]);
  fault.disturbance.stall_at_percent = TRY(percent_of(arguments, "stall-at"));
  fault.disturbance.break_at_percent = TRY(percent_of(arguments, "reset-at"));
  fault.disturbance.break_kind =
      static_cast<std::uint8_t>(reset_kind(arguments["reset-kind"].string().value_or("power-loss")));
  if (arguments.contains("background-return-code")) {
    fault.disturbance.result = TRY(return_code_of(arguments["background-return-code"]));
  }
  return fault;
}

Result<Json> set(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  // Changed as a whole, or where anything is refused not at all.
  cci::Faults faults = node.device->faults();
  FirmwareFaults firmware_faults = node.device->firmware_faults();
  if (arguments["clear"].boolean().value_or(false)) {
    faults = {};
    firmware_faults = {};
  }
  const auto activation_failure = arguments["activation-failure"].string();
  if (activation_failure) {
    firmware_faults.activation = *activation_failure == "rolled-back"
                                     ? ReturnCode::activation_failed_fw_rolled_back
                                     : ReturnCode::activation_failed_cold_reset_required;
  }
  const bool code = arguments.contains("return-code");
  const bool background = std::ranges::any_of(kBackgroundFaults, [&](auto name) { return arguments.contains(name); });
  if (!code && !background) {
    if (!arguments.contains("clear") && !activation_failure) {
      return failure(
          "nothing to set: give return-code, background-duration, stall-at, background-return-code, reset-at, "
          "activation-failure or clear");
    }
    node.device->faults() = std::move(faults);
    node.device->firmware_faults() = firmware_faults;
    return Json::object();
  }
  if (!arguments.contains("opcode")) return failure("parameter \"opcode\" is missing");
  const Opcode opcode = opcode_of(arguments["opcode"]);
  cci::CommandSet& commands = node.device->commands();
  if (commands.find(opcode) == nullptr && commands.find_runtime(opcode) == nullptr) {
    return failure(fmt::format("{} has no command {:04x}h", node.device->id(), opcode.value));
  }
  if (code) {
    const ReturnCode value = TRY(return_code_of(arguments["return-code"]));
    const auto call = static_cast<std::uint32_t>(number_of(arguments, "call", 1));
    if (call == 0) return failure("parameter \"call\" counts from 1");
    faults.return_codes.push_back({opcode, call, value});
  }
  if (background) {
    faults.backgrounds.push_back(TRY(background_fault(opcode, arguments)));
  }
  if (faults.return_codes.size() + faults.backgrounds.size() > cci::kMaximumFaults) {
    return failure(fmt::format("at most {} faults wait; clear=true forgets them", cci::kMaximumFaults));
  }
  node.device->faults() = std::move(faults);
  node.device->firmware_faults() = firmware_faults;
  return Json::object();
}

constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxlemu-set",
     "Sets a fault: a return code for the n-th call of an opcode; an operation that is slow, never ends, fails, or is "
     "hit by "
     "a reset; firmware that fails.",
     "nothing", kSet, set},
});

}  // namespace

std::span<const QmpCommand> fault_commands() { return kRows; }

}  // namespace cxlemu::qmp
