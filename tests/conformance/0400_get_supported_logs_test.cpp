// CXL r3.2 8.2.10.5.1 Get Supported Logs (Opcode 0400h)
#include "support/logs.hpp"

namespace cxlemu {
namespace {

TEST(GetSupportedLogs, ListsSevenLogsWithTheirSizes) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0400),
            success("07 00"              // entries
                    "00 00 00 00 00 00"  // reserved
                    "0d a9 c0 b5 bf 41 4b 78 8f 79 96 b1 62 3b 3f 17" +
                    hex32(cel_bytes(cci::kMailbox)) +                               // Command Effects Log
                    "5e 18 19 d9 11 a9 40 0c 81 1f d6 07 19 40 3d 86  00 00 00 00"  // Vendor Debug Log: empty
                    "b3 fa b4 cf 01 b6 43 32 94 3e 5e 99 62 f2 35 67  40 00 00 00"  // Component State Dump: its header
                    "f1 72 0d 60 a7 a9 43 06 a0 03 11 94 8f 9e 07 7c  6a 00 00 00"  // DDR5 ECS Log: three FRUs
                    "e6 df a3 2c d1 3e 4a 5c 8c a8 99 be bb f7 31 a4  10 00 00 00"  // Media Test Capability Log
                    "2c 25 55 22 8c e4 11 ec b9 09 02 42 ac 12 00 02  10 00 00 00"  // Media Test Results Short Log
                    "c1 fe 0b 3e 7a 00 44 8e a2 4e a6 aa bb fe 58 7a  10 00 00 00"));  // Media Test Results Long Log
}

TEST(GetSupportedLogs, TellsTheSizeOfTheCelOfEachCci) {
  Lab lab;
  EXPECT_EQ(log_size(lab, cci::kMailbox, kCel), cel_bytes(cci::kMailbox));
  EXPECT_EQ(log_size(lab, cci::kMctp, kCel), cel_bytes(cci::kMctp));
}

class GetSupportedLogsOnCci : public OnEveryCci {};
ON_EVERY_CCI(GetSupportedLogsOnCci);

TEST_P(GetSupportedLogsOnCci, TellsTheSizeOfTheCommandEffectsLog) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0400).payload.substr(16, 40),
            "0da9c0b5bf414b788f7996b1623b3f17" + hex32(cel_bytes(GetParam())));
}

TEST_P(GetSupportedLogsOnCci, CountsVendorCommandsInTheSizeOfTheCel) {
  Lab without;
  Lab with([](auto& config) {
    VendorCommand of_its_kind_of_cci = vendor_command(0xC000);
    of_its_kind_of_cci.by_mctp = GetParam().role == cci::Role::mctp;
    of_its_kind_of_cci.by_mailbox = !of_its_kind_of_cci.by_mctp;
    config.vendor_commands = {of_its_kind_of_cci};
  });
  EXPECT_EQ(log_size(with, GetParam(), kCel), log_size(without, GetParam(), kCel) + 4);
}

TEST_P(GetSupportedLogsOnCci, FitsTheSmallestResponse) {
  Lab lab([](auto& config) {
    config.message_limit = 8;
    config.mailbox_payload_size = 256;
  });
  EXPECT_EQ(lab.send(GetParam(), 0x0400).payload.size(), 2 * (8 + 7 * 20));
}

TEST_P(GetSupportedLogsOnCci, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0400, "ff"), lab.send(GetParam(), 0x0400));
}

TEST_P(GetSupportedLogsOnCci, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0400, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetSupportedLogsOnCci, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0400), with_secondary(GetParam(), "0000"));
}

TEST_P(GetSupportedLogsOnCci, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(runs_for(GetParam()), 0x4400);
  const Answered answered = lab.send(GetParam(), 0x0400);
  EXPECT_EQ(answered.code, ReturnCode::success);
  EXPECT_EQ(answered.background_operation, shows_background(GetParam()));
}

}  // namespace
}  // namespace cxlemu
