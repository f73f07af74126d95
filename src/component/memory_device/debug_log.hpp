// CXL r3.2 8.2.10.5.2.2 Vendor Debug Log: what a device did and refused lately, as lines for a person. Only what is
// rare is recorded, and as numbers; the text is made when somebody reads it.
#pragma once

#include <deque>
#include <string>

#include "base/timeline.hpp"
#include "cci/dispatch.hpp"

namespace cxlemu {

enum class DebugLogKind : std::uint8_t { refused, started, ended, interrupted, reset, event, media };
inline constexpr std::uint8_t kDebugLogKinds = 7;

struct DebugLogEntry {
  DebugLogKind kind{};
  cci::CciId by{};           ///< of a command
  std::uint16_t opcode = 0;  ///< of a command
  std::uint16_t code = 0;    ///< return code, ResetKind, EventLogId; of media: 1 where it is disabled
  std::uint8_t percent = 0;  ///< of an operation that was interrupted
  std::uint32_t count = 1;   ///< how often it happened, one after the other (saturates)
  Time first{};
  Time last{};
  bool operator==(const DebugLogEntry&) const = default;
};

/// LIMIT: entries that are kept; an eighth of them, the oldest, goes when one more comes.
inline constexpr std::size_t kMaximumDebugLogEntries = 256;

struct DebugLogState {
  std::deque<DebugLogEntry> entries{};
  std::uint64_t lost = 0;
  bool media_disabled = false;  ///< as the last entry about it said
  bool operator==(const DebugLogState&) const = default;
};

namespace debug_log {

void add(DebugLogState& state, DebugLogEntry entry, Time now);
/// A line each, the oldest first; `commands` for the names.
std::string text(const DebugLogState& state, cci::CommandSet& commands);

}  // namespace debug_log
}  // namespace cxlemu
