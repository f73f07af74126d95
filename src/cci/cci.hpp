// One CCI of a component (CXL r3.2 9.20.1): its identity, what it leads to, its message limits, its background slot,
// its event logs and what it tells of by itself. It is data; dispatch() is what acts on it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "cci/background.hpp"
#include "cci/cci_id.hpp"
#include "cci/event_logs.hpp"
#include "cci/event_notifications.hpp"

namespace cxlemu::cci {

struct Component;

/// What a handler acts on: the type of its first parameter, whose kSubject says which of these it is.
enum class Subject : std::uint8_t { component, device, logical_device };
inline constexpr std::size_t kSubjects = 3;
/// Specialised beside each type that a handler may take.
template <typename T>
inline constexpr Subject kSubject = T::kSubject;
template <>
inline constexpr Subject kSubject<Component> = Subject::component;

/// How a request came.
enum class Way : std::uint8_t { mailbox, mctp };

/// One request as a CCI gets it.
struct Request {
  Opcode opcode;
  Bytes payload;
  /// The length that the sender claimed, where it may differ from the bytes that were kept.
  std::size_t declared_length = payload.size();
  Way by{};
  /// Who sent it, where the way knows.
  Requester from{};
  /// A fault waits that makes it run in the background, even where it would be done at once. Set by dispatch().
  bool forced_background = false;
};

/// What a CCI must remember; everything else about it comes from the configuration or can be made again from this.
struct CciState {
  CciId id;
  std::uint32_t response_limit = 0;
  BackgroundSlot::State background;
  EventLogs::State events;
  EventNotifications::State notifications;
  bool operator==(const CciState&) const = default;
};

struct Cci {
  CciId id;
  Component* component;
  /// By Subject: what its commands act on; null where it leads to none.
  std::array<void*, kSubjects> subjects{};
  /// Largest request payload accepted, in bytes; a longer one is answered with 16h.
  std::uint32_t request_limit = 0;
  /// Largest payload of a response with a variable size, in bytes (0004h).
  std::uint32_t response_limit = 0;
  /// A secondary mailbox starts nothing here: no row that may run in the background is carried by it (8.2.9.4.2).
  BackgroundSlot background;
  /// The mailboxes of a component share theirs (CXL r3.2 9.20.1).
  std::shared_ptr<EventLogs> events;
  EventNotifications notifications;

  /// `logs`: those of another CCI that it shares; null: its own.
  Cci(CciId identity, Component& of, Timeline& timeline, std::shared_ptr<EventLogs> logs = nullptr)
      : id(identity),
        component(&of),
        background(timeline),
        events(logs != nullptr ? std::move(logs) : std::make_shared<EventLogs>()),
        notifications(*events) {}

  template <typename T>
  [[nodiscard]] T& subject() const {
    if constexpr (std::same_as<T, Component>) {
      return *component;
    } else {
      return *static_cast<T*>(subjects[static_cast<std::size_t>(kSubject<T>)]);
    }
  }

  [[nodiscard]] CciState save() const {
    return {id, response_limit, background.state(), events->state(), notifications.state()};
  }
  /// Takes over a saved state; the deadline of a running operation is set again.
  void restore(CciState state) {
    response_limit = state.response_limit;
    background.restore(std::move(state.background));
    events->restore(std::move(state.events));
    notifications.restore(std::move(state.notifications));
  }
};

}  // namespace cxlemu::cci
