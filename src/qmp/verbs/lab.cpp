// What is about the lab as a whole, its time, and the CCIs of its devices.
#include <fmt/format.h>

#include "base/hex.hpp"
#include "base/version.hpp"
#include "qmp/arguments.hpp"
#include "qmp/lab_query.hpp"
#include "qmp/targets.hpp"
#include "qmp/verbs/reset_kinds.hpp"
#include "qmp/verbs/verbs.hpp"

namespace cxlemu::qmp {
namespace {

using enum ArgumentKind;

Result<Json> query_version(QmpContext&, const Json&) {
  return Json::object(
      {{"qemu", Json::object({{"micro", kVersionMicro}, {"minor", kVersionMinor}, {"major", kVersionMajor}})},
       {"package", "cxlemu"}});
}

Result<Json> query_commands(QmpContext&, const Json&) {
  Json names = Json::array({Json::object({{"name", "qmp_capabilities"}})});
  for (const QmpCommand& row : commands()) names.push_back(Json::object({{"name", row.name}}));
  return names;
}

Result<Json> quit(QmpContext& context, const Json&) {
  context.quit();
  return Json::object();
}

constexpr auto kQueryBackground = std::to_array<Argument>({kPath});

Result<Json> query_background_command(QmpContext& context, const Json& arguments) {
  return query_background(TRY(find_device(context, arguments)));
}

constexpr auto kQueryCommands = std::to_array<Argument>({kPath});

Result<Json> query_commands_of_device(QmpContext& context, const Json& arguments) {
  return query_device_commands(*TRY(find_device(context, arguments)).device);
}

Result<Json> query_lab_command(QmpContext& context, const Json&) {
  return query_lab(context.machine, context.lab_name, context.clock);
}

// ------------------------------------------------------------------------------------------------- cxlemu-send-command

constexpr auto kSendCommand = std::to_array<Argument>({
    kPath,
    {"opcode", opcode, "which command"},
    {"payload", hex, "its input payload; absent: empty", true},
    {"via", text, "by which CCI, named as cxlemu-query-lab does; absent: the first that carries the opcode", true},
});

// The first CCI that carries the opcode; the mailbox where none does.
cci::CciId default_cci(const DeviceTarget& target, Opcode opcode) {
  cci::Component& component = target.device->component();
  const cci::Command* row = component.commands.find(opcode);
  const cci::RuntimeCommand* runtime = component.commands.find_runtime(opcode);
  const cci::Roles roles = row != nullptr ? row->roles : (runtime != nullptr ? runtime->roles : cci::Roles{});
  const auto found =
      std::ranges::find_if(component.ccis, [roles](const cci::Cci& cci) { return roles.has(cci.id.role); });
  return found == component.ccis.end() ? cci::kMailbox : found->id;
}

Result<Json> send_command(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const Opcode opcode = opcode_of(arguments["opcode"]);
  const Buffer payload = hex_of(arguments["payload"]);
  const auto wanted = arguments["via"].string();
  const cci::CciId via = wanted ? TRY(find_cci(node, *wanted)) : default_cci(node, opcode);
  // LIMIT: no CCI takes more than a mailbox of 1 MiB; over MCTP longer requests show the refusal of the device.
  if (payload.size() > lab::kMessageBodyMax - 64 && via.role == cci::Role::mctp) {
    return failure(fmt::format("a message of {} bytes does not fit into MCTP's 64 KiB", payload.size()));
  }
  const auto result = context.machine.send_command(*node.node, via, opcode, payload);
  if (!result) {
    return failure(
        fmt::format("{} did not answer over MCTP, or programs hold all eight tags towards it", node.device->id()));
  }
  return Json::object({{"via", cci::name_of(via)},
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

constexpr auto kReset = std::to_array<Argument>(
    {kPath,
     {"kind", choice, "hot and warm are conventional; power-loss takes auxiliary power too", false, kResetKinds}});

Result<Json> reset(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  context.machine.reset(*node.node, reset_kind(*arguments["kind"].string()));
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
    {"cxlemu-query-lab",
     "Everything about the lab: devices, CCIs, endpoints, counters.",
     "the lab; sizes in bytes, times in nanoseconds",
     {},
     query_lab_command},
    {"cxlemu-reset", "Resets a device (CXL r3.2 9.5, 9.7, 9.8).", kNothing, kReset, reset},
    {"cxlemu-send-command", "Sends one CCI command; over MCTP as packets through the network of the lab.",
     "`via`, `return-code`, `return-code-name`, `vendor-specific-extended-status`, `background-operation`, `payload`",
     kSendCommand, send_command},
    {"query-commands", "The commands there are.", "a list of `name`", {}, query_commands},
    {"query-version",
     "The version of the program.",
     "`qemu` with major, minor, micro, and `package`",
     {},
     query_version},
    {"quit", "Ends the lab.", kNothing, {}, quit},
});

}  // namespace

std::span<const QmpCommand> lab_commands() { return kRows; }

}  // namespace cxlemu::qmp
