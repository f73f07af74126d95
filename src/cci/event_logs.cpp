#include "cci/event_logs.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "wire/reader_writer.hpp"

namespace cxlemu::cci {
namespace {

void end_overflow(EventLog& log) {
  log.overflow = false;
  log.overflow_error_count = 0;
  log.first_overflow_event_timestamp = 0;
  log.last_overflow_event_timestamp = 0;
}

bool same_bytes(const auto& a, const auto& b) { return std::ranges::equal(bytes_of(a), bytes_of(b)); }

}  // namespace

bool EventLog::operator==(const EventLog& other) const {
  const auto rest = [](const EventLog& log) {
    return std::tuple(log.next_handle, log.overflow, log.overflow_error_count, log.first_overflow_event_timestamp,
                      log.last_overflow_event_timestamp);
  };
  return rest(*this) == rest(other) &&
         std::ranges::equal(records, other.records, [](const auto& a, const auto& b) { return same_bytes(a, b); });
}

bool EventLogs::State::operator==(const State& other) const {
  return logs == other.logs && interrupts == other.interrupts && same_bytes(policy, other.policy);
}

bool EventLogs::append(EventLogId id, EventRecord record, std::uint64_t timestamp) {
  EventLog& log = state_.logs[static_cast<std::size_t>(id)];
  if (log.records.size() >= limit_) {
    if (!log.overflow) log.first_overflow_event_timestamp = timestamp;
    log.overflow = true;
    log.last_overflow_event_timestamp = timestamp;
    if (log.overflow_error_count < std::numeric_limits<std::uint16_t>::max()) ++log.overflow_error_count;
    return false;
  }
  record.event_record_length = static_cast<std::uint8_t>(sizeof(EventRecord));
  record.event_record_handle = log.next_handle;
  record.event_record_timestamp = timestamp;
  log.next_handle = log.next_handle == 0xFFFF ? std::uint16_t{1} : static_cast<std::uint16_t>(log.next_handle + 1);
  log.records.push_back(record);
  const auto setting = state_.policy.settings()[static_cast<std::size_t>(id)];
  const auto mode = static_cast<InterruptMode>(EventInterruptPolicy::InterruptModeBits::get(setting));
  if (log.records.size() != 1) return false;
  if (mode == InterruptMode::msi) ++state_.interrupts[static_cast<std::size_t>(id)];
  return true;
}

std::expected<void, ReturnCode> EventLogs::clear(EventLogId id, std::span<const std::uint16_t> handles) {
  EventLog& log = state_.logs[static_cast<std::size_t>(id)];
  const bool oldest_in_order =
      handles.size() <= log.records.size() &&
      std::equal(handles.begin(), handles.end(), log.records.begin(),
                 [](std::uint16_t handle, const EventRecord& record) { return handle == record.event_record_handle; });
  if (!oldest_in_order) return std::unexpected(ReturnCode::invalid_handle);
  if (handles.empty()) return {};
  log.records.erase(log.records.begin(), log.records.begin() + static_cast<std::ptrdiff_t>(handles.size()));
  end_overflow(log);
  return {};
}

bool EventLogs::is_valid(const EventInterruptPolicy& policy) {
  const auto settings = policy.settings();
  for (std::size_t i = 0; i < kEventLogs; ++i) {
    const auto mode = static_cast<InterruptMode>(EventInterruptPolicy::InterruptModeBits::get(settings[i]));
    const bool dynamic_capacity = static_cast<EventLogId>(i) == EventLogId::dynamic_capacity;
    if (mode == InterruptMode::reserved || (dynamic_capacity && mode == InterruptMode::firmware)) return false;
  }
  return true;
}

EventInterruptPolicy EventLogs::reported_interrupt_policy() const {
  std::array<U8, kEventLogs> reported;
  const auto settings = state_.policy.settings();
  for (std::size_t i = 0; i < kEventLogs; ++i) {
    using Number = EventInterruptPolicy::InterruptMessageNumber;
    const auto mode = EventInterruptPolicy::InterruptModeBits::get(settings[i]);
    auto setting = static_cast<std::uint8_t>(mode);
    if (mode == static_cast<std::uint64_t>(InterruptMode::msi)) {
      setting = Number::set(setting, (kFirstEventInterruptMessageNumber + i) & message_mask_);
    } else if (mode == static_cast<std::uint64_t>(InterruptMode::firmware)) {
      setting = Number::set(setting, Number::get(settings[i]));
    }
    reported[i] = setting;
  }
  return {reported[0], reported[1], reported[2], reported[3], reported[4]};
}

void EventLogs::clear_all(EventLogId id) {
  EventLog& log = state_.logs[static_cast<std::size_t>(id)];
  log.records.clear();
  end_overflow(log);
}

void EventLogs::erase() {
  for (std::size_t i = 0; i < kEventLogs; ++i) clear_all(static_cast<EventLogId>(i));
}

}  // namespace cxlemu::cci
