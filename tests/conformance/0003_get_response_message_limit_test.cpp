// CXL r3.2 8.2.10.1.3 Get Response Message Limit (Opcode 0003h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

TEST(GetResponseMessageLimit, IsTheConfiguredLimitAtFirst) {
  Lab of_1024;
  EXPECT_EQ(of_1024.mctp(0x0003), success("0a"));

  Lab of_256([](auto& config) { config.message_limit = 8; });
  EXPECT_EQ(of_256.mctp(0x0003), success("08"));
}

TEST(GetResponseMessageLimit, IsWhatWasSet) {
  Lab lab;
  lab.mctp(0x0004, "09");
  EXPECT_EQ(lab.mctp(0x0003), success("09"));
}

TEST(GetResponseMessageLimit, IsProhibitedOnTheMailbox) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0003), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0003), "absent");
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0003), "0000");
}

TEST(GetResponseMessageLimit, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0003, "ff"), success("0a"));
}

TEST(GetResponseMessageLimit, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.mctp(0x0003, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST(GetResponseMessageLimit, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mctp(0x0003), (Answered{ReturnCode::success, "0a", true}));
}

}  // namespace
}  // namespace cxlemu
