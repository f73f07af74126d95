#include "mctp/endpoint.hpp"

#include "mctp/testing.hpp"

namespace cxlemu::mctp {
namespace {

using namespace std::chrono_literals;

TEST(Endpoint, DeliversCxlIdentifyByteForByte) {
  Timeline timeline;
  RecordingEndpoint device(timeline);

  device.endpoint.receive(hex("01 09 08 cc 08 00 5a 00 01 00 00 00 00 00 00 00 00"), PhysicalSource{0x20});

  ASSERT_EQ(device.messages.size(), 1U);
  const Message& message = device.messages.front();
  EXPECT_EQ(message.source, kHost);
  EXPECT_EQ(message.destination, kDevice);
  EXPECT_EQ(message.type, MessageType::cxl_cci);
  EXPECT_EQ(message.tag, (Tag{4, true}));
  EXPECT_EQ(message.body, hex("00 5a 00 01 00 00 00 00 00 00 00 00"));
  EXPECT_EQ(message.physical, PhysicalAddress{0x20});
}

TEST(Endpoint, DeliversFmIdentifySwitchDevice) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(hex("01 09 08 cd 07 00 5b 00 00 51 00 00 00 00 00 00 00"));
  ASSERT_EQ(device.messages.size(), 1U);
  EXPECT_EQ(device.messages.front().type, MessageType::cxl_fm_api);
}

// Fault 44: the source of a response is this endpoint's EID, also after a request to the null EID.
TEST(Endpoint, RespondsFromItsOwnEidToTheRequester) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(hex("01 00 08 cc 08 11 22"), PhysicalSource{0x20});

  Message response = response_to(device.messages.front());
  response.body = hex("33");
  device.endpoint.send(response);

  ASSERT_EQ(device.sent.size(), 1U);
  EXPECT_EQ(to_hex(device.sent.front()), "010809c40833");
  EXPECT_EQ(device.endpoint.link_destination(), PhysicalAddress{0x20});
}

TEST(Endpoint, SendsFromAGivenSource) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.send({.source = Eid{77}, .destination = kHost, .type = MessageType::cxl_cci, .tag = {1, true}});
  EXPECT_EQ(to_hex(device.sent.front()), "01084dc908");
}

// Faults 15 and 16: own counter for sending, and no more than the configured unit.
TEST(Endpoint, FragmentsToTheConfiguredUnitFromTheConfiguredSequence) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.static_eid = kDevice, .transmission_unit = 250, .first_sequence = 2});

  device.endpoint.send({.destination = kHost, .type = MessageType::cxl_cci, .body = pattern(251)});

  ASSERT_EQ(device.sent.size(), 2U);
  EXPECT_EQ(device.sent[0].size(), 254U);
  EXPECT_EQ(device.sent[0][3], std::byte{0xA0});
  EXPECT_EQ(device.sent[1][3], std::byte{0x70});
}

TEST(Endpoint, SendsTheLongestMessageAndNoLongerOne) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  Message message{.destination = kHost, .type = MessageType::cxl_cci, .body = Buffer(kMaximumMessageBody)};

  device.endpoint.send(message);
  EXPECT_EQ(device.sent.size(), 1025U);
  message.body.push_back({});
  device.endpoint.send(message);

  EXPECT_EQ(device.sent.size(), 1025U);
  EXPECT_EQ(device.endpoint.counters().messages_sent, 1U);
  EXPECT_EQ(device.endpoint.counters().messages_not_sent, 1U);
}

TEST(Endpoint, WithoutALinkCountsWhatItCannotSend) {
  Timeline timeline;
  Endpoint endpoint(timeline, {.static_eid = kDevice});
  endpoint.send({.destination = kHost, .type = MessageType::cxl_cci});
  EXPECT_EQ(endpoint.counters().messages_not_sent, 1U);
  EXPECT_EQ(endpoint.counters().packets_sent, 0U);
}

TEST(Endpoint, WithoutAnOwnerCountsAndForgetsMessages) {
  Timeline timeline;
  Endpoint endpoint(timeline, {.static_eid = kDevice});
  endpoint.receive(hex("01 09 08 cc 08 00"));
  EXPECT_EQ(endpoint.counters().messages_received, 1U);
}

// DSP0236 8.7 and faults 3, 4, 33, 37, 38: a bad packet, whatever is bad, leaves the message being assembled alone.
struct Drop {
  const char* name;
  std::string_view packet;
  DropReason reason;
};
class DroppedPacket : public testing::TestWithParam<Drop> {};

TEST_P(DroppedPacket, IsCountedAndTheAssemblyCompletes) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.static_eid = kDevice, .maximum_assemblies = 1});
  device.endpoint.receive(packet(0x8C, cci_start(64)));

  device.endpoint.receive(hex(GetParam().packet));

  EXPECT_EQ(device.dropped(GetParam().reason), 1U);
  EXPECT_EQ(device.endpoint.counters().dropped.total(), 1U);
  EXPECT_EQ(device.endpoint.assemblies_in_progress(), 1U);
  device.endpoint.receive(packet(0x5C, "01"));
  EXPECT_EQ(device.messages.size(), 1U);
  EXPECT_TRUE(device.sent.empty());
}
INSTANTIATE_TEST_SUITE_P(
    Mctp, DroppedPacket,
    testing::Values(Drop{"Empty", "", DropReason::too_short}, Drop{"Short", "01 09 08", DropReason::too_short},
                    Drop{"HeaderVersion", "00 09 08 5c 01", DropReason::unsupported_header_version},
                    Drop{"BroadcastSource", "01 09 ff 5c 01", DropReason::invalid_source_eid},
                    Drop{"StartWithoutType", "01 09 08 8c", DropReason::missing_message_type},
                    Drop{"IntegrityCheck", "01 09 08 cc 88 00", DropReason::unexpected_integrity_check},
                    Drop{"OtherDestinationWithFittingSequence", "01 0a 08 5c 01", DropReason::unknown_destination_eid},
                    Drop{"Broadcast", "01 ff 08 5c 01", DropReason::broadcast_not_allowed},
                    Drop{"BroadcastCci", "01 ff 08 cc 08 00", DropReason::broadcast_not_allowed},
                    Drop{"UnsupportedTypeOnTheSameTag", "01 09 08 cc 05 00", DropReason::unsupported_message_type},
                    Drop{"UnsupportedTypeInPackets", "01 09 08 8c 05 00", DropReason::unsupported_message_type},
                    Drop{"ResponseToNoRequest", "01 09 08 c4 08 00", DropReason::unknown_tag},
                    Drop{"MiddleOfAResponseToNoRequest", "01 09 08 54 00", DropReason::unknown_tag},
                    Drop{"MiddleOfAnUnknownMessage", "01 09 08 5d 00", DropReason::no_assembly},
                    Drop{"OneMessageTooMany", "01 09 08 8d 08 00", DropReason::too_many_assemblies},
                    Drop{"ControlInPackets", "01 09 08 8c 00 80 02", DropReason::control_not_single_packet},
                    Drop{"MalformedControl", "01 09 08 cc 00 00 02", DropReason::malformed_control_message}),
    case_name);

TEST(DroppedPacketLength, BeyondEveryBindingIsCountedAndTheAssemblyCompletes) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(packet(0x8C, cci_start(64)));

  device.endpoint.receive(packet(0x5C, Buffer(kMaximumTransmissionUnit + 1)));

  EXPECT_EQ(device.dropped(DropReason::unsupported_transmission_unit), 1U);
  device.endpoint.receive(packet(0x5C, "01"));
  EXPECT_EQ(device.messages.size(), 1U);
}

TEST(Endpoint, WithoutAnEidTakesOnlyWhatIsAddressedToItPhysically) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {});
  device.endpoint.receive(hex("01 09 08 cc 08 00"));
  EXPECT_EQ(device.dropped(DropReason::unknown_destination_eid), 1U);
  device.endpoint.receive(hex("01 00 08 cc 08 00"));
  EXPECT_EQ(device.messages.size(), 1U);
}

TEST(Endpoint, AnswersAMessageThatIsTooLongForIt) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.static_eid = kDevice, .maximum_body = 12});
  device.endpoint.receive(packet(0xCC, cci_start(14)));
  ASSERT_EQ(device.messages.size(), 1U);
  EXPECT_EQ(device.messages.front().body.size(), 12U);
  EXPECT_EQ(device.messages.front().oversized_length, 13U);
}

// Fault 18: an assembly does not wait for ever.
TEST(EndpointTime, EndsAnAssemblySixSecondsAfterItsLastPacket) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(packet(0x8C, cci_start(64)));
  timeline.advance_to(4s);
  device.endpoint.receive(packet(0x1C, pattern(64)));

  timeline.advance_to(10s - 1ns);
  EXPECT_EQ(device.endpoint.assemblies_in_progress(), 1U);
  timeline.advance_to(10s);

  EXPECT_EQ(device.endpoint.assemblies_in_progress(), 0U);
  EXPECT_EQ(device.dropped(DropReason::assembly_timed_out), 1U);
}

TEST(EndpointTime, TimeoutIsConfigured) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.static_eid = kDevice, .assembly_timeout = 100ms});
  device.endpoint.receive(packet(0x8C, cci_start(64)));
  timeline.advance_to(100ms);
  EXPECT_EQ(device.endpoint.assemblies_in_progress(), 0U);
}

TEST(EndpointTime, TheEarliestDeadlineCountsWhicheverWasSetFirst) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.static_eid = kDevice, .assembly_timeout = 1s});
  ASSERT_TRUE(device.endpoint.allocate_tag(kHost));
  device.endpoint.receive(packet(0x8C, cci_start(64)));
  timeline.advance_to(1s);
  EXPECT_EQ(device.endpoint.assemblies_in_progress(), 0U);
  EXPECT_EQ(timeline.next(), 6s);
}

// `--clock=auto` jumps to the next deadline: an endpoint that waits for nothing must have none.
TEST(EndpointTime, HasNoDeadlineOnceNothingIsAwaited) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(packet(0x8C, cci_start(64)));
  EXPECT_EQ(timeline.next(), 6s);
  device.endpoint.receive(packet(0x5C, "01"));
  EXPECT_EQ(timeline.next(), std::nullopt);

  device.endpoint.receive(packet(0x8C, cci_start(64)));
  timeline.advance_to(6s);
  EXPECT_EQ(timeline.next(), std::nullopt);

  ASSERT_TRUE(device.endpoint.allocate_tag(kHost));
  EXPECT_TRUE(device.endpoint.release_tag(kHost, 0));
  EXPECT_EQ(timeline.next(), std::nullopt);
}

TEST(EndpointTime, ADestroyedEndpointLeavesNoTimer) {
  Timeline timeline;
  {
    RecordingEndpoint device(timeline);
    device.endpoint.receive(packet(0x8C, cci_start(64)));
  }
  EXPECT_EQ(timeline.pending(), 0U);
}

TEST(EndpointState, RestoredOnAnotherTimelineGoesOnWhereItStood) {
  Timeline before;
  RecordingEndpoint device(before);
  before.advance_to(1s);
  device.endpoint.receive(packet(0x8C, cci_start(64)));
  before.advance_to(3s);
  ASSERT_TRUE(device.endpoint.allocate_tag(kHost));
  const auto snapshot = device.endpoint.state();

  Timeline after(Time{3s});
  RecordingEndpoint restored(after, {});
  restored.endpoint.restore(snapshot);

  EXPECT_EQ(restored.endpoint.eid(), kDevice);
  EXPECT_EQ(restored.endpoint.counters(), device.endpoint.counters());
  after.advance_to(7s);
  EXPECT_EQ(restored.endpoint.assemblies_in_progress(), 0U);
  EXPECT_EQ(restored.dropped(DropReason::assembly_timed_out), 1U);
  EXPECT_TRUE(restored.released.empty());
  after.advance_to(9s);
  EXPECT_EQ(restored.released, (std::vector<std::pair<Eid, std::uint8_t>>{{kHost, 0}}));
}

TEST(EndpointState, ARestoredAssemblyCompletes) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(packet(0x8C, cci_start(64, std::byte{6})));
  RecordingEndpoint restored(timeline);
  restored.endpoint.restore(device.endpoint.state());

  restored.endpoint.receive(packet(0x5C, "06"));

  ASSERT_EQ(restored.messages.size(), 1U);
  EXPECT_EQ(restored.messages.front().body, Buffer(64, std::byte{6}));
}

TEST(EndpointState, RearmSetsOneTimerHoweverOftenItIsCalled) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(packet(0x8C, cci_start(64)));
  device.endpoint.rearm();
  device.endpoint.rearm();
  EXPECT_EQ(timeline.pending(), 1U);
  EXPECT_EQ(timeline.next(), 6s);
}

TEST(EndpointState, ResetForgetsAssembliesTagsAndTheAssignedEid) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(hex("01 09 08 c8 00 80 01 00 0a"));
  Buffer start = packet(0x8C, cci_start(64));
  start[1] = std::byte{10};
  device.endpoint.receive(start);
  ASSERT_TRUE(device.endpoint.allocate_tag(kHost));

  device.endpoint.reset();

  EXPECT_EQ(device.endpoint.eid(), kDevice);
  EXPECT_EQ(device.endpoint.assemblies_in_progress(), 0U);
  EXPECT_EQ(device.dropped(DropReason::endpoint_reset), 1U);
  EXPECT_EQ(device.released.size(), 1U);
  EXPECT_EQ(timeline.next(), std::nullopt);
}

TEST(EndpointCounters, CountWhatWentInAndOut) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(packet(0x8C, cci_start(64)));
  device.endpoint.receive(packet(0x5C, "01"));
  device.endpoint.receive(hex("01 0a"));
  device.endpoint.send({.destination = kHost, .type = MessageType::cxl_cci, .body = pattern(64)});

  const auto& counters = device.endpoint.counters();
  EXPECT_EQ(counters.packets_received, 3U);
  EXPECT_EQ(counters.bytes_received, 68U + 5 + 2);
  EXPECT_EQ(counters.messages_received, 1U);
  EXPECT_EQ(counters.packets_sent, 2U);
  EXPECT_EQ(counters.bytes_sent, 68U + 5);
  EXPECT_EQ(counters.messages_sent, 1U);
  EXPECT_EQ(counters.dropped.total(), 1U);
}

// Faults 1 and 20: sending and receiving share nothing.
TEST(EndpointReentry, SendingBetweenReceivedPacketsDisturbsNeither) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(packet(0x8C, cci_start(64, std::byte{9})));
  device.endpoint.send({.destination = kHost, .type = MessageType::cxl_cci, .tag = {4, false}, .body = pattern(100)});
  device.endpoint.receive(packet(0x5C, "09"));
  ASSERT_EQ(device.messages.size(), 1U);
  EXPECT_EQ(device.messages.front().body, Buffer(64, std::byte{9}));
  EXPECT_EQ(device.sent.size(), 2U);
}

TEST(EndpointReentry, OwnerMaySendFromWithinOnMessage) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.on_message = [&](Message&& request) {
    Message response = response_to(request);
    response.body = std::move(request.body);
    device.endpoint.send(response);
  };
  device.endpoint.receive(packet(0x8C, cci_start(64, std::byte{7})));
  device.endpoint.receive(packet(0x5C, "07"));

  ASSERT_EQ(device.sent.size(), 2U);
  EXPECT_EQ(device.sent[0][4], std::byte{0x08});
  EXPECT_EQ(device.sent[0][5], std::byte{7});
}

TEST(EndpointReentry, LinkMayReceiveFromWithinToLink) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.to_link = [&](Bytes bytes) {
    device.sent.push_back(to_buffer(bytes));
    if (device.sent.size() == 1) device.endpoint.receive(hex("01 09 08 c8 00 80 02"));
  };

  device.endpoint.send({.destination = kHost, .type = MessageType::cxl_cci, .tag = {2, true}, .body = pattern(100)});

  // The control response goes out between the two packets of the message, which stay as they are.
  ASSERT_EQ(device.sent.size(), 3U);
  EXPECT_EQ(device.sent[1][4], std::byte{0x00});
  EXPECT_EQ(device.sent[2][3], std::byte{0x5A});
  EXPECT_EQ(device.sent[2].back(), pattern(100).back());
}

}  // namespace
}  // namespace cxlemu::mctp
