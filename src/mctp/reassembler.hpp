// Packets into messages, for one receiving endpoint: DSP0236 8.5 to 8.10.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "base/timeline.hpp"
#include "mctp/message.hpp"
#include "mctp/packet.hpp"

namespace cxlemu::mctp {

/// DSP0236 gives no time for the next packet of a message; this is Linux's.
inline constexpr Nanoseconds kAssemblyTimeout = std::chrono::seconds(6);
/// LIMIT: messages of more than one packet that one endpoint assembles at a time.
inline constexpr std::size_t kMaximumAssemblies = 64;

struct ReassemblyLimits {
  std::size_t assemblies = kMaximumAssemblies;
  /// A longer message keeps this much of its beginning and is delivered with its length (Message::oversized_length);
  /// above kMaximumMessageBody it is dropped.
  std::size_t kept_body = kMaximumMessageBody;
  Nanoseconds timeout = kAssemblyTimeout;  ///< between two packets of a message
};

/// A message of which the start was seen. Belongs to (source EID, tag, TO), and for the null EID, which many have, also
/// to the physical source (DSP0236 8.6).
struct Assembly {
  Message message;         ///< the body as far as it came and is kept
  std::size_t length = 0;  ///< of the body as far as it came
  std::size_t unit = 0;    ///< payload bytes of the SOM packet
  std::uint8_t next_sequence = 0;
  Time deadline{};  ///< for the next packet

  [[nodiscard]] bool is_of(const PacketView& packet, PhysicalSource physical) const {
    return message.source == packet.source && message.tag == packet.tag &&
           (packet.source != kNullEid || message.physical == physical);
  }
};

/// Holds no callbacks and no timers: a copy is a snapshot.
class Reassembler {
 public:
  explicit Reassembler(ReassemblyLimits limits = {}) : limits_(limits) {}

  /// Takes one packet that is for this endpoint; the message, if this was the end of one. What is dropped is counted.
  std::optional<Message> accept(const PacketView& packet, PhysicalSource physical, Time now, DropCounters& drops);
  [[nodiscard]] bool is_assembling(const PacketView& packet, PhysicalSource physical) const;
  /// Gives the body of a delivered message back, so that the next message needs no allocation.
  void recycle(Buffer&& body);

  /// Ends what waited too long.
  void expire(Time now, DropCounters& drops);
  [[nodiscard]] std::optional<Time> next_deadline() const;
  /// Until when the response to an outstanding request may continue; nothing if none has begun. A null `peer` stands
  /// for whoever answers.
  [[nodiscard]] std::optional<Time> response_deadline(Eid peer, std::uint8_t tag_value) const;
  /// Ends the response to a request that was given up.
  void abandon_response(Eid peer, std::uint8_t tag_value, DropCounters& drops);
  void abandon_all(DropReason reason, DropCounters& drops);

  [[nodiscard]] std::span<const Assembly> assemblies() const { return assemblies_; }
  [[nodiscard]] const ReassemblyLimits& limits() const { return limits_; }

 private:
  using Iterator = std::vector<Assembly>::iterator;
  Iterator find(const PacketView& packet, PhysicalSource physical);
  std::optional<Message> start(PacketView packet, PhysicalSource physical, Time now, DropCounters& drops);
  void keep(Assembly& assembly, Bytes part) const;
  Message finish(Iterator assembly);
  std::nullopt_t give_up(Iterator assembly, DropReason reason, DropCounters& drops);
  void end(Iterator assembly);
  template <typename Predicate>
  void end_where(Predicate predicate, DropReason reason, DropCounters& drops);
  Buffer empty_body();

  ReassemblyLimits limits_;
  std::vector<Assembly> assemblies_;  ///< in no order; few, so that looking through them beats a map
  std::vector<Buffer> spare_bodies_;
  std::size_t spare_bytes_ = 0;
};

// These are here because they run for every packet.

inline std::optional<Message> Reassembler::accept(const PacketView& packet, PhysicalSource physical, Time now,
                                                  DropCounters& drops) {
  if (packet.start_of_message) return start(packet, physical, now, drops);

  const auto found = find(packet, physical);
  if (found == assemblies_.end()) {
    drops.count(DropReason::no_assembly);
    return std::nullopt;
  }
  const std::size_t size = packet.payload.size();
  if (packet.sequence != found->next_sequence) return give_up(found, DropReason::sequence_gap, drops);
  if (packet.end_of_message ? size > found->unit : size != found->unit) {
    return give_up(found, DropReason::packet_size_changed, drops);
  }
  if (found->length + size > kMaximumMessageBody) return give_up(found, DropReason::message_too_long, drops);

  keep(*found, packet.payload);
  if (packet.end_of_message) return finish(found);
  found->next_sequence = (found->next_sequence + 1) & 3;
  found->deadline = now + limits_.timeout;
  return std::nullopt;
}

inline Reassembler::Iterator Reassembler::find(const PacketView& packet, PhysicalSource physical) {
  return std::ranges::find_if(assemblies_, [&](const Assembly& one) { return one.is_of(packet, physical); });
}

inline void Reassembler::keep(Assembly& assembly, Bytes part) const {
  Buffer& body = assembly.message.body;
  assembly.length += part.size();
  append(body, part.first(std::min(part.size(), limits_.kept_body - body.size())));
}

}  // namespace cxlemu::mctp
