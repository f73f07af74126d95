// CXL r3.2 8.2.10.9.4.4 Get Scan Media Capabilities (Opcode 4303h)
#include "support/media.hpp"

namespace cxlemu {
namespace {

class GetScanMediaCapabilities : public OnEveryCci {};
ON_EVERY_CCI(GetScanMediaCapabilities);

struct Estimate {
  std::string_view name;
  Timing timing;
  std::uint64_t lines;
  std::uint32_t milliseconds;
};
class ScanEstimate : public testing::TestWithParam<Estimate> {};
INSTANTIATE_TEST_SUITE_P(Timing, ScanEstimate,
                         testing::Values(Estimate{"InstantOfALine", Timing::instant, 1, 10},
                                         Estimate{"InstantOf512MiB", Timing::instant, kAllLines, 64},
                                         Estimate{"QemuOfALine", Timing::qemu, 1, 1},
                                         Estimate{"QemuOf512MiB", Timing::qemu, kAllLines, 4195},
                                         Estimate{"RealOf512MiB", Timing::real, kAllLines, 128},
                                         Estimate{"RealOfALine", Timing::real, 1, 1}),
                         [](const auto& tested) { return std::string(tested.param.name); });

// What is estimated is what a scan of the range takes.
TEST_P(ScanEstimate, IsTheTimeOfTheRange) {
  Lab lab([](auto& config) { config.timing = GetParam().timing; });
  EXPECT_EQ(lab.mailbox(0x4303, lines_from(0, GetParam().lines)), success(le32(GetParam().milliseconds)));
  EXPECT_EQ(lab.mailbox(0x4304, scan_request(0, GetParam().lines)), kStarted);
  lab.advance(std::chrono::milliseconds(GetParam().milliseconds - 1));
  EXPECT_TRUE(lab.background(cci::kMailbox).running);
  lab.advance(1ms);
  EXPECT_FALSE(lab.background(cci::kMailbox).running);
}

TEST_P(GetScanMediaCapabilities, IsWhatThePropertySays) {
  Lab lab([](auto& config) { config.scan_duration = 70s; });
  EXPECT_EQ(lab.send(GetParam(), 0x4303, all_lines()), success(le32(70'000)));
}

// 0 would say that no time can be told.
TEST_P(GetScanMediaCapabilities, IsAtLeastAMillisecondAndAtMostWhatItsFieldHolds) {
  Lab none([](auto& config) { config.scan_duration = 0ms; });
  EXPECT_EQ(none.send(GetParam(), 0x4303, all_lines()), success(le32(1)));
  Lab week([](auto& config) { config.scan_duration = 7 * 24h; });
  EXPECT_EQ(week.send(GetParam(), 0x4303, all_lines()), success(le32(604'800'000)));
}

TEST_P(GetScanMediaCapabilities, RefusesWhatScanMediaWouldRefuse) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4303, lines_from(0, kAllLines + 1)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(lab.send(GetParam(), 0x4303, lines_from(0, 0)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4303, zeros(15)), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetScanMediaCapabilities, IsRefusedWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4303, all_lines()), refused(ReturnCode::media_disabled));
}

TEST_P(GetScanMediaCapabilities, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4303), "0000");
}

}  // namespace
}  // namespace cxlemu
