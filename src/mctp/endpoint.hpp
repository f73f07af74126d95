// An MCTP endpoint without IO: packets in, packets out, messages to and from its owner (DSP0236 1.3.3).
//
//   binding ── receive(packet) ─► checks ─► control responder ─┐
//                                   └─► reassembler ─► on_message ─► owner
//   binding ◄── to_link(packet) ◄── fragmenter ◄───────────────┴──── send(message) ◄── owner
#pragma once

#include <functional>

#include "base/timeline.hpp"
#include "mctp/configuration.hpp"
#include "mctp/control.hpp"
#include "mctp/outstanding_tags.hpp"
#include "mctp/reassembler.hpp"

namespace cxlemu::mctp {

class Network;

/// What an endpoint did, for QMP.
struct EndpointCounters {
  std::uint64_t packets_received = 0;  ///< every one that came, dropped ones too
  std::uint64_t packets_sent = 0;
  std::uint64_t bytes_received = 0;  ///< of packets, headers included
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_received = 0;  ///< control messages too
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_not_sent = 0;  ///< too long, or no link
  DropCounters dropped;
  bool operator==(const EndpointCounters&) const = default;
};

/// Everything about an endpoint that changes. Deadlines are fields in it; rearm() makes the timer from them.
struct EndpointState {
  EidAssignment assignment;
  OutstandingTags tags;
  Reassembler reassembler;
  EndpointCounters counters;
};

/// Callbacks may call any member function of the endpoint, but neither replace callbacks nor destroy it.
class Endpoint {
 public:
  using Configuration = EndpointConfiguration;
  using Counters = EndpointCounters;
  using State = EndpointState;

  /// Both must outlive the endpoint; a network that it is attached to need not.
  Endpoint(Timeline& timeline, Configuration configuration);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  /// Takes a packet to be sent. The bytes are valid during the call; link_destination() says where it goes physically.
  std::move_only_function<void(Bytes packet)> to_link;
  /// Takes a complete message: a request or notification (TO=1) of a supported type, or a response (TO=0) to an
  /// outstanding tag, of control too. Who leaves the body in place saves the next message an allocation.
  std::move_only_function<void(Message&& message)> on_message;
  /// A tag was freed by its response, by its lifetime or by a reset; not for release_tag(). The response comes first.
  std::move_only_function<void(Eid peer, std::uint8_t value)> on_tag_released;
  /// Set Endpoint ID or a reset gave this endpoint another EID than `old`.
  std::move_only_function<void(Eid old)> on_eid_changed;

  /// Takes one packet off the link. Bad ones are counted and have no other effect.
  void receive(Bytes packet, PhysicalSource physical_source = {});
  /// Fragments and sends. A null source is filled in with this endpoint's EID.
  void send(const Message& message);

  /// A tag for a request to `peer`, for a tag lifetime; nothing if all eight are in use. Null: whoever is at a physical
  /// address, so that a response from any EID matches.
  std::optional<Tag> allocate_tag(Eid peer);
  /// As allocate_tag() for an owner that chose the value itself; false if it is in use. A preallocated tag is kept
  /// until release_tag(), whatever number of responses comes.
  bool claim_tag(Eid peer, std::uint8_t value, bool preallocated);
  /// False if it was not in use. A response that is being received goes with it.
  bool release_tag(Eid peer, std::uint8_t value);
  [[nodiscard]] std::vector<OutstandingTag> outstanding_tags() const { return state_.tags.all(); }

  /// As the reset of a link: static EID or none, no assemblies, no tags.
  void reset();

  [[nodiscard]] Eid eid() const { return state_.assignment.eid; }
  [[nodiscard]] const EidAssignment& assignment() const { return state_.assignment; }
  [[nodiscard]] const Configuration& configuration() const { return configuration_; }
  [[nodiscard]] const Counters& counters() const { return state_.counters; }
  [[nodiscard]] std::size_t assemblies_in_progress() const { return state_.reassembler.assemblies().size(); }
  /// Within to_link(): the physical address of the peer that the packet goes to, as its request told.
  [[nodiscard]] PhysicalAddress link_destination() const { return link_destination_; }

  /// A copy of the state is a snapshot of the endpoint.
  [[nodiscard]] const State& state() const { return state_; }
  /// Goes on from a snapshot of an endpoint of the same configuration, timers included.
  void restore(State state);
  /// Sets the timer again from the deadlines in the state.
  void rearm();

 private:
  friend class Network;

  [[nodiscard]] std::optional<DropReason> refusal(const PacketView& packet, PhysicalSource physical_source) const;
  [[nodiscard]] bool supports(MessageType type) const;
  void receive_control(PacketView packet, PhysicalSource physical_source);
  void answer_control(const PacketView& packet, PhysicalSource physical_source);
  void deliver(Message&& message);
  void set_assignment(const EidAssignment& assignment);
  void drop(DropReason reason) { state_.counters.dropped.count(reason); }

  [[nodiscard]] bool is_waiting() const;
  void wake_by(Time deadline) {
    if (!timer_deadline_ || deadline < *timer_deadline_) set_timer(deadline);
  }
  void set_timer(Time deadline);
  void cancel_timer();
  void on_timer();

  Timeline& timeline_;
  Configuration configuration_;
  State state_;
  Timeline::Key timer_;
  std::optional<Time> timer_deadline_;  ///< never after the earliest deadline in the state; earlier is harmless
  PhysicalAddress link_destination_;
  Network* network_ = nullptr;
};

}  // namespace cxlemu::mctp
