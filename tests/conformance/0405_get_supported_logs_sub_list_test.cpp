// CXL r3.2 8.2.10.5.6 Get Supported Logs Sub-List (Opcode 0405h)
#include "support/logs.hpp"

namespace cxlemu {
namespace {

TEST(GetSupportedLogsSubList, ReturnsTheEntriesAskedFor) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0405, "02 03"),
            success("02"                                               // entries that follow
                    "00"                                               // reserved
                    "07 00"                                            // entries of the device
                    "03"                                               // index of the first one
                    "00 00 00"                                         // reserved
                    "f1 72 0d 60 a7 a9 43 06 a0 03 11 94 8f 9e 07 7c"  // DDR5 ECS Log
                    "6a 00 00 00"
                    "e6 df a3 2c d1 3e 4a 5c 8c a8 99 be bb f7 31 a4"  // Media Test Capability Log
                    "10 00 00 00"));
}

TEST(GetSupportedLogsSubList, IsConsistentWithGetSupportedLogsOnEachCci) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0405, "ff 00").payload.substr(16), lab.mailbox(0x0400).payload.substr(16));
  EXPECT_EQ(lab.mctp(0x0405, "ff 00").payload.substr(16), lab.mctp(0x0400).payload.substr(16));
}

class GetSupportedLogsSubListOnCci : public OnEveryCci {};
ON_EVERY_CCI(GetSupportedLogsSubListOnCci);

TEST_P(GetSupportedLogsSubListOnCci, ReturnsNoMoreThanThereAre) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "ff 00"), lab.send(GetParam(), 0x0405, "07 00"));
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "ff 06"), lab.send(GetParam(), 0x0405, "01 06"));
}

// "This field shall have a minimum value of 01h"; the code is a choice, for the text lists none that fits.
TEST_P(GetSupportedLogsSubListOnCci, RefusesToReturnNoEntry) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "00 00"), refused(ReturnCode::invalid_input));
}

// SILENT: an index behind the last log has no code of its own (choice).
TEST_P(GetSupportedLogsSubListOnCci, RefusesAnIndexBehindTheLastLog) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "01 07"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "ff ff"), refused(ReturnCode::invalid_input));
}

TEST_P(GetSupportedLogsSubListOnCci, NeedsItsTwoBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0405), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "01"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetSupportedLogsSubListOnCci, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "01 00 ff"), lab.send(GetParam(), 0x0405, "01 00"));
}

TEST_P(GetSupportedLogsSubListOnCci, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "01 00 ff"), refused(ReturnCode::invalid_payload_length));
}

// CXL r3.2 8.2.10, Table 8-49 footnote: who has 0400h over MCTP shall have this command there too.
TEST_P(GetSupportedLogsSubListOnCci, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0405), with_secondary(GetParam(), "0000"));
}

TEST_P(GetSupportedLogsSubListOnCci, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(runs_for(GetParam()), 0x4400);
  const Answered answered = lab.send(GetParam(), 0x0405, "01 00");
  EXPECT_EQ(answered.code, ReturnCode::success);
  EXPECT_EQ(answered.background_operation, shows_background(GetParam()));
}

}  // namespace
}  // namespace cxlemu
