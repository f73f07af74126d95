#include "mctp/network.hpp"

#include <algorithm>
#include <cstring>

namespace cxlemu::mctp {

Network::~Network() {
  while (!attached_.empty()) detach(*attached_.begin()->first);
}

void Network::attach(Endpoint& endpoint) {
  if (endpoint.network_ != nullptr) endpoint.network_->detach(endpoint);
  endpoint.network_ = this;
  // Endpoints without an EID are told apart by this (DSP0236 8.6). 0 is what comes from outside.
  const PhysicalAddress address{++last_address_};
  attached_.emplace(&endpoint, address);
  endpoint.to_link = [this, address](Bytes packet) { route(packet, address); };
  add_to_table(endpoint);
}

void Network::detach(Endpoint& endpoint) {
  if (attached_.erase(&endpoint) == 0) return;
  remove_from_table(endpoint, endpoint.eid());
  endpoint.network_ = nullptr;
  endpoint.to_link = nullptr;
}

Endpoint* Network::find(Eid eid) const {
  const auto& holders = table_[eid.value];
  return holders.empty() ? nullptr : holders.front();
}

void Network::eid_changed(Endpoint& endpoint, Eid old) {
  remove_from_table(endpoint, old);
  add_to_table(endpoint);
}

void Network::add_to_table(Endpoint& endpoint) {
  // Null and broadcast are nobody's, so that what is sent to them finds nobody.
  if (endpoint.eid() == kNullEid || endpoint.eid() == kBroadcastEid) return;
  table_[endpoint.eid().value].push_back(&endpoint);
}

void Network::remove_from_table(Endpoint& endpoint, Eid eid) { std::erase(table_[eid.value], &endpoint); }

void Network::route(Bytes packet, PhysicalSource physical_source) {
  if (packet.size() < sizeof(PacketHeader) || packet.size() > kMaximumPacketSize) {
    ++counters_.malformed;
    return;
  }
  if (!is_draining_) {
    is_draining_ = true;
    deliver(packet, physical_source);
    drain();
    is_draining_ = false;
    return;
  }
  if (arriving_.packets.size() >= limits_.queued_packets) {
    ++counters_.queue_full;
    return;
  }
  arriving_.packets.push_back({packet.size(), physical_source});
  append(arriving_.bytes, packet);
}

void Network::drain() {
  std::size_t delivered = 0;
  while (!arriving_.packets.empty()) {
    // What a delivery adds goes to the other queue: the bytes being delivered do not move.
    std::swap(arriving_, draining_);
    Bytes rest = draining_.bytes;
    for (const auto& [size, physical_source] : draining_.packets) {
      if (++delivered > limits_.packets_per_drain) {
        ++counters_.endless;
      } else {
        deliver(rest.first(size), physical_source);
      }
      rest = rest.subspan(size);
    }
    draining_.clear();
  }
}

void Network::deliver(Bytes packet, PhysicalSource physical_source) {
  PacketHeader header;
  std::memcpy(&header, packet.data(), sizeof(header));
  Endpoint* endpoint = find(Eid{header.destination_endpoint_id});
  if (endpoint == nullptr) {
    ++counters_.unroutable;
    return;
  }
  ++counters_.packets_delivered;
  endpoint->receive(packet, physical_source);
}

}  // namespace cxlemu::mctp
