// The QMP commands of a lab: one row each.
#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "control/event_injection.hpp"
#include "control/lab_query.hpp"
#include "control/nearest_name.hpp"
#include "control/payload_text.hpp"
#include "control/qmp_arguments.hpp"
#include "control/qmp_server.hpp"
#include "control/qmp_targets.hpp"

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

constexpr Argument kPath{"path", text, "id of the device, or its QOM path"};

Result<Json> query_version(QmpContext&, const Json&) {
  return Json::object({{"qemu", Json::object({{"micro", kVersionMicro}, {"minor", kVersionMinor}, {"major", kVersionMajor}})}, {"package", "cxlemu"}});
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

Result<Json> query_lab_command(QmpContext& context, const Json&) {
  return query_lab(context.machine, context.lab_name, context.clock);
}

// ------------------------------------------------------------------------------------------------- cxlemu-send-command

constexpr auto kVias = std::to_array<std::string_view>({"mailbox", "mctp"});
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
  const cci::Carriers carriers = row != nullptr ? row->carriers : (runtime != nullptr ? runtime->carriers : cci::only(cci::Carrier::mailbox));
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

// ------------------------------------------------------------------------------------------------------- time and reset

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
constexpr auto kReset = std::to_array<Argument>({
    kPath, {"kind", choice, "hot and warm are conventional; power-loss takes auxiliary power too", false, kResetKinds}});

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

// --------------------------------------------------------------------------------------------------------------- faults

constexpr auto kActivationFailures = std::to_array<std::string_view>({"rolled-back", "cold-reset-required"});
constexpr auto kSet = std::to_array<Argument>({
    kPath,
    {"opcode", opcode, "which command", true},
    {"return-code", text, "answer for one call: a name such as \"busy\" or a number; nothing is carried out", true},
    {"call", u32, "which call from now on (1: the next); default 1", true},
    {"background-duration", duration, "how long the next background operation of the opcode takes", true},
    {"stall-at", u8, "percentage at which the next background operation of the opcode stands still for ever; from abort-threshold on "
     "0005h does not end it", true},
    {"activation-failure", choice, "how the next activation of firmware fails, online or at a reset: 0Ch or 0Dh", true,
     kActivationFailures},
    {"clear", boolean, "true: forget the faults that are waiting", true},
});

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
  const bool background = arguments.contains("background-duration") || arguments.contains("stall-at");
  if (!code && !background) {
    if (!arguments.contains("clear") && !activation_failure) {
      return failure("nothing to set: give return-code, background-duration, stall-at, activation-failure or clear");
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
    const auto value = parse_return_code(*arguments["return-code"].string());
    if (!value) return failure(fmt::format("{} is no return code", quoted(*arguments["return-code"].string())));
    const auto call = static_cast<std::uint32_t>(number_of(arguments, "call", 1));
    if (call == 0) return failure("parameter \"call\" counts from 1");
    faults.return_codes.push_back({opcode, call, *value});
  }
  if (background) {
    cci::BackgroundFault fault{.opcode = opcode, .duration = {}, .stall_at_percent = {}};
    if (arguments.contains("background-duration")) fault.duration = duration_of(arguments["background-duration"]);
    if (arguments.contains("stall-at")) {
      const auto percent = number_of(arguments["stall-at"]);
      if (percent > 99) return failure("parameter \"stall-at\" is from 0 to 99");
      fault.stall_at_percent = static_cast<std::uint8_t>(percent);
    }
    faults.backgrounds.push_back(fault);
  }
  if (faults.return_codes.size() + faults.backgrounds.size() > cci::kMaximumFaults) {
    return failure(fmt::format("at most {} faults wait; clear=true forgets them", cci::kMaximumFaults));
  }
  node->device->faults() = std::move(faults);
  node->device->firmware_faults() = firmware_faults;
  return Json::object();
}

// ---------------------------------------------------------------------------------------------------------------- media

constexpr auto kReadMedia =
    std::to_array<Argument>({kPath, {"dpa", size, "first byte"}, {"length", size, "bytes, at most 1 MiB"}});
constexpr auto kWriteMedia = std::to_array<Argument>({
    kPath,
    {"dpa", size, "first byte"},
    {"data", hex, "what to write, or what to repeat over `length` bytes"},
    {"length", size, "bytes, at most 1 MiB; absent: as long as data", true},
});

std::string media_error(const MemoryDeviceNode& node, MediaError error) {
  if (error == MediaError::disabled) {
    return fmt::format("media of {} is disabled; a Sanitize that succeeds enables it", node.device->id());
  }
  if (error == MediaError::storage) {
    return fmt::format("the file behind media of {} could not be read or written; is its disk full?", node.device->id());
  }
  if (error == MediaError::poison) {
    return fmt::format("a cache line there is poisoned; cxlemu-query-poison shows which of {} are, and writing whole lines "
                       "clears them", node.device->id());
  }
  return fmt::format("outside of the capacity of {} ({})", node.device->id(),
                     capacity_text(node.device->logical_device().capacity()));
}

Result<Json> read_media(QmpContext& context, const Json& arguments) {
  MemoryDeviceNode* node = TRY(find_device(context, arguments));
  const auto length = number_of(arguments["length"]);
  if (length > kMaximumMediaAccess) return failure("parameter \"length\" is at most 1 MiB");
  Buffer bytes(length);
  if (const auto read = node->device->read_media(Dpa{number_of(arguments["dpa"])}, bytes); !read) {
    return failure(media_error(*node, read.error()));
  }
  return Json::object({{"data", to_hex(bytes)}});
}

Result<Json> write_media(QmpContext& context, const Json& arguments) {
  MemoryDeviceNode* node = TRY(find_device(context, arguments));
  const Buffer pattern = hex_of(arguments["data"]);
  const auto length = number_of(arguments, "length", pattern.size());
  if (length > kMaximumMediaAccess) return failure("parameter \"length\" is at most 1 MiB");
  if (pattern.empty() && length > 0) return failure("parameter \"data\" is empty");
  Buffer bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = pattern[i % pattern.size()];
  if (const auto written = node->device->write_media(Dpa{number_of(arguments["dpa"])}, bytes); !written) {
    return failure(media_error(*node, written.error()));
  }
  return Json::object();
}

constexpr std::string_view kNothing = "nothing";
constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxlemu-advance-clock", "Moves device time of a lab with --clock=virtual or --clock=auto.",
     "`time`: device time in nanoseconds", kAdvanceClock, advance_clock},
    {"cxlemu-query-firmware", "Firmware slots of a device, and the transfer that it is taking.",
     "`slots` with `slot` and, where there is firmware, `revision`, `bytes` and `sha256` of what was transferred; `active`, "
     "`staged` (0: none), `cold-reset-required`; `transfer` with `in-progress`, `by`, `received` bytes",
     kQueryFirmware, query_firmware_command},
    {"cxlemu-query-lab", "Everything about the lab: devices, CCIs, endpoints, counters.",
     "the lab; sizes in bytes, times in nanoseconds", {}, query_lab_command},
    {"cxlemu-read-media", "Reads device memory as a host would; refused while media is disabled.",
     "`data` in hexadecimal", kReadMedia, read_media},
    {"cxlemu-reset", "Resets a device (CXL r3.2 9.5, 9.7, 9.8).", kNothing, kReset, reset},
    {"cxlemu-send-command", "Sends one CCI command; over MCTP as packets through the network of the lab.",
     "`via`, `return-code`, `return-code-name`, `vendor-specific-extended-status`, `background-operation`, `payload`",
     kSendCommand, send_command},
    {"cxlemu-set", "Sets a fault: a return code for the n-th call of an opcode, a slow or endless operation, or firmware that fails.",
     kNothing, kSet, set},
    {"cxlemu-write-media", "Writes device memory as a host would; refused while media is disabled.", kNothing,
     kWriteMedia, write_media},
    {"query-commands", "The commands there are.", "a list of `name`", {}, query_commands},
    {"query-version", "The version of the program.", "`qemu` with major, minor, micro, and `package`", {},
     query_version},
    {"quit", "Ends the lab.", kNothing, {}, quit},
});

}  // namespace

std::span<const QmpCommand> qmp_commands() {
  static const auto rows = [] {
    std::vector<QmpCommand> all(kRows.begin(), kRows.end());
    all.insert(all.end(), event_commands().begin(), event_commands().end());
    std::ranges::sort(all, {}, &QmpCommand::name);
    return all;
  }();
  return rows;
}

}  // namespace cxlemu::control
