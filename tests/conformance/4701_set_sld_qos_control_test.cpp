// CXL r3.2 8.2.10.9.8.2 Set SLD QoS Control (Opcode 4701h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

class SetSldQosControl : public OnEveryCci {};
ON_EVERY_CCI(SetSldQosControl);

TEST_P(SetSldQosControl, IsReadBack) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4701, "03 14 32 0f"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4700), success("03 14 32 0f"));
}

TEST_P(SetSldQosControl, RefusesWhatIsOutsideOfItsRangeAndKeepsWhatWas) {
  Lab lab;
  for (const std::string_view wrong : {"00001908", "00651908", "000a0008", "000a6508", "000a1910"}) {
    EXPECT_EQ(lab.send(GetParam(), 0x4701, wrong), refused(ReturnCode::invalid_input)) << wrong;
  }
  EXPECT_EQ(lab.send(GetParam(), 0x4700), success("00 0a 19 08"));
  for (const std::string_view bound : {"00010100", "0064640f"}) {
    EXPECT_EQ(lab.send(GetParam(), 0x4701, bound), success()) << bound;
  }
}

TEST_P(SetSldQosControl, IgnoresReservedBitsAndRefusesWhatTheDeviceHasNot) {
  Lab lab([](auto& config) { config.qos_telemetry = QosTelemetry::congestion; });
  EXPECT_EQ(lab.send(GetParam(), 0x4701, "fd 0a 19 08"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4700), success("01 0a 19 08"));
  EXPECT_EQ(lab.send(GetParam(), 0x4701, "02 0a 19 08"), refused(ReturnCode::invalid_input));
  Lab none([](auto& config) { config.qos_telemetry = QosTelemetry::off; });
  EXPECT_EQ(none.send(GetParam(), 0x4701, "00 0a 19 08"), refused(ReturnCode::unsupported));
}

class QosControlAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(QosControlAfterReset);

TEST_P(QosControlAfterReset, IsTheDefaultAfterAConventionalReset) {
  Lab lab;
  lab.mailbox(0x4701, "03 14 32 0f");
  lab.reset(GetParam());
  const bool stays = GetParam() == ResetKind::flr || GetParam() == ResetKind::cxl;
  EXPECT_EQ(lab.mctp(0x4700), success(stays ? "03 14 32 0f" : "00 0a 19 08"));
}

TEST_P(SetSldQosControl, RefusesAShortPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4701, "000a19"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(SetSldQosControl, IsInTheCelAsAPolicyChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4701), "0800");
}

}  // namespace
}  // namespace cxlemu
