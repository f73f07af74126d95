#include "mctp/packet.hpp"

#include "mctp/testing.hpp"

namespace cxlemu::mctp {
namespace {

TEST(Packet, ParsesEveryFieldOfTheHeader) {
  const Buffer bytes = hex("01 09 08 9d 08 aa");

  const auto packet = parse_packet(bytes);

  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->destination, Eid{9});
  EXPECT_EQ(packet->source, Eid{8});
  EXPECT_TRUE(packet->start_of_message);
  EXPECT_FALSE(packet->end_of_message);
  EXPECT_EQ(packet->sequence, 1);
  EXPECT_EQ(packet->tag, (Tag{5, true}));
  EXPECT_EQ(packet->message_type(), MessageType::cxl_cci);
  EXPECT_EQ(packet->payload.size(), 2U);
}

TEST(Packet, HeaderIsWhatWasParsed) {
  const Buffer bytes = hex("01 09 08 9d 08");

  const PacketHeader header = header_of(parse_packet(bytes).value());

  EXPECT_EQ(to_hex(bytes_of(header)), "0109089d");
}

TEST(Packet, ReservedBitsOfTheFirstByteAreIgnored) {
  const Buffer bytes = hex("f1 09 08 c8 08");
  EXPECT_TRUE(parse_packet(bytes));
}

struct Refusal {
  const char* name;
  std::string_view packet;
  DropReason reason;
};
class PacketRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(PacketRefusal, NamesTheReason) {
  const Buffer bytes = hex(GetParam().packet);
  const auto packet = parse_packet(bytes);
  ASSERT_FALSE(packet);
  EXPECT_EQ(packet.error(), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Mctp, PacketRefusal,
    testing::Values(Refusal{"Empty", "", DropReason::too_short},
                    Refusal{"ShortHeader", "01 09 08", DropReason::too_short},
                    // Faults 6 and 37: the version is checked, and on every packet.
                    Refusal{"VersionZero", "00 09 08 c8 08", DropReason::unsupported_header_version},
                    Refusal{"VersionTwoOnAMiddlePacket", "02 09 08 18 08", DropReason::unsupported_header_version},
                    Refusal{"BroadcastSource", "01 09 ff c8 08", DropReason::invalid_source_eid},
                    // Faults 5 and 33: a SOM packet without a type byte, and lengths that would underflow.
                    Refusal{"StartWithoutType", "01 09 08 c8", DropReason::missing_message_type},
                    // Faults 8 and 38: IC is never masked away.
                    Refusal{"IntegrityCheckOnControl", "01 09 08 c8 80 80 02", DropReason::unexpected_integrity_check},
                    Refusal{"IntegrityCheckOnFmApi", "01 09 08 c8 87 00", DropReason::unexpected_integrity_check},
                    Refusal{"IntegrityCheckOnCci", "01 09 08 c8 88 00", DropReason::unexpected_integrity_check}),
    case_name);

TEST(Packet, MiddleAndEndPacketsMayBeEmptyAndHaveNoTypeByte) {
  const Buffer bytes = hex("01 09 08 58");
  const auto packet = parse_packet(bytes);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->payload.empty());
}

TEST(Packet, AcceptsTheLargestUnitAnyBindingCarries) {
  Buffer bytes = packet(0xC8, cci_start(kMaximumTransmissionUnit));
  EXPECT_TRUE(parse_packet(bytes));
}

TEST(Packet, RefusesOneByteMoreThanAnyBindingCarries) {
  Buffer bytes = packet(0xC8, cci_start(kMaximumTransmissionUnit + 1));
  EXPECT_EQ(parse_packet(bytes).error(), DropReason::unsupported_transmission_unit);
}

TEST(DropReason, HasANameForPeople) {
  EXPECT_EQ(name_of(DropReason::too_short), "too-short");
  EXPECT_EQ(name_of(DropReason::endpoint_reset), "endpoint-reset");
}

}  // namespace
}  // namespace cxlemu::mctp
