#include "component/state_keys.hpp"

#include <array>

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

}  // namespace cxlemu
