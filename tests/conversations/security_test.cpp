// Persistent memory security across commands, resets and both CCIs (CXL r3.2 8.2.10.9.6).
#include "support/security.hpp"

namespace cxlemu {
namespace {

// An owner protects data, the power goes, a thief tries, the owner comes back.
TEST(Security, KeepsDataFromAThiefAndForItsOwner) {
  Lab lab;
  lab.write_media(kPersistent, "5ec2e7");
  set_user(lab);
  lab.reset(ResetKind::power_loss);

  EXPECT_EQ(lab.read_media(kPersistent, 3), "locked");
  EXPECT_EQ(lab.mctp(0x4103, zeros(8) + "11"), kInvalidState);
  EXPECT_EQ(lab.mctp(0x4400), kInvalidState);
  EXPECT_EQ(lab.mctp(0x4502, kOfUser + kUser), kInvalidState);
  EXPECT_EQ(lab.mctp(0x4501, kOfUser + kUser + kWrong), kInvalidState);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.mctp(0x4503, kWrong), kIncorrect);
  EXPECT_EQ(lab.mctp(0x4503, kUser), kInvalidState);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.mctp(0x4503, kUser), kInvalidState);

  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.mailbox(0x4503, kUser), success());
  EXPECT_EQ(lab.read_media(kPersistent, 3), "5ec2e7");
}

// The user passphrase is lost, and its tries are used up: the master passphrase gives the device back, empty.
TEST(Security, GivesADeviceBackByItsMasterPassphrase) {
  Lab lab;
  set_master(lab);
  lab.write_media(kPersistent, "5ec2e7");
  lock(lab);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.mailbox(0x4503, kWrong), kIncorrect);
  EXPECT_EQ(lab.mailbox(0x4505, kOfUser + kUser), kInvalidState);
  EXPECT_EQ(lab.mailbox(0x4505, kOfMaster + kMaster), success());
  EXPECT_EQ(lab.read_media(kPersistent, 3), "000000");
  EXPECT_EQ(lab.mailbox(0x4103, zeros(8) + "11"), success());
  EXPECT_EQ(lab.mailbox(0x4400).code, ReturnCode::background_command_started);
}

// A passphrase that is set while a Sanitize runs does not keep it from its end, but the next one.
TEST(Security, DoesNotStopASanitizeThatRuns) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mctp(0x4400);
  lab.advance(50ms);
  EXPECT_EQ(set_user(lab), success());
  lab.reset(ResetKind::conventional);
  lab.advance(50ms);
  EXPECT_EQ(lab.device().mctp().background.state().return_code, ReturnCode::success);
  EXPECT_EQ(lab.read_media(kPersistent, 1), "locked");
  EXPECT_EQ(lab.mctp(0x4400), kInvalidState);
}

// An interrupted Sanitize leaves media disabled and the device lockable: there is a way out of both.
TEST(Security, LeavesAWayOutOfALockedDeviceWithDisabledMedia) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mailbox(0x4400);
  lab.advance(50ms);
  set_user(lab);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.read_media(kPersistent, 1), "disabled");
  EXPECT_EQ(lab.mailbox(0x4505, kOfUser + kUser), refused(ReturnCode::media_disabled));
  EXPECT_EQ(lab.mailbox(0x4400), kInvalidState);
  EXPECT_EQ(lab.mailbox(0x4503, kUser), success());
  EXPECT_EQ(lab.mailbox(0x4502, kOfUser + kUser), success());
  lab.mailbox(0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(kPersistent, 1), "00");
}

// The sequence of libcxlmi's cxl-test-memdev.
TEST(Security, RefusesEveryChangeBehindAFreeze) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  EXPECT_EQ(lab.mctp(0x4504), success());
  EXPECT_EQ(lab.mctp(0x4501, kOfUser + zeros(64)), kInvalidState);
  EXPECT_EQ(lab.mctp(0x4502, kOfUser + zeros(32)), kInvalidState);
  EXPECT_EQ(lab.mctp(0x4503, zeros(32)), kInvalidState);
  EXPECT_EQ(lab.mctp(0x4505, kOfUser + zeros(32)), kInvalidState);
}

}  // namespace
}  // namespace cxlemu
