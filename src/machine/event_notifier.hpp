// Sends the Event Notifications of one MCTP CCI as packets of its endpoint (CXL r3.2 8.2.10.2.8), and takes the
// responses.
#pragma once

#include "base/timeline.hpp"
#include "cci/event_notifications.hpp"
#include "mctp/endpoint.hpp"

namespace cxlemu {

class EventNotifier {
 public:
  /// All three must outlive it.
  EventNotifier(Timeline& timeline, mctp::Endpoint& endpoint, cci::EventNotifications& notifications);
  EventNotifier(const EventNotifier&) = delete;
  EventNotifier& operator=(const EventNotifier&) = delete;
  ~EventNotifier();

  /// Called where something is to be sent at once: send_due() is to be called when the input at hand is done.
  std::move_only_function<void()> on_due;
  /// Called before a message leaves, so that what it tells of is committed.
  std::move_only_function<void()> before_send;

  void send_due();
  /// A message of TO=0 that the endpoint received. False: no response to a notification that is under way.
  bool received(const mctp::Message& response);
  /// Is one under way that will be sent again if no response comes?
  [[nodiscard]] bool awaits_response() const { return notifications_.deadline().has_value(); }

 private:
  struct Held {
    Eid peer;
    std::uint8_t tag;
    bool operator==(const Held&) const = default;
  };
  void changed();
  bool take_tag(Eid peer);
  void send(const cci::EventNotifications::Transmission& transmission);

  Timeline& timeline_;
  mctp::Endpoint& endpoint_;
  cci::EventNotifications& notifications_;
  std::optional<Held> held_;  ///< the tag of the endpoint that is ours; made again from the state
  Timeline::Key timer_;
};

}  // namespace cxlemu
