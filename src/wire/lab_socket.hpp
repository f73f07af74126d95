// The lab's MCTP socket: what the AF_MCTP shim in other people's programs and the daemon say to each other. A protocol
// of ours between processes of one host and one user, so integers of the shared page are native; kVersion versions it.
//
// One SOCK_SEQPACKET connection is one AF_MCTP socket. The daemon speaks first: a Hello with the route page's memfd.
// From then on every datagram is a DatagramPrefix and the message body without its type byte. What needs an answer
// (bind, connect, tags that the program keeps) goes over a short connection of its own, so that nothing is put between
// the messages of the socket: one ControlRequest, one ControlReply, close.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "wire/le.hpp"

namespace cxlemu::lab {

inline constexpr std::uint32_t kMagic = 0x504C'584D;  // "MXLP"
inline constexpr std::uint16_t kVersion = 1;

// LIMIT: networks of one lab that programs can reach.
inline constexpr std::size_t kNetworksMax = 8;
// LIMIT: AF_MCTP sockets open at a time, in all programs.
inline constexpr std::size_t kSocketsMax = 1024;
// LIMIT: the longest message body, as Linux has it.
inline constexpr std::size_t kMessageBodyMax = 64 * 1024;

/// A connection of the daemon: a generation above the number of its place in RoutePage::sockets, never 0, below 2^31.
using ConnectionId = Id<struct ConnectionIdTag, std::uint32_t>;
inline constexpr unsigned kSocketPlaceBits = 10;
static_assert(kSocketsMax == 1U << kSocketPlaceBits);
constexpr std::size_t socket_place(ConnectionId connection) { return connection.value & (kSocketsMax - 1); }

// ------------------------------------------------------------------------------------------------------- datagrams

/// The tag byte, as in Linux's struct sockaddr_mctp.
inline constexpr std::uint8_t kTagValueMask = 0x07;
inline constexpr std::uint8_t kTagOwner = 0x08;
inline constexpr std::uint8_t kTagPreallocated = 0x10;

enum class DatagramKind : std::uint8_t {
  message = 0,       ///< both ways; the message body follows
  bind = 1,          ///< control request: network, eid, type of the prefix
  connect = 2,       ///< control request: network, eid, type of the prefix
  allocate_tag = 3,  ///< control request: network, eid of the prefix; the reply's prefix holds the tag
  drop_tag = 4,      ///< control request: network, eid, tag of the prefix
  control_reply = 5,
};

/// In front of every datagram in both directions. To the daemon `eid` is where the message goes, from the daemon where
/// it comes from; the other end is the network's local EID.
struct DatagramPrefix {
  Le32 network;
  U8 eid;
  U8 type;  ///< the message type byte, with the IC bit
  U8 tag;
  Le<DatagramKind> kind;
};
static_assert(Wire<DatagramPrefix> && sizeof(DatagramPrefix) == 8);

inline constexpr std::size_t kDatagramMax = sizeof(DatagramPrefix) + kMessageBodyMax;

/// The daemon's first datagram; the page's memfd comes with it (SCM_RIGHTS) where `error` is 0.
struct Hello {
  Le32 magic = kMagic;
  Le16 version = kVersion;
  Le16 error = 0;  ///< Linux errno: why there is no socket; the daemon closes behind it
  Le32 connection = 0;
  Le32 page_size = 0;
};
static_assert(Wire<Hello> && sizeof(Hello) == 16);

struct ControlRequest {
  DatagramPrefix prefix;
  Le32 connection;  ///< the socket that is meant
};
static_assert(Wire<ControlRequest> && sizeof(ControlRequest) == 12);

struct ControlReply {
  DatagramPrefix prefix;
  Le32 error;  ///< Linux errno, 0 for success
};
static_assert(Wire<ControlReply> && sizeof(ControlReply) == 12);

// ------------------------------------------------------------------------------------------------------ route page
// Shared memory, written by the daemon and by every shim, so that sendto() finds EHOSTUNREACH and EBUSY and takes a tag
// without a round trip. The daemon keeps its own truth and only mirrors it here: what a program scribbles into the page
// makes sockets misbehave, never the daemon.

using Shared32 = std::atomic<std::uint32_t>;
using Shared64 = std::atomic<std::uint64_t>;
static_assert(Shared32::is_always_lock_free && sizeof(Shared32) == 4);
static_assert(Shared64::is_always_lock_free && sizeof(Shared64) == 8);

inline constexpr std::size_t kEids = 256;
inline constexpr unsigned kTagsPerPeer = 8;

/// 0: free. Otherwise the connection that owns the tag, with this bit where it was preallocated.
using TagSlot = Shared32;
inline constexpr std::uint32_t kSlotPreallocated = 0x8000'0000;
static_assert(sizeof(TagSlot) * kTagsPerPeer == 32, "the tags of one peer are in one cache line");

struct NetworkPage {
  Shared32 network;          ///< 0: no such network; written last
  Shared32 interface_index;  ///< for struct sockaddr_mctp_ext; the link has no hardware addresses
  Shared32 local_eid;
  std::uint32_t reserved;
  std::array<Shared32, kEids / 32> reachable;  ///< bit eid % 32 of word eid / 32, the local EID included
  std::uint32_t padding[4];                    ///< tags begin at a multiple of a cache line
  /// By peer. The row of FFh holds tags that any peer may answer: they collide with those of every other row.
  std::array<std::array<TagSlot, kTagsPerPeer>, kEids> tags;
};
static_assert(offsetof(NetworkPage, reachable) == 16 && offsetof(NetworkPage, tags) == 64);
static_assert(sizeof(NetworkPage) == 64 + 8192);

struct SocketPage {
  /// SO_COOKIE of the program's end, written by the shim: how a program that inherits the descriptor over execve() or
  /// gets it over SCM_RIGHTS learns which socket it is. 0: not known.
  Shared64 cookie;
  Shared32 connection;        ///< 0: free
  Shared32 extended_address;  ///< MCTP_OPT_ADDR_EXT; here, because dup(), fork() and execve() share it
};
static_assert(sizeof(SocketPage) == 16);

struct RoutePage {
  std::uint32_t magic;
  std::uint32_t version;
  Shared32 default_network;
  std::uint32_t reserved[13];
  std::array<NetworkPage, kNetworksMax> networks;
  std::array<SocketPage, kSocketsMax> sockets;
};
static_assert(offsetof(RoutePage, networks) == 64);
static_assert(offsetof(RoutePage, sockets) == 64 + kNetworksMax * sizeof(NetworkPage));
static_assert(sizeof(RoutePage) == 64 + kNetworksMax * sizeof(NetworkPage) + kSocketsMax * sizeof(SocketPage));

inline NetworkPage* find_network(RoutePage& page, std::uint32_t network) {
  if (network == 0) return nullptr;
  for (NetworkPage& candidate : page.networks) {
    if (candidate.network.load(std::memory_order_acquire) == network) return &candidate;
  }
  return nullptr;
}

inline bool is_reachable(const NetworkPage& network, std::uint8_t eid) {
  return (network.reachable[eid / 32].load(std::memory_order_relaxed) >> (eid % 32) & 1U) != 0;
}

/// Which row a peer's tags are in: an answer to the null EID may come from anybody.
constexpr std::uint8_t tag_row(std::uint8_t peer) { return peer == kNullEid.value ? kBroadcastEid.value : peer; }

inline bool tag_collides(const NetworkPage& network, std::uint8_t row, unsigned tag) {
  if (row != kBroadcastEid.value) return network.tags[kBroadcastEid.value][tag].load() != 0;
  for (std::size_t other = 0; other < kEids; ++other) {
    if (other != row && network.tags[other][tag].load() != 0) return true;
  }
  return false;
}

/// Takes the lowest free tag towards `peer`, as Linux does; no value where all are in use. Taking comes before looking
/// for collisions, on both sides, so that of two that collide at least one sees the other.
inline std::optional<std::uint8_t> take_tag(NetworkPage& network, std::uint8_t peer, std::uint32_t owner) {
  const std::uint8_t row = tag_row(peer);
  for (unsigned tag = 0; tag < kTagsPerPeer; ++tag) {
    TagSlot& slot = network.tags[row][tag];
    std::uint32_t expected = 0;
    if (!slot.compare_exchange_strong(expected, owner)) continue;
    if (!tag_collides(network, row, tag)) return static_cast<std::uint8_t>(tag);
    expected = owner;
    slot.compare_exchange_strong(expected, 0);
  }
  return std::nullopt;
}

/// Gives back a tag whose message was never sent.
inline void give_back_tag(NetworkPage& network, std::uint8_t peer, std::uint8_t tag, std::uint32_t owner) {
  network.tags[tag_row(peer)][tag].compare_exchange_strong(owner, 0);
}

}  // namespace cxlemu::lab
