// CXL r3.2 8.2.10.6.1 Get Supported Features (Opcode 0500h)
#include "support/features.hpp"

namespace cxlemu {
namespace {

class GetSupportedFeatures : public OnEveryCci {
 protected:
  Answered get(std::uint32_t count, std::uint16_t start) {
    return lab.send(GetParam(), 0x0500, le32(count) + le16(start) + "0000");
  }
  Lab lab;
};
ON_EVERY_CCI(GetSupportedFeatures);

// Identifier, index, sizes of Get and Set, attributes, versions, effects, 18 reserved bytes.
TEST_P(GetSupportedFeatures, DescribesEachFeature) {
  EXPECT_EQ(get(8 + 10 * 48, 0),
            success("0a00 0a00 00000000"
                    "96dad7d6fde8482ba73375774e06db8a 0000 0400 0200 21000000 01 01 0202" +
                    zeros(18) + "e5b13f2223284a14b8bab9691e893386 0100 0d00 0700 21000000 01 01 1202" + zeros(18) +
                    "892ba475fad8474e9d3e692c917568bb 0200 1400 0300 65000000 03 03 0202" + zeros(18) +
                    "80ea4521786f4127afb1ec7459fb0e24 0300 1400 0300 65000000 03 03 0202" + zeros(18) +
                    "96c3338691dd44c79ecbfdaf6503bac4 0400 1300 0200 21000000 01 01 0202" + zeros(18) +
                    "450ebf67b1354f97a498c2d57f279bed 0500 1300 0200 21000000 01 01 0202" + zeros(18) +
                    "78b7963690ac4b64a4effaac5d18a863 0600 1300 0200 21000000 01 01 0202" + zeros(18) +
                    "34dbaff5055242818f76da0b5e7a76a7 0700 1300 0200 21000000 01 01 0202" + zeros(18) +
                    "1478ad9dce0047339db8f392a4c2d0cc 0800 2000 2000 21000000 01 01 0202" + zeros(18) +
                    "c0de5a177c1e4e6b9b0e5f2d6a3b8c41 0900 2000 2000 79000000 01 01 0802" + zeros(18)));
}

// The device returns no more bytes than requested, and every entry whole.
TEST_P(GetSupportedFeatures, ReturnsWholeEntriesAsFarAsTheCountReaches) {
  EXPECT_EQ(get(8, 0), success("0000 0a00 00000000"));
  EXPECT_EQ(get(16, 0), success("0000 0a00 00000000"));
  EXPECT_EQ(get(8 + 47, 0), success("0000 0a00 00000000"));
  EXPECT_EQ(get(8 + 48, 1).payload.substr(0, 2 * (8 + 16)), "01000a0000000000e5b13f2223284a14b8bab9691e893386");
  EXPECT_EQ(get(8 + 2 * 48 - 1, 1).payload.size(), 2U * (8 + 48));
  EXPECT_EQ(get(0xFFFFFFFF, 9).payload.size(), 2U * (8 + 48));
}

TEST_P(GetSupportedFeatures, BeginsAtAnyIndexUpToTheirNumber) {
  EXPECT_EQ(get(4096, 10), success("0000 0a00 00000000"));
  EXPECT_EQ(get(4096, 11), refused(ReturnCode::invalid_input));
  EXPECT_EQ(get(4096, 0xFFFF), refused(ReturnCode::invalid_input));
}

TEST_P(GetSupportedFeatures, RefusesACountWithoutRoomForTheHead) {
  EXPECT_EQ(get(7, 0), refused(ReturnCode::invalid_input));
  EXPECT_EQ(get(0, 0), refused(ReturnCode::invalid_input));
}

TEST_P(GetSupportedFeatures, NeedsEightBytesAndIgnoresMore) {
  EXPECT_EQ(lab.send(GetParam(), 0x0500, zeros(7)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0500, "08000000 0000 ffff ff"), success("0000 0a00 00000000"));
}

TEST_P(GetSupportedFeatures, AnswersWhileMediaIsDisabled) {
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(get(8, 0).code, ReturnCode::success);
}

// A response of variable size keeps to the limit of 0004h: 256 bytes hold five entries.
TEST(GetSupportedFeaturesOverMctp, KeepsToTheResponseMessageLimit) {
  Lab lab;
  lab.mctp(0x0004, "08");
  EXPECT_EQ(lab.mctp(0x0500, "00100000 0000 0000").payload.substr(0, 8), "05000a00");
}

}  // namespace
}  // namespace cxlemu
