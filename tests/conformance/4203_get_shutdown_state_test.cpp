// CXL r3.2 8.2.10.9.3.4 Get Shutdown State (Opcode 4203h)
#include "support/health.hpp"

namespace cxlemu {
namespace {

class GetShutdownState : public OnEveryCci {};
ON_EVERY_CCI(GetShutdownState);

TEST_P(GetShutdownState, IsCleanUntilItIsSetDirty) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4203), success("00"));
  lab.mailbox(0x4204, "01");
  EXPECT_EQ(lab.send(GetParam(), 0x4203), success("01"));
}

TEST_P(GetShutdownState, IsRefusedWhileMediaIsDisabledByProperty) {
  Lab lab;
  lab.mctp(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4203).code, ReturnCode::success);
  Lab all([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  all.mctp(0x4400);
  EXPECT_EQ(all.send(GetParam(), 0x4203).code, ReturnCode::media_disabled);
}

TEST_P(GetShutdownState, AcceptsASurplusPayloadOrRefusesItByProperty) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4203, "00").code, ReturnCode::success);
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4203, "00"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetShutdownState, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4203), "0000");
}

}  // namespace
}  // namespace cxlemu
