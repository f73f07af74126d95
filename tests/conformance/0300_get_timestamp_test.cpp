// CXL r3.2 8.2.10.4.1 Get Timestamp (Opcode 0300h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

class GetTimestamp : public OnEveryCci {};
ON_EVERY_CCI(GetTimestamp);

TEST_P(GetTimestamp, IsZeroWhereItWasNeverSet) {
  Lab lab;
  lab.advance(5s);
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("00 00 00 00 00 00 00 00"));
}

TEST_P(GetTimestamp, IsWhatWasSetPlusTheTimeSince) {
  Lab lab;
  lab.send(GetParam(), 0x0301, "00 e8 76 48 17 00 00 00");  // 100 000 000 000 ns
  lab.advance(1us);
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("e8 eb 76 48 17 00 00 00"));
}

TEST_P(GetTimestamp, IsOneForAllCcis) {
  Lab lab;
  lab.send(GetParam(), 0x0301, "07 00 00 00 00 00 00 00");
  EXPECT_EQ(lab.mailbox(0x0300), success("07 00 00 00 00 00 00 00"));
  EXPECT_EQ(lab.mctp(0x0300), success("07 00 00 00 00 00 00 00"));
}

TEST_P(GetTimestamp, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0300, "ff"), success("00 00 00 00 00 00 00 00"));
}

TEST_P(GetTimestamp, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0300, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetTimestamp, IsAnsweredWhileMediaIsDisabled) {
  Lab lab;
  lab.mailbox(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0300).code, ReturnCode::success);
}

TEST_P(GetTimestamp, SurvivesAConventionalResetUnlessItIsConfiguredToBeCleared) {
  Lab keeps;
  keeps.send(GetParam(), 0x0301, "07 00 00 00 00 00 00 00");
  keeps.reset(ResetKind::conventional);
  EXPECT_EQ(keeps.send(GetParam(), 0x0300), success("07 00 00 00 00 00 00 00"));

  Lab clears([](auto& config) { config.timestamp_on_reset = TimestampOnReset::clear; });
  clears.send(GetParam(), 0x0301, "07 00 00 00 00 00 00 00");
  clears.reset(ResetKind::conventional);
  EXPECT_EQ(clears.send(GetParam(), 0x0300), success("00 00 00 00 00 00 00 00"));
}

TEST_P(GetTimestamp, IsLostWithPower) {
  Lab lab;
  lab.send(GetParam(), 0x0301, "07 00 00 00 00 00 00 00");
  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.send(GetParam(), 0x0300), success("00 00 00 00 00 00 00 00"));
}

}  // namespace
}  // namespace cxlemu
