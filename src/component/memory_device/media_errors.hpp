// Errors that the media corrects or hides, and what goes over it to find them: patrol scrub (CXL r3.2 8.2.10.9.11.1),
// DDR5 ECS (.2), and the counters of the Advanced Programmable CVME Threshold Feature (.3).
//
// Cycles go on in device time, but nothing waits for the end of one that would find nothing.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "component/logical_device/poison.hpp"
#include "component/memory_device/dram_address.hpp"
#include "component/memory_device/ecs.hpp"
#include "component/memory_device/features.hpp"

namespace cxlemu {

/// LIMIT: cache lines of a device with corrected errors that nothing has come upon yet.
inline constexpr std::size_t kMaximumCorrectedErrors = 4096;
/// How often DRAM goes over itself (JESD79-5: at least once in 24 hours).
inline constexpr Nanoseconds kEcsCycle = std::chrono::hours(24);

/// Errors of one cache line that are corrected, and counted, by whatever comes upon them first: patrol scrub, ECS or a
/// host's read.
struct CorrectedErrors {
  std::uint64_t dpa = 0;  ///< a multiple of kCacheLine
  std::uint32_t count = 0;
  bool operator==(const CorrectedErrors&) const = default;
};

struct PatrolScrubState {
  Time cycle_end{};  ///< of the cycle that runs, while enabled; one in the past stands for all that followed it
  std::uint64_t corrected = 0;    ///< errors found
  std::uint64_t uncorrected = 0;  ///< cache lines found
  bool operator==(const PatrolScrubState&) const = default;
};

/// CVMEs of one unit of the configured granularity.
struct CvmeCounter {
  std::uint32_t count = 0;
  std::uint8_t components = 0;  ///< bit i: FRU i had some of them
  std::uint64_t last_dpa = 0;
  bool operator==(const CvmeCounter&) const = default;
};
/// The finest granularity is a rank.
using CvmeCounters = std::array<CvmeCounter, DramGeometry::kChannels * DramGeometry::kRanks>;

struct MediaErrorsState {
  std::vector<CorrectedErrors> corrected;  ///< ascending, each line once
  bool latent_poison = false;              ///< there may be poison that the device does not know of
  PatrolScrubState patrol_scrub;
  Time ecs_cycle_end = kEcsCycle;
  CvmeCounters cvme{};
  Time cvme_expiration{};  ///< 0: nothing was counted, or counters do not expire
  bool operator==(const MediaErrorsState&) const = default;
};

MediaErrorsState initial_media_errors(const FeaturesState& features, Time now);

namespace media_errors {

/// The media has poison from now on that the device does not know of.
void note_latent_poison(MemoryDevice& device);
/// A cache line gets errors that will be corrected; `dpa` is a multiple of kCacheLine inside the capacity. False: too
/// many lines have some.
[[nodiscard]] bool inject(MemoryDevice& device, std::uint64_t dpa, std::uint32_t count);
/// A host has read there.
void host_read(MemoryDevice& device, std::uint64_t dpa, std::uint64_t length);

/// The Device Patrol Scrub Control Feature is about to get this value.
void patrol_scrub_set(MemoryDevice& device, const PatrolScrubWritable& value);
/// The Advanced Programmable CVME Threshold Feature has got this value: counters begin anew, and while it has a
/// threshold the warning of Set Alert Configuration is disabled (CXL r3.2 8.2.10.9.11.3).
void cvme_threshold_set(MemoryDevice& device, const CvmeThresholdWritable& value);
/// The reverse: that warning was enabled.
void disable_cvme_thresholds(MemoryDevice& device);

/// Patrol scrub is enabled.
bool scrubs_periodically(const MemoryDevice& device);
/// When something has to be done next; nothing where there is nothing to find.
std::optional<Time> next_deadline(const MemoryDevice& device);
/// Does what is due now.
void deadline_reached(MemoryDevice& device);

/// Any reset but FLR; after features::reset().
void reset(MemoryDevice& device, ResetKind kind);

}  // namespace media_errors
}  // namespace cxlemu
