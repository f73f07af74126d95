// CXL r3.2 8.2.10.9.6.1 Get Security State (Opcode 4500h)
#include "support/security.hpp"

namespace cxlemu {
namespace {

class GetSecurityState : public OnEveryCci {};
ON_EVERY_CCI(GetSecurityState);

TEST_P(GetSecurityState, ShowsANewDeviceWithoutSecurity) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("00 00 00 00"));
}

TEST_P(GetSecurityState, ShowsPassphrasesAndThatTheDeviceIsLockedAndFrozen) {
  Lab lab;
  set_master(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("02 00 00 00"));
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("03 00 00 00"));
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("07 00 00 00"));
  lab.mailbox(0x4504);
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("0f 00 00 00"));
}

TEST_P(GetSecurityState, ShowsEachAttemptCountAtTheThirdWrongTry) {
  Lab lab;
  set_master(lab);
  set_user(lab);
  try_wrong_user(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("03 00 00 00"));
  try_wrong_user(lab, 1);
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("13 00 00 00"));
  try_wrong_master(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("13 00 00 00"));
  try_wrong_master(lab, 1);
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("33 00 00 00"));
}

TEST_P(GetSecurityState, IsAnsweredWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4500).payload, "00000000");
}

// COMPAT(linux): it asks before every Sanitize, and gives up where there is no answer.
TEST_P(GetSecurityState, IsAnsweredWithoutPersistentMemory) {
  Lab lab({}, {.persistent_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4500), success("00 00 00 00"));
}

TEST_P(GetSecurityState, TakesNoPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4500, "ff"), success("00 00 00 00"));
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4500, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetSecurityState, IsInTheCelWithoutEffect) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4500), "0000");
}

// -------------------------------------------------------------------------------------------------------------- resets

struct StateAfterReset {
  ResetKind kind;
  std::string_view state;
};
class SecurityStateAfterReset : public testing::TestWithParam<StateAfterReset> {};
// A Conventional Reset locks; only a Cold Reset ends frozen and the attempt counts, and a loss of power is one.
INSTANTIATE_TEST_SUITE_P(Reset, SecurityStateAfterReset,
                         testing::Values(StateAfterReset{ResetKind::conventional, "3f000000"},
                                         StateAfterReset{ResetKind::cold, "07000000"},
                                         StateAfterReset{ResetKind::power_loss, "07000000"},
                                         StateAfterReset{ResetKind::cxl, "3b000000"},
                                         StateAfterReset{ResetKind::flr, "3b000000"}),
                         [](const auto& tested) { return reset_name(tested.param.kind); });

TEST_P(SecurityStateAfterReset, IsLockedByConventionalOnesAndForgivesOnlyAfterColdOnes) {
  Lab lab;
  set_master(lab);
  set_user(lab);
  try_wrong_user(lab, 3);
  try_wrong_master(lab, 3);
  lab.mailbox(0x4504);
  EXPECT_EQ(security_state(lab), "3b000000");
  lab.reset(GetParam().kind);
  EXPECT_EQ(security_state(lab), GetParam().state);
}

TEST_P(SecurityStateAfterReset, IsUnlockedWithoutAUserPassphrase) {
  Lab lab;
  set_master(lab);
  lab.reset(GetParam().kind);
  EXPECT_EQ(security_state(lab), "02000000");
}

// Two wrong tries, the reset, two more: only a Cold Reset begins a new row.
TEST_P(SecurityStateAfterReset, GoesOnCountingUnlessItWasCold) {
  Lab lab;
  set_master(lab);
  try_wrong_master(lab, 2);
  lab.reset(GetParam().kind);
  lab.mailbox(0x4502, kOfMaster + kWrong);
  const bool cold = GetParam().kind == ResetKind::cold || GetParam().kind == ResetKind::power_loss;
  EXPECT_EQ(security_state(lab), cold ? "02000000" : "22000000");
}

}  // namespace
}  // namespace cxlemu
