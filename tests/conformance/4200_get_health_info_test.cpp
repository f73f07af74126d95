// CXL r3.2 8.2.10.9.3.1 Get Health Info (Opcode 4200h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

constexpr std::string_view kHealthy =
    "00"            // Health Status
    "00"            // Media Status: Normal
    "00"            // Additional Status
    "01"            // Life Used: 1 %
    "28 00"         // Device Temperature: 40 degrees Celsius
    "00 00 00 00"   // Dirty Shutdown Count
    "00 00 00 00"   // Corrected Volatile Error Count
    "00 00 00 00";  // Corrected Persistent Error Count

class GetHealthInfo : public OnBothCcis {};
ON_BOTH_CCIS(GetHealthInfo);

TEST_P(GetHealthInfo, TellsThatTheDeviceIsHealthy) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4200), success(kHealthy));
}

// Two's complement: -5 is FFFBh.
TEST_P(GetHealthInfo, TellsATemperatureBelowZero) {
  Lab lab([](auto& config) { config.temperature_celsius = -5; });
  EXPECT_EQ(lab.send(GetParam(), 0x4200).payload.substr(8, 4), "fbff");
}

TEST_P(GetHealthInfo, TellsWhatIsNotImplemented) {
  Lab lab([](auto& config) {
    config.temperature_celsius = 0x7FFF;
    config.life_used_percent = 0xFF;
  });
  EXPECT_EQ(lab.send(GetParam(), 0x4200), success("00 00 00 ff ff 7f" + zeros(12)));
}

TEST_P(GetHealthInfo, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4200, "ff"), success(kHealthy));
}

TEST_P(GetHealthInfo, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x4200, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetHealthInfo, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4200), "0000");
}

// Fault B1: Get Health Info reaches no sanitized area.
TEST_P(GetHealthInfo, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(GetParam(), 0x4400);
  Answered answered = success(kHealthy);
  answered.background_operation = true;
  EXPECT_EQ(lab.send(GetParam(), 0x4200), answered);
}

class HealthInfoAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(HealthInfoAfterReset);

TEST_P(HealthInfoAfterReset, IsTheSame) {
  Lab lab;
  lab.reset(GetParam());
  EXPECT_EQ(lab.mailbox(0x4200), success(kHealthy));
  EXPECT_EQ(lab.mctp(0x4200), success(kHealthy));
}

}  // namespace
}  // namespace cxlemu
