#include "af_mctp/socket_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "wire/reader_writer.hpp"

namespace cxlemu {
namespace {

using namespace std::chrono_literals;
using lab::DatagramKind;
using ConnectionId = SocketTable::ConnectionId;

constexpr NetworkId kNet{1};
constexpr NetworkId kOtherNet{7};
constexpr Eid kHost{254};
constexpr Eid kDevice{8};
constexpr Eid kDevice2{9};
constexpr std::uint8_t kCci = 8;
constexpr std::uint8_t kAny = 0xFF;
constexpr std::uint8_t kPreallocated = lab::kTagOwner | lab::kTagPreallocated;

Buffer body(std::size_t size, int fill = 0x5A) { return Buffer(size, static_cast<std::byte>(fill)); }

class SocketTableTest : public testing::Test {
 protected:
  SocketTableTest() {
    table.add_network(kNet, kHost);
    table.add_network(kOtherNet, kHost);
    table.add_route(kNet, kDevice);
    table.add_route(kNet, kDevice2);
    table.add_route(kOtherNet, kDevice);
  }

  ConnectionId open() { return table.open().connection.value(); }

  static Buffer datagram(std::uint32_t network, std::uint8_t eid, std::uint8_t type, std::uint8_t tag,
                         const Buffer& payload = body(4)) {
    lab::DatagramPrefix prefix;
    prefix.network = network;
    prefix.eid = eid;
    prefix.type = type;
    prefix.tag = tag;
    prefix.kind = DatagramKind::message;
    Buffer bytes = to_buffer(bytes_of(prefix));
    append(bytes, payload);
    return bytes;
  }

  SocketTable::Outcome send(ConnectionId from, std::uint8_t eid, std::uint8_t tag, std::uint8_t type = kCci) {
    return table.input(from, datagram(kNet.value, eid, type, tag));
  }
  bool request(ConnectionId from, std::uint8_t tag) {
    return send(from, kDevice.value, static_cast<std::uint8_t>(lab::kTagOwner | tag)).message.has_value();
  }

  lab::ControlReply ask(ConnectionId about, DatagramKind kind, std::uint32_t network, std::uint8_t eid,
                        std::uint8_t type, std::uint8_t tag = 0) {
    const ConnectionId visitor = open();
    lab::ControlRequest control;
    control.prefix.network = network;
    control.prefix.eid = eid;
    control.prefix.type = type;
    control.prefix.tag = tag;
    control.prefix.kind = kind;
    control.connection = about.value;
    const auto outcome = table.input(visitor, bytes_of(control));
    table.close(visitor);
    EXPECT_FALSE(outcome.message);
    EXPECT_EQ(outcome.delivery.value().connection, visitor);
    return Reader(outcome.delivery->datagram).take<lab::ControlReply>().value();
  }
  int bind(ConnectionId about, std::uint32_t network, std::uint8_t eid, std::uint8_t type = kCci) {
    return static_cast<int>(ask(about, DatagramKind::bind, network, eid, type).error);
  }
  int connect(ConnectionId about, std::uint32_t network, std::uint8_t eid, std::uint8_t type = kCci) {
    return static_cast<int>(ask(about, DatagramKind::connect, network, eid, type).error);
  }
  std::uint8_t allocate(ConnectionId about, std::uint8_t eid) {
    const auto reply = ask(about, DatagramKind::allocate_tag, kNet.value, eid, 0);
    return reply.error == 0U ? reply.prefix.tag.value() : 0;
  }
  int drop(ConnectionId about, std::uint8_t eid, std::uint8_t tag) {
    return static_cast<int>(ask(about, DatagramKind::drop_tag, kNet.value, eid, 0, tag).error);
  }

  std::optional<SocketTable::Delivery> deliver(Eid source, mctp::Tag tag, Buffer payload = body(4),
                                               NetworkId network = kNet) {
    mctp::Message message;
    message.source = source;
    message.destination = kHost;
    message.type = mctp::MessageType::cxl_cci;
    message.tag = tag;
    message.body = std::move(payload);
    return table.deliver(network, message);
  }
  std::optional<ConnectionId> receiver(Eid source, mctp::Tag tag, NetworkId network = kNet) {
    const auto delivery = deliver(source, tag, body(4), network);
    return delivery ? std::optional(delivery->connection) : std::nullopt;
  }

  std::uint32_t slot(std::uint8_t eid, std::uint8_t tag) {
    return lab::find_network(*page, kNet.value)->tags[eid][tag].load();
  }
  std::uint64_t dropped(SocketDrop reason) const { return table.dropped()[reason]; }

  Timeline timeline;
  std::unique_ptr<lab::RoutePage> page = std::make_unique<lab::RoutePage>();
  SocketTable table{timeline, *page};
};

TEST_F(SocketTableTest, TellsProgramsItsNetworks) {
  lab::NetworkPage* network = lab::find_network(*page, 1);

  ASSERT_NE(network, nullptr);
  EXPECT_EQ(page->default_network, 1U);
  EXPECT_EQ(network->local_eid, 254U);
  EXPECT_TRUE(lab::is_reachable(*network, 8));
  EXPECT_TRUE(lab::is_reachable(*network, 254));
  EXPECT_FALSE(lab::is_reachable(*network, 10));
  EXPECT_NE(network->interface_index, lab::find_network(*page, 7)->interface_index);
  EXPECT_EQ(lab::find_network(*page, 0), nullptr);

  table.remove_route(kNet, kDevice);
  EXPECT_FALSE(lab::is_reachable(*network, 8));
}

TEST_F(SocketTableTest, RefusesNetworksAboveTheLimitAndTwice) {
  EXPECT_FALSE(table.add_network(kNet, kHost));
  EXPECT_FALSE(table.add_network(NetworkId{0}, kHost));
  for (std::uint32_t i = 2; i < lab::kNetworksMax; ++i) EXPECT_TRUE(table.add_network(NetworkId{100 + i}, kHost));
  EXPECT_FALSE(table.add_network(NetworkId{200}, kHost));
  EXPECT_FALSE(table.add_route(NetworkId{200}, kDevice));
}

TEST_F(SocketTableTest, OpensSocketsUpToTheLimit) {
  std::vector<ConnectionId> sockets;
  for (std::size_t i = 0; i < lab::kSocketsMax; ++i) sockets.push_back(open());

  const auto refused = table.open();

  EXPECT_FALSE(refused.connection);
  EXPECT_EQ(refused.hello.error, ENFILE);
  EXPECT_EQ(table.open_sockets(), lab::kSocketsMax);
  table.close(sockets[17]);
  const ConnectionId next = open();
  EXPECT_EQ(lab::socket_place(next), lab::socket_place(sockets[17]));
  EXPECT_NE(next, sockets[17]);
  EXPECT_EQ(page->sockets[lab::socket_place(next)].connection, next.value);
}

TEST_F(SocketTableTest, GivesARequestToTheHostEndpoint) {
  const ConnectionId socket = open();

  const auto outcome = send(socket, kDevice.value, lab::kTagOwner | 3);

  ASSERT_TRUE(outcome.message);
  EXPECT_FALSE(outcome.delivery);
  EXPECT_EQ(outcome.message->network, kNet);
  EXPECT_EQ(outcome.message->message.source, kHost);
  EXPECT_EQ(outcome.message->message.destination, kDevice);
  EXPECT_EQ(outcome.message->message.type, mctp::MessageType::cxl_cci);
  EXPECT_EQ(outcome.message->message.tag, (mctp::Tag{3, true}));
  EXPECT_EQ(outcome.message->message.body, body(4));
  EXPECT_EQ(slot(8, 3), socket.value);
}

TEST_F(SocketTableTest, GivesTheResponseToTheRequesterAndFreesTheTag) {
  const ConnectionId other = open();
  const ConnectionId socket = open();
  request(other, 2);
  request(socket, 3);

  const auto delivery = deliver(kDevice, {3, false}, body(5, 0x11));

  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->connection, socket);
  EXPECT_EQ(delivery->datagram, datagram(1, 8, kCci, 3, body(5, 0x11)));
  EXPECT_EQ(slot(8, 3), 0U);
  EXPECT_EQ(table.tags_in_use(), 1U);
  EXPECT_FALSE(deliver(kDevice, {3, false}));
  EXPECT_EQ(dropped(SocketDrop::no_socket_for_response), 1U);
}

TEST_F(SocketTableTest, TellsResponsesApartByPeerTagAndNetwork) {
  const ConnectionId socket = open();
  request(socket, 3);

  EXPECT_FALSE(deliver(kDevice2, {3, false}));
  EXPECT_FALSE(deliver(kDevice, {4, false}));
  EXPECT_FALSE(deliver(kDevice, {3, false}, body(4), kOtherNet));
  EXPECT_EQ(dropped(SocketDrop::no_socket_for_response), 3U);
  EXPECT_EQ(receiver(kDevice, {3, false}), socket);
}

TEST_F(SocketTableTest, HoldsAnUnansweredTagForSixSeconds) {
  const ConnectionId socket = open();
  request(socket, 0);

  timeline.advance_to(6s - 1ns);
  EXPECT_EQ(slot(8, 0), socket.value);
  EXPECT_FALSE(request(socket, 0));
  EXPECT_EQ(dropped(SocketDrop::tag_in_use), 1U);

  timeline.advance_to(6s);
  EXPECT_EQ(slot(8, 0), 0U);
  EXPECT_FALSE(deliver(kDevice, {0, false}));
  EXPECT_TRUE(request(socket, 0));
  EXPECT_EQ(timeline.pending(), 1U);
}

TEST_F(SocketTableTest, FreesATagThatGetsNoResponse) {
  const ConnectionId socket = open();
  request(socket, 0);

  table.release_tag(kNet, kDevice, 0);

  EXPECT_EQ(slot(8, 0), 0U);
  EXPECT_EQ(timeline.pending(), 0U);
  table.release_tag(kNet, kDevice, 0);
  table.release_tag(NetworkId{99}, kDevice, 0);
}

TEST_F(SocketTableTest, DropsARequestWithATagThatIsAnothers) {
  const ConnectionId first = open();
  const ConnectionId second = open();
  for (std::uint8_t tag = 0; tag < 8; ++tag) EXPECT_TRUE(request(first, tag));

  EXPECT_FALSE(request(second, 5));

  EXPECT_EQ(dropped(SocketDrop::tag_in_use), 1U);
  EXPECT_EQ(receiver(kDevice, {5, false}), first);
}

TEST_F(SocketTableTest, FreesEverythingOfAClosedSocket) {
  const ConnectionId socket = open();
  const ConnectionId other = open();
  request(socket, 0);
  EXPECT_EQ(allocate(socket, 8), kPreallocated | 1);
  EXPECT_EQ(bind(socket, 1, kAny), 0);
  page->sockets[lab::socket_place(socket)].cookie = 77;
  // Taken in the page by a program that died before it sent.
  lab::find_network(*page, 1)->tags[9][4] = socket.value;

  table.close(socket);

  EXPECT_EQ(table.tags_in_use(), 0U);
  EXPECT_EQ(slot(8, 0), 0U);
  EXPECT_EQ(slot(8, 1), 0U);
  EXPECT_EQ(slot(9, 4), 0U);
  EXPECT_EQ(timeline.pending(), 0U);
  EXPECT_EQ(page->sockets[lab::socket_place(socket)].cookie, 0U);
  EXPECT_EQ(page->sockets[lab::socket_place(socket)].connection, 0U);
  EXPECT_FALSE(deliver(kDevice, {0, true}));
  EXPECT_EQ(bind(other, 1, kAny), 0);
  table.close(socket);
  EXPECT_FALSE(table.input(socket, datagram(1, 8, kCci, lab::kTagOwner)).message);
}

TEST_F(SocketTableTest, CancelsItsTimersWhenItGoes) {
  Timeline other_timeline;
  auto other_page = std::make_unique<lab::RoutePage>();
  {
    SocketTable other(other_timeline, *other_page);
    other.add_network(kNet, kHost);
    other.add_route(kNet, kDevice);
    other.input(other.open().connection.value(), datagram(1, 8, kCci, lab::kTagOwner));
    EXPECT_EQ(other_timeline.pending(), 1U);
  }
  EXPECT_EQ(other_timeline.pending(), 0U);
}

// -------------------------------------------------------------------------------------------------- malformed input

TEST_F(SocketTableTest, DropsWhatIsNoDatagram) {
  const ConnectionId socket = open();

  for (const Buffer& bytes : {Buffer{}, body(7), datagram(1, 8, kCci, 0x20), datagram(1, 8, kCci, 0x10)}) {
    const auto outcome = table.input(socket, bytes);
    EXPECT_FALSE(outcome.message || outcome.delivery);
  }
  table.input(ConnectionId{12345}, datagram(1, 8, kCci, 0));
  EXPECT_EQ(dropped(SocketDrop::malformed_datagram), 5U);
}

TEST_F(SocketTableTest, DropsControlRequestsOfAnotherSize) {
  const ConnectionId socket = open();
  lab::ControlRequest control{};
  control.prefix.kind = DatagramKind::bind;
  Buffer bytes = to_buffer(bytes_of(control));
  bytes.pop_back();
  EXPECT_FALSE(table.input(socket, bytes).delivery);
  bytes.resize(bytes.size() + 2);
  EXPECT_FALSE(table.input(socket, bytes).delivery);
  EXPECT_EQ(dropped(SocketDrop::malformed_datagram), 2U);
}

TEST_F(SocketTableTest, RefusesControlRequestsThatItDoesNotKnow) {
  const ConnectionId socket = open();
  EXPECT_EQ(ask(socket, static_cast<DatagramKind>(99), 1, 8, kCci).error, EINVAL);
  EXPECT_EQ(ask(socket, DatagramKind::control_reply, 1, 8, kCci).error, EINVAL);
  EXPECT_EQ(bind(ConnectionId{4711}, 1, kAny), EINVAL);
}

TEST_F(SocketTableTest, CarriesTheLongestMessageAndDropsALongerOne) {
  const ConnectionId socket = open();
  const auto whole = table.input(socket, datagram(1, 8, kCci, lab::kTagOwner, body(lab::kMessageBodyMax)));
  ASSERT_TRUE(whole.message);
  EXPECT_EQ(whole.message->message.body.size(), 65536U);

  EXPECT_FALSE(table.input(socket, datagram(1, 8, kCci, lab::kTagOwner | 1, body(lab::kMessageBodyMax + 1))).message);
  EXPECT_EQ(table.tags_in_use(), 1U);

  EXPECT_EQ(deliver(kDevice, {0, false}, body(lab::kMessageBodyMax)).value().datagram.size(), lab::kDatagramMax);
  EXPECT_FALSE(deliver(kDevice, {0, false}, body(lab::kMessageBodyMax + 1)));
  mctp::Message cut_off;
  cut_off.oversized_length = 100'000;
  EXPECT_FALSE(table.deliver(kNet, cut_off));
  EXPECT_EQ(dropped(SocketDrop::oversized_message), 3U);
}

TEST_F(SocketTableTest, CarriesAnEmptyMessage) {
  const ConnectionId socket = open();
  EXPECT_TRUE(table.input(socket, datagram(1, 8, kCci, lab::kTagOwner, {})).message);
  EXPECT_EQ(deliver(kDevice, {0, false}, {}).value().datagram.size(), sizeof(lab::DatagramPrefix));
}

TEST_F(SocketTableTest, DropsWhatHasNoRoute) {
  const ConnectionId socket = open();
  EXPECT_FALSE(table.input(socket, datagram(99, 8, kCci, lab::kTagOwner)).message);
  EXPECT_EQ(dropped(SocketDrop::unknown_network), 1U);

  // Sent by direct addressing: lost on the link, and the tag is held as for any lost request.
  EXPECT_FALSE(send(socket, 77, lab::kTagOwner).message);
  EXPECT_EQ(dropped(SocketDrop::no_route), 1U);
  EXPECT_EQ(slot(77, 0), socket.value);
}

TEST_F(SocketTableTest, DropsAnIntegrityCheck) {
  const ConnectionId socket = open();
  EXPECT_FALSE(send(socket, 8, lab::kTagOwner, kCci | 0x80).message);
  EXPECT_EQ(dropped(SocketDrop::integrity_check), 1U);
}

TEST_F(SocketTableTest, CountsWhatAProgramDoesNotRead) {
  table.count_undelivered();
  EXPECT_EQ(dropped(SocketDrop::socket_full), 1U);
  EXPECT_EQ(table.dropped().total(), 1U);
}

TEST(SocketDrop, NamesEveryReasonInOrder) {
  for (std::size_t i = 0; i < kSocketDrops.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kSocketDrops[i].reason), i);
  }
  EXPECT_EQ(static_cast<std::size_t>(SocketDrop::socket_full) + 1, kSocketDrops.size());
}

// ------------------------------------------------------------------------------------------------ preallocated tags

TEST_F(SocketTableTest, KeepsAPreallocatedTagUntilItIsDropped) {
  const ConnectionId socket = open();
  const std::uint8_t tag = allocate(socket, 8);
  ASSERT_EQ(tag, kPreallocated | 0);
  EXPECT_EQ(slot(8, 0), socket.value | lab::kSlotPreallocated);

  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(send(socket, 8, tag).message);
    EXPECT_EQ(receiver(kDevice, {0, false}), socket);
  }
  timeline.advance_to(60s);
  table.release_tag(kNet, kDevice, 0);
  EXPECT_EQ(receiver(kDevice, {0, false}), socket);

  EXPECT_EQ(drop(socket, 8, tag), 0);
  EXPECT_EQ(slot(8, 0), 0U);
  EXPECT_FALSE(send(socket, 8, tag).message);
  EXPECT_EQ(dropped(SocketDrop::tag_not_preallocated), 1U);
  EXPECT_EQ(drop(socket, 8, tag), EINVAL);
}

TEST_F(SocketTableTest, GivesTheResponseOfABorrowedTagToItsOwner) {
  const ConnectionId owner = open();
  const ConnectionId borrower = open();
  const std::uint8_t tag = allocate(owner, 8);

  EXPECT_TRUE(send(borrower, 8, tag).message);

  EXPECT_EQ(receiver(kDevice, {0, false}), owner);
  EXPECT_EQ(drop(borrower, 8, tag), EINVAL);
}

TEST_F(SocketTableTest, DropsATagOnlyInItsWholeForm) {
  const ConnectionId socket = open();
  allocate(socket, 8);
  request(socket, 1);
  EXPECT_EQ(drop(socket, 8, 0), EINVAL);
  EXPECT_EQ(drop(socket, 8, lab::kTagOwner), EINVAL);
  EXPECT_EQ(drop(socket, 8, kPreallocated | 1), EINVAL);
  EXPECT_EQ(drop(socket, 9, kPreallocated), EINVAL);
  EXPECT_EQ(drop(socket, 8, kPreallocated), 0);
}

TEST_F(SocketTableTest, AllocatesEightTagsToAPeer) {
  const ConnectionId socket = open();
  request(socket, 2);
  for (const int tag : {0, 1, 3, 4, 5, 6, 7}) EXPECT_EQ(allocate(socket, 8), kPreallocated | tag);

  EXPECT_EQ(ask(socket, DatagramKind::allocate_tag, 1, 8, 0).error, EBUSY);
  EXPECT_EQ(allocate(socket, 9), kPreallocated | 0);
  EXPECT_EQ(ask(socket, DatagramKind::allocate_tag, 99, 8, 0).error, EINVAL);
  EXPECT_EQ(ask(socket, DatagramKind::allocate_tag, 1, 8, 0, 1).error, EINVAL);
}

TEST_F(SocketTableTest, TagsForAnyPeerCollideWithAllOthers) {
  const ConnectionId socket = open();
  request(socket, 0);
  EXPECT_EQ(allocate(socket, 9), kPreallocated | 0);

  EXPECT_EQ(allocate(socket, 0), kPreallocated | 1);
  EXPECT_EQ(slot(kAny, 1), socket.value | lab::kSlotPreallocated);

  EXPECT_FALSE(request(socket, 1));
  EXPECT_EQ(allocate(socket, 9), kPreallocated | 2);
  EXPECT_TRUE(send(socket, 9, kPreallocated | 1).message);
  EXPECT_EQ(receiver(kDevice2, {1, false}), socket);
  EXPECT_EQ(drop(socket, kAny, kPreallocated | 1), 0);
  EXPECT_TRUE(request(socket, 1));
}

// ---------------------------------------------------------------------------------------------------- bind, connect

TEST_F(SocketTableTest, NeverGivesARequestToAnUnboundSocket) {
  const ConnectionId socket = open();
  request(socket, 0);

  EXPECT_FALSE(deliver(kDevice, {0, true}));

  EXPECT_EQ(dropped(SocketDrop::no_socket_bound), 1U);
  EXPECT_EQ(table.tags_in_use(), 1U);
}

TEST_F(SocketTableTest, GivesANotificationToTheSocketBoundToItsType) {
  const ConnectionId fm_api = open();
  const ConnectionId cci = open();
  EXPECT_EQ(bind(fm_api, 1, kAny, 7), 0);
  EXPECT_EQ(bind(cci, 1, kAny, kCci), 0);

  const auto delivery = deliver(kDevice, {6, true});

  EXPECT_EQ(delivery.value().connection, cci);
  EXPECT_EQ(delivery->datagram, datagram(1, 8, kCci, lab::kTagOwner | 6));
  EXPECT_FALSE(receiver(kDevice, {6, true}, kOtherNet));
}

TEST_F(SocketTableTest, PrefersTheClosestBinding) {
  const ConnectionId anything = open();
  const ConnectionId network = open();
  const ConnectionId local = open();
  const ConnectionId peer = open();
  const ConnectionId both = open();

  EXPECT_EQ(bind(anything, 0, kAny), 0);
  EXPECT_EQ(receiver(kDevice, {0, true}), anything);
  EXPECT_EQ(receiver(kDevice, {0, true}, kOtherNet), anything);
  EXPECT_EQ(bind(network, 1, kAny), 0);
  EXPECT_EQ(receiver(kDevice, {0, true}), network);
  EXPECT_EQ(receiver(kDevice, {0, true}, kOtherNet), anything);
  EXPECT_EQ(bind(local, 1, kHost.value), 0);
  EXPECT_EQ(receiver(kDevice, {0, true}), local);
  EXPECT_EQ(connect(peer, 1, kDevice.value), 0);
  EXPECT_EQ(bind(peer, 1, kAny), 0);
  EXPECT_EQ(receiver(kDevice, {0, true}), peer);
  EXPECT_EQ(connect(both, 1, kDevice.value), 0);
  EXPECT_EQ(bind(both, 1, kHost.value), 0);
  EXPECT_EQ(receiver(kDevice, {0, true}), both);
  EXPECT_EQ(receiver(kDevice2, {0, true}), local);
}

TEST_F(SocketTableTest, RefusesTheSameBindingTwice) {
  const ConnectionId first = open();
  const ConnectionId second = open();
  EXPECT_EQ(bind(first, 1, kAny), 0);
  EXPECT_EQ(bind(first, 1, kAny, 7), EADDRINUSE);
  EXPECT_EQ(bind(second, 1, kAny), EADDRINUSE);
  EXPECT_EQ(bind(second, 1, kAny, kCci | 0x80), EADDRINUSE);
  EXPECT_EQ(bind(second, 7, kAny), 0);
}

TEST_F(SocketTableTest, TakesAnyNetworkWithAnAddressForTheDefaultOne) {
  const ConnectionId first = open();
  const ConnectionId second = open();
  page->default_network = 7;  // scribbled; the table knows better
  EXPECT_EQ(bind(first, 0, kHost.value), 0);
  EXPECT_EQ(bind(second, 1, kHost.value), EADDRINUSE);
}

TEST_F(SocketTableTest, BindsAsItsConnectSaid) {
  const ConnectionId socket = open();
  EXPECT_EQ(connect(socket, 0, kDevice.value), 0);
  EXPECT_EQ(connect(socket, 1, kDevice.value), EADDRINUSE);
  EXPECT_EQ(bind(socket, 1, kAny, 7), EINVAL);
  EXPECT_EQ(bind(socket, 7, kAny), EINVAL);
  EXPECT_EQ(bind(socket, 0, kAny), 0);
  EXPECT_EQ(connect(socket, 1, kDevice.value), EADDRINUSE);

  const ConnectionId same = open();
  EXPECT_EQ(bind(same, 1, kAny), 0);
  EXPECT_EQ(receiver(kDevice, {0, true}), socket);
  EXPECT_EQ(receiver(kDevice2, {0, true}), same);
  EXPECT_EQ(connect(open(), 1, kDevice.value, kCci | 0x80), EINVAL);
}

// ------------------------------------------------------------------------------------------------- the local EID

TEST_F(SocketTableTest, ProgramsCanTalkToEachOther) {
  const ConnectionId client = open();
  const ConnectionId server = open();
  EXPECT_EQ(bind(server, 1, kAny), 0);

  const auto request = send(client, kHost.value, lab::kTagOwner | 2);
  EXPECT_FALSE(request.message);
  EXPECT_EQ(request.delivery.value().connection, server);
  EXPECT_EQ(request.delivery->datagram, datagram(1, 254, kCci, lab::kTagOwner | 2));

  const auto response = send(server, kHost.value, 2);
  EXPECT_EQ(response.delivery.value().connection, client);
  EXPECT_EQ(table.tags_in_use(), 0U);
}

// --------------------------------------------------------------------------------------------------- a hostile page

TEST_F(SocketTableTest, MendsASlotThatAProgramFreedInThePage) {
  const ConnectionId first = open();
  const ConnectionId second = open();
  request(first, 0);
  lab::find_network(*page, 1)->tags[8][0] = 0;

  EXPECT_FALSE(request(second, 0));
  EXPECT_EQ(slot(8, 0), first.value);

  lab::find_network(*page, 1)->tags[8][0] = 0;
  EXPECT_EQ(allocate(second, 8), kPreallocated | 1);
  EXPECT_EQ(slot(8, 0), first.value);
}

TEST_F(SocketTableTest, MendsSlotsOfNobodyWhenASocketCloses) {
  lab::find_network(*page, 1)->tags[8][3] = 0x7FFF'FFFF;
  const ConnectionId socket = open();

  table.close(socket);

  EXPECT_EQ(slot(8, 3), 0U);
}

TEST_F(SocketTableTest, SurvivesAnythingInPageAndDatagrams) {
  std::mt19937 random(1);
  const auto any = [&](std::uint32_t below) { return static_cast<std::uint32_t>(random() % below); };
  std::vector<ConnectionId> sockets;
  for (int step = 0; step < 20'000; ++step) {
    auto* words = reinterpret_cast<std::byte*>(page.get());
    words[any(sizeof(lab::RoutePage))] = static_cast<std::byte>(random());
    if (sockets.size() < 4) sockets.push_back(open());
    const std::size_t which = any(static_cast<std::uint32_t>(sockets.size()));
    Buffer bytes = datagram(any(3), static_cast<std::uint8_t>(random()), static_cast<std::uint8_t>(random()),
                            static_cast<std::uint8_t>(random()), body(any(9)));
    if (any(4) == 0) bytes[any(static_cast<std::uint32_t>(bytes.size()))] = static_cast<std::byte>(any(8));
    if (any(8) == 0) {
      lab::ControlRequest control;
      control.prefix.network = any(9);
      control.prefix.eid = static_cast<std::uint8_t>(random());
      control.prefix.tag = static_cast<std::uint8_t>(random());
      control.prefix.kind = static_cast<DatagramKind>(any(7));
      control.connection = sockets[which].value;
      bytes = to_buffer(bytes_of(control));
    }
    table.input(sockets[which], bytes);
    deliver(Eid{static_cast<std::uint8_t>(random())}, {static_cast<std::uint8_t>(any(8)), any(2) == 0});
    if (any(50) == 0) {
      table.close(sockets[which]);
      sockets.erase(sockets.begin() + static_cast<std::ptrdiff_t>(which));
    }
    timeline.advance_to(timeline.now() + std::chrono::milliseconds(any(100)));
  }
  for (const ConnectionId socket : sockets) table.close(socket);
  EXPECT_EQ(table.tags_in_use(), 0U);
  EXPECT_EQ(table.open_sockets(), 0U);
}

}  // namespace
}  // namespace cxlemu
