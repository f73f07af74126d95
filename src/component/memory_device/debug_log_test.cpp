#include "component/memory_device/debug_log.hpp"

#include <gtest/gtest.h>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu {
namespace {

using namespace std::chrono_literals;

class DebugLog : public testing::Test {
 protected:
  std::string text() { return debug_log::text(state, commands); }
  cci::CommandSet commands{memory_device_commands(), {}};
  DebugLogState state;
};

TEST_F(DebugLog, IsALineForEachEntry) {
  const std::uint16_t busy = 6;
  debug_log::add(state, {.kind = DebugLogKind::started, .by = cci::kMctp, .opcode = 0x4400}, 1ns);
  debug_log::add(state, {.kind = DebugLogKind::media, .code = 1}, 1ns);
  debug_log::add(state, {.kind = DebugLogKind::refused, .by = cci::kMailbox, .opcode = 0x4400, .code = busy}, 1s);
  debug_log::add(
      state, {.kind = DebugLogKind::interrupted, .by = cci::kMctp, .opcode = 0x4400, .code = 0x12, .percent = 7}, 2s);
  debug_log::add(state, {.kind = DebugLogKind::ended, .by = cci::kMctp, .opcode = 0x4400}, 3s);
  debug_log::add(state, {.kind = DebugLogKind::media}, 3s);
  debug_log::add(state, {.kind = DebugLogKind::event, .code = 3}, 100000s);
  debug_log::add(state, {.kind = DebugLogKind::reset, .code = static_cast<std::uint16_t>(ResetKind::power_loss)},
                 100000s);
  debug_log::add(state, {.kind = DebugLogKind::refused, .by = cci::kMctp, .opcode = 0xC000, .code = 3}, 100001s);
  EXPECT_EQ(text(),
            "     0.000000001 mctp 4400h Sanitize: started\n"
            "     0.000000001 media disabled\n"
            "     1.000000000 mailbox 4400h Sanitize: Busy (06h)\n"
            "     2.000000000 mctp 4400h Sanitize: interrupted at 7 %, Aborted (12h)\n"
            "     3.000000000 mctp 4400h Sanitize: ended, Success (00h)\n"
            "     3.000000000 media enabled\n"
            "100000.000000000 event: Fatal\n"
            "100000.000000000 reset: power-loss\n"
            "100001.000000000 mctp c000h: Unsupported (03h)\n");
}

TEST_F(DebugLog, CountsWhatHappensAgain) {
  for (int i = 1; i <= 3; ++i) {
    debug_log::add(state, {.kind = DebugLogKind::refused, .by = cci::kMailbox, .opcode = 0x4400, .code = 6}, i * 1s);
  }
  EXPECT_EQ(text(), "     1.000000000 mailbox 4400h Sanitize: Busy (06h), 3 times until 3.000000000\n");
}

TEST_F(DebugLog, LosesTheOldestPastItsLimit) {
  const auto add = [&](std::size_t i) {
    debug_log::add(state, {.kind = DebugLogKind::refused, .opcode = static_cast<std::uint16_t>(0xC000 + i), .code = 3},
                   1s);
  };
  for (std::size_t i = 0; i < kMaximumDebugLogEntries; ++i) add(i);
  EXPECT_EQ(state.entries.size(), kMaximumDebugLogEntries);
  EXPECT_EQ(state.lost, 0U);
  add(kMaximumDebugLogEntries);
  EXPECT_EQ(state.lost, kMaximumDebugLogEntries / 8);
  EXPECT_EQ(state.entries.size(), kMaximumDebugLogEntries * 7 / 8 + 1);
  EXPECT_EQ(state.entries.front().opcode, 0xC000 + kMaximumDebugLogEntries / 8);
  EXPECT_TRUE(text().starts_with("(32 older entries are lost)\n"));
}

}  // namespace
}  // namespace cxlemu
