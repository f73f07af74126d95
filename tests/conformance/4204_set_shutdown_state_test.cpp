// CXL r3.2 8.2.10.9.3.5 Set Shutdown State (Opcode 4204h)
#include "support/health.hpp"

namespace cxlemu {
namespace {

TEST(SetShutdownState, SetsDirtyAndClean) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4204, "01"), success());
  EXPECT_EQ(lab.mailbox(0x4203), success("01"));
  EXPECT_EQ(lab.mailbox(0x4204, "fe"), success());
  EXPECT_EQ(lab.mailbox(0x4203), success("00"));
}

class ShutdownStateAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(ShutdownStateAfterReset);

// A dirty one is counted by the next Conventional Reset, and is clean from then on: counted once.
TEST_P(ShutdownStateAfterReset, IsCountedOnceAndCleanAgain) {
  Lab lab([](auto& config) { config.dirty_shutdowns = 41; });
  lab.mailbox(0x4204, "01");
  lab.reset(GetParam());
  lab.reset(GetParam());
  const bool stays = GetParam() == ResetKind::flr || GetParam() == ResetKind::cxl;
  EXPECT_EQ(lab.mctp(0x4203), success(stays ? "01" : "00"));
  EXPECT_EQ(lab.dirty_shutdowns(), stays ? 41U : 42U);
}

TEST_P(ShutdownStateAfterReset, IsNotCountedWhereItIsClean) {
  Lab lab;
  lab.mailbox(0x4204, "01");
  lab.mailbox(0x4204, "00");
  lab.reset(GetParam());
  EXPECT_EQ(lab.dirty_shutdowns(), 0U);
}

TEST(SetShutdownState, CountsOnBeyondItsFourBytes) {
  Lab lab([](auto& config) { config.dirty_shutdowns = 0xFFFF'FFFF; });
  lab.mailbox(0x4204, "01");
  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.dirty_shutdowns(), 0U);
}

TEST(SetShutdownState, IsForMailboxesOnly) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x4204, "01"), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x4204), "absent");
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x4204), "0800");
}

TEST(SetShutdownState, RefusesAnEmptyPayload) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4204), refused(ReturnCode::invalid_payload_length));
}

TEST(SetShutdownState, IsRefusedWhileMediaIsDisabledByProperty) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mailbox(0x4204, "01"), refused(ReturnCode::media_disabled));
}

}  // namespace
}  // namespace cxlemu
