// The requester side of an endpoint: tags, their lifetime, and the responses that belong to them.
#include "mctp/endpoint.hpp"
#include "mctp/testing.hpp"

namespace cxlemu::mctp {
namespace {

using namespace std::chrono_literals;
using Released = std::vector<std::pair<Eid, std::uint8_t>>;

/// The host side: EID 8, the device is its peer.
struct Host : RecordingEndpoint {
  explicit Host(Timeline& timeline) : RecordingEndpoint(timeline, {.static_eid = kHost}) {}
  /// A packet from the device.
  void receive(std::uint8_t flags, const Buffer& payload, Eid source = kDevice) {
    Buffer bytes = packet(flags, payload);
    bytes[1] = static_cast<std::byte>(kHost.value);
    bytes[2] = static_cast<std::byte>(source.value);
    endpoint.receive(bytes, PhysicalSource{0x1D});
  }
};

TEST(Tags, AreEightForEachPeer) {
  Timeline timeline;
  Host host(timeline);
  for (std::uint8_t value = 0; value < 8; ++value) {
    ASSERT_EQ(host.endpoint.allocate_tag(kDevice), (Tag{value, true}));
  }
  EXPECT_EQ(host.endpoint.allocate_tag(kDevice), std::nullopt);
  EXPECT_EQ(host.endpoint.allocate_tag(Eid{10}), (Tag{0, true}));
  EXPECT_EQ(host.endpoint.outstanding_tags().size(), 9U);
}

TEST(Tags, AReleasedOneIsGivenAgain) {
  Timeline timeline;
  Host host(timeline);
  for (int i = 0; i < 8; ++i) host.endpoint.allocate_tag(kDevice);
  EXPECT_TRUE(host.endpoint.release_tag(kDevice, 5));
  EXPECT_FALSE(host.endpoint.release_tag(kDevice, 5));
  EXPECT_EQ(host.endpoint.allocate_tag(kDevice), (Tag{5, true}));
  EXPECT_TRUE(host.released.empty());
}

TEST(Tags, AClaimedOneIsNotAllocatedAgain) {
  Timeline timeline;
  Host host(timeline);
  EXPECT_TRUE(host.endpoint.claim_tag(kDevice, 0, false));
  EXPECT_FALSE(host.endpoint.claim_tag(kDevice, 0, true));
  EXPECT_EQ(host.endpoint.allocate_tag(kDevice), (Tag{1, true}));
}

TEST(Tags, ValuesAboveSevenAreRefused) {
  Timeline timeline;
  Host host(timeline);
  EXPECT_TRUE(host.endpoint.claim_tag(kDevice, 7, false));
  EXPECT_FALSE(host.endpoint.claim_tag(kDevice, 8, false));
  EXPECT_FALSE(host.endpoint.release_tag(kDevice, 8));
}

TEST(Tags, AreNotGivenForTheBroadcastEid) {
  Timeline timeline;
  Host host(timeline);
  EXPECT_EQ(host.endpoint.allocate_tag(kBroadcastEid), std::nullopt);
}

TEST(Tags, ForTheNullEidExcludeThoseOfEveryPeer) {
  Timeline timeline;
  Host host(timeline);
  EXPECT_TRUE(host.endpoint.claim_tag(kDevice, 0, false));
  EXPECT_EQ(host.endpoint.allocate_tag(kNullEid), (Tag{1, true}));
  EXPECT_EQ(host.endpoint.allocate_tag(Eid{10}), (Tag{0, true}));
  EXPECT_EQ(host.endpoint.allocate_tag(Eid{10}), (Tag{2, true}));
}

TEST(Response, IsDeliveredAndFreesTheTag) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  std::size_t delivered_before_release = 0;
  host.endpoint.on_tag_released = [&](Eid, std::uint8_t) { delivered_before_release = host.messages.size(); };

  host.receive(0xC0, hex("08 01 02"));

  ASSERT_EQ(host.messages.size(), 1U);
  EXPECT_EQ(host.messages.front().tag, (Tag{0, false}));
  EXPECT_EQ(host.messages.front().body, hex("01 02"));
  EXPECT_EQ(delivered_before_release, 1U);
  EXPECT_TRUE(host.endpoint.outstanding_tags().empty());
  EXPECT_EQ(timeline.next(), std::nullopt);
}

TEST(Response, ASecondOneIsDropped) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  host.receive(0xC0, hex("08 01"));
  host.receive(0xC0, hex("08 01"));
  EXPECT_EQ(host.messages.size(), 1U);
  EXPECT_EQ(host.dropped(DropReason::unknown_tag), 1U);
  EXPECT_EQ(host.released, (Released{{kDevice, 0}}));
}

struct Stranger {
  const char* name;
  std::uint8_t flags;
  Eid source;
};
class ForeignResponse : public testing::TestWithParam<Stranger> {};

TEST_P(ForeignResponse, IsDroppedAndTheTagStays) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  host.receive(GetParam().flags, hex("08 01"), GetParam().source);
  EXPECT_TRUE(host.messages.empty());
  EXPECT_EQ(host.dropped(DropReason::unknown_tag), 1U);
  EXPECT_EQ(host.endpoint.outstanding_tags().size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(Mctp, ForeignResponse,
                         testing::Values(Stranger{"OtherTag", 0xC1, kDevice}, Stranger{"OtherPeer", 0xC0, Eid{10}},
                                         Stranger{"NullSource", 0xC0, kNullEid}),
                         case_name);

TEST(Response, ToARequestToTheNullEidMayComeFromAnyEid) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kNullEid));
  host.receive(0xC0, hex("00 00 02 00 09 00 00"));
  ASSERT_EQ(host.messages.size(), 1U);
  EXPECT_EQ(host.messages.front().type, MessageType::control);
  EXPECT_EQ(host.messages.front().source, kDevice);
  EXPECT_EQ(host.messages.front().physical, PhysicalAddress{0x1D});
  EXPECT_EQ(host.released, (Released{{kNullEid, 0}}));
}

TEST(Response, OfAPreallocatedTagLeavesTheTag) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.claim_tag(kDevice, 3, true));
  EXPECT_EQ(timeline.next(), std::nullopt);
  timeline.advance_to(60s);

  host.receive(0xC3, hex("08 01"));
  host.receive(0xC3, hex("08 02"));

  EXPECT_EQ(host.messages.size(), 2U);
  EXPECT_TRUE(host.released.empty());
  EXPECT_TRUE(host.endpoint.release_tag(kDevice, 3));
  host.receive(0xC3, hex("08 03"));
  EXPECT_EQ(host.messages.size(), 2U);
}

// DSP0236 Table 11, from the requester's side.
struct BadControl {
  const char* name;
  std::string_view payload;
};
class ControlResponse : public testing::TestWithParam<BadControl> {};

TEST_P(ControlResponse, WithTheBitsOfARequestIsDiscardedAndTheTagStays) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  host.receive(0xC0, hex(GetParam().payload));
  EXPECT_TRUE(host.messages.empty());
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(host.dropped(DropReason::malformed_control_message), 1U);
  EXPECT_EQ(host.endpoint.outstanding_tags().size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(Mctp, ControlResponse,
                         testing::Values(BadControl{"Request", "00 80 02 00"}, BadControl{"Datagram", "00 40 02 00"},
                                         BadControl{"NoHeader", "00 00"}),
                         case_name);

TEST(Requests, ReachARequesterToo) {
  Timeline timeline;
  Host host(timeline);
  host.receive(0xC8, hex("07 01"));
  ASSERT_EQ(host.messages.size(), 1U);
  EXPECT_TRUE(host.messages.front().tag.owner);
  host.receive(0xC8, hex("00 80 02"));
  EXPECT_EQ(host.messages.size(), 1U) << "control requests are answered by the endpoint";
  EXPECT_EQ(host.sent.size(), 1U);
}

TEST(TagLifetime, IsSixSeconds) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  timeline.advance_to(1s);
  ASSERT_TRUE(host.endpoint.claim_tag(kDevice, 5, false));

  timeline.advance_to(6s - 1ns);
  EXPECT_TRUE(host.released.empty());
  timeline.advance_to(6s);
  EXPECT_EQ(host.released, (Released{{kDevice, 0}}));
  timeline.advance_to(7s);

  EXPECT_EQ(host.released, (Released{{kDevice, 0}, {kDevice, 5}}));
  EXPECT_EQ(timeline.next(), std::nullopt);
}

TEST(TagLifetime, ALateResponseIsDropped) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  timeline.advance_to(6s);
  host.receive(0xC0, hex("08 01"));
  EXPECT_TRUE(host.messages.empty());
  EXPECT_EQ(host.dropped(DropReason::unknown_tag), 1U);
}

TEST(TagLifetime, ASlowResponseMayComeToItsEnd) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  timeline.advance_to(5s);
  host.receive(0x80, cci_start(64));
  timeline.advance_to(10s);
  EXPECT_TRUE(host.released.empty());

  host.receive(0x50, hex("01"));

  EXPECT_EQ(host.messages.size(), 1U);
  EXPECT_EQ(host.released.size(), 1U);
}

TEST(TagLifetime, AResponseThatStopsFreesItsTagWhenItTimesOut) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  timeline.advance_to(5s);
  host.receive(0x80, cci_start(64));
  timeline.advance_to(11s);
  EXPECT_EQ(host.dropped(DropReason::assembly_timed_out), 1U);
  EXPECT_EQ(host.released, (Released{{kDevice, 0}}));
  EXPECT_EQ(timeline.next(), std::nullopt);
}

TEST(Tags, AGivenUpResponseDoesNotGoOnUnderTheNextRequest) {
  Timeline timeline;
  Host host(timeline);
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));
  host.receive(0x80, cci_start(64));

  host.endpoint.release_tag(kDevice, 0);
  ASSERT_EQ(host.endpoint.allocate_tag(kDevice), (Tag{0, true}));
  host.receive(0x50, hex("01"));

  EXPECT_TRUE(host.messages.empty());
  EXPECT_EQ(host.dropped(DropReason::tag_released), 1U);
  EXPECT_EQ(host.dropped(DropReason::no_assembly), 1U);
}

TEST(TagReentry, OwnerMaySendTheNextRequestFromWithinOnMessage) {
  Timeline timeline;
  Host host(timeline);
  std::optional<Tag> next;
  host.endpoint.on_message = [&](Message&&) { next = host.endpoint.allocate_tag(kDevice); };
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));

  host.receive(0xC0, hex("08 01"));

  EXPECT_EQ(next, (Tag{1, true})) << "the answered tag is free only after the delivery";
  EXPECT_EQ(host.released, (Released{{kDevice, 0}}));
}

TEST(TagReentry, ATagThatTheOwnerTookAgainIsNotFreed) {
  Timeline timeline;
  Host host(timeline);
  host.endpoint.on_message = [&](Message&&) {
    host.endpoint.release_tag(kDevice, 0);
    host.endpoint.claim_tag(kDevice, 0, false);
  };
  ASSERT_TRUE(host.endpoint.allocate_tag(kDevice));

  host.receive(0xC0, hex("08 01"));

  EXPECT_EQ(host.endpoint.outstanding_tags().size(), 1U);
  EXPECT_TRUE(host.released.empty());
}

TEST(TagReentry, OwnerMayAllocateFromWithinOnTagReleased) {
  Timeline timeline;
  Host host(timeline);
  int released = 0;
  host.endpoint.on_tag_released = [&](Eid peer, std::uint8_t) {
    if (++released < 3) host.endpoint.allocate_tag(peer);
  };
  host.endpoint.allocate_tag(kDevice);

  timeline.advance_to(18s);

  EXPECT_EQ(released, 3);
  EXPECT_TRUE(host.endpoint.outstanding_tags().empty());
}

}  // namespace
}  // namespace cxlemu::mctp
