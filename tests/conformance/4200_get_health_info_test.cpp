// CXL r3.2 8.2.10.9.3.1 Get Health Info (Opcode 4200h)
#include "support/health.hpp"

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

class GetHealthInfo : public OnEveryCci {};
ON_EVERY_CCI(GetHealthInfo);

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

// --------------------------------------------------------------------------------------------------------- transitions

// "Crossed twice logs twice only if it fell in between": the log number and the Device Event Type of each event.
TEST(HealthTransitions, OfTemperatureAreToldOnceEachWayUp) {
  Lab lab;
  heat(lab, 75);
  heat(lab, 80);
  EXPECT_EQ(module_events(lab), "1:3");
  heat(lab, 85);
  heat(lab, 100);
  EXPECT_EQ(module_events(lab), "1:3 2:3");
  heat(lab, 80);
  EXPECT_EQ(module_events(lab), "1:3 2:3");
  heat(lab, 74);
  EXPECT_EQ(module_events(lab), "0:3 1:3 2:3");
  heat(lab, 75);
  EXPECT_EQ(module_events(lab), "0:3 1:3 1:3 2:3");
}

TEST(HealthTransitions, OfLowTemperatureAreToldToo) {
  Lab lab;
  heat(lab, 5);
  EXPECT_EQ(module_events(lab), "1:3");
  heat(lab, 0);
  heat(lab, -273);
  EXPECT_EQ(module_events(lab), "1:3 2:3");
  EXPECT_EQ(lab.mailbox(0x4200).payload.substr(4, 2), "08");
  heat(lab, 0x7FFF);
  EXPECT_EQ(lab.mailbox(0x4200).payload.substr(4, 2), "00");
}

TEST(HealthTransitions, OfLifeUsedAreAWarningAndAFailure) {
  Lab lab;
  wear(lab, 74);
  EXPECT_EQ(module_events(lab), "");
  wear(lab, 75);
  EXPECT_EQ(lab.mailbox(0x4200).payload.substr(4, 2), "01");
  wear(lab, 90);
  EXPECT_EQ(module_events(lab), "1:2");
  wear(lab, 91);
  EXPECT_EQ(lab.mailbox(0x4200).payload.substr(4, 2), "02");
  EXPECT_EQ(module_events(lab), "1:2 2:2");
}

TEST(HealthTransitions, OfHealthStatusAreOneEventForEachBitThatIsSet) {
  Lab lab;
  lab.set_health([](HealthState& state) { state.health_status = 0x0F; });
  EXPECT_EQ(module_events(lab), "1:0 1:0 1:0 2:0");
  lab.set_health([](HealthState& state) { state.health_status = 0; });
  EXPECT_EQ(module_events(lab), "1:0 1:0 1:0 2:0");
}

TEST(HealthTransitions, OfMediaStatusAreFailuresButThatOfBecomingReady) {
  Lab lab;
  const auto media = [&](std::uint8_t status) {
    lab.set_health([&](HealthState& state) { state.media_status = status; });
  };
  media(1);
  EXPECT_EQ(module_events(lab), "2:1");
  media(0);
  EXPECT_EQ(module_events(lab), "2:1");
  media(7);
  media(0);
  EXPECT_EQ(module_events(lab), "2:1 2:1 2:1");
}

TEST(HealthTransitions, TellTheHealthAsItIsThen) {
  Lab lab;
  heat(lab, 80);
  const EventRecord record = lab.events(EventLogId::warning, cci::kMctp).front();
  EXPECT_EQ(to_hex(Bytes(record.event_record_data).first(19)), "03" + lab.mctp(0x4200).payload);
}

TEST(CorrectedErrors, AreCountedWithoutAnEnd) {
  Lab lab;
  lab.set_health([](HealthState& state) { state.corrected_volatile_error_count = 0xFFFF'FFF0; });
  lab.corrected_errors(0, 0x20);
  lab.read_media(0, 1);
  EXPECT_EQ(lab.mailbox(0x4200).payload.substr(20, 8), "ffffffff");
}

}  // namespace
}  // namespace cxlemu
