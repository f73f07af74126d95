// CXL r3.2 8.2.10.9.7.1 Security Send (Opcode 4600h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

class SecuritySend : public OnEveryCci {};
ON_EVERY_CCI(SecuritySend);

// Protocol 00h, security protocol information, is for Security Receive alone; others there are none.
TEST_P(SecuritySend, HasNoProtocolThatTakesData) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4600, "00 0000 0000000000"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4600, "01 0100 0000000000  11 22 33"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4600, "ef ffff 0000000000  11"), refused(ReturnCode::invalid_input));
}

// COMPAT(libcxlmi)
TEST_P(SecuritySend, OfNoDataSucceedsInTheProfileOfLibcxlmi) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  EXPECT_EQ(lab.send(GetParam(), 0x4600, "00 0000 0000000000"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4600, "00 0000 0000000000 11"), refused(ReturnCode::invalid_input));
}

TEST_P(SecuritySend, NeedsItsEightBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4600), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4600, "00 0000 00000000"), refused(ReturnCode::invalid_payload_length));
}

// All that follows the fixed part is data: nothing is surplus.
TEST_P(SecuritySend, TakesDataWhateverTheSurplusProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x4600, "01 0000 0000000000  11 22"), refused(ReturnCode::invalid_input));
}

TEST_P(SecuritySend, IsInTheCelAsSecurityStateChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4600), "2000");
}

}  // namespace
}  // namespace cxlemu
