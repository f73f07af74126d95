// CXL r3.2 8.2.10.2.4 Get Event Interrupt Policy (Opcode 0102h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

TEST(GetEventInterruptPolicy, IsNoInterruptsAtFirst) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0102), success("00 00 00 00 00"));
}

TEST(GetEventInterruptPolicy, TellsTheMessageNumberOfEachLogThatInterruptsByMsi) {
  Lab lab;
  lab.mailbox(0x0103, "01 01 01 01 01");
  EXPECT_EQ(lab.mailbox(0x0102), success("11 21 31 41 51"));
}

TEST(GetEventInterruptPolicy, TellsTheVectorThatWasSetForFirmwareInterrupts) {
  Lab lab;
  lab.mailbox(0x0103, "72 02 f2 12 00");
  EXPECT_EQ(lab.mailbox(0x0102), success("72 02 f2 12 00"));
}

TEST(GetEventInterruptPolicy, TellsEachLogApart) {
  Lab lab;
  lab.mailbox(0x0103, "00 01 92 00 01");
  EXPECT_EQ(lab.mailbox(0x0102), success("00 21 92 00 51"));
}

TEST(GetEventInterruptPolicy, IsProhibitedOnMctp) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0102), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0102), "absent");
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0102), "8000");
}

TEST(GetEventInterruptPolicy, IsRefusedOnMctpBeforeItsLengthIsLookedAt) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0102, zeros(1025)), refused(ReturnCode::unsupported_mailbox_or_cci));
}

TEST(GetEventInterruptPolicy, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0102, "ff"), success("00 00 00 00 00"));
}

TEST(GetEventInterruptPolicy, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.mailbox(0x0102, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST(GetEventInterruptPolicy, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.mailbox(0x4400);
  EXPECT_EQ(lab.mailbox(0x0102), (Answered{ReturnCode::success, "0000000000", true}));
}

struct ResetOfThePolicy {
  ResetKind kind;
  std::string_view policy;
};
class EventInterruptPolicyAfterReset : public testing::TestWithParam<ResetOfThePolicy> {};
INSTANTIATE_TEST_SUITE_P(Reset, EventInterruptPolicyAfterReset,
                         testing::Values(ResetOfThePolicy{ResetKind::conventional, "00 00 00 00 00"},
                                         ResetOfThePolicy{ResetKind::cold, "00 00 00 00 00"},
                                         ResetOfThePolicy{ResetKind::power_loss, "00 00 00 00 00"},
                                         ResetOfThePolicy{ResetKind::cxl, "11 72 31 00 51"},
                                         ResetOfThePolicy{ResetKind::flr, "11 72 31 00 51"}),
                         [](const auto& tested) { return reset_name(tested.param.kind); });

// Fault B30: the policy of the reference emulator survives reset. 0103h settings return to 0 on Conventional Reset.
TEST_P(EventInterruptPolicyAfterReset, IsNoInterruptsAfterAConventionalResetAlone) {
  Lab lab;
  lab.mailbox(0x0103, "01 72 01 00 01");
  lab.reset(GetParam().kind);
  EXPECT_EQ(lab.mailbox(0x0102), success(GetParam().policy));
}

}  // namespace
}  // namespace cxlemu
