// The device's timestamp (CXL r3.2 8.2.10.4): what was set, and when on the device's own time.
#pragma once

#include <cstdint>

#include "base/timeline.hpp"

namespace cxlemu {

struct TimestampState {
  bool is_set = false;
  std::uint64_t value_set = 0;
  Time set_at{};
  bool operator==(const TimestampState&) const = default;

  /// 0 where it was never set.
  [[nodiscard]] std::uint64_t at(Time now) const {
    return is_set ? value_set + static_cast<std::uint64_t>((now - set_at).count()) : 0;
  }
};

}  // namespace cxlemu
