#include "mctp/fragmenter.hpp"

#include "mctp/reassembler.hpp"
#include "mctp/testing.hpp"

namespace cxlemu::mctp {
namespace {

std::vector<Buffer> fragments(const Message& message, std::size_t unit, std::uint8_t first_sequence = 0) {
  std::array<std::byte, kMaximumPacketSize> space;
  Fragmenter fragmenter(message, message.source, unit, first_sequence);
  std::vector<Buffer> packets;
  while (!fragmenter.done()) packets.push_back(to_buffer(fragmenter.next(space)));
  return packets;
}

Message cci_message(Buffer body) {
  return {
      .source = kHost, .destination = kDevice, .type = MessageType::cxl_cci, .tag = {4, true}, .body = std::move(body)};
}

TEST(Fragmenter, SplitsABodyOf130BytesAsTheReferenceVector) {
  // 130 bytes with the type byte: 64, 64 and 2.
  const auto packets = fragments(cci_message(pattern(129)), 64);

  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(to_hex(Bytes(packets[0]).first(5)), "0109088c08");
  EXPECT_EQ(to_hex(Bytes(packets[1]).first(4)), "0109081c");
  EXPECT_EQ(to_hex(Bytes(packets[2]).first(4)), "0109086c");
  EXPECT_EQ(packets[0].size(), 68U);
  EXPECT_EQ(packets[1].size(), 68U);
  EXPECT_EQ(packets[2].size(), 6U);
}

TEST(Fragmenter, SendsCxlIdentifyInOnePacketByteForByte) {
  const auto packets = fragments(cci_message(hex("00 5a 00 01 00 00 00 00 00 00 00 00")), 64);

  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(to_hex(packets[0]), "010908cc08005a00010000000000000000");
}

TEST(Fragmenter, SendsTheTypeByteAloneForAnEmptyBody) {
  const auto packets = fragments(cci_message({}), 64);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(to_hex(packets[0]), "010908cc08");
}

TEST(Fragmenter, SendsNoEmptyLastPacketWhenTheBodyFillsTheUnit) {
  EXPECT_EQ(fragments(cci_message(pattern(63)), 64).size(), 1U);
  EXPECT_EQ(fragments(cci_message(pattern(64)), 64).size(), 2U);
}

TEST(Fragmenter, CountsTheSequenceOnFromAnyStart) {
  const auto packets = fragments(cci_message(pattern(63 + 64 + 1)), 64, 3);

  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(packets[0][3], std::byte{0xBC});
  EXPECT_EQ(packets[1][3], std::byte{0x0C});
  EXPECT_EQ(packets[2][3], std::byte{0x5C});
}

// Faults 16 and 30: never larger than the unit, and never smaller than the baseline.
TEST(Fragmenter, NeverSendsLessThanTheBaselineUnit) {
  const auto packets = fragments(cci_message(pattern(100)), 1);
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].size(), 4 + kBaselineTransmissionUnit);
}

struct Size {
  std::size_t body;
  std::size_t unit;
};
class RoundTrip : public testing::TestWithParam<Size> {};

TEST_P(RoundTrip, GivesTheSameMessage) {
  const auto [size, unit] = GetParam();
  Message message = cci_message(pattern(size));
  Reassembler reassembler;
  DropCounters drops;
  std::optional<Message> received;
  std::size_t packets = 0;

  for (const auto& bytes : fragments(message, unit, static_cast<std::uint8_t>(size & 3))) {
    received = reassembler.accept(parse_packet(bytes).value(), {}, Time{}, drops);
    ++packets;
  }

  ASSERT_TRUE(received);
  EXPECT_EQ(received->body, message.body);
  EXPECT_EQ(received->oversized_length, 0U);
  EXPECT_EQ(received->type, MessageType::cxl_cci);
  EXPECT_EQ(received->tag, message.tag);
  EXPECT_EQ(received->source, kHost);
  EXPECT_EQ(received->destination, kDevice);
  EXPECT_EQ(packets, (size + 1 + unit - 1) / unit);
  EXPECT_EQ(drops.total(), 0U);
  EXPECT_TRUE(reassembler.assemblies().empty());
}

std::vector<Size> round_trip_sizes() {
  std::vector<Size> sizes;
  for (const std::size_t unit : {64U, 65U, 68U, 247U, 250U, 508U, 4096U, 8183U}) {
    for (const std::size_t body : {0U, 1U, 12U, 62U, 63U, 64U, 127U, 128U, 255U, 256U, 1036U, 4108U, 65535U, 65536U}) {
      sizes.push_back({body, unit});
    }
    for (const std::size_t whole : {1U, 2U, 7U}) {
      sizes.push_back({whole * unit - 2, unit});
      sizes.push_back({whole * unit - 1, unit});
      sizes.push_back({whole * unit, unit});
    }
  }
  std::erase_if(sizes, [](const Size& size) { return size.body > kMaximumMessageBody; });
  return sizes;
}
INSTANTIATE_TEST_SUITE_P(Mctp, RoundTrip, testing::ValuesIn(round_trip_sizes()), [](const auto& size) {
  return std::to_string(size.index) + "_" + std::to_string(size.param.body) + "_by_" + std::to_string(size.param.unit);
});

}  // namespace
}  // namespace cxlemu::mctp
