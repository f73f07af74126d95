#include "component/memory_device/debug_log.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <tuple>

namespace cxlemu {
namespace {

std::string seconds(Time time) {
  const auto nanoseconds = static_cast<std::uint64_t>(time.count());
  return fmt::format("{}.{:09}", nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000);
}

std::string command_of(const DebugLogEntry& entry, cci::CommandSet& commands) {
  const Opcode opcode{entry.opcode};
  std::string_view title;
  if (const cci::Command* row = commands.find(opcode)) {
    title = row->title;
  } else if (const cci::RuntimeCommand* runtime = commands.find_runtime(opcode)) {
    title = runtime->title;
  }
  return fmt::format("{} {:04x}h{}{}", cci::name_of(entry.by), entry.opcode, title.empty() ? "" : " ", title);
}

std::string code_of(const DebugLogEntry& entry) {
  return fmt::format("{} ({:02x}h)", cxlemu::name_of(static_cast<ReturnCode>(entry.code)), entry.code);
}

// In the order of ResetKind.
constexpr auto kResets = std::to_array<std::string_view>({"conventional", "cold", "cxl", "flr", "power-loss"});

std::string what(const DebugLogEntry& entry, cci::CommandSet& commands) {
  switch (entry.kind) {
    case DebugLogKind::refused:
      return fmt::format("{}: {}", command_of(entry, commands), code_of(entry));
    case DebugLogKind::started:
      return fmt::format("{}: started", command_of(entry, commands));
    case DebugLogKind::ended:
      return fmt::format("{}: ended, {}", command_of(entry, commands), code_of(entry));
    case DebugLogKind::interrupted:
      return fmt::format("{}: interrupted at {} %, {}", command_of(entry, commands), entry.percent, code_of(entry));
    case DebugLogKind::reset:
      return fmt::format("reset: {}", entry.code < kResets.size() ? kResets[entry.code] : "?");
    case DebugLogKind::event:
      return fmt::format("event: {}", entry.code < kEventLogs ? kEventLogNames[entry.code].name : "?");
    case DebugLogKind::media:
      return entry.code == 0 ? "media enabled" : "media disabled";
  }
  return "?";
}

bool same(const DebugLogEntry& a, const DebugLogEntry& b) {
  const auto key = [](const DebugLogEntry& entry) {
    return std::tuple(entry.kind, entry.by, entry.opcode, entry.code, entry.percent);
  };
  return key(a) == key(b);
}

}  // namespace

namespace debug_log {

void add(DebugLogState& state, DebugLogEntry entry, Time now) {
  if (!state.entries.empty() && same(state.entries.back(), entry)) {
    DebugLogEntry& last = state.entries.back();
    if (last.count < std::numeric_limits<std::uint32_t>::max()) ++last.count;
    last.last = now;
    return;
  }
  if (state.entries.size() >= kMaximumDebugLogEntries) {
    // Several at once, so that who reads the log in parts is not moved back with every new entry.
    constexpr std::size_t kDropped = kMaximumDebugLogEntries / 8;
    state.entries.erase(state.entries.begin(), state.entries.begin() + kDropped);
    state.lost += kDropped;
  }
  entry.count = 1;
  entry.first = entry.last = now;
  state.entries.push_back(entry);
}

std::string text(const DebugLogState& state, cci::CommandSet& commands) {
  std::string lines;
  if (state.lost != 0) lines += fmt::format("({} older entries are lost)\n", state.lost);
  for (const DebugLogEntry& entry : state.entries) {
    lines += fmt::format("{:>16} {}", seconds(entry.first), what(entry, commands));
    if (entry.count > 1) lines += fmt::format(", {} times until {}", entry.count, seconds(entry.last));
    lines += '\n';
  }
  return lines;
}

}  // namespace debug_log
}  // namespace cxlemu
