// CXL r3.2 8.2.10.9.6.6 Passphrase Secure Erase (Opcode 4505h)
#include "support/security.hpp"

namespace cxlemu {
namespace {

class PassphraseSecureErase : public OnEveryCci {};
ON_EVERY_CCI(PassphraseSecureErase);

// First and last bytes of volatile and of persistent capacity, and of the Label Storage Area.
void write_secrets(Lab& lab) {
  lab.write_media(0, "5e");
  lab.write_media(kPersistent - 1, "5e5e");
  lab.write_media(2 * kPersistent - 1, "5e");
  lab.mailbox(0x4103, zeros(8) + "5e");
}
std::string read_secrets(Lab& lab) {
  return lab.read_media(0, 1) + " " + lab.read_media(kPersistent - 1, 1) + " " + lab.read_media(kPersistent, 1) + " " +
         lab.read_media(2 * kPersistent - 1, 1) + " " + lab.mailbox(0x4102, zeros(4) + "01000000").payload;
}

TEST_P(PassphraseSecureErase, ErasesPersistentMemoryAndNothingElseByTheUserPassphrase) {
  Lab lab;
  write_secrets(lab);
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kUser), success());
  EXPECT_EQ(read_secrets(lab), "5e 5e 00 00 5e");
}

TEST_P(PassphraseSecureErase, ErasesPersistentMemoryAndNothingElseByTheMasterPassphrase) {
  Lab lab;
  write_secrets(lab);
  set_master(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kMaster), success());
  EXPECT_EQ(read_secrets(lab), "5e 5e 00 00 5e");
}

TEST_P(PassphraseSecureErase, DisablesTheUserPassphraseAndKeepsTheMasterPassphrase) {
  Lab lab;
  set_master(lab);
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kUser), success());
  EXPECT_EQ(security_state(lab), "02000000");
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kMaster), success());
  EXPECT_EQ(security_state(lab), "02000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4502, kOfMaster + kMaster), success());
}

// What the master passphrase is for: the user passphrase is lost.
TEST_P(PassphraseSecureErase, OpensALockedDeviceByTheMasterPassphraseWithoutItsData) {
  Lab lab;
  write_secrets(lab);
  set_master(lab);
  lock(lab);
  try_wrong_master(lab, 2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4503, kWrong), kIncorrect);
  EXPECT_EQ(lab.read_media(kPersistent, 1), "locked");
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kMaster), success());
  EXPECT_EQ(read_secrets(lab), "5e 5e 00 00 5e");
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.read_media(kPersistent, 1), "00");
}

TEST_P(PassphraseSecureErase, OpensALockedDeviceByTheUserPassphraseWithoutItsData) {
  Lab lab;
  write_secrets(lab);
  lock(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kUser), success());
  EXPECT_EQ(read_secrets(lab), "5e 5e 00 00 5e");
}

TEST_P(PassphraseSecureErase, ErasesNothingForAWrongPassphrase) {
  Lab lab;
  write_secrets(lab);
  set_master(lab);
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kMaster), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kUser), kIncorrect);
  EXPECT_EQ(read_secrets(lab), "5e 5e 5e 5e 5e");
  EXPECT_EQ(security_state(lab), "03000000");
}

TEST_P(PassphraseSecureErase, IgnoresTheValueWhereNoUserPassphraseIsSet) {
  Lab lab;
  write_secrets(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kWrong), success());
  EXPECT_EQ(read_secrets(lab), "5e 5e 00 00 5e");
  EXPECT_EQ(security_state(lab), "00000000");
}

TEST_P(PassphraseSecureErase, NeedsAMasterPassphraseThatIsSet) {
  Lab lab;
  write_secrets(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + zeros(32)), refused(ReturnCode::invalid_input));
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + zeros(32)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(read_secrets(lab), "5e 5e 5e 5e 5e");
}

TEST_P(PassphraseSecureErase, IsRefusedAfterThreeWrongTriesInARowPerPassphrase) {
  Lab lab;
  write_secrets(lab);
  set_master(lab);
  set_user(lab);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kWrong), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kUser), kInvalidState);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kWrong), kIncorrect);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kMaster), kInvalidState);
  EXPECT_EQ(read_secrets(lab), "5e 5e 5e 5e 5e");
  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kUser), success());
}

TEST_P(PassphraseSecureErase, RefusesTypesThatAreReserved) {
  Lab lab;
  write_secrets(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, "02" + zeros(63)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4505, "ff" + zeros(63)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(read_secrets(lab), "5e 5e 5e 5e 5e");
}

TEST_P(PassphraseSecureErase, NeedsItsSixtyFourBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + zeros(31)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + zeros(33)), success());
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4505, kOfUser + zeros(33)), refused(ReturnCode::invalid_payload_length));
}

TEST_P(PassphraseSecureErase, IsRefusedWhileMediaIsDisabledBeforeItsInputAndCountsNoTry) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mctp(0x4400);
  lab.advance(10ms);
  lab.mctp(0x0005);
  set_user(lab);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + kWrong), refused(ReturnCode::media_disabled));
  }
  EXPECT_EQ(lab.send(GetParam(), 0x4505, "02" + zeros(63)), refused(ReturnCode::media_disabled));
  EXPECT_EQ(security_state(lab), "01000000");
}

TEST_P(PassphraseSecureErase, IsRefusedWhileFrozenBeforeMediaIsDisabled) {
  Lab lab;
  write_secrets(lab);
  set_master(lab);
  lab.mailbox(0x4504);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + zeros(32)), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kMaster), kInvalidState);
  EXPECT_EQ(read_secrets(lab), "5e 5e 5e 5e 5e");
  lab.mctp(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfMaster + kMaster).code, ReturnCode::invalid_security_state);
}

TEST_P(PassphraseSecureErase, IsUnsupportedWithoutPersistentMemory) {
  Lab lab({}, {.persistent_bytes = 0});
  lab.write_media(0, "5e");
  EXPECT_EQ(lab.send(GetParam(), 0x4505, kOfUser + zeros(32)), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.read_media(0, 1), "5e");
}

TEST_P(PassphraseSecureErase, IsInTheCelAsImmediateDataAndSecurityStateChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4505), "2400");
}

// The store behind the persistent capacity fails: what could not be erased stays behind its passphrase.
TEST(PassphraseSecureEraseOfAStoreThatFails, IsAnInternalErrorAndDisablesNothing) {
  const auto fails_to_discard = [](const MemoryBackendConfig& backend) -> Result<Backing> {
    return Backing(backend.size_bytes, {.read = [](std::uint64_t, MutableBytes) { return true; },
                                        .write = [](std::uint64_t, Bytes) { return true; },
                                        .discard = [](std::uint64_t, std::uint64_t) { return false; }});
  };
  Lab lab({}, {.volatile_bytes = 0, .lsa_bytes = 0}, {.make_backing = fails_to_discard});
  lock(lab);
  EXPECT_EQ(lab.mailbox(0x4505, kOfUser + kUser), refused(ReturnCode::internal_error));
  EXPECT_EQ(security_state(lab), "05000000");
}

// The device does not run it in the background: nothing is interrupted by a reset.
TEST_P(PassphraseSecureErase, IsDoneWhenItIsAnswered) {
  Lab lab;
  write_secrets(lab);
  lab.send(GetParam(), 0x4505, kOfUser + zeros(32));
  EXPECT_FALSE(lab.background(GetParam()).running);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.read_media(kPersistent, 1), "00");
}

}  // namespace
}  // namespace cxlemu
