// Counters of DDR5 Error Check Scrub (CXL r3.2 8.2.10.5.2.4, 8.2.10.9.11.2), one for each memory media FRU: what
// scrubbing counts, what the ECS Control Feature configures, and what the DDR5 ECS Log shows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "wire/log_contents.hpp"

namespace cxlemu {

/// Memory media FRUs of a device.
inline constexpr std::size_t kMemoryMediaFrus = 3;

struct EcsFru {
  /// DDR5 ECS Configurations: bits 2:0 threshold per Gb (3: 256, 4: 1024, 5: 4096), bit 3: codewords are counted.
  std::uint16_t configuration = 3;
  std::uint16_t error_count = 0;                  ///< rows or codewords with errors (saturates)
  std::uint8_t maximum_row_error_count = 0;       ///< of the row with most errors
  std::uint64_t address_with_maximum_errors = 0;  ///< DPA of that row
  bool operator==(const EcsFru&) const = default;
};

struct EcsState {
  std::array<EcsFru, kMemoryMediaFrus> frus;
  bool operator==(const EcsState&) const = default;
};

/// What a scrub found in one FRU.
struct EcsFinding {
  std::uint16_t errors = 1;     ///< rows or codewords with errors, by the FRU's mode
  std::uint8_t row_errors = 1;  ///< errors of the worst row among them
  std::uint64_t dpa = 0;        ///< of that row
};

namespace ecs {

/// Counts what was found; `fru` is below kMemoryMediaFrus. The caller marks StateKey::ecs.
inline void count(EcsState& state, std::size_t fru, const EcsFinding& finding) {
  EcsFru& counters = state.frus[fru];
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint16_t>::max();
  counters.error_count =
      static_cast<std::uint16_t>(std::min<std::uint32_t>(kMost, std::uint32_t{counters.error_count} + finding.errors));
  if (finding.row_errors > counters.maximum_row_error_count) {
    counters.maximum_row_error_count = finding.row_errors;
    counters.address_with_maximum_errors = finding.dpa;
  }
}

/// Reset ECS Counter of the ECS Control Feature: the configuration stays.
inline void reset_counters(EcsFru& fru) { fru = {.configuration = fru.configuration}; }

/// Errors below which nothing is reported, for a FRU of so many Gb.
inline std::uint64_t threshold(const EcsFru& fru, std::uint64_t gigabits) {
  switch (Ddr5EcsLogEntry::ThresholdCount::get(fru.configuration)) {
    case 4:
      return 1024 * gigabits;
    case 5:
      return 4096 * gigabits;
    default:
      return 256 * gigabits;
  }
}

}  // namespace ecs
}  // namespace cxlemu
