// The five event logs of one CCI (CXL r3.2 8.2.10.2, 9.20.1: each MCTP CCI has its own, the mailboxes share theirs).
#pragma once

#include <array>
#include <deque>
#include <expected>
#include <span>

#include "wire/events.hpp"
#include "wire/return_code.hpp"

namespace cxlemu::cci {

/// LIMIT: records in one log; handles stay unique because they are sixteen bits wide.
inline constexpr std::uint16_t kMaximumEventLogSize = 4096;

/// One log: the oldest record first. Records that find it full are counted and lost; those stored stay.
struct EventLog {
  std::deque<EventRecord> records;
  std::uint16_t next_handle = 1;
  bool overflow = false;
  std::uint16_t overflow_error_count = 0;  ///< saturates
  std::uint64_t first_overflow_event_timestamp = 0;
  std::uint64_t last_overflow_event_timestamp = 0;
  bool operator==(const EventLog&) const;
};

/// MSI/MSI-X message number of the first log's interrupt; the others follow in the order of EventLogId.
inline constexpr std::uint8_t kFirstEventInterruptMessageNumber = 1;

/// How often the interrupt of a log was signalled, for whoever carries interrupts.
using InterruptCounts = std::array<std::uint64_t, kEventLogs>;

class EventLogs {
 public:
  struct State {
    std::array<EventLog, kEventLogs> logs;
    EventInterruptPolicy policy{};
    InterruptCounts interrupts{};
    bool operator==(const State&) const;
  };

  /// Records that each log holds, at most kMaximumEventLogSize.
  void set_limit(std::uint16_t limit) { limit_ = limit; }
  [[nodiscard]] std::uint16_t limit() const { return limit_; }
  [[nodiscard]] const EventLog& log(EventLogId id) const { return state_.logs[static_cast<std::size_t>(id)]; }

  /// Stores a record, giving it its handle. Signals the log's interrupt when the log was empty and its policy asks for
  /// MSI. `timestamp` is the device's, 0 where it was never set. True: the log was empty, and this is its first record.
  bool append(EventLogId id, EventRecord record, std::uint64_t timestamp);
  /// Removes the records with these handles, which must be the oldest ones in temporal order: otherwise 0Eh and nothing
  /// is removed (CXL r3.2 8.2.10.2.3).
  [[nodiscard]] std::expected<void, ReturnCode> clear(EventLogId id, std::span<const std::uint16_t> handles);
  void clear_all(EventLogId id);
  /// Sanitize deletes every log; handles go on, so that an old one never names a new record.
  void erase();

  /// No reserved mode (3; for Dynamic Capacity also 2).
  [[nodiscard]] static bool is_valid(const EventInterruptPolicy& policy);
  /// What Get Event Interrupt Policy answers: the modes that were set, with the message number of the log's interrupt
  /// for MSI and the vector that was set for firmware interrupts.
  [[nodiscard]] EventInterruptPolicy reported_interrupt_policy() const;
  void set_interrupt_policy(const EventInterruptPolicy& policy) { state_.policy = policy; }
  /// Bits of a message number that count, where software has assigned fewer messages than are asked for (PCIe 6.1.4.2).
  void set_message_mask(std::uint8_t mask) { message_mask_ = mask; }
  [[nodiscard]] const InterruptCounts& interrupts() const { return state_.interrupts; }

  [[nodiscard]] const State& state() const { return state_; }
  void restore(State state) { state_ = std::move(state); }

 private:
  std::uint16_t limit_ = 1;
  std::uint8_t message_mask_ = 0x0F;
  State state_;
};

}  // namespace cxlemu::cci
