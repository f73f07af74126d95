// CXL r3.2 8.2.10.9.6.4 Unlock (Opcode 4503h), and what a locked device refuses
#include "support/security.hpp"

namespace cxlemu {
namespace {

class Unlock : public OnEveryCci {};
ON_EVERY_CCI(Unlock);

TEST_P(Unlock, MakesPersistentMemoryReachableAsItWas) {
  Lab lab;
  lab.write_media(kPersistent, "5ec2e7");
  lock(lab);
  EXPECT_EQ(lab.read_media(kPersistent, 3), "locked");
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), success());
  EXPECT_EQ(lab.read_media(kPersistent, 3), "5ec2e7");
  EXPECT_EQ(security_state(lab), "01000000");
}

TEST_P(Unlock, HoldsUntilTheNextConventionalReset) {
  Lab lab;
  lock(lab);
  lab.send(GetParam(), 0x4503, kUser);
  lab.reset(ResetKind::flr);
  lab.reset(ResetKind::cxl);
  EXPECT_EQ(security_state(lab), "01000000");
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(security_state(lab), "05000000");
}

TEST_P(Unlock, NeedsTheUserPassphraseNotTheMasterPassphrase) {
  Lab lab;
  set_master(lab);
  lock(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kMaster), kIncorrect);
  EXPECT_EQ(security_state(lab), "07000000");
}

TEST_P(Unlock, IsRefusedAfterThreeWrongTriesInARowUntilAColdReset) {
  Lab lab;
  lock(lab);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4503, kWrong), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), kInvalidState);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), kInvalidState);
  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), success());
}

TEST_P(Unlock, BeginsANewRowOfTries) {
  Lab lab;
  lock(lab);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4503, kWrong), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), success());
  lab.reset(ResetKind::conventional);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4503, kWrong), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), success());
}

// SILENT: the code where nothing is locked; no try is counted.
TEST_P(Unlock, IsRefusedWhereNothingIsLocked) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4503, zeros(32)), kInvalidState);
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), kInvalidState);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4503, kWrong), kInvalidState);
  EXPECT_EQ(security_state(lab), "01000000");
}

TEST_P(Unlock, IsRefusedWhileFrozen) {
  Lab lab;
  lock(lab);
  lab.mailbox(0x4504);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), kInvalidState);
  EXPECT_EQ(security_state(lab), "0d000000");
}

TEST_P(Unlock, NeedsItsThirtyTwoBytes) {
  Lab lab;
  lock(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, zeros(31)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser + "ff"), success());
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  lock(strict);
  EXPECT_EQ(strict.send(GetParam(), 0x4503, kUser + "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(Unlock, LeavesDisabledMediaDisabled) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mctp(0x4400);
  lab.advance(10ms);
  lab.mctp(0x0005);
  lock(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4503, kUser), success());
  EXPECT_EQ(lab.read_media(kPersistent, 1), "disabled");
}

TEST_P(Unlock, IsUnsupportedWithoutPersistentMemory) {
  Lab lab({}, {.persistent_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4503, zeros(32)), refused(ReturnCode::unsupported));
}

TEST_P(Unlock, IsInTheCelAsSecurityStateChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4503), "2000");
}

// ------------------------------------------------------------------------------------------------- while it is locked

TEST(LockedMedia, RefusesAReadThatSucceededBefore) {
  Lab lab;
  lab.write_media(kPersistent, "5ec2e7");
  set_user(lab);
  EXPECT_EQ(lab.read_media(kPersistent, 3), "5ec2e7");
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.read_media(kPersistent, 3), "locked");
  EXPECT_EQ(lab.read_media(2 * kPersistent - 1, 1), "locked");
}

TEST(LockedMedia, TakesNoWrite) {
  Lab lab;
  lab.write_media(kPersistent, "5ec2e7");
  lock(lab);
  lab.write_media(kPersistent, "000000");
  lab.mailbox(0x4503, kUser);
  EXPECT_EQ(lab.read_media(kPersistent, 3), "5ec2e7");
}

// Security gates persistent memory: volatile capacity is reached up to its last byte, and no further.
TEST(LockedMedia, IsPersistentMemoryAlone) {
  Lab lab;
  lock(lab);
  lab.write_media(kPersistent - 2, "abcd");
  EXPECT_EQ(lab.read_media(kPersistent - 2, 2), "abcd");
  EXPECT_EQ(lab.read_media(kPersistent - 2, 3), "locked");
  lab.write_media(kPersistent - 2, "112233");
  EXPECT_EQ(lab.read_media(kPersistent - 2, 2), "abcd");
  EXPECT_EQ(lab.read_media(kPersistent, 0), "");
  EXPECT_EQ(lab.read_media(2 * kPersistent, 1), "out of range");
}

TEST(LockedMedia, IsAllOfADeviceWithoutVolatileCapacity) {
  Lab lab({}, {.volatile_bytes = 0});
  lock(lab);
  EXPECT_EQ(lab.read_media(0, 1), "locked");
}

// The reset that locks is a Conventional Reset, whether hot, warm or cold; a loss of power is a cold one.
class MediaAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(MediaAfterReset);

TEST_P(MediaAfterReset, IsLockedByConventionalResetsOnly) {
  Lab lab;
  lab.write_media(kPersistent, "5e");
  set_user(lab);
  lab.reset(GetParam());
  const bool other = GetParam() == ResetKind::cxl || GetParam() == ResetKind::flr;
  EXPECT_EQ(lab.read_media(kPersistent, 1), other ? "5e" : "locked");
}

}  // namespace
}  // namespace cxlemu
