// CXL r3.2 8.2.10.9.3.3 Set Alert Configuration (Opcode 4202h)
#include "support/health.hpp"

namespace cxlemu {
namespace {

class SetAlertConfiguration : public OnEveryCci {};
ON_EVERY_CCI(SetAlertConfiguration);

constexpr std::uint8_t kLife = Alerts::kLifeUsed;
constexpr std::uint8_t kOver = Alerts::kOverTemperature;
constexpr std::uint8_t kUnder = Alerts::kUnderTemperature;
constexpr std::uint8_t kVolatile = Alerts::kCorrectedVolatile;
constexpr std::uint8_t kPersistent = Alerts::kCorrectedPersistent;

TEST_P(SetAlertConfiguration, ReplacesTheThresholdsThatAreValid) {
  Lab lab([](auto& config) { config.under_temperature_critical = -40; });
  EXPECT_EQ(lab.send(GetParam(), 0x4202, alerts({kLife | kUnder, kLife | kUnder, 50, 60, -5, 7, 7})).code,
            ReturnCode::success);
  lab.reset(ResetKind::flr);
  EXPECT_EQ(lab.send(GetParam(), 0x4201).payload,
            "1f1f5a325500d8ff"
            "4b00"
            "fbff"
            "64006400");
}

// -5 is not above the critical 0 of the default: it is refused there.
TEST(SetAlertConfigurationBounds, AreTheCriticalThresholdsSigned) {
  Lab lab;
  const auto set = [&](const AlertRequest& wanted) { return lab.mailbox(0x4202, alerts(wanted)).code; };
  EXPECT_EQ(set({kLife, kLife, 89}), ReturnCode::success);
  EXPECT_EQ(set({kLife, kLife, 90}), ReturnCode::invalid_input);
  EXPECT_EQ(set({kOver, kOver, 0, 84}), ReturnCode::success);
  EXPECT_EQ(set({kOver, kOver, 0, 85}), ReturnCode::invalid_input);
  EXPECT_EQ(set({kOver, kOver, 0, -20}), ReturnCode::success);
  EXPECT_EQ(set({kUnder, kUnder, 0, 0, 1}), ReturnCode::success);
  EXPECT_EQ(set({kUnder, kUnder, 0, 0, 0}), ReturnCode::invalid_input);
  EXPECT_EQ(set({kUnder, kUnder, 0, 0, -1}), ReturnCode::invalid_input);
}

// Fault B26: the reference emulator applies the fields before the wrong one.
TEST_P(SetAlertConfiguration, AppliesAllOfItOrNothing) {
  Lab lab;
  const std::string before = lab.send(GetParam(), 0x4201).payload;
  EXPECT_EQ(lab.send(GetParam(), 0x4202, alerts({Alerts::kAll, Alerts::kAll, 50, 60, -100, 1, 1})),
            refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4201).payload, before);
}

// Fault B26: the enable mask is honoured, and a disabled warning says nothing.
TEST_P(SetAlertConfiguration, DisablesAWarningWhoseEnableBitIsClear) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4202, alerts({kOver, 0, 0, 200})), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4201).payload.substr(0, 2), "1d");
  heat(lab, 80);
  EXPECT_EQ(module_events(lab), "");
  // The critical threshold cannot be disabled.
  heat(lab, 85);
  EXPECT_EQ(module_events(lab), "2:3");
}

TEST_P(SetAlertConfiguration, IgnoresEnableBitsThatAreNotValidAndReservedOnes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4202, alerts({0xE0, 0xFF, 99, 200, -100})), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4201).payload.substr(0, 8), "1f1f5a4b");
}

TEST_P(SetAlertConfiguration, TellsAtOnceOfAConditionThatIsMet) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4202, alerts({kOver, kOver, 0, 30})), success());
  EXPECT_EQ(module_events(lab), "1:3");
  // Newly programmed: told of again, though nothing changed.
  lab.send(GetParam(), 0x4202, alerts({kOver, kOver, 0, 35}));
  EXPECT_EQ(module_events(lab), "1:3 1:3");
  // Another one is programmed: nothing to tell.
  lab.send(GetParam(), 0x4202, alerts({kLife, kLife, 50}));
  EXPECT_EQ(module_events(lab), "1:3 1:3");
}

TEST_P(SetAlertConfiguration, TellsOnceWhenCorrectedErrorsReachTheThreshold) {
  Lab lab;
  lab.send(GetParam(), 0x4202, alerts({kVolatile | kPersistent, kVolatile | kPersistent, 0, 0, 0, 3, 2}));
  const auto counted = [&](std::uint32_t of_volatile, std::uint32_t of_persistent) {
    lab.set_health([&](HealthState& state) {
      state.corrected_volatile_error_count = of_volatile;
      state.corrected_persistent_error_count = of_persistent;
    });
  };
  counted(2, 0);
  EXPECT_EQ(module_events(lab), "");
  counted(3, 0);
  counted(8, 0);
  EXPECT_EQ(module_events(lab), "1:0");
  counted(8, 9);
  EXPECT_EQ(module_events(lab), "1:0 1:0");
  EXPECT_EQ(lab.send(GetParam(), 0x4200).payload, "000030012800000000000800000009000000");
}

class AlertsAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(AlertsAfterReset);

// spec-check n1: back to the vendor's defaults, with the counts, at every Conventional Reset and nowhere else.
TEST_P(AlertsAfterReset, AreTheVendorsDefaultsAgain) {
  Lab lab;
  lab.mailbox(0x4202, alerts({Alerts::kAll, kLife, 50}));
  lab.set_health([](HealthState& state) { state.corrected_volatile_error_count = 7; });
  lab.reset(GetParam());
  const bool stay = GetParam() == ResetKind::flr || GetParam() == ResetKind::cxl;
  EXPECT_EQ(lab.mctp(0x4201).payload.substr(0, 8), stay ? "011f5a32" : "1f1f5a4b");
  EXPECT_EQ(lab.health_info().corrected_volatile_error_count, stay ? 7U : 0U);
}

TEST_P(SetAlertConfiguration, RefusesAShortPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4202, zeros(11)), refused(ReturnCode::invalid_payload_length));
}

TEST_P(SetAlertConfiguration, IsInTheCelAsAPolicyChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4202), "0800");
}

}  // namespace
}  // namespace cxlemu
