// The QMP commands of a lab: one row each.
#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "control/event_injection.hpp"
#include "control/feature_commands.hpp"
#include "control/lab_query.hpp"
#include "control/media_commands.hpp"
#include "control/nearest_name.hpp"
#include "control/payload_text.hpp"
#include "control/qmp_arguments.hpp"
#include "control/qmp_server.hpp"
#include "control/qmp_targets.hpp"
#include "control/ras_commands.hpp"

namespace cxlemu::control {

Result<MemoryDeviceNode*> find_device(QmpContext& context, const Json& arguments) {
  const auto path = arguments["path"].string().value_or("");
  if (MemoryDeviceNode* node = context.machine.find(path)) return node;
  std::vector<std::string_view> ids;
  for (const auto& node : context.machine.memory_devices()) ids.push_back(node.device->id());
  return failure(fmt::format("no device {}{}; `cxlemu list` shows the lab", quoted(path), did_you_mean(path, ids)));
}

namespace {

using enum ArgumentKind;

constexpr auto kVias = std::to_array<std::string_view>({"mailbox", "mctp"});

Result<Json> query_version(QmpContext&, const Json&) {
  return Json::object(
      {{"qemu", Json::object({{"micro", kVersionMicro}, {"minor", kVersionMinor}, {"major", kVersionMajor}})},
       {"package", "cxlemu"}});
}

Result<Json> query_commands(QmpContext&, const Json&) {
  Json names = Json::array({Json::object({{"name", "qmp_capabilities"}})});
  for (const QmpCommand& row : qmp_commands()) names.push_back(Json::object({{"name", row.name}}));
  return names;
}

Result<Json> quit(QmpContext& context, const Json&) {
  context.quit();
  return Json::object();
}

constexpr auto kQueryFirmware = std::to_array<Argument>({kPath});

Result<Json> query_firmware_command(QmpContext& context, const Json& arguments) {
  const MemoryDeviceNode* node = TRY(find_device(context, arguments));
  return query_firmware(*node->device);
}

constexpr auto kQueryBackground = std::to_array<Argument>({kPath});

Result<Json> query_background_command(QmpContext& context, const Json& arguments) {
  return query_background(*TRY(find_device(context, arguments)));
}

constexpr auto kQueryCommands = std::to_array<Argument>({kPath});

Result<Json> query_commands_of_device(QmpContext& context, const Json& arguments) {
  return query_device_commands(*TRY(find_device(context, arguments))->device);
}

constexpr auto kQueryEvents = std::to_array<Argument>({
    kPath,
    {"via", choice, "of which CCI; default mailbox", true, kVias},
    {"log", choice, "one log; absent: all", true, kEventLogWords},
});

Result<Json> query_events_command(QmpContext& context, const Json& arguments) {
  MemoryDeviceNode* node = TRY(find_device(context, arguments));
  const bool by_mctp = arguments["via"].string().value_or("mailbox") == "mctp";
  const cci::EventLogs& logs = (by_mctp ? node->device->mctp() : node->device->mailbox()).events;
  Json answer = Json::object();
  for (std::size_t i = 0; i < kEventLogs; ++i) {
    if (const auto wanted = arguments["log"].string(); wanted && *wanted != kEventLogWords[i]) continue;
    answer.set(kEventLogWords[i], query_event_log(logs.log(static_cast<EventLogId>(i))));
  }
  return answer;
}

Result<Json> query_lab_command(QmpContext& context, const Json&) {
  return query_lab(context.machine, context.lab_name, context.clock);
}

// ------------------------------------------------------------------------------------------------- cxlemu-send-command

constexpr auto kSendCommand = std::to_array<Argument>({
    kPath,
    {"opcode", opcode, "which command"},
    {"payload", hex, "its input payload; absent: empty", true},
    {"via", choice, "by which CCI; absent: the first that carries the opcode", true, kVias},
});

// The first way that carries the opcode; a way that does not exist is not taken.
Via default_via(MemoryDeviceNode& node, Opcode opcode) {
  cci::CommandSet& commands = node.device->commands();
  const cci::Command* row = commands.find(opcode);
  const cci::RuntimeCommand* runtime = commands.find_runtime(opcode);
  const cci::Carriers carriers =
      row != nullptr ? row->carriers : (runtime != nullptr ? runtime->carriers : cci::only(cci::Carrier::mailbox));
  const bool on_mailbox = carriers.has(cci::Carrier::mailbox);
  return on_mailbox || node.endpoint == nullptr ? Via::mailbox : Via::mctp;
}

Result<Json> send_command(QmpContext& context, const Json& arguments) {
  MemoryDeviceNode* node = TRY(find_device(context, arguments));
  const Opcode opcode = opcode_of(arguments["opcode"]);
  const Buffer payload = hex_of(arguments["payload"]);
  const auto wanted = arguments["via"].string();
  const Via via = wanted ? (*wanted == "mctp" ? Via::mctp : Via::mailbox) : default_via(*node, opcode);
  // LIMIT: no CCI takes more than a mailbox of 1 MiB; over MCTP longer requests show the refusal of the device.
  if (payload.size() > lab::kMessageBodyMax - 64 && via == Via::mctp) {
    return failure(fmt::format("a message of {} bytes does not fit into MCTP's 64 KiB", payload.size()));
  }
  const auto result = context.machine.send_command(*node, via, opcode, payload);
  if (!result) {
    return failure(node->endpoint == nullptr
                       ? fmt::format("{} has no MCTP endpoint (mctp=none); use via mailbox", node->device->id())
                       : fmt::format("{} did not answer over MCTP, or programs hold all eight tags towards it",
                                     node->device->id()));
  }
  return Json::object({{"via", name_of(result->via)},
                       {"opcode", opcode.value},
                       {"return-code", static_cast<std::uint16_t>(result->return_code)},
                       {"return-code-name", cxlemu::name_of(result->return_code)},
                       {"vendor-specific-extended-status", result->vendor_specific_extended_status},
                       {"background-operation", result->background_operation},
                       {"payload", to_hex(result->payload)}});
}

// ------------------------------------------------------------------------------------------------------ time and reset

constexpr auto kAdvanceClock =
    std::to_array<Argument>({{"by", duration, "how far device time moves: every deadline up to then is met"}});

Result<Json> advance_clock(QmpContext& context, const Json& arguments) {
  if (context.clock == "real") {
    return failure("device time follows the real clock; start the lab with --clock=virtual or --clock=auto");
  }
  const Nanoseconds by = duration_of(arguments["by"]);
  if (by > kMaximumDuration - context.machine.now()) return failure("device time ends after 146 years");
  context.machine.advance_to(context.machine.now() + by);
  return Json::object({{"time", context.machine.now().count()}});
}

constexpr auto kResetKinds =
    std::to_array<std::string_view>({"conventional", "hot", "warm", "cold", "cxl", "flr", "power-loss"});
constexpr auto kReset = std::to_array<Argument>(
    {kPath,
     {"kind", choice, "hot and warm are conventional; power-loss takes auxiliary power too", false, kResetKinds}});

ResetKind reset_kind(std::string_view name) {
  if (name == "cold") return ResetKind::cold;
  if (name == "cxl") return ResetKind::cxl;
  if (name == "flr") return ResetKind::flr;
  if (name == "power-loss") return ResetKind::power_loss;
  return ResetKind::conventional;
}

Result<Json> reset(QmpContext& context, const Json& arguments) {
  MemoryDeviceNode* node = TRY(find_device(context, arguments));
  context.machine.reset(*node, reset_kind(*arguments["kind"].string()));
  return Json::object();
}

// -------------------------------------------------------------------------------------------------------------- health

constexpr auto kSetHealth = std::to_array<Argument>({
    kPath,
    {"temperature", i16, "degrees Celsius; 32767: not available", true},
    {"life-used", u8, "percentage, 0 to 100; 255: not available", true},
    {"health-status", u8, "bits of Health Status, 0 to 15", true},
    {"media-status", u8, "Media Status, 0 to 9", true},
    {"corrected-volatile-errors", u32, "Corrected Volatile Error Count", true},
    {"corrected-persistent-errors", u32, "Corrected Persistent Error Count", true},
    {"dirty-shutdowns", u32, "Dirty Shutdown Count", true},
});

Result<Json> set_health(QmpContext& context, const Json& arguments) {
  MemoryDeviceNode* node = TRY(find_device(context, arguments));
  HealthState wanted = node->device->health();
  constexpr std::uint64_t kHighestHealthStatus = 15;
  constexpr std::uint64_t kHighestMediaStatus = 9;
  const auto take = [&](std::string_view name, auto& field) {
    if (arguments.contains(name))
      field = static_cast<std::remove_reference_t<decltype(field)>>(number_of(arguments[name]));
    return arguments.contains(name);
  };
  const std::array given = {take("temperature", wanted.temperature),
                            take("life-used", wanted.life_used),
                            take("health-status", wanted.health_status),
                            take("media-status", wanted.media_status),
                            take("corrected-volatile-errors", wanted.corrected_volatile_error_count),
                            take("corrected-persistent-errors", wanted.corrected_persistent_error_count),
                            take("dirty-shutdowns", wanted.dirty_shutdown_count)};
  if (std::ranges::count(given, true) == 0)
    return failure("nothing to set: give temperature, life-used or another argument");
  if (wanted.life_used > 100 && wanted.life_used != 255)
    return failure("parameter \"life-used\" is from 0 to 100, or 255");
  if (wanted.health_status > kHighestHealthStatus) return failure("parameter \"health-status\" is from 0 to 15");
  if (wanted.media_status > kHighestMediaStatus) return failure("parameter \"media-status\" is from 0 to 9");
  health::set(*node->device, wanted);
  return Json::object();
}

constexpr auto kQueryHealth = std::to_array<Argument>({kPath});

Result<Json> query_health_command(QmpContext& context, const Json& arguments) {
  return query_health(*TRY(find_device(context, arguments))->device);
}

// -------------------------------------------------------------------------------------------------------------- faults

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
  MemoryDeviceNode* node = TRY(find_device(context, arguments));
  // Changed as a whole, or where anything is refused not at all.
  cci::Faults faults = node->device->faults();
  FirmwareFaults firmware_faults = node->device->firmware_faults();
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
    node->device->faults() = std::move(faults);
    node->device->firmware_faults() = firmware_faults;
    return Json::object();
  }
  if (!arguments.contains("opcode")) return failure("parameter \"opcode\" is missing");
  const Opcode opcode = opcode_of(arguments["opcode"]);
  cci::CommandSet& commands = node->device->commands();
  if (commands.find(opcode) == nullptr && commands.find_runtime(opcode) == nullptr) {
    return failure(fmt::format("{} has no command {:04x}h", node->device->id(), opcode.value));
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
  node->device->faults() = std::move(faults);
  node->device->firmware_faults() = firmware_faults;
  return Json::object();
}

constexpr std::string_view kNothing = "nothing";
constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxlemu-advance-clock", "Moves device time of a lab with --clock=virtual or --clock=auto.",
     "`time`: device time in nanoseconds", kAdvanceClock, advance_clock},
    {"cxlemu-query-background", "What runs, or ran last, in the background of each CCI of a device.",
     "`mailbox` and `mctp`, each with `running` and, once something ran, `opcode`, `command`, `percent`, `started`, "
     "`ends` "
     "(device time in nanoseconds; absent: never), or when it has ended `return-code` and `return-code-name`",
     kQueryBackground, query_background_command},
    {"cxlemu-query-commands", "The commands of a device, those of its table of vendor commands too.",
     "a list of `opcode`, `name`, `title`, `by` (a list of mailbox, mctp) and, for a vendor command, `vendor`",
     kQueryCommands, query_commands_of_device},
    {"cxlemu-query-events", "The event records of one CCI of a device, decoded; nothing is cleared.",
     "for each log `records`, `overflow`, and what was lost", kQueryEvents, query_events_command},
    {"cxlemu-query-firmware", "Firmware slots of a device, and the transfer that it is taking.",
     "`slots` with `slot` and, where there is firmware, `revision`, `bytes` and `sha256` of what was transferred; "
     "`active`, "
     "`staged` (0: none), `cold-reset-required`; `transfer` with `in-progress`, `by`, `received` bytes",
     kQueryFirmware, query_firmware_command},
    {"cxlemu-query-health", "The condition of a device, and when it warns.",
     "`health` as Get Health Info, `alerts` as Get Alert Configuration, `shutdown` dirty or clean, `qos`: Backpressure "
     "Average "
     "Percentage",
     kQueryHealth, query_health_command},
    {"cxlemu-query-lab",
     "Everything about the lab: devices, CCIs, endpoints, counters.",
     "the lab; sizes in bytes, times in nanoseconds",
     {},
     query_lab_command},
    {"cxlemu-reset", "Resets a device (CXL r3.2 9.5, 9.7, 9.8).", kNothing, kReset, reset},
    {"cxlemu-send-command", "Sends one CCI command; over MCTP as packets through the network of the lab.",
     "`via`, `return-code`, `return-code-name`, `vendor-specific-extended-status`, `background-operation`, `payload`",
     kSendCommand, send_command},
    {"cxlemu-set",
     "Sets a fault: a return code for the n-th call of an opcode; an operation that is slow, never ends, fails, or is "
     "hit by "
     "a reset; firmware that fails.",
     kNothing, kSet, set},
    {"cxlemu-set-health", "Changes the condition of a device; what becomes worse is told of by Memory Module Events.",
     kNothing, kSetHealth, set_health},
    {"query-commands", "The commands there are.", "a list of `name`", {}, query_commands},
    {"query-version",
     "The version of the program.",
     "`qemu` with major, minor, micro, and `package`",
     {},
     query_version},
    {"quit", "Ends the lab.", kNothing, {}, quit},
});

}  // namespace

std::span<const QmpCommand> qmp_commands() {
  static const auto rows = [] {
    std::vector<QmpCommand> all(kRows.begin(), kRows.end());
    for (const auto more : {event_commands(), feature_commands(), media_commands(), ras_commands()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    std::ranges::sort(all, {}, &QmpCommand::name);
    return all;
  }();
  return rows;
}

}  // namespace cxlemu::control
