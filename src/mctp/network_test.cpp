#include "mctp/network.hpp"

#include <deque>
#include <memory>

#include "mctp/testing.hpp"

namespace cxlemu::mctp {
namespace {

EndpointConfiguration at(int eid) { return {.static_eid = Eid{static_cast<std::uint8_t>(eid)}}; }

/// Two endpoints of one network: 8 and 9.
struct Pair {
  explicit Pair(NetworkLimits limits = {}) : network(limits) {
    network.attach(host.endpoint);
    network.attach(device.endpoint);
  }
  Timeline timeline;
  Network network;
  RecordingEndpoint host{timeline, at(8)};
  RecordingEndpoint device{timeline, at(9)};
};

Message to(Eid destination, Buffer body = {}, Tag tag = {0, true}) {
  return {.destination = destination, .type = MessageType::cxl_cci, .tag = tag, .body = std::move(body)};
}

TEST(Network, CarriesAMessageToItsDestination) {
  Pair pair;
  pair.host.endpoint.send(to(kDevice, pattern(200)));
  ASSERT_EQ(pair.device.messages.size(), 1U);
  EXPECT_EQ(pair.device.messages.front().body, pattern(200));
  EXPECT_EQ(pair.device.messages.front().source, kHost);
  EXPECT_TRUE(pair.host.messages.empty());
  EXPECT_EQ(pair.network.counters().packets_delivered, 4U);
}

TEST(Network, ARequestAndItsResponseComeBackBeforeSendReturns) {
  Pair pair;
  pair.device.endpoint.on_message = [&](Message&& request) {
    Message response = response_to(request);
    response.body = pattern(1000);
    pair.device.endpoint.send(response);
  };
  const auto tag = pair.host.endpoint.allocate_tag(kDevice);

  pair.host.endpoint.send(to(kDevice, pattern(3), *tag));

  ASSERT_EQ(pair.host.messages.size(), 1U);
  EXPECT_EQ(pair.host.messages.front().body, pattern(1000));
  EXPECT_EQ(pair.host.released.size(), 1U);
}

class Unroutable : public testing::TestWithParam<int> {};

TEST_P(Unroutable, IsCountedAndDeliveredToNobody) {
  Pair pair;
  RecordingEndpoint nameless(pair.timeline, {});
  pair.network.attach(nameless.endpoint);

  pair.host.endpoint.send(to(Eid{static_cast<std::uint8_t>(GetParam())}));

  EXPECT_EQ(pair.network.counters().unroutable, 1U);
  EXPECT_EQ(pair.network.counters().packets_delivered, 0U);
}
// Nobody's EID, null, broadcast.
INSTANTIATE_TEST_SUITE_P(Mctp, Unroutable, testing::Values(10, 0, 255));

TEST(Network, CountsWhatHasNoHeaderOrIsTooLong) {
  Pair pair;
  pair.network.route(hex("01 09 08"));
  pair.network.route(Buffer(kMaximumPacketSize + 1, std::byte{9}));
  EXPECT_EQ(pair.network.counters().malformed, 2U);
  EXPECT_EQ(pair.device.endpoint.counters().packets_received, 0U);
}

TEST(Network, RoutesByTheEidThatWasSetLast) {
  Pair pair;
  pair.network.route(hex("01 09 08 c8 00 c0 01 00 1d"));

  EXPECT_EQ(pair.network.find(Eid{0x1D}), &pair.device.endpoint);
  EXPECT_EQ(pair.network.find(kDevice), nullptr);
  pair.host.endpoint.send(to(Eid{0x1D}));
  EXPECT_EQ(pair.device.messages.size(), 1U);
}

TEST(Network, AnEidThatTwoHaveBelongsToTheFirst) {
  Pair pair;
  RecordingEndpoint second(pair.timeline, at(9));
  pair.network.attach(second.endpoint);

  pair.host.endpoint.send(to(kDevice));
  EXPECT_EQ(pair.device.messages.size(), 1U);
  pair.network.detach(pair.device.endpoint);
  pair.host.endpoint.send(to(kDevice));

  EXPECT_EQ(second.messages.size(), 1U);
}

TEST(Network, ADetachedEndpointNeitherSendsNorReceives) {
  Pair pair;
  pair.network.detach(pair.device.endpoint);
  pair.host.endpoint.send(to(kDevice));
  pair.device.endpoint.send(to(kHost));
  EXPECT_EQ(pair.network.counters().unroutable, 1U);
  EXPECT_EQ(pair.device.endpoint.counters().messages_not_sent, 1U);
  EXPECT_EQ(pair.network.size(), 1U);
}

TEST(Network, ADestroyedEndpointIsGone) {
  Pair pair;
  {
    RecordingEndpoint other(pair.timeline, at(10));
    pair.network.attach(other.endpoint);
    EXPECT_EQ(pair.network.size(), 3U);
  }
  pair.host.endpoint.send(to(Eid{10}));
  EXPECT_EQ(pair.network.counters().unroutable, 1U);
  EXPECT_EQ(pair.network.size(), 2U);
}

TEST(Network, MayGoBeforeItsEndpoints) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  {
    Network network;
    network.attach(device.endpoint);
  }
  device.endpoint.send(to(kHost));
  EXPECT_EQ(device.endpoint.counters().messages_not_sent, 1U);
}

TEST(Network, AttachingElsewhereMovesTheEndpoint) {
  Pair pair;
  Network other;
  other.attach(pair.device.endpoint);
  EXPECT_EQ(pair.network.find(kDevice), nullptr);
  EXPECT_EQ(other.find(kDevice), &pair.device.endpoint);
}

// One packet is delivered at once and the other through the queue.
TEST(Network, SendersWithoutEidAreToldApart) {
  Pair pair;
  RecordingEndpoint first(pair.timeline, {});
  RecordingEndpoint second(pair.timeline, {});
  pair.network.attach(first.endpoint);
  pair.network.attach(second.endpoint);
  std::vector<PhysicalAddress> senders;
  pair.device.endpoint.on_message = [&](Message&& message) {
    senders.push_back(message.physical);
    if (senders.size() == 1) second.endpoint.send(to(kDevice));
  };

  first.endpoint.send(to(kDevice));

  ASSERT_EQ(senders.size(), 2U);
  EXPECT_NE(senders[0], senders[1]);
  EXPECT_NE(senders[0], PhysicalAddress{}) << "which is what comes from outside";
  EXPECT_NE(senders[1], PhysicalAddress{});
}

/// Two owners that answer every message with the next request.
struct PingPong : Pair {
  PingPong(std::uint64_t rounds, NetworkLimits limits = {}) : Pair(limits) {
    const auto answer = [this, rounds](RecordingEndpoint& endpoint) {
      return [this, rounds, &endpoint](Message&& message) {
        deepest = std::max(deepest, ++depth);
        if (++received < rounds) endpoint.endpoint.send(to(message.source));
        --depth;
      };
    };
    host.endpoint.on_message = answer(host);
    device.endpoint.on_message = answer(device);
  }
  std::uint64_t received = 0;
  int depth = 0;
  int deepest = 0;
};

TEST(Network, OwnersThatAnswerEachOtherDoNotRecurse) {
  PingPong lab(100'000);
  lab.host.endpoint.send(to(kDevice));
  EXPECT_EQ(lab.received, 100'000U);
  EXPECT_EQ(lab.deepest, 1);
}

TEST(Network, OwnersThatAnswerEachOtherWithoutEndAreStopped) {
  PingPong lab(~0ULL, {.packets_per_drain = 1000});
  lab.host.endpoint.send(to(kDevice));
  EXPECT_EQ(lab.received, 1001U);
  EXPECT_EQ(lab.network.counters().endless, 1U);

  lab.host.endpoint.send(to(kDevice));
  EXPECT_EQ(lab.received, 2002U) << "the network goes on";
}

struct Burst {
  const char* name;
  std::size_t packets;
  std::uint64_t lost;
};
class QueueLimit : public testing::TestWithParam<Burst> {};

TEST_P(QueueLimit, DropsWhatIsTooManyAndCountsIt) {
  Pair pair({.queued_packets = 5});
  pair.device.endpoint.on_message = [&](Message&&) {
    for (std::size_t i = 0; i < GetParam().packets; ++i) pair.device.endpoint.send(to(kHost));
  };
  pair.host.endpoint.send(to(kDevice));
  EXPECT_EQ(pair.network.counters().queue_full, GetParam().lost);
  EXPECT_EQ(pair.host.messages.size(), GetParam().packets - GetParam().lost);
}
INSTANTIATE_TEST_SUITE_P(Mctp, QueueLimit, testing::Values(Burst{"AtTheLimit", 5, 0}, Burst{"OneMore", 6, 1}),
                         case_name);

TEST(Network, DefaultQueueHoldsFourOfTheLongestMessages) {
  Pair pair;
  pair.device.endpoint.on_message = [&](Message&&) {
    for (int i = 0; i < 4; ++i) pair.device.endpoint.send(to(kHost, Buffer(kMaximumMessageBody)));
  };
  pair.host.endpoint.send(to(kDevice));
  EXPECT_EQ(pair.host.messages.size(), 4U);
  EXPECT_EQ(pair.network.counters().queue_full, 0U);
}

TEST(Network, TenThousandEndpointsAreOrdinary) {
  Timeline timeline;
  Network network;
  std::deque<Endpoint> endpoints;
  for (int i = 0; i < 10'000; ++i) {
    network.attach(endpoints.emplace_back(timeline, at(i < 246 ? 8 + i : 0)));
  }
  int received = 0;
  endpoints[245].on_message = [&](Message&&) { ++received; };
  endpoints[0].send(to(Eid{253}));
  EXPECT_EQ(received, 1);
  EXPECT_EQ(network.size(), 10'000U);
}

}  // namespace
}  // namespace cxlemu::mctp
