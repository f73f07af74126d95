// A device with two MCTP endpoints (mctp=1:8+1:9): two CCIs, each with what CXL r3.2 9.20.1 gives a CCI of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/lab.hpp"
#include "wire/firmware.hpp"

namespace cxlemu {
namespace {

// Action, slot, two reserved bytes, offset in units of 128 bytes, 120 reserved bytes, data.
std::string transfer(std::string_view action, std::string_view offset, std::size_t bytes) {
  return std::string(action) + "02 0000" + std::string(offset) + zeros(120) + zeros(bytes);
}

TEST(TwoEndpoints, HaveOneTransferOfFirmwareBetweenThem) {
  Lab lab;
  EXPECT_EQ(lab.send(cci::kMctp, 0x0201, transfer("01", "00000000", 128)), success());
  EXPECT_EQ(lab.send(kMctp1, 0x0201, transfer("01", "00000000", 128)), refused(ReturnCode::fw_transfer_in_progress));
  EXPECT_EQ(lab.send(kMctp1, 0x0201, transfer("04", "00000000", 0)), refused(ReturnCode::fw_transfer_in_progress));
  EXPECT_EQ(lab.send(cci::kMctp, 0x0201, transfer("02", "01000000", 128)), success());
  EXPECT_EQ(lab.send(cci::kMctp, 0x0201, transfer("04", "00000000", 0)), success());
  EXPECT_EQ(lab.send(kMctp1, 0x0201, transfer("01", "00000000", 128)), success());
}

TEST(TwoEndpoints, HaveABackgroundSlotEach) {
  Lab lab([](MemoryDeviceConfig& config) { config.sanitize_duration = 4s; });
  EXPECT_EQ(lab.send(kMctp1, 0x4400), (Answered{ReturnCode::background_command_started, "", true}));
  lab.advance(1s);
  // In progress, 25 %; Sanitize; no return code yet.
  EXPECT_EQ(lab.send(kMctp1, 0x0002), (Answered{ReturnCode::success, "3300004400000000", true}));
  EXPECT_EQ(lab.send(cci::kMctp, 0x0002), success(zeros(8)));
  EXPECT_EQ(lab.send(cci::kMctp, 0x0005), success()) << "nothing runs here";
  EXPECT_EQ(lab.send(cci::kMctp, 0x4400), refused(ReturnCode::busy));
  EXPECT_EQ(lab.send(kMctp1, 0x0005), success());
}

TEST(TwoEndpoints, HaveEventLogsAndAResponseLimitEach) {
  Lab lab;
  lab.log_event(EventLogId::warning, 0xAB);
  EXPECT_EQ(lab.send(kMctp1, 0x0101, "01 00 01 000000 0100"), success());
  EXPECT_EQ(lab.send(kMctp1, 0x0100, "01").payload.substr(40, 4), "0000");
  EXPECT_EQ(lab.send(cci::kMctp, 0x0100, "01").payload.substr(40, 4), "0100");
  EXPECT_EQ(lab.send(kMctp1, 0x0004, "08"), success("08"));
  EXPECT_EQ(lab.send(cci::kMctp, 0x0003), success("0a"));
}

// Power loss ends what runs on each, and each begins anew.
TEST(TwoEndpoints, BothLoseTheirOperationsWithPower) {
  Lab lab([](MemoryDeviceConfig& config) { config.busy_across = BusyAcross::never; });
  for (const cci::CciId cci : {cci::kMctp, kMctp1}) lab.send(cci, 0x4400);
  lab.reset(ResetKind::power_loss);
  for (const cci::CciId cci : {cci::kMctp, kMctp1}) EXPECT_EQ(lab.send(cci, 0x0002), success(zeros(8)));
}

}  // namespace
}  // namespace cxlemu
