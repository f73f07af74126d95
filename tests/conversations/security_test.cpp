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
  EXPECT_EQ(lab.background(cci::kMctp).return_code, ReturnCode::success);
  EXPECT_EQ(lab.read_media(kPersistent, 1), "locked");
  EXPECT_EQ(lab.mctp(0x4400), kInvalidState);
}

// "Any commands that require access to the media": those that have 13h among their return codes.
TEST(Security, RefusesEveryCommandThatNeedsTheMediaWhileLocked) {
  Lab lab;
  set_user(lab);
  const auto answers = [&] {
    const std::string range = zeros(8) + "0100000000000000";
    return std::vector{lab.mailbox(0x4103, zeros(8) + "11").code, lab.mailbox(0x4300, range).code,
                       lab.mailbox(0x4301, zeros(8)).code,        lab.mailbox(0x4302, zeros(72)).code,
                       lab.mailbox(0x4303, range).code,           lab.mailbox(0x4305).code,
                       lab.mailbox(0x4304, range + "00").code,    lab.mailbox(0x4401).code};
  };
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(answers(), std::vector(8, ReturnCode::invalid_security_state));
  lab.mailbox(0x4503, kUser);
  using enum ReturnCode;
  EXPECT_EQ(answers(), (std::vector{success, success, success, success, success, unsupported,
                                    background_command_started, success}));
}

// Media Operations go by ranges: what is volatile can be reached.
TEST(Security, RefusesMediaOperationsOnLockedRangesAlone) {
  const std::string zero = "01 01 0000 01000000";
  Lab lab;
  lock(lab);
  EXPECT_EQ(lab.mailbox(0x4402, zero + "00000010 00000000 4000000000000000"), kInvalidState);
  EXPECT_EQ(lab.mailbox(0x4402, zero + "c0ffff0f 00000000 8000000000000000"), kInvalidState);
  EXPECT_EQ(lab.mailbox(0x4402, zero + "c0ffff0f 00000000 4000000000000000").code,
            ReturnCode::background_command_started);
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
