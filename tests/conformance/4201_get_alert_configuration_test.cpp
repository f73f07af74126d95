// CXL r3.2 8.2.10.9.3.2 Get Alert Configuration (Opcode 4201h)
#include "support/health.hpp"

namespace cxlemu {
namespace {

class GetAlertConfiguration : public OnEveryCci {};
ON_EVERY_CCI(GetAlertConfiguration);

TEST_P(GetAlertConfiguration, TellsTheDefaults) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4201), success("1f 1f"         // all warnings enabled, all programmable
                                                  "5a 4b"         // life used: critical 90 %, warning 75 %
                                                  "5500 0000"     // critical from 85 and down from 0 degrees
                                                  "4b00 0500"     // warnings 75 and 5 degrees
                                                  "6400 6400"));  // a hundred corrected errors each
}

TEST_P(GetAlertConfiguration, TellsWhatThePropertiesSayAndNegativeTemperatures) {
  Lab lab([](auto& config) {
    config.life_used_critical = 50;
    config.over_temperature_critical = 100;
    config.under_temperature_critical = -40;
    config.under_temperature_warning = -20;
    config.corrected_persistent_errors_warning = 0x1234;
  });
  EXPECT_EQ(lab.send(GetParam(), 0x4201), success("1f1f 32 4b 6400 d8ff 4b00 ecff 6400 3412"));
}

TEST_P(GetAlertConfiguration, AcceptsASurplusPayloadOrRefusesItByProperty) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4201, "00").code, ReturnCode::success);
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4201, "00"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetAlertConfiguration, IsAnsweredWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4201).code, ReturnCode::success);
}

TEST_P(GetAlertConfiguration, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4201), "0000");
}

}  // namespace
}  // namespace cxlemu
