// One CCI of one component (CXL r3.2 9.20.1): its carrier, its message limits, its background slot, its event logs and
// what it tells of by itself.
// It is data; dispatch() is what acts on it.
#pragma once

#include <cstdint>

#include "cci/background.hpp"
#include "cci/event_logs.hpp"
#include "cci/event_notifications.hpp"

namespace cxlemu::cci {

/// By what a CCI is reached; a row names those that carry it (cci-wire A7).
enum class Carrier : std::uint8_t { mailbox = 1 << 0, secondary_mailbox = 1 << 1, mctp = 1 << 2 };

/// A set of carriers.
struct Carriers {
  std::uint8_t bits = 0;
  [[nodiscard]] constexpr bool has(Carrier carrier) const { return (bits & static_cast<std::uint8_t>(carrier)) != 0; }
};
constexpr Carriers operator|(Carrier a, Carrier b) {
  return {static_cast<std::uint8_t>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b))};
}
constexpr Carriers only(Carrier carrier) { return {static_cast<std::uint8_t>(carrier)}; }

/// What a CCI must remember; everything else about it comes from the configuration or can be made again from this.
struct ContextState {
  std::uint32_t response_limit = 0;
  BackgroundSlot::State background;
  EventLogs::State events;
  EventNotifications::State notifications;
  bool operator==(const ContextState&) const = default;
};

struct Context {
  Carrier carrier{};
  /// Largest request payload accepted, in bytes; a longer one is answered with 16h.
  std::uint32_t request_limit = 0;
  /// Largest payload of a response with a variable size, in bytes (0004h).
  std::uint32_t response_limit = 0;
  BackgroundSlot background;
  EventLogs events;
  EventNotifications notifications;
  /// Who sent the request at hand, where the carrier knows it.
  Requester requester;
  /// A fault waits that makes the request at hand run in the background, even where it would be done at once.
  bool forced_background = false;

  explicit Context(Carrier by, Timeline& timeline) : carrier(by), background(timeline), notifications(events) {}

  [[nodiscard]] ContextState save() const {
    return {response_limit, background.state(), events.state(), notifications.state()};
  }
  /// Takes over a saved state; the deadline of a running operation is set again.
  void restore(ContextState state) {
    response_limit = state.response_limit;
    background.restore(std::move(state.background));
    events.restore(std::move(state.events));
    notifications.restore(std::move(state.notifications));
  }
};

}  // namespace cxlemu::cci
