#include "component/changes.hpp"

#include <array>
#include <utility>

namespace cxlemu {

std::string_view name_of(StateKey key) {
  static constexpr std::array<std::string_view, kStateKeys> kNames = {"response-message-limit",
                                                                      "event-logs",
                                                                      "event-interrupt-policy",
                                                                      "timestamp",
                                                                      "labels",
                                                                      "media-state",
                                                                      "media",
                                                                      "background",
                                                                      "endpoint-id",
                                                                      "firmware",
                                                                      "poison",
                                                                      "security",
                                                                      "partitions",
                                                                      "health",
                                                                      "qos",
                                                                      "component-state-dump",
                                                                      "ecs",
                                                                      "ras",
                                                                      "vendor-registers",
                                                                      "features",
                                                                      "media-errors",
                                                                      "maintenance"};
  static_assert(static_cast<std::size_t>(StateKey::maintenance) + 1 == kStateKeys && !kNames.back().empty());
  return kNames[static_cast<std::size_t>(key)];
}

std::vector<StateKey> Changes::take() {
  std::vector<StateKey> keys;
  const auto marked = std::exchange(keys_, 0U);
  for (unsigned i = 0; i < kStateKeys; ++i) {
    if ((marked >> i & 1U) != 0) keys.push_back(static_cast<StateKey>(i));
  }
  return keys;
}

}  // namespace cxlemu
