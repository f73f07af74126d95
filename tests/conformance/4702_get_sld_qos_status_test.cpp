// CXL r3.2 8.2.10.9.8.3 Get SLD QoS Status (Opcode 4702h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

class GetSldQosStatus : public OnEveryCci {};
ON_EVERY_CCI(GetSldQosStatus);

// 64 bytes need 64 ns; the history is a hundred intervals of 8 ns.
void one_byte_a_nanosecond(MemoryDeviceConfig& config) { config.qos_bandwidth = 1'000'000'000; }

TEST_P(GetSldQosStatus, IsZeroWithoutAccessesOrWhereNothingIsMeasured) {
  Lab lab(one_byte_a_nanosecond);
  lab.read_media(0, 4096);
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("00"));
  lab.send(GetParam(), 0x4701, "010a1900");
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("00"));
  Lab idle(one_byte_a_nanosecond);
  idle.send(GetParam(), 0x4701, "010a1908");
  EXPECT_EQ(idle.send(GetParam(), 0x4702), success("00"));
}

TEST_P(GetSldQosStatus, IsTheShareOfTheHistoryThatAccessesKeptTheDeviceBusy) {
  Lab lab(one_byte_a_nanosecond);
  lab.send(GetParam(), 0x4701, "010a1908");
  lab.advance(1ms);
  lab.read_media(0, 200);
  lab.advance(200ns);
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("19"));  // 200 of 800 ns
  lab.write_media(0, std::string(2 * 400, '1'));
  lab.advance(400ns);
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("32"));  // the last 400 without a pause
  lab.read_media(0, 1000);
  lab.read_media(0, 1000);
  lab.advance(900ns);
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("64"));
  lab.advance(1100ns + 400ns);
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("32"));
  lab.advance(400ns);
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("00"));
}

TEST_P(GetSldQosStatus, LooksAtAHundredSampleIntervals) {
  Lab lab(one_byte_a_nanosecond);
  lab.send(GetParam(), 0x4701, "010a1901");
  lab.read_media(0, 80);
  lab.advance(80ns);
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("50"));
}

TEST_P(GetSldQosStatus, IsZeroWhereTheMediaMovesAnyNumberOfBytes) {
  Lab lab;
  lab.send(GetParam(), 0x4701, "010a1908");
  lab.read_media(0, 1 << 20);
  EXPECT_EQ(lab.send(GetParam(), 0x4702), success("00"));
}

TEST_P(GetSldQosStatus, IsUnsupportedWithoutEgressPortCongestion) {
  Lab lab([](auto& config) { config.qos_telemetry = QosTelemetry::throughput; });
  EXPECT_EQ(lab.send(GetParam(), 0x4702), refused(ReturnCode::unsupported));
}

TEST_P(GetSldQosStatus, AcceptsASurplusPayloadOrRefusesItByProperty) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4702, "00").code, ReturnCode::success);
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4702, "00"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetSldQosStatus, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4702), "0000");
}

}  // namespace
}  // namespace cxlemu
