// What a CCI tells by itself to whoever asked for it: Event Notification, CXL r3.2 8.2.10.2.6 to 8.2.10.2.8. It says
// what is to be sent and when; the transport sends it, and tells what came back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/timeline.hpp"
#include "cci/event_logs.hpp"
#include "wire/return_code.hpp"

namespace cxlemu::cci {

/// Who sent a request, as its way names him; all zero where the way has no names. Handlers only pass it on.
struct Requester {
  NetworkId network{};
  Eid endpoint_id{};
  std::uint8_t message_type = 0;
  bool operator==(const Requester&) const = default;
};

/// LIMIT: notifications that wait for their turn. A log has at most one; more completed operations are not told of.
inline constexpr std::size_t kMaximumWaitingNotifications = 16;

class EventNotifications {
 public:
  static constexpr Nanoseconds kRetryInterval = std::chrono::milliseconds(1);
  static constexpr std::uint8_t kMaximumRetries = 10;

  struct State {
    std::uint16_t settings = 0;            ///< Event Interrupt Settings of the last 0105h
    Requester destination{};               ///< who sent it
    std::vector<std::uint16_t> waiting{};  ///< events that nothing was sent of yet, in the order they came
    std::uint16_t under_way = 0;           ///< the event of the notification that waits for its response; 0: none does
    std::uint8_t message_tag = 0;          ///< of the CCI message under way, or else of the next one
    std::optional<std::uint8_t> transport_tag{};  ///< what the transport tells its responses by
    std::uint8_t transmissions = 0;               ///< of the one under way
    Time next_transmission{};
    bool responded = false;  ///< with an error
    bool silent = false;     ///< no response came to any transmission: nothing is sent until one comes, or a 0105h
    bool operator==(const State&) const = default;
  };
  /// One message to be sent now.
  struct Transmission {
    Requester destination;
    std::uint16_t event = 0;
    std::uint8_t message_tag = 0;
  };

  /// `logs` are those of the same CCI.
  explicit EventNotifications(const EventLogs& logs) : logs_(&logs) {}
  EventNotifications(const EventNotifications&) = delete;
  EventNotifications& operator=(const EventNotifications&) = delete;

  /// Called after every change: deadline() and the transport tag may be others. Set once by the transport.
  void on_change(std::move_only_function<void()> callback) { changed_ = std::move(callback); }

  /// Set MCTP Event Interrupt Policy. What is no longer asked for, or was for somebody else, is not sent any more.
  void set(std::uint16_t settings, const Requester& requester);
  /// A log that was empty has a record.
  void log_has_records(EventLogId log) { add(static_cast<std::uint16_t>(1U << static_cast<unsigned>(log))); }
  /// An operation came to its end, whatever its result.
  void background_operation_completed() { add(kBackgroundOperationCompleted); }
  /// A response to an Event Notification with this CCI message tag. False: to none that is under way.
  bool answered(std::uint8_t message_tag, ReturnCode code);
  /// Power was lost: nothing is told of, nothing is under way.
  void clear() { restore({}); }

  /// When the next message is to be sent or given up; in the past where that is now. Nothing: never, as it stands.
  [[nodiscard]] std::optional<Time> deadline() const;
  /// The message that is to be sent at `now`; call again until there is none.
  std::optional<Transmission> take_due(Time now);
  void set_transport_tag(std::uint8_t tag);

  [[nodiscard]] const State& state() const { return state_; }
  void restore(State state);

 private:
  void add(std::uint16_t event);
  void end();
  bool begin_next();
  void changed() {
    if (changed_) changed_();
  }

  const EventLogs* logs_;
  State state_;
  std::move_only_function<void()> changed_;
};

}  // namespace cxlemu::cci
