// CXL r3.2 8.2.10.5.3 Get Log Capabilities (Opcode 0402h)
#include "support/logs.hpp"

namespace cxlemu {
namespace {

class GetLogCapabilities : public OnEveryCci {};
ON_EVERY_CCI(GetLogCapabilities);

// Bit 0: clear, bit 1: populate, bit 2: auto populate, bit 3: persistent across cold reset.
TEST_P(GetLogCapabilities, TellsWhatCanBeDoneWithEachLog) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kCel), success("00 00 00 00"));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kDebugLog), success("01 00 00 00"));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kStateDump), success("0f 00 00 00"));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kEcsLog), success("00 00 00 00"));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kTestCapability), success("00 00 00 00"));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kTestResultsShort), success("01 00 00 00"));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kTestResultsLong), success("01 00 00 00"));
}

TEST_P(GetLogCapabilities, RefusesALogThatIsNotThere) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kNoLog), refused(ReturnCode::invalid_log));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, zeros(16)), refused(ReturnCode::invalid_log));
}

TEST_P(GetLogCapabilities, NeedsItsSixteenBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0402), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, zeros(15)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0402, std::string(kCel) + "ff"), success("00 00 00 00"));
}

TEST_P(GetLogCapabilities, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0402, std::string(kCel) + "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetLogCapabilities, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0402), with_secondary(GetParam(), "0000"));
}

TEST_P(GetLogCapabilities, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(runs_for(GetParam()), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0402, kCel),
            (Answered{ReturnCode::success, "00000000", shows_background(GetParam())}));
}

}  // namespace
}  // namespace cxlemu
