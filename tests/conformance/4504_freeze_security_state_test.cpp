// CXL r3.2 8.2.10.9.6.5 Freeze Security State (Opcode 4504h)
#include "support/security.hpp"

namespace cxlemu {
namespace {

class FreezeSecurityState : public OnEveryCci {};
ON_EVERY_CCI(FreezeSecurityState);

// The four commands that the text names; each has the order of its refusals in its own file.
TEST_P(FreezeSecurityState, MakesEveryChangeFailUntilAColdReset) {
  Lab lab;
  lock(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4504), success());
  EXPECT_EQ(lab.mailbox(0x4501, kOfMaster + zeros(64)), kInvalidState);
  EXPECT_EQ(lab.mailbox(0x4502, kOfUser + kUser), kInvalidState);
  EXPECT_EQ(lab.mailbox(0x4503, kUser), kInvalidState);
  EXPECT_EQ(lab.mailbox(0x4505, kOfUser + kUser), kInvalidState);
  EXPECT_EQ(lab.mctp(0x4503, kUser), kInvalidState);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.mailbox(0x4503, kUser), kInvalidState);
  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.mailbox(0x4503, kUser), success());
}

TEST_P(FreezeSecurityState, LeavesAnUnlockedDeviceUnlocked) {
  Lab lab;
  lab.write_media(kPersistent, "5e");
  set_user(lab);
  lab.send(GetParam(), 0x4504);
  EXPECT_EQ(lab.read_media(kPersistent, 1), "5e");
  EXPECT_EQ(security_state(lab), "09000000");
}

// SILENT: the text does not name it among the commands that fail while frozen.
TEST_P(FreezeSecurityState, SucceedsAgainWithoutEffect) {
  Lab lab;
  lab.send(GetParam(), 0x4504);
  EXPECT_EQ(lab.send(GetParam(), 0x4504), success());
  EXPECT_EQ(security_state(lab), "08000000");
}

// What is no change of the security state goes on: these are other command sets.
TEST_P(FreezeSecurityState, LeavesSanitizeAlone) {
  Lab lab;
  lab.send(GetParam(), 0x4504);
  EXPECT_EQ(lab.send(GetParam(), 0x4400).code, ReturnCode::background_command_started);
}

TEST_P(FreezeSecurityState, WorksWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4504).code, ReturnCode::success);
}

TEST_P(FreezeSecurityState, TakesNoPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4504, "ff"), success());
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4504, "ff"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(security_state(strict), "00000000");
}

TEST_P(FreezeSecurityState, IsUnsupportedWithoutPersistentMemory) {
  Lab lab({}, {.persistent_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4504), refused(ReturnCode::unsupported));
  EXPECT_EQ(security_state(lab), "00000000");
}

TEST_P(FreezeSecurityState, IsInTheCelAsSecurityStateChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4504), "2000");
}

}  // namespace
}  // namespace cxlemu
