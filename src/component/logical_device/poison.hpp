// Poison of a logical device (CXL r3.2 8.2.10.9.4): what the media really holds, and what the device reports. They are
// two things: the Poison List is limited in records, and once something did not fit into it, it stays as it was until
// Scan Media has gone over all of the capacity.
#pragma once

#include <map>
#include <vector>

#include "cci/cci_id.hpp"
#include "memory/poison_map.hpp"
#include "wire/event_records.hpp"
#include "wire/media_and_poison.hpp"

namespace cxlemu {

struct PoisonLimits {
  std::uint32_t list_records = 256;
  std::uint32_t scan_results = 4096;
  /// What is cleared disappears from a frozen list, too.
  bool frozen_list_follows_clears = false;
};

/// How far Get Poison List has gone over a range for one CCI: the same range goes on there, another one begins anew.
struct PoisonListCursor {
  std::uint64_t dpa = 0;
  std::uint64_t length = 0;  ///< 0: no list is being read
  std::uint64_t next = 0;
  bool operator==(const PoisonListCursor&) const = default;
};

/// What the last Scan Media found.
struct ScanResults {
  bool available = false;  ///< Scan Media was called since the last Conventional Reset
  std::vector<PoisonRange> records;
  std::uint64_t restart_dpa = 0;
  std::uint64_t restart_length = 0;          ///< not 0: the store was full there
  std::map<cci::CciId, std::uint32_t> next;  ///< first record of the next page, for each CCI that reads on
  bool operator==(const ScanResults&) const = default;
};

struct PoisonState {
  PoisonMap media;
  PoisonMap list;  ///< until it overflows: what the device knows of `media`
  bool overflow = false;
  std::uint64_t overflow_timestamp = 0;
  /// Bytes from DPA 0 that scans, each beginning where the one before had ended, have covered since the overflow.
  std::uint64_t scanned_since_overflow = 0;
  std::map<cci::CciId, PoisonListCursor> cursors;  ///< of the CCIs that are reading a list
  ScanResults scan;
  /// Nothing is poisoned and nothing is reported.
  [[nodiscard]] bool is_clean() const { return media.empty() && list.empty() && !overflow; }
  bool operator==(const PoisonState&) const = default;
};

/// Poison that the device has come to know of.
struct PoisonFinding {
  PoisonRange range;
  bool in_list = true;  ///< false: it did not fit into the Poison List
};

enum class MediaTransaction : std::uint8_t {
  unknown = 0,
  host_read = 1,
  host_write = 2,
  scan_media = 3,
  inject_poison = 4,
  patrol_scrub = 5,
  internal_media_error_check_scrub = 7,
};

namespace poison {

/// Poisons what is not poisoned yet in [dpa, dpa + length), both multiples of kCacheLine. Returns the first part that
/// is new, nothing where all of it was poisoned already. `timestamp` is the device's, for an overflow.
std::optional<PoisonFinding> add(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa,
                                 std::uint64_t length, PoisonKind kind, std::uint64_t timestamp);
/// New data is written over every line of [dpa, dpa + length); what is permanent stays.
void overwrite(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
               std::uint64_t timestamp);
/// The media itself is whole again: permanent poison goes, too.
void repair(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
            std::uint64_t timestamp);
/// Removes poison of this source alone, as a reset does.
void remove(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
            PoisonSource source, std::uint64_t timestamp);
/// The device comes upon whatever is poisoned in [dpa, dpa + length), both multiples of kCacheLine. Returns what it had
/// not known of.
std::vector<PoisonFinding> detect(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa,
                                  std::uint64_t length, std::uint64_t timestamp);

/// Scan Media has gone over [dpa, dpa + length) of `capacity` bytes: results, list and overflow are as after it.
/// Returns all that was found, in ascending order.
std::vector<PoisonFinding> scan(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa, std::uint64_t length,
                                std::uint64_t capacity, std::uint64_t timestamp);
/// Scan Media ended after [dpa, dpa + length): its results are there, the list is as it was.
void keep_results_of_aborted_scan(PoisonState& state, const PoisonLimits& limits, std::uint64_t dpa,
                                  std::uint64_t length);
/// All of the media was overwritten and the list begins anew.
void start_anew(PoisonState& state, const PoisonLimits& limits, std::uint64_t capacity, std::uint64_t timestamp);

MediaErrorRecord record_of(const PoisonRange& range);
/// The General Media Event that tells of it (CXL r3.2 8.2.10.2.1.1).
EventRecord event_of(const PoisonFinding& finding, bool is_volatile, MediaTransaction transaction, EventLogId log);

}  // namespace poison
}  // namespace cxlemu
