// CXL r3.2 8.2.10.2.6 Get MCTP Event Interrupt Policy (Opcode 0104h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

TEST(GetMctpEventInterruptPolicy, IsNothingAtFirst) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0104), success("00 00"));
}

TEST(GetMctpEventInterruptPolicy, TellsWhatWasSet) {
  Lab lab;
  lab.mctp(0x0105, "1f 80");
  EXPECT_EQ(lab.mctp(0x0104), success("1f 80"));
  lab.mctp(0x0105, "02 00");
  EXPECT_EQ(lab.mctp(0x0104), success("02 00"));
}

// The policy of the mailbox is another one.
TEST(GetMctpEventInterruptPolicy, HasNothingToDoWithThatOfTheMailbox) {
  Lab lab;
  lab.mailbox(0x0103, "01 01 01 01 01");
  EXPECT_EQ(lab.mctp(0x0104), success("00 00"));
}

TEST(GetMctpEventInterruptPolicy, IgnoresSurplusPayloadOrRefusesItByProperty) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0104, "ff"), success("00 00"));
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.mctp(0x0104, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST(GetMctpEventInterruptPolicy, IsProhibitedOnTheMailbox) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0104), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0104), "absent");
}

TEST(GetMctpEventInterruptPolicy, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0104), "0000");
}

TEST(GetMctpEventInterruptPolicy, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mctp(0x0104), (Answered{ReturnCode::success, "0000", true}));
}

}  // namespace
}  // namespace cxlemu
