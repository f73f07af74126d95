#include "component/logical_device/poison.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cxlemu::poison {
namespace {

void overflow(PoisonState& state, std::uint64_t timestamp) {
  state.overflow = true;
  state.overflow_timestamp = timestamp;
  state.scanned_since_overflow = 0;
}

// False: it does not fit, and the list is frozen from now on.
bool add_to_list(PoisonState& state, const PoisonLimits& limits, const PoisonRange& range, std::uint64_t timestamp) {
  if (state.overflow) return false;
  state.list.add(range.dpa, range.length, range.kind);
  if (state.list.records() <= limits.list_records) return true;
  state.list.clear(range.dpa, range.length);
  overflow(state, timestamp);
  return false;
}

void clear_in_list(PoisonState& state, const PoisonLimits& limits, const PoisonRange& range, std::uint64_t timestamp) {
  if (state.overflow && !limits.frozen_list_follows_clears) return;
  state.list.clear(range.dpa, range.length);
  if (state.list.records() <= limits.list_records) return;
  // SILENT: a record was split in two, and there is no room for the second half.
  if (const auto rest = state.list.first(range.end(), PoisonMap::kMaximumRange)) {
    state.list.clear(rest->dpa, rest->length);
  }
  if (!state.overflow) overflow(state, timestamp);
}

// Clears what `goes` says of the poison in the range.
template <typename Goes>
void clear_where(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
                 std::uint64_t timestamp, Goes&& goes) {
  std::vector<PoisonRange> cleared;
  state.media.visit(dpa, length, [&](const PoisonRange& range) {
    if (goes(range.kind)) cleared.push_back(range);
    return true;
  });
  for (const PoisonRange& range : cleared) {
    state.media.clear(range.dpa, range.length);
    clear_in_list(state, limits, range, timestamp);
  }
}

// What is poisoned in the range, up to the size of the store; where it is full, the scan has to be begun again there.
void store_results(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length) {
  ScanResults& results = state.scan;
  results = {.available = true, .records = {}, .restart_dpa = 0, .restart_length = 0, .next = {}};
  state.media.visit(dpa, length, [&](const PoisonRange& range) {
    if (results.records.size() == limits.scan_results) {
      results.restart_dpa = range.dpa;
      results.restart_length = dpa + length - range.dpa;
      return false;
    }
    results.records.push_back(range);
    return true;
  });
}

void rebuild_list(PoisonState& state, const PoisonLimits& limits) {
  state.list.clear();
  state.scanned_since_overflow = 0;
  bool complete = true;
  state.media.visit(0, ~std::uint64_t{0}, [&](const PoisonRange& range) {
    if (!range.kind.detected) return true;
    state.list.add(range.dpa, range.length, range.kind);
    if (state.list.records() <= limits.list_records) return true;
    state.list.clear(range.dpa, range.length);
    complete = false;
    return false;
  });
  if (!complete) return;
  state.overflow = false;
  state.overflow_timestamp = 0;
}

}  // namespace

std::optional<PoisonFinding> add(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa,
                                 std::uint64_t length, PoisonKind kind, std::uint64_t timestamp) {
  std::vector<PoisonRange> fresh;
  state.media.visit_gaps(dpa, length,
                         [&](std::uint64_t from, std::uint64_t bytes) { fresh.push_back({from, bytes, kind}); });
  std::optional<PoisonFinding> first;
  for (const PoisonRange& range : fresh) {
    state.media.add(range.dpa, range.length, kind);
    const bool in_list = kind.detected && add_to_list(state, limits, range, timestamp);
    if (!first) first = PoisonFinding{range, in_list};
    first->in_list = first->in_list && in_list;
  }
  return first;
}

void overwrite(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
               std::uint64_t timestamp) {
  clear_where(state, limits, dpa, length, timestamp, [](const PoisonKind& kind) { return !kind.permanent; });
}

void repair(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
            std::uint64_t timestamp) {
  clear_where(state, limits, dpa, length, timestamp, [](const PoisonKind&) { return true; });
}

void remove(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
            PoisonSource source, std::uint64_t timestamp) {
  clear_where(state, limits, dpa, length, timestamp,
              [source](const PoisonKind& kind) { return kind.source == source && !kind.permanent; });
}

std::vector<PoisonFinding> detect(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa,
                                  std::uint64_t length, std::uint64_t timestamp) {
  std::vector<PoisonFinding> found;
  state.media.visit(dpa, length, [&](PoisonRange range) {
    if (std::exchange(range.kind.detected, true)) return true;
    found.push_back({range, true});
    return true;
  });
  for (PoisonFinding& finding : found) {
    const PoisonRange& range = finding.range;
    state.media.clear(range.dpa, range.length);
    state.media.add(range.dpa, range.length, range.kind);
    finding.in_list = add_to_list(state, limits, range, timestamp);
  }
  return found;
}

std::vector<PoisonFinding> scan(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
                                std::uint64_t capacity, std::uint64_t timestamp) {
  store_results(state, limits, dpa, length);
  const std::uint64_t scanned_to = state.scan.restart_length != 0 ? state.scan.restart_dpa : dpa + length;
  const bool was_frozen = state.overflow;
  (void)detect(state, limits, dpa, scanned_to - dpa, timestamp);
  // What this scan itself made overflow needs another one.
  if (was_frozen && dpa <= state.scanned_since_overflow) {
    state.scanned_since_overflow = std::max(state.scanned_since_overflow, scanned_to);
    if (state.scanned_since_overflow >= capacity) rebuild_list(state, limits);
  }
  std::vector<PoisonFinding> found;
  found.reserve(state.scan.records.size());
  for (const PoisonRange& range : state.scan.records) {
    found.push_back({range, state.list.first(range.dpa, kCacheLine).has_value()});
  }
  return found;
}

void keep_results_of_aborted_scan(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa,
                                  std::uint64_t length) {
  store_results(state, limits, dpa, length);
  // It did not end because the store was full.
  state.scan.restart_dpa = state.scan.restart_length = 0;
}

void start_anew(PoisonState& state, const PoisonLimits& limits, std::uint64_t capacity, std::uint64_t timestamp) {
  overwrite(state, limits, 0, capacity, timestamp);
  rebuild_list(state, limits);
}

MediaErrorRecord record_of(const PoisonRange& range) {
  MediaErrorRecord record{};
  record.media_error_address =
      MediaErrorRecord::ErrorSource::set(range.dpa, static_cast<std::uint64_t>(range.kind.source));
  record.media_error_length_64b = static_cast<std::uint32_t>(range.length / kCacheLine);
  return record;
}

EventRecord event_of(const PoisonFinding& finding, bool is_volatile, MediaTransaction transaction, EventLogId log) {
  constexpr std::uint8_t kUncorrectableEvent = 1 << 0;
  constexpr std::uint8_t kPoisonListOverflowEvent = 1 << 2;
  constexpr std::uint8_t kMediaEccError = 0;
  GeneralMediaEventData data{};
  data.physical_address = finding.range.dpa | (is_volatile ? 1U : 0U);
  data.memory_event_descriptor =
      static_cast<std::uint8_t>(kUncorrectableEvent | (finding.in_list ? 0 : kPoisonListOverflowEvent));
  data.memory_event_type = kMediaEccError;
  data.transaction_type = static_cast<std::uint8_t>(transaction);
  EventRecord record{};
  record.event_record_identifier = kGeneralMediaEventRecord;
  std::uint32_t flags = static_cast<std::uint32_t>(log);
  // CXL r3.2 8.2.10.2.1: an informational event tells of nothing permanent.
  if (finding.range.kind.permanent && log != EventLogId::informational) {
    flags = EventRecord::PermanentCondition::set(flags, 1);
  }
  record.event_record_flags = flags;
  std::memcpy(record.event_record_data.data(), &data, sizeof data);
  return record;
}

}  // namespace cxlemu::poison
