// One MCTP network in one process: carries packets between endpoints by destination EID, packet by packet and
// unchanged, as a bridge does (DSP0236 9).
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "mctp/endpoint.hpp"

namespace cxlemu::mctp {

/// LIMIT: packets under way at a time; four messages of the greatest length in baseline units.
inline constexpr std::size_t kMaximumQueuedPackets = 4 * (kMaximumMessageBody / kBaselineTransmissionUnit + 1);
/// LIMIT: packets that one packet from outside may lead to, so that owners who answer each other's answers without end
/// cost packets and not the process.
inline constexpr std::size_t kMaximumPacketsPerDrain = std::size_t{1} << 20;

struct NetworkLimits {
  std::size_t queued_packets = kMaximumQueuedPackets;
  std::size_t packets_per_drain = kMaximumPacketsPerDrain;
};

struct NetworkCounters {
  std::uint64_t packets_delivered = 0;
  std::uint64_t malformed = 0;   ///< no header, or longer than any binding carries
  std::uint64_t unroutable = 0;  ///< null, broadcast, or nobody's EID
  std::uint64_t queue_full = 0;
  std::uint64_t endless = 0;  ///< beyond NetworkLimits::packets_per_drain
  bool operator==(const NetworkCounters&) const = default;
};

class Network {
 public:
  explicit Network(NetworkLimits limits = {}) : limits_(limits) {}
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Connects the endpoint's to_link. It may change its EID, and it detaches itself when it is destroyed. An endpoint
  /// that is attached elsewhere is moved. Of several with the same EID the one that had it first receives.
  void attach(Endpoint& endpoint);
  void detach(Endpoint& endpoint);
  /// The endpoint that has this EID now.
  [[nodiscard]] Endpoint* find(Eid eid) const;
  [[nodiscard]] std::size_t size() const { return attached_.size(); }

  /// Takes a packet from an endpoint or from outside. Delivers it before it returns, unless it is called from within a
  /// delivery: then the outermost call delivers it, after those that were here before.
  void route(Bytes packet, PhysicalSource physical_source = {});

  [[nodiscard]] const NetworkCounters& counters() const { return counters_; }

 private:
  friend class Endpoint;
  struct QueuedPacket {
    std::size_t size;
    PhysicalSource physical_source;
  };
  /// Packets end to end, so that neither holds an allocation for each.
  struct Queue {
    std::vector<QueuedPacket> packets;
    Buffer bytes;
    void clear() {
      packets.clear();
      bytes.clear();
    }
  };

  void eid_changed(Endpoint& endpoint, Eid old);
  void add_to_table(Endpoint& endpoint);
  void remove_from_table(Endpoint& endpoint, Eid eid);
  void deliver(Bytes packet, PhysicalSource physical_source);
  void drain();

  NetworkLimits limits_;
  NetworkCounters counters_;
  std::unordered_map<Endpoint*, PhysicalAddress> attached_;
  std::uint32_t last_address_ = 0;
  /// By EID; more than one in an entry is a conflict that the bus owner has to end.
  std::array<std::vector<Endpoint*>, 256> table_;
  Queue arriving_;
  Queue draining_;
  bool is_draining_ = false;
};

}  // namespace cxlemu::mctp
