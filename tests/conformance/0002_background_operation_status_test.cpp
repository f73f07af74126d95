// CXL r3.2 8.2.10.1.2 Background Operation Status (Opcode 0002h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

void sanitize_takes_100ms(MemoryDeviceConfig& config) { config.sanitize_duration = 100ms; }

// Fault B11: the reference emulator shows an operation in progress from reset until the first one has ended.
TEST(BackgroundOperationStatus, IsZeroWhereNothingEverRan) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0002), success("00 00 00 00 00 00 00 00"));
}

TEST(BackgroundOperationStatus, ShowsTheRunningOperation) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  lab.advance(50ms);
  Answered running = success(
      "65"       // bit 0: in progress; bits 7:1: 50 %
      "00"       // reserved
      "00 44"    // Command Opcode
      "00 00"    // Return Code
      "00 00");  // Vendor Specific Extended Status
  running.background_operation = true;
  EXPECT_EQ(lab.mctp(0x0002), running);
}

TEST(BackgroundOperationStatus, ShowsTheResultAtHundredPercent) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.mctp(0x0002), success("c8 00 00 44 00 00 00 00"));
}

// spec-check b3: the code is not valid below 100 %, and is 12h all the same.
TEST(BackgroundOperationStatus, ShowsWhereAnOperationWasAborted) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  lab.advance(30ms);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.mctp(0x0002), success("3c 00 00 44 12 00 00 00"));
}

TEST(BackgroundOperationStatus, KeepsTheResultHoweverOftenItIsRead) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  lab.advance(100ms);
  lab.mctp(0x0002);
  lab.advance(24h);
  EXPECT_EQ(lab.mctp(0x0002), success("c8 00 00 44 00 00 00 00"));
}

TEST(BackgroundOperationStatus, ForgetsTheResultWhenTheNextOperationStarts) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mctp(0x0002).payload, "0100004400000000");
}

TEST(BackgroundOperationStatus, IsOfThisCciAlone) {
  Lab lab(sanitize_takes_100ms);
  lab.mailbox(0x4400);
  lab.advance(50ms);
  EXPECT_EQ(lab.mctp(0x0002), success("00 00 00 00 00 00 00 00"));
}

// COMPAT(libcxlmi): its waiters end only when the status byte is 0.
TEST(BackgroundOperationStatus, ShowsAnEndedOperationOnceForLibcxlmi) {
  Lab lab([](auto& config) {
    config.profile = Profile::libcxlmi;
    config.sanitize_duration = 100ms;
  });
  lab.mctp(0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.mctp(0x0002), success("c8 00 00 44 00 00 00 00"));
  EXPECT_EQ(lab.mctp(0x0002), success("00 00 00 44 00 00 00 00"));
}

TEST(BackgroundOperationStatus, ShowsARunningOperationToLibcxlmiEveryTime) {
  Lab lab([](auto& config) {
    config.profile = Profile::libcxlmi;
    config.sanitize_duration = 100ms;
  });
  lab.mctp(0x0002);
  lab.mctp(0x4400);
  lab.advance(1ms);
  EXPECT_EQ(lab.mctp(0x0002).payload, "0300004400000000");
  EXPECT_EQ(lab.mctp(0x0002).payload, "0300004400000000");
}

TEST(BackgroundOperationStatus, IsProhibitedOnTheMailbox) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0002), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0002), "absent");
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0002), "0000");
}

TEST(BackgroundOperationStatus, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0002, "ff"), success("00 00 00 00 00 00 00 00"));
}

TEST(BackgroundOperationStatus, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.mctp(0x0002, "ff"), refused(ReturnCode::invalid_payload_length));
}

class BackgroundOperationStatusAfterReset : public testing::TestWithParam<ResetKind> {};
INSTANTIATE_TEST_SUITE_P(Reset, BackgroundOperationStatusAfterReset,
                         testing::Values(ResetKind::conventional, ResetKind::cold, ResetKind::cxl, ResetKind::flr),
                         reset_param_name);

// CXL r3.2 9.20.2: what was started over MCTP should not be interrupted by resets of the link.
TEST_P(BackgroundOperationStatusAfterReset, GoesOnWithTheOperation) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  lab.advance(40ms);
  lab.reset(GetParam());
  lab.advance(10ms);
  EXPECT_EQ(lab.mctp(0x0002).payload, "6500004400000000");
}

TEST(BackgroundOperationStatus, IsZeroAfterPowerWasLost) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  lab.advance(40ms);
  lab.reset(ResetKind::power_loss);
  EXPECT_EQ(lab.mctp(0x0002), success("00 00 00 00 00 00 00 00"));
}

// -------------------------------------------------------------------------------------------------------- percentages

struct Percentage {
  std::string_view name;
  Nanoseconds after;
  std::string_view status;
};
class BackgroundOperationPercentage : public testing::TestWithParam<Percentage> {};
INSTANTIATE_TEST_SUITE_P(Of100Milliseconds, BackgroundOperationPercentage,
                         testing::Values(Percentage{"AtItsStart", 0ns, "01"},             // 0 %
                                         Percentage{"BelowOneMs", 999'999ns, "01"},       // 0 %
                                         Percentage{"At1Ms", 1ms, "03"},                  // 1 %
                                         Percentage{"At25Ms", 25ms, "33"},                // 25 %
                                         Percentage{"At84Ms", 84ms, "a9"},                // 84 %
                                         Percentage{"At99Ms", 99ms, "c7"},                // 99 %
                                         Percentage{"BeforeItsEnd", 99'999'999ns, "c7"},  // 99 %
                                         Percentage{"AtItsEnd", 100ms, "c8"},             // 100 %, not in progress
                                         Percentage{"ADayLater", 24h, "c8"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(BackgroundOperationPercentage, IsTheShareOfTheDurationThatHasPassed) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  lab.advance(GetParam().after);
  EXPECT_EQ(lab.mctp(0x0002).payload.substr(0, 2), GetParam().status);
}

}  // namespace
}  // namespace cxlemu
