// CXL r3.2 8.2.10.9.6.3 Disable Passphrase (Opcode 4502h)
#include "support/security.hpp"

namespace cxlemu {
namespace {

class DisablePassphrase : public OnEveryCci {};
ON_EVERY_CCI(DisablePassphrase);

TEST_P(DisablePassphrase, DisablesTheUserPassphraseSoThatResetsLockNoMore) {
  Lab lab;
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), success());
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(security_state(lab), "00000000");
}

TEST_P(DisablePassphrase, DisablesTheMasterPassphraseSoThatItErasesNoMore) {
  Lab lab;
  set_master(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfMaster + kMaster), success());
  EXPECT_EQ(security_state(lab), "00000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kMaster), refused(ReturnCode::invalid_input));
}

TEST_P(DisablePassphrase, LeavesTheOtherPassphraseAlone) {
  Lab lab;
  set_master(lab);
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfMaster + kMaster), success());
  EXPECT_EQ(security_state(lab), "01000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), success());
}

TEST_P(DisablePassphrase, NeedsTheRightPassphraseOfTheType) {
  Lab lab;
  set_master(lab);
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kMaster), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfMaster + kUser), kIncorrect);
  EXPECT_EQ(security_state(lab), "03000000");
}

TEST_P(DisablePassphrase, IsRefusedAfterThreeWrongTriesInARow) {
  Lab lab;
  set_user(lab);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kWrong), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), kInvalidState);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), kInvalidState);
  lab.reset(ResetKind::cold);
  lab.send(GetParam(), 0x4503, kUser);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), success());
}

// SILENT: the code for a passphrase that is not set.
TEST_P(DisablePassphrase, IsRefusedWhereThePassphraseIsNotSet) {
  Lab lab;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + zeros(32)), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfMaster + zeros(32)), kInvalidState);
  EXPECT_EQ(security_state(lab), "00000000");
}

// SILENT: Unlock comes first for the user passphrase; the master passphrase gates nothing, and can go.
TEST_P(DisablePassphrase, IsRefusedForTheUserPassphraseAloneWhileLocked) {
  Lab lab;
  set_master(lab);
  lock(lab);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kWrong), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfMaster + kMaster), success());
  EXPECT_EQ(security_state(lab), "05000000");
}

TEST_P(DisablePassphrase, RefusesTypesThatAreReserved) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4502, "02" + zeros(63)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4502, "81" + zeros(63)), refused(ReturnCode::invalid_input));
}

TEST_P(DisablePassphrase, NeedsItsSixtyFourBytes) {
  Lab lab;
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + zeros(31)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser + "ff"), success());
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4502, kOfUser + kUser + "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(DisablePassphrase, IsRefusedWhileFrozenAndCountsNoTry) {
  Lab lab;
  set_user(lab);
  lab.mailbox(0x4504);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kUser), kInvalidState);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + kWrong), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4502, "02" + zeros(63)), kInvalidState);
  EXPECT_EQ(security_state(lab), "09000000");
}

TEST_P(DisablePassphrase, IsUnsupportedWithoutPersistentMemory) {
  Lab lab({}, {.persistent_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfUser + zeros(32)), refused(ReturnCode::unsupported));
}

TEST_P(DisablePassphrase, IsInTheCelAsSecurityStateChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4502), "2000");
}

}  // namespace
}  // namespace cxlemu
