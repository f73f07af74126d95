// CXL r3.2 8.2.10.1.4 Set Response Message Limit (Opcode 0004h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

TEST(SetResponseMessageLimit, AnswersTheLimitInUse) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0004, "08"), success("08"));
}

TEST(SetResponseMessageLimit, AcceptsEightToTen) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0004, "07"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.mctp(0x0004, "08"), success("08"));
  EXPECT_EQ(lab.mctp(0x0004, "09"), success("09"));
  EXPECT_EQ(lab.mctp(0x0004, "0a"), success("0a"));
  EXPECT_EQ(lab.mctp(0x0004, "0b"), refused(ReturnCode::invalid_input));
}

TEST(SetResponseMessageLimit, ChangesNothingWhereItIsRefused) {
  Lab lab;
  lab.mctp(0x0004, "09");
  lab.mctp(0x0004, "00");
  lab.mctp(0x0004, "ff");
  EXPECT_EQ(lab.mctp(0x0003), success("09"));
}

TEST(SetResponseMessageLimit, ShortensResponsesOfVariableSize) {
  Lab lab;
  lab.log_event(EventLogId::fatal);
  lab.log_event(EventLogId::fatal);
  lab.mctp(0x0004, "08");
  EXPECT_EQ(lab.mctp(0x0100, "03").payload.size(), 2 * (32 + 128));
  lab.mctp(0x0004, "09");
  EXPECT_EQ(lab.mctp(0x0100, "03").payload.size(), 2 * (32 + 128 + 128));
}

// The limit is of responses: what is accepted stays what Identify advertises.
TEST(SetResponseMessageLimit, LeavesTheSizeOfRequestsAlone) {
  Lab lab;
  lab.mctp(0x0004, "08");
  EXPECT_EQ(lab.mctp(0x4103, "00000000 00000000" + zeros(1016)), success());
}

// The property is the longest response; the text has the command answer the limit in use, which may be less than asked.
TEST(SetResponseMessageLimit, DoesNotExceedTheConfiguredLimit) {
  Lab lab([](auto& config) { config.message_limit = 8; });
  EXPECT_EQ(lab.mctp(0x0004, "0a"), success("08"));
  EXPECT_EQ(lab.mctp(0x0003), success("08"));
}

TEST(SetResponseMessageLimit, NeedsItsByte) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0004), refused(ReturnCode::invalid_payload_length));
}

TEST(SetResponseMessageLimit, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0004, "09 ff"), success("09"));
}

TEST(SetResponseMessageLimit, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.mctp(0x0004, "09 ff"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mctp(0x0003), success("0a"));
}

TEST(SetResponseMessageLimit, IsProhibitedOnTheMailbox) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0004, "08"), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.mailbox(0x0004), refused(ReturnCode::unsupported_mailbox_or_cci));  // 15h before 16h
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0004), "absent");
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0004), "0000");
}

TEST(SetResponseMessageLimit, IsCarriedOutWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mctp(0x0004, "08"), (Answered{ReturnCode::success, "08", true}));
}

class ResponseMessageLimitAfterReset : public testing::TestWithParam<ResetKind> {};
INSTANTIATE_TEST_SUITE_P(Reset, ResponseMessageLimitAfterReset,
                         testing::Values(ResetKind::conventional, ResetKind::cold, ResetKind::cxl, ResetKind::flr),
                         reset_param_name);

TEST_P(ResponseMessageLimitAfterReset, IsWhatWasSet) {
  Lab lab;
  lab.mctp(0x0004, "08");
  lab.reset(GetParam());
  EXPECT_EQ(lab.mctp(0x0003), success("08"));
}

TEST(SetResponseMessageLimit, IsLostWithAuxiliaryPower) {
  Lab lab;
  lab.mctp(0x0004, "08");
  lab.reset(ResetKind::power_loss);
  EXPECT_EQ(lab.mctp(0x0003), success("0a"));
}

}  // namespace
}  // namespace cxlemu
