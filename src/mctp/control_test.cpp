#include "mctp/control.hpp"

#include "mctp/testing.hpp"

namespace cxlemu::mctp {
namespace {

constexpr Uuid kUuid = "00112233-4455-6677-8899-aabbccddeeff"_uuid;

/// One request packet in, the one response packet out; "" for none.
std::string conversation(RecordingEndpoint& device, std::string_view request, PhysicalSource physical = {}) {
  device.sent.clear();
  device.endpoint.receive(hex(request), physical);
  EXPECT_LE(device.sent.size(), 1U);
  return device.sent.empty() ? "" : to_hex(device.sent.front());
}

std::string packed(std::string_view text) { return to_hex(hex(text)); }

// mctp.md section 13, in the order of a bus owner's conversation; the binding's bytes are stripped.
TEST(ControlConversation, OfABusOwnerThatSetsUpADeviceIsByteExact) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.uuid = kUuid});

  EXPECT_EQ(conversation(device, "01 00 08 c8 00 80 02"), packed("01 08 00 c0 00 00 02 00 00 00 00"));
  EXPECT_EQ(conversation(device, "01 00 08 c9 00 81 01 00 09"), packed("01 08 09 c1 00 01 01 00 00 09 00"));
  EXPECT_EQ(conversation(device, "01 09 08 ca 00 82 05"), packed("01 08 09 c2 00 02 05 00 02 07 08"));
  EXPECT_EQ(conversation(device, "01 09 08 cb 00 83 04 ff"),
            packed("01 08 09 c3 00 03 04 00 04 f1 f0 ff 00 f1 f1 ff 00 f1 f2 ff 00 f1 f3 f3 00"));
  EXPECT_EQ(conversation(device, "01 09 08 cc 00 84 03"),
            packed("01 08 09 c4 00 04 03 00 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff"));
  EXPECT_EQ(device.endpoint.counters().dropped.total(), 0U);
  EXPECT_EQ(device.endpoint.counters().messages_received, 5U);
  EXPECT_EQ(device.endpoint.counters().messages_sent, 5U);
}

struct Exchange {
  const char* name;
  Eid static_eid;
  std::string_view request;
  std::string_view response;
  Eid eid_afterwards;
};
class Control : public testing::TestWithParam<Exchange> {};

TEST_P(Control, AnswersByteForByte) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.static_eid = GetParam().static_eid, .uuid = kUuid});

  EXPECT_EQ(conversation(device, GetParam().request), packed(GetParam().response));
  EXPECT_EQ(device.endpoint.eid(), GetParam().eid_afterwards);
}

// Faults 11, 39 and 40: the operation and the EID are checked, and so is the length.
INSTANTIATE_TEST_SUITE_P(
    SetEndpointId, Control,
    testing::Values(
        Exchange{"SetsTheEid", Eid{0}, "01 00 08 c9 00 81 01 00 1d", "01 08 1d c1 00 01 01 00 00 1d 00", Eid{0x1D}},
        Exchange{"ForcesTheEid", Eid{9}, "01 09 08 c9 00 81 01 01 0a", "01 08 09 c1 00 01 01 00 00 0a 00", Eid{10}},
        // DSP0236 12.4: an endpoint that had an EID answers from the one that was addressed.
        Exchange{"AnswersFromTheEidThatWasAddressed", Eid{9}, "01 09 08 c9 00 81 01 00 0a",
                 "01 08 09 c1 00 01 01 00 00 0a 00", Eid{10}},
        Exchange{"AnswersFromTheNewEidWhenNoneWasAddressed", Eid{9}, "01 00 08 c9 00 81 01 00 0a",
                 "01 08 0a c1 00 01 01 00 00 0a 00", Eid{10}},
        Exchange{"TakesTheLowestAssignableEid", Eid{0}, "01 00 08 c8 00 80 01 00 08",
                 "01 08 08 c0 00 00 01 00 00 08 00", Eid{8}},
        Exchange{"TakesTheHighestAssignableEid", Eid{0}, "01 00 08 c8 00 80 01 00 fe",
                 "01 08 fe c0 00 00 01 00 00 fe 00", Eid{254}},
        Exchange{"RefusesTheNullEid", Eid{0}, "01 00 08 c8 00 80 01 00 00", "01 08 00 c0 00 00 01 02", Eid{0}},
        Exchange{"RefusesAReservedEid", Eid{0}, "01 00 08 c8 00 80 01 00 07", "01 08 00 c0 00 00 01 02", Eid{0}},
        Exchange{"RefusesTheBroadcastEid", Eid{0}, "01 00 08 c8 00 80 01 00 ff", "01 08 00 c0 00 00 01 02", Eid{0}},
        Exchange{"RefusesToForceAReservedEid", Eid{9}, "01 09 08 c8 00 80 01 01 01", "01 08 09 c0 00 00 01 02", Eid{9}},
        Exchange{"IgnoresReservedBitsOfTheOperation", Eid{0}, "01 00 08 c8 00 80 01 fc 0a",
                 "01 08 0a c0 00 00 01 00 00 0a 00", Eid{10}},
        Exchange{"ResetWithoutAStaticEidIsInvalid", Eid{0}, "01 00 08 c8 00 80 01 02 00", "01 08 00 c0 00 00 01 02",
                 Eid{0}},
        Exchange{"ResetIgnoresTheEid", Eid{9}, "01 09 08 c8 00 80 01 02 ff", "01 08 09 c0 00 00 01 00 00 09 00",
                 Eid{9}},
        Exchange{"SetDiscoveredFlagIsInvalidOnTheseBindings", Eid{9}, "01 09 08 c8 00 80 01 03 00",
                 "01 08 09 c0 00 00 01 02", Eid{9}},
        Exchange{"RefusesAShortRequest", Eid{9}, "01 09 08 c8 00 80 01 00", "01 08 09 c0 00 00 01 03", Eid{9}},
        Exchange{"RefusesALongRequest", Eid{9}, "01 09 08 c8 00 80 01 00 0a 00", "01 08 09 c0 00 00 01 03", Eid{9}}),
    case_name);

// Faults 7 and 12: a preset EID is a static one and is reported so.
INSTANTIATE_TEST_SUITE_P(GetEndpointId, Control,
                         testing::Values(Exchange{"TellsThatThereIsNone", Eid{0}, "01 00 08 c8 00 80 02",
                                                  "01 08 00 c0 00 00 02 00 00 00 00", Eid{0}},
                                         Exchange{"TellsThatItIsTheStaticOne", Eid{9}, "01 09 08 c8 00 80 02",
                                                  "01 08 09 c0 00 00 02 00 09 02 00", Eid{9}},
                                         Exchange{"AnswersTheNullEidWithItsOwn", Eid{9}, "01 00 08 c8 00 80 02",
                                                  "01 08 09 c0 00 00 02 00 09 02 00", Eid{9}},
                                         Exchange{"AnswersARequesterWithoutEid", Eid{9}, "01 00 00 c8 00 80 02",
                                                  "01 00 09 c0 00 00 02 00 09 02 00", Eid{9}},
                                         Exchange{"RefusesALongRequest", Eid{9}, "01 09 08 c8 00 80 02 00",
                                                  "01 08 09 c0 00 00 02 03", Eid{9}}),
                         case_name);

// Fault 13: a list for each type, in the encoding of the specification. Faults 14 and 42: no command is absent.
INSTANTIATE_TEST_SUITE_P(
    Others, Control,
    testing::Values(
        Exchange{"VersionsOfControlAreThoseOfTheBase", Eid{9}, "01 09 08 c8 00 80 04 00",
                 "01 08 09 c0 00 00 04 00 04 f1 f0 ff 00 f1 f1 ff 00 f1 f2 ff 00 f1 f3 f3 00", Eid{9}},
        Exchange{"VersionOfFmApi", Eid{9}, "01 09 08 c8 00 80 04 07", "01 08 09 c0 00 00 04 00 01 f1 f0 ff 00", Eid{9}},
        Exchange{"VersionOfCci", Eid{9}, "01 09 08 c8 00 80 04 08", "01 08 09 c0 00 00 04 00 01 f1 f0 ff 00", Eid{9}},
        Exchange{"VersionOfAnotherType", Eid{9}, "01 09 08 c8 00 80 04 01", "01 08 09 c0 00 00 04 80", Eid{9}},
        Exchange{"VersionOfATypeWithTheIcBit", Eid{9}, "01 09 08 c8 00 80 04 88", "01 08 09 c0 00 00 04 80", Eid{9}},
        Exchange{"VersionWithoutAType", Eid{9}, "01 09 08 c8 00 80 04", "01 08 09 c0 00 00 04 03", Eid{9}},
        Exchange{"VersionWithTwoTypes", Eid{9}, "01 09 08 c8 00 80 04 00 07", "01 08 09 c0 00 00 04 03", Eid{9}},
        Exchange{"UuidRequestTooLong", Eid{9}, "01 09 08 c8 00 80 03 00", "01 08 09 c0 00 00 03 03", Eid{9}},
        Exchange{"MessageTypes", Eid{9}, "01 09 08 c8 00 80 05", "01 08 09 c0 00 00 05 00 02 07 08", Eid{9}},
        Exchange{"MessageTypesRequestTooLong", Eid{9}, "01 09 08 c8 00 80 05 00", "01 08 09 c0 00 00 05 03", Eid{9}},
        Exchange{"VendorDefinedMessagesHaveNoSelector", Eid{9}, "01 09 08 c8 00 80 06 00", "01 08 09 c0 00 00 06 02",
                 Eid{9}},
        Exchange{"VendorDefinedMessagesRequestTooShort", Eid{9}, "01 09 08 c8 00 80 06", "01 08 09 c0 00 00 06 03",
                 Eid{9}},
        Exchange{"ReservedCommandZero", Eid{9}, "01 09 08 c8 00 80 00", "01 08 09 c0 00 00 00 05", Eid{9}},
        Exchange{"BusOwnerCommand", Eid{9}, "01 09 08 c8 00 80 07 09", "01 08 09 c0 00 00 07 05", Eid{9}},
        Exchange{"PrepareForEndpointDiscovery", Eid{9}, "01 09 08 c8 00 80 0b", "01 08 09 c0 00 00 0b 05", Eid{9}},
        Exchange{"EndpointDiscovery", Eid{9}, "01 09 08 c8 00 80 0c", "01 08 09 c0 00 00 0c 05", Eid{9}},
        Exchange{"BroadcastEndpointDiscovery", Eid{9}, "01 ff 08 c8 00 80 0c", "01 08 09 c0 00 00 0c 05", Eid{9}},
        Exchange{"TransportSpecificCommand", Eid{9}, "01 09 08 c8 00 80 f0 01 02", "01 08 09 c0 00 00 f0 05", Eid{9}},
        // Faults 8, 10: instance ID and tag are echoed; Rq, D and the reserved bit are not.
        Exchange{"EchoesInstanceIdAndTag", Eid{9}, "01 09 08 cf 00 bf 02", "01 08 09 c7 00 1f 02 00 09 02 00", Eid{9}},
        Exchange{"AcceptsAnyStartSequence", Eid{9}, "01 09 08 f8 00 80 02", "01 08 09 c0 00 00 02 00 09 02 00",
                 Eid{9}}),
    case_name);

// DSP0236 Table 11. Faults 9, 10, 43 and 45.
struct Discard {
  const char* name;
  std::string_view packet;
  DropReason reason;
};
class ControlDiscard : public testing::TestWithParam<Discard> {};

TEST_P(ControlDiscard, IsSilentAndCounted) {
  Timeline timeline;
  RecordingEndpoint device(timeline);

  EXPECT_EQ(conversation(device, GetParam().packet), "");

  EXPECT_EQ(device.dropped(GetParam().reason), 1U);
  EXPECT_TRUE(device.messages.empty());
  EXPECT_EQ(device.endpoint.eid(), kDevice);
}
INSTANTIATE_TEST_SUITE_P(
    Mctp, ControlDiscard,
    testing::Values(Discard{"WithoutHeader", "01 09 08 c8 00", DropReason::malformed_control_message},
                    Discard{"WithoutCommandCode", "01 09 08 c8 00 80", DropReason::malformed_control_message},
                    Discard{"ResponseWithTagOwner", "01 09 08 c8 00 00 02 00", DropReason::malformed_control_message},
                    Discard{"ResponseDatagram", "01 09 08 c8 00 40 02", DropReason::malformed_control_message},
                    Discard{"RequestWithoutTagOwner", "01 09 08 c0 00 80 02", DropReason::unknown_tag},
                    Discard{"StartOfTwoPackets", "01 09 08 88 00 80 02", DropReason::control_not_single_packet},
                    Discard{"IntegrityCheck", "01 09 08 c8 80 80 02", DropReason::unexpected_integrity_check},
                    Discard{"BroadcastOfAnAddressedCommand", "01 ff 08 c8 00 80 02", DropReason::broadcast_not_allowed},
                    Discard{"BroadcastOfAnUnknownCommand", "01 ff 08 c8 00 80 20", DropReason::broadcast_not_allowed},
                    Discard{"BroadcastDatagramThatAssignsOneEidToAll", "01 ff 08 c8 00 c0 01 00 0a",
                            DropReason::broadcast_not_allowed},
                    Discard{"BroadcastResponse", "01 ff 08 c0 00 00 02 00", DropReason::broadcast_not_allowed},
                    Discard{"OtherDestination", "01 0a 08 c8 00 80 02", DropReason::unknown_destination_eid}),
    case_name);

TEST(Control, DatagramActsAndIsNotAnswered) {
  Timeline timeline;
  RecordingEndpoint device(timeline);

  EXPECT_EQ(conversation(device, "01 09 08 c8 00 c0 01 00 0a"), "");

  EXPECT_EQ(device.endpoint.eid(), Eid{10});
  EXPECT_EQ(device.endpoint.counters().dropped.total(), 0U);
}

TEST(Control, BroadcastDatagramIsNotAnswered) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  EXPECT_EQ(conversation(device, "01 ff 08 c8 00 c0 0b"), "");
  EXPECT_EQ(device.endpoint.counters().dropped.total(), 0U);
}

TEST(Control, AnotherEidThanTheStaticOneIsReportedUntilReset) {
  Timeline timeline;
  RecordingEndpoint device(timeline);

  conversation(device, "01 09 08 c8 00 80 01 00 0a");
  EXPECT_EQ(conversation(device, "01 0a 08 c8 00 80 02"), packed("01 08 0a c0 00 00 02 00 0a 03 00"));

  EXPECT_EQ(conversation(device, "01 0a 08 c8 00 80 01 02 00"), packed("01 08 0a c0 00 00 01 00 00 09 00"));
  EXPECT_EQ(conversation(device, "01 09 08 c8 00 80 02"), packed("01 08 09 c0 00 00 02 00 09 02 00"));
}

TEST(Control, RemembersItsBusOwner) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {});

  conversation(device, "01 00 08 c9 00 81 01 00 09", PhysicalSource{0x20});

  EXPECT_EQ(device.endpoint.assignment(), (EidAssignment{Eid{9}, Eid{8}, PhysicalAddress{0x20}}));
}

TEST(Control, AnswersThePhysicalSourceOfTheRequest) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  PhysicalAddress destination;
  device.endpoint.to_link = [&](Bytes) { destination = device.endpoint.link_destination(); };

  device.endpoint.receive(hex("01 00 00 c8 00 80 02"), PhysicalSource{0x22});

  EXPECT_EQ(destination, PhysicalAddress{0x22});
}

// Fault 41: a nil UUID is never told.
TEST(Control, WithoutAUuidTheCommandIsNotSupported) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  EXPECT_EQ(conversation(device, "01 09 08 c8 00 80 03"), packed("01 08 09 c0 00 00 03 05"));
}

TEST(Control, TellsItsMediumSpecificInformation) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.static_eid = kDevice, .medium_specific_information = 1});
  EXPECT_EQ(conversation(device, "01 09 08 c8 00 80 02"), packed("01 08 09 c0 00 00 02 00 09 02 01"));
}

// Fault 3: a control message between the packets of another message leaves it alone.
TEST(Control, LeavesAnAssemblyOfTheSameTagAlone) {
  Timeline timeline;
  RecordingEndpoint device(timeline);
  device.endpoint.receive(packet(0x88, cci_start(64)));

  EXPECT_NE(conversation(device, "01 09 08 c8 00 80 02"), "");
  device.endpoint.receive(packet(0x58, "01"));

  EXPECT_EQ(device.messages.size(), 1U);
}

std::vector<SupportedMessageType> types(std::uint8_t count) {
  std::vector<SupportedMessageType> list;
  for (std::uint8_t i = 1; i <= count; ++i) list.push_back({static_cast<MessageType>(i)});
  return list;
}

struct TypeCount {
  const char* name;
  std::uint8_t configured;
  int told;
};
class TypeList : public testing::TestWithParam<TypeCount> {};

TEST_P(TypeList, FitsOnePacket) {
  Timeline timeline;
  RecordingEndpoint device(timeline, {.static_eid = kDevice, .message_types = types(GetParam().configured)});

  const Buffer response = hex(conversation(device, "01 09 08 c8 00 80 05"));

  ASSERT_LE(response.size(), 68U);
  EXPECT_EQ(std::to_integer<int>(response[8]), GetParam().told);
  EXPECT_EQ(response.size(), 9U + static_cast<std::size_t>(GetParam().told));
}
INSTANTIATE_TEST_SUITE_P(Mctp, TypeList,
                         testing::Values(TypeCount{"None", 0, 0}, TypeCount{"AtTheLimit", 59, 59},
                                         TypeCount{"OneMore", 60, 59}),
                         case_name);

TEST(ControlCommands, HaveLayoutsAndExactLengthsFromTheirHandlers) {
  EXPECT_EQ(kEndpointControlCommands[0].request_size, 2U);
  EXPECT_EQ(kEndpointControlCommands[0].request->fields.size(), 2U);
  EXPECT_EQ(kEndpointControlCommands[2].response->size, 16U);
  EXPECT_EQ(control_command_name(0x01), "Set Endpoint ID");
  EXPECT_EQ(control_command_name(0x14), "Query Supported Interfaces");
  EXPECT_EQ(control_command_name(0x15), "Reserved");
  EXPECT_EQ(control_command_name(0xF0), "Transport Specific");
}

}  // namespace
}  // namespace cxlemu::mctp
