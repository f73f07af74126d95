// CXL r3.2 8.2.10.5.6 Get Supported Logs Sub-List (Opcode 0405h)
#include "support/command_effects_log.hpp"

namespace cxlemu {
namespace {

TEST(GetSupportedLogsSubList, ReturnsTheEntriesAskedFor) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0405, "01 00"),
            success("01"                                               // entries that follow
                    "00"                                               // reserved
                    "01 00"                                            // entries of the device
                    "00"                                               // index of the first one
                    "00 00 00"                                         // reserved
                    "0d a9 c0 b5 bf 41 4b 78 8f 79 96 b1 62 3b 3f 17"  // Command Effects Log
                    + hex32(cel_bytes(Via::mailbox))));
}

TEST(GetSupportedLogsSubList, IsConsistentWithGetSupportedLogsOnEachCci) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0405, "ff 00").payload.substr(16), lab.mailbox(0x0400).payload.substr(16));
  EXPECT_EQ(lab.mctp(0x0405, "ff 00").payload.substr(16), lab.mctp(0x0400).payload.substr(16));
}

class GetSupportedLogsSubListOnCci : public OnBothCcis {};
ON_BOTH_CCIS(GetSupportedLogsSubListOnCci);

TEST_P(GetSupportedLogsSubListOnCci, ReturnsNoMoreThanThereAre) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "ff 00"), lab.send(GetParam(), 0x0405, "01 00"));
}

// "This field shall have a minimum value of 01h"; the code is a choice, for the text lists none that fits.
TEST_P(GetSupportedLogsSubListOnCci, RefusesToReturnNoEntry) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "00 00"), refused(ReturnCode::invalid_input));
}

// SILENT: an index behind the last log has no code of its own (choice).
TEST_P(GetSupportedLogsSubListOnCci, RefusesAnIndexBehindTheLastLog) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0405, "01 01"), refused(ReturnCode::invalid_input));
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
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0405), "0000");
}

TEST_P(GetSupportedLogsSubListOnCci, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(GetParam(), 0x4400);
  const Answered answered = lab.send(GetParam(), 0x0405, "01 00");
  EXPECT_EQ(answered.code, ReturnCode::success);
  EXPECT_TRUE(answered.background_operation);
}

}  // namespace
}  // namespace cxlemu
