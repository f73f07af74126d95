// CXL r3.2 8.2.10.6.2 Get Feature (Opcode 0501h)
#include "support/features.hpp"

namespace cxlemu {
namespace {

class GetFeature : public OnEveryCci {
 protected:
  Answered get(std::string_view feature, std::uint8_t selection = 0, std::uint16_t offset = 0,
               std::uint16_t count = 0xFFFF) {
    return lab.send(GetParam(), 0x0501, get_feature(feature, selection, offset, count));
  }
  Lab lab;
};
ON_EVERY_CCI(GetFeature);

TEST_P(GetFeature, ReturnsEachFeature) {
  EXPECT_EQ(get(kScrub), success("01 0c01 00"));
  EXPECT_EQ(get(kEcs), success("01 00 0300 00 00 0300 00 00 0300 00"));
  EXPECT_EQ(get(kSoftPpr), success("a2 0000 0000 01 00" + zeros(9) + "05 0000 01"));
  EXPECT_EQ(get(kHardPpr), success("a2 0000 0000 01 01" + zeros(9) + "05 0000 01"));
  EXPECT_EQ(get("96c3338691dd44c79ecbfdaf6503bac4"), success("a3 0000 0000 02 00" + zeros(10) + "0600"));
  EXPECT_EQ(get(kRowSparing), success("a3 0000 0000 02 01" + zeros(10) + "0600"));
  EXPECT_EQ(get("78b7963690ac4b64a4effaac5d18a863"), success("a3 0000 0000 02 02" + zeros(10) + "0600"));
  EXPECT_EQ(get("34dbaff5055242818f76da0b5e7a76a7"), success("a3 0000 0000 02 03" + zeros(10) + "0600"));
  EXPECT_EQ(get(kCvme), success("03 00 02" + zeros(29)));
  EXPECT_EQ(get(kSettings), success("55" + zeros(31)));
}

TEST_P(GetFeature, ReturnsTheBytesThatAreAskedFor) {
  EXPECT_EQ(get(kScrub, 0, 1, 2), success("0c01"));
  EXPECT_EQ(get(kScrub, 0, 3, 1), success("00"));
  EXPECT_EQ(get(kScrub, 0, 0, 0), success());
}

TEST_P(GetFeature, ReturnsLessWhereOffsetAndCountReachBehindIt) {
  EXPECT_EQ(get(kScrub, 0, 2, 3), success("0100"));
  EXPECT_EQ(get(kScrub, 0, 3, 0xFFFF), success("00"));
}

TEST_P(GetFeature, RefusesAnOffsetBehindIt) {
  EXPECT_EQ(get(kScrub, 0, 4, 1), refused(ReturnCode::invalid_input));
  EXPECT_EQ(get(kScrub, 0, 0xFFFF, 0xFFFF), refused(ReturnCode::invalid_input));
}

// Fault B27: default and saved values are refused in the reference emulator, and with another code.
TEST_P(GetFeature, HasCurrentDefaultAndSavedValues) {
  lab.send(GetParam(), 0x0502, full(kSettings, "32000000" + zeros(28), 1, kSave));
  lab.send(GetParam(), 0x0502, full(kSettings, "46000000" + zeros(28)));
  EXPECT_EQ(get(kSettings, 0, 0, 1), success("46"));
  EXPECT_EQ(get(kSettings, 1, 0, 1), success("55"));
  EXPECT_EQ(get(kSettings, 2, 0, 1), success("32"));
}

TEST_P(GetFeature, RefusesASelectionThatTheFeatureDoesNotSupport) {
  EXPECT_EQ(get(kScrub, 1), success("01 0c01 00"));
  EXPECT_EQ(get(kScrub, 2), refused(ReturnCode::unsupported_feature_selection_value));
  EXPECT_EQ(get(kEcs, 2), refused(ReturnCode::unsupported_feature_selection_value));
  EXPECT_EQ(get(kRowSparing, 2), refused(ReturnCode::unsupported_feature_selection_value));
  EXPECT_EQ(get(kCvme, 2), refused(ReturnCode::unsupported_feature_selection_value));
  EXPECT_EQ(get(kSettings, 3), refused(ReturnCode::unsupported_feature_selection_value));
  EXPECT_EQ(get(kSettings, 0xFF), refused(ReturnCode::unsupported_feature_selection_value));
}

TEST_P(GetFeature, RefusesAFeatureThatThereIsNot) {
  EXPECT_EQ(get("00000000000000000000000000000000"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(get(kTransferred), refused(ReturnCode::invalid_input));
}

TEST_P(GetFeature, ReturnsTheCurrentValueWhileAnotherIsTransferred) {
  lab.send(GetParam(), 0x0502, begin(kSettings, "0a"));
  EXPECT_EQ(get(kSettings, 0, 0, 1), success("55"));
}

TEST_P(GetFeature, NeedsTwentyOneBytesAndIgnoresMore) {
  EXPECT_EQ(lab.send(GetParam(), 0x0501, zeros(20)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0501, get_feature(kScrub) + "ff"), success("01 0c01 00"));
}

TEST_P(GetFeature, AnswersWhileMediaIsDisabled) {
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(get(kScrub).code, ReturnCode::success);
}

TEST(GetFeatureOfADevice, ShowsWhatTheDeviceIsMadeWith) {
  Lab lab([](auto& config) {
    config.patrol_scrub = true;
    config.patrol_scrub_hours = 48;
    config.patrol_scrub_minimum_hours = 6;
    config.sparing_duration = 1500ms;
    config.abort_threshold = 20;
  });
  EXPECT_EQ(value_of(lab, kScrub), "01300601");
  EXPECT_EQ(value_of(lab, kRowSparing).substr(0, 2), "f5");
  EXPECT_EQ(value_of(lab, kSettings, 1).substr(0, 2), "14");
}

}  // namespace
}  // namespace cxlemu
