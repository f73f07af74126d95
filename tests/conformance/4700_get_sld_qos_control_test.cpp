// CXL r3.2 8.2.10.9.8.1 Get SLD QoS Control (Opcode 4700h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

class GetSldQosControl : public OnEveryCci {};
ON_EVERY_CCI(GetSldQosControl);

TEST_P(GetSldQosControl, TellsTheDefaults) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4700), success("00 0a 19 08"));
}

struct Capability {
  QosTelemetry telemetry;
  std::string_view told;
  bool has_control;
};
class QosCapability : public testing::TestWithParam<Capability> {};
INSTANTIATE_TEST_SUITE_P(Telemetry, QosCapability,
                         testing::Values(Capability{QosTelemetry::off, "00", false},
                                         Capability{QosTelemetry::congestion, "01", true},
                                         Capability{QosTelemetry::throughput, "02", true},
                                         Capability{QosTelemetry::both, "03", true}));

TEST_P(QosCapability, IsToldByIdentifyMemoryDeviceAndDecidesWhatIsServed) {
  Lab lab([](auto& config) { config.qos_telemetry = GetParam().telemetry; });
  EXPECT_EQ(lab.mailbox(0x4000).payload.substr(2 * 0x42, 2), GetParam().told);
  EXPECT_EQ(lab.mailbox(0x4700).code, GetParam().has_control ? ReturnCode::success : ReturnCode::unsupported);
}

TEST_P(GetSldQosControl, AcceptsASurplusPayloadOrRefusesItByProperty) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4700, "00").code, ReturnCode::success);
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4700, "00"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetSldQosControl, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4700), "0000");
}

}  // namespace
}  // namespace cxlemu
