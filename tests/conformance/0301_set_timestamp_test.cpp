// CXL r3.2 8.2.10.4.2 Set Timestamp (Opcode 0301h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

class SetTimestamp : public OnEveryCci {};
ON_EVERY_CCI(SetTimestamp);

TEST_P(SetTimestamp, SetsTheTimestampOfTheDevice) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0301, "88 77 66 55 44 33 22 11"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("88 77 66 55 44 33 22 11"));
}

TEST_P(SetTimestamp, ReplacesWhatWasSetBefore) {
  Lab lab;
  lab.send(GetParam(), 0x0301, "88 77 66 55 44 33 22 11");
  lab.advance(3ns);
  lab.send(GetParam(), 0x0301, "10 00 00 00 00 00 00 00");
  lab.advance(3ns);
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("13 00 00 00 00 00 00 00"));
}

// Setting it to 0 is setting it: from then on it counts.
TEST_P(SetTimestamp, CanSetZero) {
  Lab lab;
  lab.advance(1s);
  EXPECT_EQ(lab.send(GetParam(), 0x0301, "00 00 00 00 00 00 00 00"), success());
  lab.advance(5ns);
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("05 00 00 00 00 00 00 00"));
}

TEST_P(SetTimestamp, NeedsItsEightBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0301), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0301, "01 02 03 04 05 06 07"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("00 00 00 00 00 00 00 00"));
}

TEST_P(SetTimestamp, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0301, "01 00 00 00 00 00 00 00 ff"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("01 00 00 00 00 00 00 00"));
}

TEST_P(SetTimestamp, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0301, "01 00 00 00 00 00 00 00 ff"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("00 00 00 00 00 00 00 00"));
}

TEST_P(SetTimestamp, IsInTheCelAsImmediatePolicyChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0301), "0800");
}

TEST_P(SetTimestamp, IsCarriedOutWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0301, "01 00 00 00 00 00 00 00"), (Answered{ReturnCode::success, "", true}));
}

TEST_P(SetTimestamp, SurvivesASanitize) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.send(GetParam(), 0x0301, "07 00 00 00 00 00 00 00");
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("07 e1 f5 05 00 00 00 00"));  // 100 000 007 ns
}

struct ResetOfTheTimestamp {
  std::string_view name;
  TimestampOnReset on_reset;
  ResetKind kind;
  std::string_view timestamp;
};
class TimestampAfterReset : public testing::TestWithParam<ResetOfTheTimestamp> {};
INSTANTIATE_TEST_SUITE_P(
    Reset, TimestampAfterReset,
    testing::Values(
        ResetOfTheTimestamp{"KeepConventional", TimestampOnReset::keep, ResetKind::conventional,
                            "09 00 00 00 00 00 00 00"},
        ResetOfTheTimestamp{"KeepCxl", TimestampOnReset::keep, ResetKind::cxl, "09 00 00 00 00 00 00 00"},
        ResetOfTheTimestamp{"KeepFlr", TimestampOnReset::keep, ResetKind::flr, "09 00 00 00 00 00 00 00"},
        ResetOfTheTimestamp{"KeepCold", TimestampOnReset::keep, ResetKind::cold, "00 00 00 00 00 00 00 00"},
        ResetOfTheTimestamp{"KeepPowerLoss", TimestampOnReset::keep, ResetKind::power_loss, "00 00 00 00 00 00 00 00"},
        ResetOfTheTimestamp{"ClearConventional", TimestampOnReset::clear, ResetKind::conventional,
                            "00 00 00 00 00 00 00 00"},
        ResetOfTheTimestamp{"ClearCxl", TimestampOnReset::clear, ResetKind::cxl, "09 00 00 00 00 00 00 00"},
        ResetOfTheTimestamp{"ClearFlr", TimestampOnReset::clear, ResetKind::flr, "09 00 00 00 00 00 00 00"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(TimestampAfterReset, GoesOnOrIsAsNeverSet) {
  Lab lab([&](auto& config) { config.timestamp_on_reset = GetParam().on_reset; });
  lab.mailbox(0x0301, "07 00 00 00 00 00 00 00");
  lab.advance(1ns);
  lab.reset(GetParam().kind);
  lab.advance(1ns);
  EXPECT_EQ(lab.mailbox(0x0300), success(GetParam().timestamp));
}

}  // namespace
}  // namespace cxlemu
