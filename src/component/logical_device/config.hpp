// What a logical device is built with.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace cxlemu {

enum class Timing : std::uint8_t { instant, qemu, real };
enum class BusyAcross : std::uint8_t { conflicting, never };
enum class FrozenPoisonList : std::uint8_t { kept, follows_clears };

/// LIMIT: records that a Poison List can be set to hold: Identify Memory Device counts them in 24 bits.
inline constexpr std::uint32_t kMaximumPoisonListSize = 0xFF'FFFF;
/// LIMIT: records that a store of scan results can be set to hold.
inline constexpr std::uint32_t kMaximumScanResults = 0xFF'FFFF;

struct LogicalDeviceConfig {
  std::uint32_t poison_list_size = 256;    ///< records in the Poison List, 1 to kMaximumPoisonListSize
  std::uint32_t scan_results_size = 4096;  ///< records that a Scan Media keeps, 1 to kMaximumScanResults
  /// Addresses that 4301h may have poisoned; 0: no limit. Absent: 0, but 65535 with profile=libcxlmi.
  std::optional<std::uint16_t> inject_poison_limit;
  Timing timing = Timing::instant;
  std::optional<std::chrono::milliseconds> sanitize_duration;         ///< overrides `timing` for 4400h
  std::optional<std::chrono::milliseconds> scan_duration;             ///< overrides `timing` for 4304h
  std::optional<std::chrono::milliseconds> media_operation_duration;  ///< overrides `timing` for 4402h
  bool injects_persistent_poison = false;  ///< injected poison of persistent capacity survives every reset
  FrozenPoisonList frozen_poison_list = FrozenPoisonList::kept;
  BusyAcross busy_across = BusyAcross::conflicting;
  std::uint64_t partitioned_volatile = 0;  ///< bytes of the partitionable capacity that are volatile at first
};

}  // namespace cxlemu
