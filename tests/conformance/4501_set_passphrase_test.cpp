// CXL r3.2 8.2.10.9.6.2 Set Passphrase (Opcode 4501h)
#include "support/security.hpp"

namespace cxlemu {
namespace {

class SetPassphrase : public OnEveryCci {};
ON_EVERY_CCI(SetPassphrase);

const std::string kNew = "6e 65 77" + zeros(29);

TEST_P(SetPassphrase, SetsTheUserPassphraseAndIgnoresTheCurrentOneWhereNoneIsSet) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kWrong + kUser), success());
  EXPECT_EQ(security_state(lab), "01000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), success());
}

TEST_P(SetPassphrase, SetsTheMasterPassphraseAndIgnoresTheCurrentOneWhereNoneIsSet) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfMaster + kWrong + kMaster), success());
  EXPECT_EQ(security_state(lab), "02000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfMaster + kMaster), success());
}

TEST_P(SetPassphrase, ChangesAPassphraseForWhoKnowsIt) {
  Lab lab;
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kNew), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kNew), success());
}

TEST_P(SetPassphrase, ChangesNothingForWhoDoesNot) {
  Lab lab;
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kWrong + kNew), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), success());
}

// Zeros are a passphrase like any other.
TEST_P(SetPassphrase, TakesZeros) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(64)), success());
  EXPECT_EQ(security_state(lab), "01000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kWrong + kNew), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(32) + kNew), success());
}

TEST_P(SetPassphrase, KeepsBothPassphrasesApart) {
  Lab lab;
  lab.send(GetParam(), 0x4501, kOfMaster + zeros(32) + kMaster);
  lab.send(GetParam(), 0x4501, kOfUser + zeros(32) + kUser);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kMaster + kNew), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kNew), success());
}

// "Only in the security disabled state": neither set nor changed.
TEST_P(SetPassphrase, RefusesTheMasterPassphraseWhileTheUserPassphraseIsSet) {
  Lab lab;
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfMaster + zeros(32) + kMaster), kInvalidState);
  lab.send(GetParam(), 0x4502, kOfUser + kUser);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfMaster + zeros(32) + kMaster), success());
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfMaster + kMaster + kNew), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfMaster + kMaster), success());
}

TEST_P(SetPassphrase, RefusesTypesThatAreReserved) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4501, "02" + zeros(95)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4501, "ff" + zeros(95)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(security_state(lab), "00000000");
}

TEST_P(SetPassphrase, IgnoresReservedBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4501, "01" + std::string(62, 'f') + zeros(32) + kUser), success());
}

TEST_P(SetPassphrase, NeedsItsNinetySixBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4501), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(63)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(64) + "ff"), success());
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4501, kOfUser + zeros(64) + "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(SetPassphrase, IsRefusedAfterThreeWrongTriesInARowEvenWithTheRightOne) {
  Lab lab;
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kWrong + kNew), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kWrong + kNew), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kWrong + kNew), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kNew), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kWrong + kNew), kInvalidState);
  lab.reset(ResetKind::cold);
  lab.send(GetParam(), 0x4503, kUser);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kNew), success());
}

TEST_P(SetPassphrase, BeginsANewRowOfTriesWithTheRightOne) {
  Lab lab;
  set_user(lab);
  try_wrong_user(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kUser), success());
  try_wrong_user(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kUser), success());
}

TEST_P(SetPassphrase, CountsTheTriesOfBothCcisTogether) {
  Lab lab;
  set_user(lab);
  lab.mailbox(0x4501, kOfUser + kWrong + kNew);
  lab.mctp(0x4501, kOfUser + kWrong + kNew);
  lab.mailbox(0x4501, kOfUser + kWrong + kNew);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kNew), kInvalidState);
}

TEST_P(SetPassphrase, CountsTheTriesOfEachPassphraseAlone) {
  Lab lab;
  set_master(lab);
  try_wrong_master(lab, 3);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfMaster + kMaster + kNew), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(32) + kUser), success());
}

// SILENT: is a passphrase still needed that was erased? What Get Security State shows is what holds.
TEST_P(SetPassphrase, IsRefusedUntilAColdResetWhereThePassphraseWasErasedAfterThreeWrongTries) {
  Lab lab;
  set_master(lab);
  set_user(lab);
  try_wrong_user(lab, 3);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kMaster), success());
  EXPECT_EQ(security_state(lab), "12000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(32) + kNew), kInvalidState);
  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(32) + kNew), success());
}

TEST_P(SetPassphrase, BeginsANewRowWithANewPassphrase) {
  Lab lab;
  set_master(lab);
  set_user(lab);
  try_wrong_user(lab, 2);
  lab.send(GetParam(), 0x4505, kOfMaster + kMaster);
  set_user(lab);
  try_wrong_user(lab, 2);
  EXPECT_EQ(security_state(lab), "03000000");
}

// SILENT: Unlock comes first; no try is counted.
TEST_P(SetPassphrase, IsRefusedWhileLockedAndCountsNoTry) {
  Lab lab;
  lock(lab);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kWrong + kNew), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kNew), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfMaster + zeros(32) + kMaster), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + kUser + kNew), success());
}

TEST_P(SetPassphrase, IsRefusedWhileFrozenAfterItsLengthAndBeforeItsInput) {
  Lab lab;
  lab.mailbox(0x4504);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(63)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(64)), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfMaster + zeros(64)), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, "02" + zeros(95)), kInvalidState);
  EXPECT_EQ(security_state(lab), "08000000");
}

TEST_P(SetPassphrase, WorksWhileMediaIsDisabled) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mctp(0x4400);
  lab.advance(10ms);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(32) + kUser), success());
}

TEST_P(SetPassphrase, IsUnsupportedWithoutPersistentMemory) {
  Lab lab({}, {.persistent_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfUser + zeros(32) + kUser), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.send(GetParam(), 0x4501, kOfMaster + zeros(32) + kMaster), refused(ReturnCode::unsupported));
  EXPECT_EQ(security_state(lab), "00000000");
}

TEST_P(SetPassphrase, IsInTheCelAsSecurityStateChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4501), "2000");
}

class PassphrasesAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(PassphrasesAfterReset);

TEST_P(PassphrasesAfterReset, AreKept) {
  Lab lab;
  set_master(lab);
  set_user(lab);
  lab.reset(GetParam());
  lab.mctp(0x4503, kUser);
  EXPECT_EQ(lab.mctp(0x4502, kOfUser + kUser), success());
  EXPECT_EQ(lab.mctp(0x4502, kOfMaster + kMaster), success());
}

}  // namespace
}  // namespace cxlemu
