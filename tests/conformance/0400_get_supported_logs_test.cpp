// CXL r3.2 8.2.10.5.1 Get Supported Logs (Opcode 0400h)
#include "support/command_effects_log.hpp"

namespace cxlemu {
namespace {

class GetSupportedLogsOnCci : public OnBothCcis {};
ON_BOTH_CCIS(GetSupportedLogsOnCci);

TEST_P(GetSupportedLogsOnCci, TellsTheSizeOfTheCommandEffectsLog) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0400), success("01 00"                                            // entries
                                                  "00 00 00 00 00 00"                                // reserved
                                                  "0d a9 c0 b5 bf 41 4b 78 8f 79 96 b1 62 3b 3f 17"  // CEL
                                                  + hex32(cel_bytes(GetParam()))));
}

TEST_P(GetSupportedLogsOnCci, CountsVendorCommandsInTheSizeOfTheCel) {
  Lab lab;
  const std::string before = lab.send(GetParam(), 0x0400).payload.substr(48);
  lab.device().commands().add(
      {.opcode = Opcode{0xC000},
       .title = "Vendor",
       .carriers = cci::only(GetParam() == Via::mailbox ? cci::Carrier::mailbox : cci::Carrier::mctp),
       .run = [](auto&, auto, auto&) -> cci::Result<void> { return {}; }});
  EXPECT_EQ(before, hex32(cel_bytes(GetParam())));
  EXPECT_EQ(lab.send(GetParam(), 0x0400).payload.substr(48), hex32(cel_bytes(GetParam()) + 4));
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
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0400), "0000");
}

TEST_P(GetSupportedLogsOnCci, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(GetParam(), 0x4400);
  const Answered answered = lab.send(GetParam(), 0x0400);
  EXPECT_EQ(answered.code, ReturnCode::success);
  EXPECT_TRUE(answered.background_operation);
}

}  // namespace
}  // namespace cxlemu
