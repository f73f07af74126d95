// The AF_MCTP sockets of hostile programs: datagrams, opens and closes in any order, responses that nobody asked for, a
// route page that is scribbled over, time. It must answer or count whatever comes, and hold no more than it may.
// Input: records of {kind, which, length, bytes}. kind: 0 a datagram of connection `which`, 1 open up to 8, or 256,
// 2 close, 3 scribble at 256 * `which`, 4 a message of the network, 5 `which` * 100 ms, 6 the tag of a request is given
// up, 7 a route.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "af_mctp/socket_table.hpp"

namespace {

using namespace cxlemu;

constexpr NetworkId kNetworks[] = {NetworkId{1}, NetworkId{7}};
constexpr Eid kHost{254};

void require(bool holds) {
  if (!holds) std::abort();
}

class Target {
 public:
  Target() : page_(std::make_unique<lab::RoutePage>()), table_(timeline_, *page_) {
    for (const NetworkId network : kNetworks) {
      require(table_.add_network(network, kHost));
      table_.add_route(network, Eid{8});
    }
  }

  void step(unsigned kind, unsigned which, Bytes bytes) {
    switch (kind) {
      case 0:
        datagram(which, bytes);
        break;
      case 1:
        open(which);
        break;
      case 2:
        close(which);
        break;
      case 3:
        scribble(which, bytes);
        break;
      case 4:
        message(which, bytes);
        break;
      case 5:
        timeline_.advance_to(timeline_.now() + std::chrono::milliseconds(100) * which);
        break;
      case 6:
        table_.release_tag(kNetworks[which & 1], first_eid(bytes), static_cast<std::uint8_t>(which >> 1));
        break;
      default:
        if ((which & 2) != 0) {
          table_.add_route(kNetworks[which & 1], first_eid(bytes));
        } else {
          table_.remove_route(kNetworks[which & 1], first_eid(bytes));
        }
    }
    check();
  }

  /// Whatever was done to it, closing every socket leaves nothing behind, in the page neither.
  void finish() {
    for (const auto connection : opened_) table_.close(connection);
    opened_.clear();
    check();
    require(table_.open_sockets() == 0 && table_.tags_in_use() == 0 && timeline_.pending() == 0);
  }

 private:
  static Eid first_eid(Bytes bytes) {
    return Eid{bytes.empty() ? std::uint8_t{8} : std::to_integer<std::uint8_t>(bytes[0])};
  }

  void check() const {
    require(table_.open_sockets() <= lab::kSocketsMax && table_.open_sockets() == opened_.size());
    // Eight towards each peer, and one timer at most for each.
    require(table_.tags_in_use() <= std::size(kNetworks) * lab::kEids * lab::kTagsPerPeer);
    require(timeline_.pending() <= table_.tags_in_use());
    if (opened_.empty()) require(table_.tags_in_use() == 0);
  }

  // What a program hears goes to a connection that is open.
  void require_known(const SocketTable::Delivery& delivery) const {
    require(std::ranges::count(opened_, delivery.connection) == 1);
    require(delivery.datagram.size() >= sizeof(lab::DatagramPrefix) && delivery.datagram.size() <= lab::kDatagramMax);
  }

  SocketTable::ConnectionId connection(unsigned which) const {
    // One in eight times nobody has it.
    if (opened_.empty() || which % 8 == 7) return SocketTable::ConnectionId{which << 8 | which};
    return opened_[which % opened_.size()];
  }

  void datagram(unsigned which, Bytes bytes) {
    const auto from = connection(which);
    const bool known = std::ranges::count(opened_, from) == 1;
    const auto before = table_.dropped().total();
    const auto outcome = table_.input(from, bytes);
    require(!(outcome.message && outcome.delivery));
    if (outcome.delivery) require_known(*outcome.delivery);
    if (outcome.message) {
      const auto& sent = outcome.message->message;
      require(known && std::ranges::count(kNetworks, outcome.message->network) == 1);
      require(sent.body.size() <= lab::kMessageBodyMax && sent.tag.value < lab::kTagsPerPeer);
      // A request holds its tag, or one that anybody may answer.
      const auto holds = [&](Eid peer) { return table_.holds_tag(outcome.message->network, peer, sent.tag.value); };
      require(!sent.tag.owner || holds(sent.destination) || holds(kBroadcastEid));
    }
    require(outcome.message || outcome.delivery || table_.dropped().total() == before + 1);
  }

  void open(unsigned which) {
    const unsigned count = which == 255 ? 256 : which % 8 + 1;
    for (unsigned i = 0; i < count; ++i) {
      const auto made = table_.open();
      require(made.connection.has_value() == (opened_.size() < lab::kSocketsMax));
      if (made.connection) opened_.push_back(*made.connection);
    }
  }

  void close(unsigned which) {
    const auto gone = connection(which);
    table_.close(gone);
    std::erase(opened_, gone);
  }

  void scribble(unsigned which, Bytes bytes) {
    const auto page = std::as_writable_bytes(std::span(page_.get(), 1));
    const std::size_t at = 256 * which % page.size();
    std::memcpy(page.data() + at, bytes.data(), std::min(bytes.size(), page.size() - at));
  }

  void message(unsigned which, Bytes bytes) {
    mctp::Message message;
    message.source = first_eid(bytes);
    message.destination = bytes.size() < 2 ? kHost : Eid{std::to_integer<std::uint8_t>(bytes[1])};
    message.type = static_cast<mctp::MessageType>(bytes.size() < 3 ? 8 : std::to_integer<unsigned>(bytes[2]) & 0x7F);
    message.tag = {static_cast<std::uint8_t>(which % lab::kTagsPerPeer), (which & 0x10) != 0};
    message.body = to_buffer(bytes);
    if ((which & 0x20) != 0) message.oversized_length = 1 << 20;
    if (const auto delivery = table_.deliver(kNetworks[which >> 3 & 1], message)) require_known(*delivery);
  }

  Timeline timeline_;
  std::unique_ptr<lab::RoutePage> page_;
  SocketTable table_;
  std::vector<SocketTable::ConnectionId> opened_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Target target;
  Bytes input = std::as_bytes(std::span(data, size));
  while (input.size() >= 3) {
    const std::size_t length = std::min(std::to_integer<std::size_t>(input[2]), input.size() - 3);
    target.step(std::to_integer<unsigned>(input[0]) % 8, std::to_integer<unsigned>(input[1]), input.subspan(3, length));
    input = input.subspan(3 + length);
  }
  target.finish();
  return 0;
}
