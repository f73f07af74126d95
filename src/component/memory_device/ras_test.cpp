#include "component/memory_device/ras.hpp"

#include <gtest/gtest.h>

namespace cxlemu {
namespace {

constexpr std::uint32_t kStatus = 0x00, kMask = 0x04, kSeverity = 0x08, kCorrectable = 0x0C, kCorrectableMask = 0x10,
                        kControl = 0x14, kHeader = 0x18;

RasHeader error(std::uint8_t bit, std::uint32_t first_dword = 0) {
  RasHeader made{.error = bit};
  made.header[0] = first_dword;
  return made;
}

// CXL r3.2 8.2.4.17.6: Poison_Enabled is hardwired to 1, and all else there is read only.
TEST(Ras, TakesNoWriteOfErrorCapabilitiesAndControl) {
  RasState state;
  for (const std::uint32_t value : {0U, 0xFFFF'FFFFU}) {
    ras::write(state, kControl, value);
    EXPECT_EQ(ras::read(state, kControl), 0x223FU);
  }
}

TEST(Ras, MasksEverythingAfterReset) {
  RasState state = ras::reset_state(false);
  EXPECT_EQ(ras::read(state, kMask), 0x1CFFFU);
  EXPECT_EQ(ras::read(state, kSeverity), 0x1CFFFU);
  EXPECT_EQ(ras::read(state, kCorrectableMask), 0x7FU);
  EXPECT_EQ(ras::read(state, kControl), 0x223FU);
  EXPECT_EQ(ras::record_uncorrectable(state, error(14)), RasOutcome::masked);
  EXPECT_EQ(ras::record_correctable(state, 6), RasOutcome::masked);
  EXPECT_EQ(state, ras::reset_state(false));
}

TEST(Ras, KeepsTheHeaderOfTheFirstErrorUntilSoftwareClearsIt) {
  RasState state = ras::reset_state(true);
  EXPECT_EQ(ras::record_uncorrectable(state, error(7, 0x77)), RasOutcome::recorded);
  EXPECT_EQ(ras::record_uncorrectable(state, error(4, 0x44)), RasOutcome::recorded);
  EXPECT_EQ(ras::record_uncorrectable(state, error(7, 0x78)), RasOutcome::recorded);
  EXPECT_EQ(ras::read(state, kStatus), 0x90U);
  EXPECT_EQ(ras::read(state, kControl) & 0x3F, 7U);
  EXPECT_EQ(ras::read(state, kHeader), 0x77U);
  ras::write(state, kStatus, 0x80);
  EXPECT_EQ(ras::read(state, kStatus), 0x90U);  // the second error of its kind
  EXPECT_EQ(ras::read(state, kControl) & 0x3F, 4U);
  EXPECT_EQ(ras::read(state, kHeader), 0x44U);
  ras::write(state, kStatus, 0x10);
  EXPECT_EQ(ras::read(state, kStatus), 0x80U);
  EXPECT_EQ(ras::read(state, kHeader), 0x78U);
  ras::write(state, kStatus, 0x80);
  EXPECT_EQ(ras::read(state, kStatus), 0U);
  EXPECT_EQ(ras::read(state, kControl) & 0x3F, 0x3FU);
  EXPECT_EQ(ras::read(state, kHeader), 0U);
}

TEST(Ras, ClearsEveryErrorThatIsNamedWhereItIsNotTheFirstAlone) {
  RasState state = ras::reset_state(true);
  for (const unsigned bit : {0U, 5U, 0U, 16U}) ras::record_uncorrectable(state, error(static_cast<std::uint8_t>(bit)));
  ras::write(state, kStatus, 0x10001);
  EXPECT_EQ(ras::read(state, kStatus), 0x20U);
  ras::write(state, kStatus, 0);
  EXPECT_EQ(ras::read(state, kStatus), 0x20U);
}

TEST(Ras, HasARegisterOfEachOffsetAndNoMoreBits) {
  RasState state = ras::reset_state(true);
  for (std::uint32_t offset = 0; offset < 0x60; offset += 4) ras::write(state, offset, 0xFFFF'FFFF);
  EXPECT_EQ(ras::read(state, kMask), 0x1CFFFU);
  EXPECT_EQ(ras::read(state, kSeverity), 0x1CFFFU);
  EXPECT_EQ(ras::read(state, kCorrectableMask), 0x7FU);
  EXPECT_EQ(ras::read(state, 0x54), 0U);
  // Fault B32: the header log has sixteen dwords, and what is behind it is not its own.
  ras::write(state, kMask, 0);
  RasHeader full{.error = 1};
  full.header.fill(0xA5A5'A5A5);
  ras::record_uncorrectable(state, full);
  EXPECT_EQ(ras::read(state, 0x54), 0xA5A5'A5A5U);
  EXPECT_EQ(ras::read(state, 0x58), 0U);
}

TEST(Ras, ClearsCorrectableErrorsByWritingOnes) {
  RasState state = ras::reset_state(true);
  ras::record_correctable(state, 0);
  ras::record_correctable(state, 6);
  EXPECT_EQ(ras::read(state, kCorrectable), 0x41U);
  ras::write(state, kCorrectable, 1);
  EXPECT_EQ(ras::read(state, kCorrectable), 0x40U);
}

TEST(Ras, HoldsErrorsToItsLimit) {
  RasState state = ras::reset_state(true);
  for (std::size_t i = 0; i < kMaximumRasHeaders; ++i)
    EXPECT_EQ(ras::record_uncorrectable(state, error(14)), RasOutcome::recorded);
  EXPECT_EQ(ras::record_uncorrectable(state, error(15)), RasOutcome::full);
  EXPECT_EQ(ras::read(state, kStatus), 0x4000U);
}

}  // namespace
}  // namespace cxlemu
