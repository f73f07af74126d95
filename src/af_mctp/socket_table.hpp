// The AF_MCTP sockets of programs behind the shim: which tag is whose, and which socket a message is for. The rules are
// those of Linux's net/mctp, so that a program sees what it would see there; the bytes are those of lab_socket.hpp.
// Whatever a program sends or scribbles into the page is answered, or dropped and counted.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/timeline.hpp"
#include "mctp/message.hpp"
#include "wire/lab_socket.hpp"

namespace cxlemu {

/// Why a datagram of a program, or a message for one, was dropped.
enum class SocketDrop : std::uint8_t {
  malformed_datagram,
  oversized_message,
  unknown_network,
  integrity_check,
  tag_in_use,
  tag_not_preallocated,
  no_route,
  no_socket_for_response,
  no_socket_bound,
  socket_full,
};

struct SocketDropName {
  SocketDrop reason;
  std::string_view name;  ///< as QMP shows it
  std::string_view meaning;
};

inline constexpr auto kSocketDrops = std::to_array<SocketDropName>({
    {SocketDrop::malformed_datagram, "malformed-datagram", "datagram of a program that does not speak our protocol"},
    {SocketDrop::oversized_message, "oversized-message", "message body above 64 KiB, or not kept whole"},
    {SocketDrop::unknown_network, "unknown-network", "message to a network that the lab does not have"},
    {SocketDrop::integrity_check, "integrity-check", "IC is set, and no message type here defines one"},
    {SocketDrop::tag_in_use, "tag-in-use", "request with a tag that another request holds"},
    {SocketDrop::tag_not_preallocated, "tag-not-preallocated", "request with a preallocated tag that nobody allocated"},
    {SocketDrop::no_route, "no-route", "message to an EID that the network does not have"},
    {SocketDrop::no_socket_for_response, "no-socket-for-response", "response (TO=0) that no socket waits for"},
    {SocketDrop::no_socket_bound, "no-socket-bound", "request or notification (TO=1) that no socket is bound to"},
    {SocketDrop::socket_full, "socket-full", "the program does not read its socket"},
});

struct SocketDropCounters {
  std::array<std::uint64_t, kSocketDrops.size()> counts{};
  [[nodiscard]] std::uint64_t operator[](SocketDrop reason) const { return counts[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] std::uint64_t total() const;
};

class SocketTable {
 public:
  /// How long a request holds its tag where no response comes (net/mctp/route.c).
  static constexpr Nanoseconds kTagLifetime = std::chrono::seconds(6);

  using ConnectionId = lab::ConnectionId;
  struct Opened {
    std::optional<ConnectionId> connection;  ///< none: send the Hello without the page, then close
    lab::Hello hello;
  };
  /// A datagram for one connection.
  struct Delivery {
    ConnectionId connection;
    Buffer datagram;
  };
  /// A message to be sent by the host endpoint of `network`.
  struct Outgoing {
    NetworkId network;
    mctp::Message message;
    bool preallocated = false;  ///< its tag is kept beyond the first response
  };
  /// What a datagram led to; nothing where it was dropped.
  struct Outcome {
    std::optional<Outgoing> message;
    std::optional<Delivery> delivery;
  };

  /// `page` is zero-filled memory that programs share, or just memory in a test.
  SocketTable(Timeline& timeline, lab::RoutePage& page);
  ~SocketTable();
  SocketTable(const SocketTable&) = delete;
  SocketTable& operator=(const SocketTable&) = delete;

  /// The first network added is the default one. False: its number is 0 or taken, or kNetworksMax are there.
  bool add_network(NetworkId network, Eid local);
  /// An EID of a network came or went; the local EID needs no route. False: there is no such network.
  bool add_route(NetworkId network, Eid eid) { return set_route(network, eid, true); }
  bool remove_route(NetworkId network, Eid eid) { return set_route(network, eid, false); }

  /// A program connected.
  Opened open();
  /// A program's connection ended: its tags are free, its bind() is gone. An unknown connection is ignored.
  void close(ConnectionId connection);
  /// One datagram from a program. `datagram` may be cut off after kDatagramMax + 1 bytes.
  Outcome input(ConnectionId connection, Bytes datagram);
  /// A message that the host endpoint received: a response goes to the socket that owns its tag, a request or
  /// notification to the socket that did bind() closest to it, never to an unbound one.
  std::optional<Delivery> deliver(NetworkId network, const mctp::Message& message);
  /// The request with this tag will get no response. A preallocated tag stays with its socket.
  void release_tag(NetworkId network, Eid peer, std::uint8_t tag);
  /// os/ could not hand over a delivery, because the program does not read.
  void count_undelivered() { count(SocketDrop::socket_full); }

  [[nodiscard]] const SocketDropCounters& dropped() const { return dropped_; }
  [[nodiscard]] std::size_t open_sockets() const;
  [[nodiscard]] std::size_t tags_in_use() const { return tags_.size(); }
  /// Does any program wait for a response? Preallocated tags may be held without waiting.
  [[nodiscard]] bool awaits_responses() const;
  /// Does a program hold this tag towards `peer`?
  [[nodiscard]] bool holds_tag(NetworkId network, Eid peer, std::uint8_t tag) const;

 private:
  struct Network {
    NetworkId id;
    Eid local;
    std::array<bool, lab::kEids> reachable{};
    lab::NetworkPage* page;
  };
  /// What bind() said; network 0 is any network, EID FFh any address.
  struct Binding {
    std::uint32_t network;
    Eid local;
    Eid peer;  ///< from connect(), FFh without it
    bool peer_given;
    std::uint8_t type;
  };
  struct Peer {
    std::uint32_t network;
    Eid eid;
    std::uint8_t type;
  };
  struct Socket {
    std::uint32_t generation = 0;
    bool open = false;
    std::optional<Peer> peer;
    std::optional<Binding> binding;
  };
  struct TagKey {
    std::uint32_t network;
    std::uint8_t row;  ///< the peer's EID, FFh where anybody may answer
    std::uint8_t tag;
    auto operator<=>(const TagKey&) const = default;
  };
  struct Tag {
    ConnectionId owner;
    bool preallocated;
    Timeline::Key expiry;
  };
  using Tags = std::map<TagKey, Tag>;

  bool set_route(NetworkId network, Eid eid, bool reachable);
  [[nodiscard]] std::uint32_t default_network() const;
  Network* find(std::uint32_t network);
  Socket* find(ConnectionId connection);
  [[nodiscard]] ConnectionId id_of(std::size_t place) const;

  Outcome input_message(ConnectionId connection, const lab::DatagramPrefix& prefix, Bytes body);
  bool claim_tag(ConnectionId connection, const Network& network, const lab::DatagramPrefix& prefix);
  Outcome control(ConnectionId from, Bytes datagram);
  int bind(Socket& socket, const lab::DatagramPrefix& prefix);
  int connect(Socket& socket, const lab::DatagramPrefix& prefix);
  int allocate_tag(ConnectionId connection, lab::DatagramPrefix& prefix);
  int drop_tag(ConnectionId connection, const lab::DatagramPrefix& prefix);

  std::optional<Delivery> route(std::uint32_t network, Eid source, Eid destination, std::uint8_t type, mctp::Tag tag,
                                Bytes body);
  [[nodiscard]] std::optional<ConnectionId> find_bound(std::uint32_t network, Eid source, Eid destination,
                                                       std::uint8_t type) const;
  Tags::iterator find_tag(std::uint32_t network, Eid peer, std::uint8_t tag);
  [[nodiscard]] bool collides(std::uint32_t network, std::uint8_t row, std::uint8_t tag) const;
  Tags::iterator forget(Tags::iterator tag);
  void mirror(const TagKey& key);
  void count(SocketDrop reason) { ++dropped_.counts[static_cast<std::size_t>(reason)]; }

  Timeline& timeline_;
  lab::RoutePage& page_;
  std::vector<Network> networks_;
  std::vector<Socket> sockets_;  ///< by place; grows up to kSocketsMax
  Tags tags_;
  SocketDropCounters dropped_;
};

}  // namespace cxlemu
