// CXL r3.2 8.2.10.9.7.2 Security Receive (Opcode 4601h); the data of protocol 00h is defined by SPC-4
#include "support/security.hpp"

namespace cxlemu {
namespace {

class SecurityReceive : public OnEveryCci {};
ON_EVERY_CCI(SecurityReceive);

TEST_P(SecurityReceive, ListsProtocol00hAlone) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0000 0000000000"), success("000000000000 0001 00"));
}

TEST_P(SecurityReceive, HasNoCertificate) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0100 0000000000"), success("0000 0000"));
}

TEST_P(SecurityReceive, RefusesOtherInformationAndOtherProtocols) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0200 0000000000"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0001 0000000000"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "01 0000 0000000000"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "ff 0000 0000000000"), refused(ReturnCode::invalid_input));
}

TEST_P(SecurityReceive, IgnoresReservedBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0000 ffffffffff"), success("000000000000 0001 00"));
}

TEST_P(SecurityReceive, NeedsItsEightBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0000 00000000"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0000 0000000000 ff"), success("000000000000 0001 00"));
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4601, "00 0000 0000000000 ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(SecurityReceive, IsAnsweredWhileLockedAndWhileMediaIsDisabled) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mctp(0x4400);
  lab.advance(10ms);
  lab.mctp(0x0005);
  lock(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0000 0000000000"), success("000000000000 0001 00"));
}

// COMPAT(libcxlmi): it takes 264 bytes or nothing, and its test has room for 256.
TEST_P(SecurityReceive, IsUnsupportedForLibcxlmi) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  EXPECT_EQ(lab.send(GetParam(), 0x4601, "00 0000 0000000000"), refused(ReturnCode::unsupported));
}

TEST_P(SecurityReceive, IsInTheCelWithoutEffect) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4601), "0000");
}

}  // namespace
}  // namespace cxlemu
