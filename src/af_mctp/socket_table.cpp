#include "af_mctp/socket_table.hpp"

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "wire/reader_writer.hpp"

namespace cxlemu {
namespace {

constexpr std::uint8_t kIntegrityCheck = 0x80;
constexpr std::uint8_t kTypeMask = 0x7F;
constexpr std::uint8_t kTagBits = lab::kTagValueMask | lab::kTagOwner | lab::kTagPreallocated;
constexpr std::uint32_t kAnyNetwork = 0;
/// Interface indexes are ours to choose; far above those that a host hands out.
constexpr std::uint32_t kFirstInterfaceIndex = 0x4D00;
constexpr std::uint32_t kGenerations = 1U << (31 - lab::kSocketPlaceBits);

Buffer datagram_of(const lab::DatagramPrefix& prefix, Bytes body) {
  Buffer datagram;
  datagram.reserve(sizeof prefix + body.size());
  append(datagram, bytes_of(prefix));
  append(datagram, body);
  return datagram;
}

std::uint8_t tag_byte(mctp::Tag tag) { return static_cast<std::uint8_t>(tag.value | (tag.owner ? lab::kTagOwner : 0)); }

}  // namespace

std::uint64_t SocketDropCounters::total() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

SocketTable::SocketTable(Timeline& timeline, lab::RoutePage& page) : timeline_(timeline), page_(page) {
  page_.magic = lab::kMagic;
  page_.version = lab::kVersion;
  networks_.reserve(lab::kNetworksMax);
}

SocketTable::~SocketTable() {
  for (const auto& [key, tag] : tags_) timeline_.cancel(tag.expiry);
}

bool SocketTable::add_network(NetworkId network, Eid local) {
  if (network.value == kAnyNetwork || find(network.value) || networks_.size() == lab::kNetworksMax) return false;
  const std::size_t place = networks_.size();
  lab::NetworkPage& page = page_.networks[place];
  networks_.push_back({.id = network, .local = local, .page = &page});
  page.interface_index = kFirstInterfaceIndex + static_cast<std::uint32_t>(place);
  page.local_eid = local.value;
  page.network.store(network.value, std::memory_order_release);
  if (place == 0) page_.default_network = network.value;
  return add_route(network, local);
}

bool SocketTable::set_route(NetworkId network, Eid eid, bool reachable) {
  Network* found = find(network.value);
  if (!found) return false;
  found->reachable[eid.value] = reachable;
  const std::uint32_t bit = 1U << (eid.value % 32);
  lab::Shared32& word = found->page->reachable[eid.value / 32];
  if (reachable) {
    word.fetch_or(bit);
  } else {
    word.fetch_and(~bit);
  }
  return true;
}

std::uint32_t SocketTable::default_network() const {
  return networks_.empty() ? kAnyNetwork : networks_.front().id.value;
}

SocketTable::Network* SocketTable::find(std::uint32_t network) {
  const auto found = std::ranges::find(networks_, NetworkId{network}, &Network::id);
  return found == networks_.end() ? nullptr : &*found;
}

SocketTable::Socket* SocketTable::find(ConnectionId connection) {
  const std::size_t place = lab::socket_place(connection);
  if (place >= sockets_.size() || !sockets_[place].open || id_of(place) != connection) return nullptr;
  return &sockets_[place];
}

SocketTable::ConnectionId SocketTable::id_of(std::size_t place) const {
  return ConnectionId{sockets_[place].generation << lab::kSocketPlaceBits | static_cast<std::uint32_t>(place)};
}

std::size_t SocketTable::open_sockets() const {
  return static_cast<std::size_t>(std::ranges::count(sockets_, true, &Socket::open));
}

SocketTable::Opened SocketTable::open() {
  lab::Hello hello;
  auto found = std::ranges::find(sockets_, false, &Socket::open);
  if (found == sockets_.end() && sockets_.size() == lab::kSocketsMax) {
    hello.error = ENFILE;
    return {.connection = std::nullopt, .hello = hello};
  }
  if (found == sockets_.end()) found = sockets_.emplace(sockets_.end());

  // A number is used again only after all its generations, so that a late control request cannot meet a new socket.
  const std::uint32_t generation = found->generation + 1 == kGenerations ? 1 : found->generation + 1;
  *found = Socket{.generation = generation, .open = true, .peer = {}, .binding = {}};

  const auto place = static_cast<std::size_t>(found - sockets_.begin());
  const ConnectionId connection = id_of(place);
  lab::SocketPage& page = page_.sockets[place];
  page.cookie = 0;
  page.extended_address = 0;
  page.connection = connection.value;
  hello.connection = connection.value;
  hello.page_size = static_cast<std::uint32_t>(sizeof page_);
  return {.connection = connection, .hello = hello};
}

void SocketTable::close(ConnectionId connection) {
  Socket* socket = find(connection);
  if (!socket) return;
  for (auto tag = tags_.begin(); tag != tags_.end();) {
    tag = tag->second.owner == connection ? forget(tag) : std::next(tag);
  }
  *socket = Socket{.generation = socket->generation, .open = false, .peer = {}, .binding = {}};
  lab::SocketPage& page = page_.sockets[lab::socket_place(connection)];
  page.connection = 0;
  page.cookie = 0;
  page.extended_address = 0;

  // A program that died between taking a tag and sending left a slot without a request, one that scribbled left
  // anything: what no open socket owns is set to the truth.
  for (const Network& network : networks_) {
    for (std::size_t row = 0; row < lab::kEids; ++row) {
      for (unsigned tag = 0; tag < lab::kTagsPerPeer; ++tag) {
        const std::uint32_t slot = network.page->tags[row][tag].load(std::memory_order_relaxed);
        if (slot == 0 || find(ConnectionId{slot & ~lab::kSlotPreallocated})) continue;
        mirror({network.id.value, static_cast<std::uint8_t>(row), static_cast<std::uint8_t>(tag)});
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------- from a program

SocketTable::Outcome SocketTable::input(ConnectionId connection, Bytes datagram) {
  Reader reader(datagram);
  const auto prefix = reader.take<lab::DatagramPrefix>();
  if (!prefix || !find(connection)) {
    count(SocketDrop::malformed_datagram);
    return {};
  }
  if (prefix->kind.value() != lab::DatagramKind::message) return control(connection, datagram);
  return input_message(connection, *prefix, reader.rest());
}

SocketTable::Outcome SocketTable::input_message(ConnectionId connection, const lab::DatagramPrefix& prefix,
                                                Bytes body) {
  const std::uint8_t tag = prefix.tag;
  const bool owner = (tag & lab::kTagOwner) != 0;
  const auto drop = [this](SocketDrop reason) {
    count(reason);
    return Outcome{};
  };

  if ((tag & ~kTagBits) != 0 || ((tag & lab::kTagPreallocated) != 0 && !owner)) {
    return drop(SocketDrop::malformed_datagram);
  }
  if (body.size() > lab::kMessageBodyMax) return drop(SocketDrop::oversized_message);
  const Network* network = find(prefix.network);
  if (!network) return drop(SocketDrop::unknown_network);
  if (owner && !claim_tag(connection, *network, prefix)) return {};
  // Checked with the tag already taken: on Linux, too, a request that gets lost holds its tag until it expires.
  if ((prefix.type & kIntegrityCheck) != 0) return drop(SocketDrop::integrity_check);
  if (!network->reachable[prefix.eid]) return drop(SocketDrop::no_route);

  const mctp::Tag message_tag{static_cast<std::uint8_t>(tag & lab::kTagValueMask), owner};
  const Eid destination{prefix.eid};
  if (destination == network->local) {
    // A message to oneself: it comes from the local EID, too.
    return {.message = std::nullopt,
            .delivery = route(network->id.value, network->local, destination, prefix.type, message_tag, body)};
  }
  mctp::Message message;
  message.source = network->local;
  message.destination = destination;
  message.type = static_cast<mctp::MessageType>(prefix.type.value());
  message.tag = message_tag;
  message.body = to_buffer(body);
  const bool preallocated = (tag & lab::kTagPreallocated) != 0;
  return {.message = Outgoing{network->id, std::move(message), preallocated}, .delivery = std::nullopt};
}

/// The tag of a request: with a preallocated one somebody must have allocated it (Linux lets every socket use it, the
/// response goes to the one that did); any other must be free, and is the sender's from now on.
bool SocketTable::claim_tag(ConnectionId connection, const Network& network, const lab::DatagramPrefix& prefix) {
  const std::uint8_t tag = prefix.tag & lab::kTagValueMask;
  const TagKey key{network.id.value, lab::tag_row(prefix.eid), tag};

  if ((prefix.tag & lab::kTagPreallocated) != 0) {
    const auto found = find_tag(key.network, Eid{key.row}, tag);
    if (found != tags_.end() && found->second.preallocated) return true;
    count(SocketDrop::tag_not_preallocated);
    mirror(key);
    return false;
  }
  if (collides(key.network, key.row, tag)) {
    count(SocketDrop::tag_in_use);
    mirror(key);
    return false;
  }
  const auto expiry = timeline_.after(kTagLifetime, [this, key] {
    if (const auto found = tags_.find(key); found != tags_.end()) forget(found);
  });
  tags_.emplace(key, Tag{.owner = connection, .preallocated = false, .expiry = expiry});
  mirror(key);
  return true;
}

SocketTable::Outcome SocketTable::control(ConnectionId from, Bytes datagram) {
  const auto request = Reader(datagram).take<lab::ControlRequest>();
  if (!request || datagram.size() != sizeof *request) {
    count(SocketDrop::malformed_datagram);
    return {};
  }
  const ConnectionId connection{request->connection};
  lab::DatagramPrefix prefix = request->prefix;
  const lab::DatagramKind kind = prefix.kind;
  prefix.kind = lab::DatagramKind::control_reply;

  int error = EINVAL;
  if (Socket* socket = find(connection)) {
    switch (kind) {
      case lab::DatagramKind::bind:
        error = bind(*socket, prefix);
        break;
      case lab::DatagramKind::connect:
        error = connect(*socket, prefix);
        break;
      case lab::DatagramKind::allocate_tag:
        error = allocate_tag(connection, prefix);
        break;
      case lab::DatagramKind::drop_tag:
        error = drop_tag(connection, prefix);
        break;
      case lab::DatagramKind::message:
      case lab::DatagramKind::control_reply:
        break;
    }
  }
  const lab::ControlReply reply{prefix, static_cast<std::uint32_t>(error)};
  return {.message = std::nullopt, .delivery = Delivery{from, to_buffer(bytes_of(reply))}};
}

int SocketTable::bind(Socket& socket, const lab::DatagramPrefix& prefix) {
  if (socket.binding) return EADDRINUSE;
  Binding binding{.network = prefix.network,
                  .local = Eid{prefix.eid},
                  .peer = socket.peer ? socket.peer->eid : kBroadcastEid,
                  .peer_given = socket.peer.has_value(),
                  .type = static_cast<std::uint8_t>(prefix.type & kTypeMask)};
  if (binding.network == kAnyNetwork && binding.local != kBroadcastEid) binding.network = default_network();
  if (socket.peer) {
    if (socket.peer->type != binding.type) return EINVAL;
    if (binding.network == kAnyNetwork) binding.network = socket.peer->network;
    if (binding.network != socket.peer->network) return EINVAL;
  }
  const bool taken = std::ranges::any_of(sockets_, [&](const Socket& other) {
    return other.binding && other.binding->network == binding.network && other.binding->local == binding.local &&
           other.binding->type == binding.type && other.binding->peer_given == binding.peer_given &&
           other.binding->peer == binding.peer;
  });
  if (taken) return EADDRINUSE;
  socket.binding = binding;
  return 0;
}

/// Before a bind(): from whom the bound socket takes messages.
int SocketTable::connect(Socket& socket, const lab::DatagramPrefix& prefix) {
  if (prefix.tag != 0 || (prefix.type & kIntegrityCheck) != 0) return EINVAL;
  if (socket.binding || socket.peer) return EADDRINUSE;
  socket.peer = Peer{.network = prefix.network == kAnyNetwork ? default_network() : prefix.network.value(),
                     .eid = Eid{prefix.eid},
                     .type = prefix.type};
  return 0;
}

int SocketTable::allocate_tag(ConnectionId connection, lab::DatagramPrefix& prefix) {
  Network* network = find(prefix.network);
  // DEVIATION: Linux hands out tags for networks that do not exist; nothing can be sent with them.
  if (!network || prefix.tag != 0) return EINVAL;
  const std::uint32_t slot = connection.value | lab::kSlotPreallocated;
  // In the page first, where programs take theirs. Only a scribbled page offers what is in use: it is mended, and the
  // next tag tried.
  for (unsigned attempt = 0; attempt < lab::kTagsPerPeer; ++attempt) {
    const auto tag = lab::take_tag(*network->page, prefix.eid, slot);
    if (!tag) return EBUSY;
    const TagKey key{network->id.value, lab::tag_row(prefix.eid), *tag};
    if (!collides(key.network, key.row, *tag)) {
      tags_.emplace(key, Tag{.owner = connection, .preallocated = true, .expiry = {}});
      prefix.tag = static_cast<std::uint8_t>(*tag | lab::kTagOwner | lab::kTagPreallocated);
      return 0;
    }
    mirror(key);
    mirror({key.network, kBroadcastEid.value, *tag});
  }
  return EBUSY;
}

int SocketTable::drop_tag(ConnectionId connection, const lab::DatagramPrefix& prefix) {
  if ((prefix.tag & ~lab::kTagValueMask) != (lab::kTagOwner | lab::kTagPreallocated)) return EINVAL;
  const auto found = tags_.find(
      {prefix.network, lab::tag_row(prefix.eid), static_cast<std::uint8_t>(prefix.tag & lab::kTagValueMask)});
  if (found == tags_.end() || found->second.owner != connection || !found->second.preallocated) return EINVAL;
  forget(found);
  return 0;
}

// ------------------------------------------------------------------------------------------------ to a program

std::optional<SocketTable::Delivery> SocketTable::deliver(NetworkId network, const mctp::Message& message) {
  if (message.oversized_length != 0 || message.body.size() > lab::kMessageBodyMax) {
    count(SocketDrop::oversized_message);
    return std::nullopt;
  }
  return route(network.value, message.source, message.destination, static_cast<std::uint8_t>(message.type), message.tag,
               message.body);
}

std::optional<SocketTable::Delivery> SocketTable::route(std::uint32_t network, Eid source, Eid destination,
                                                        std::uint8_t type, mctp::Tag tag, Bytes body) {
  std::optional<ConnectionId> connection;
  if (tag.owner) {
    connection = find_bound(network, source, destination, type & kTypeMask);
    if (!connection) count(SocketDrop::no_socket_bound);
  } else {
    const auto found = find_tag(network, source, tag.value);
    if (found == tags_.end()) {
      count(SocketDrop::no_socket_for_response);
    } else {
      connection = found->second.owner;
      // Free before the program sees the response, so that its next request finds the tag.
      if (!found->second.preallocated) forget(found);
    }
  }
  if (!connection) return std::nullopt;

  lab::DatagramPrefix prefix;
  prefix.network = network;
  prefix.eid = source.value;
  prefix.type = type;
  prefix.tag = tag_byte(tag);
  prefix.kind = lab::DatagramKind::message;
  return Delivery{*connection, datagram_of(prefix, body)};
}

/// Widening scope, in Linux's order: both addresses, the peer alone, the local address alone, the network, anything.
std::optional<SocketTable::ConnectionId> SocketTable::find_bound(std::uint32_t network, Eid source, Eid destination,
                                                                 std::uint8_t type) const {
  struct Scope {
    std::uint32_t network;
    Eid local;
    Eid peer;
  };
  const Scope scopes[] = {{network, destination, source},
                          {network, kBroadcastEid, source},
                          {network, destination, kBroadcastEid},
                          {network, kBroadcastEid, kBroadcastEid},
                          {kAnyNetwork, kBroadcastEid, kBroadcastEid}};
  for (const Scope& scope : scopes) {
    for (std::size_t place = 0; place < sockets_.size(); ++place) {
      const auto& binding = sockets_[place].binding;
      if (binding && binding->type == type && binding->network == scope.network && binding->local == scope.local &&
          binding->peer == scope.peer) {
        return id_of(place);
      }
    }
  }
  return std::nullopt;
}

// -------------------------------------------------------------------------------------------------------- tags

void SocketTable::release_tag(NetworkId network, Eid peer, std::uint8_t tag) {
  const auto found = find_tag(network.value, peer, tag);
  if (found != tags_.end() && !found->second.preallocated) forget(found);
}

/// The tag that a response of `peer` answers: its own, or one that anybody may answer.
SocketTable::Tags::iterator SocketTable::find_tag(std::uint32_t network, Eid peer, std::uint8_t tag) {
  const auto found = tags_.find({network, peer.value, tag});
  return found != tags_.end() ? found : tags_.find({network, kBroadcastEid.value, tag});
}

bool SocketTable::awaits_responses() const {
  return std::ranges::any_of(tags_, [](const auto& tag) { return !tag.second.preallocated; });
}

bool SocketTable::holds_tag(NetworkId network, Eid peer, std::uint8_t tag) const {
  return tags_.contains({network.value, lab::tag_row(peer.value), tag});
}

bool SocketTable::collides(std::uint32_t network, std::uint8_t row, std::uint8_t tag) const {
  if (row != kBroadcastEid.value) {
    return tags_.contains({network, row, tag}) || tags_.contains({network, kBroadcastEid.value, tag});
  }
  return std::ranges::any_of(
      tags_, [&](const auto& entry) { return entry.first.network == network && entry.first.tag == tag; });
}

SocketTable::Tags::iterator SocketTable::forget(Tags::iterator tag) {
  const TagKey key = tag->first;
  if (!tag->second.preallocated) timeline_.cancel(tag->second.expiry);
  const auto next = tags_.erase(tag);
  mirror(key);
  return next;
}

/// Writes the truth about one tag into the page.
void SocketTable::mirror(const TagKey& key) {
  const Network* network = find(key.network);
  if (!network) return;
  const auto found = tags_.find(key);
  std::uint32_t slot = 0;
  if (found != tags_.end()) {
    slot = found->second.owner.value | (found->second.preallocated ? lab::kSlotPreallocated : 0);
  }
  network->page->tags[key.row][key.tag].store(slot);
}

}  // namespace cxlemu
