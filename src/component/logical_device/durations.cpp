// How long work on whole media takes: Sanitize, Media Operations, Scan Media.
#include <algorithm>
#include <array>

#include "component/logical_device/media_and_poison.hpp"
#include "component/logical_device/media_operations.hpp"
#include "component/logical_device/sanitize.hpp"

namespace cxlemu {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1ULL << 20;

// The steps of an emulator whose timings people know.
Nanoseconds in_steps(std::uint64_t capacity_bytes) {
  struct Step {
    std::uint64_t up_to_mib;
    std::chrono::seconds takes;
  };
  static constexpr auto kSteps = std::to_array<Step>({{512, 4s},
                                                      {1'024, 8s},
                                                      {2'048, 15s},
                                                      {4'096, 30s},
                                                      {8'192, 60s},
                                                      {16'384, 120s},
                                                      {32'768, 240s},
                                                      {65'536, 480s},
                                                      {131'072, 900s},
                                                      {262'144, 1'800s},
                                                      {524'288, 3'600s},
                                                      {1'048'576, 7'200s}});
  const auto step = std::ranges::lower_bound(kSteps, capacity_bytes / kMiB, {}, &Step::up_to_mib);
  return step == kSteps.end() ? 14'400s : step->takes;
}

// Bytes overwritten in a second, as nanoseconds for this capacity.
Nanoseconds at_rate(std::uint64_t capacity_bytes, std::uint64_t mib_a_second) {
  return Nanoseconds{static_cast<Nanoseconds::rep>(capacity_bytes / kMiB * (1'000'000'000 / mib_a_second))};
}

// At most a second, so that nobody waits for what is not there.
Nanoseconds at_once(std::uint64_t bytes) { return std::clamp<Nanoseconds>(at_rate(bytes, 8'000), 10ms, 1s); }

}  // namespace

Nanoseconds sanitize_duration(const LogicalDeviceConfig& config, std::uint64_t capacity_bytes) {
  if (config.sanitize_duration) return *config.sanitize_duration;
  switch (config.timing) {
    case Timing::qemu:
      return in_steps(capacity_bytes);
    case Timing::real:
      return std::max<Nanoseconds>(at_rate(capacity_bytes, 1'000), 1s);
    case Timing::instant:
      break;
  }
  return at_once(capacity_bytes);
}

Nanoseconds media_operation_duration(const LogicalDeviceConfig& config, std::uint64_t bytes) {
  if (config.media_operation_duration) return *config.media_operation_duration;
  switch (config.timing) {
    case Timing::qemu:
      return in_steps(bytes);
    case Timing::real:
      return std::max<Nanoseconds>(at_rate(bytes, 1'000), 1ms);
    case Timing::instant:
      break;
  }
  return at_once(bytes);
}

Nanoseconds scan_duration(const LogicalDeviceConfig& config, std::uint64_t bytes) {
  if (config.scan_duration) return *config.scan_duration;
  switch (config.timing) {
    // 500 ns a cache line, and never less than a millisecond.
    case Timing::qemu:
      return std::max<Nanoseconds>(Nanoseconds{static_cast<Nanoseconds::rep>(bytes / kCacheLine * 500)}, 1ms);
    case Timing::real:
      return std::max<Nanoseconds>(at_rate(bytes, 4'000), 1ms);
    case Timing::instant:
      break;
  }
  return at_once(bytes);
}

}  // namespace cxlemu
