// CXL r3.2 8.2.10.1.1 Identify (Opcode 0001h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

TEST(Identify, TellsWhatTheDeviceIs) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0001), success("f4 1a"                    // PCIe Vendor ID
                                      "81 0c"                    // PCIe Device ID
                                      "f4 1a"                    // PCIe Subsystem Vendor ID
                                      "00 11"                    // PCIe Subsystem ID
                                      "88 77 66 55 44 33 22 11"  // Device Serial Number
                                      "0a"                       // Maximum Supported Message Size: 2^10
                                      "03"));                    // Component Type: Type 3 Device
}

TEST(Identify, TellsTheConfiguredIdentity) {
  Lab lab([](auto& config) {
    config.vendor_id = 0x8086;
    config.device_id = 0xFFFE;
    config.subsystem_vendor_id = 0x1028;
    config.subsystem_id = 0x0001;
    config.serial_number = 0xFEDCBA9876543210;
    config.message_limit = 8;
  });
  EXPECT_EQ(lab.mctp(0x0001), success("86 80 fe ff 28 10 01 00 10 32 54 76 98 ba dc fe 08 03"));
}

// Fault B41: the reference emulator has it on CCIs without a documented rule.
TEST(Identify, IsProhibitedOnTheMailbox) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0001), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0001), "absent");
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0001), "0000");
}

TEST(Identify, IsRefusedOnTheMailboxBeforeItsLengthIsLookedAt) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.mailbox(0x0001, "00"), refused(ReturnCode::unsupported_mailbox_or_cci));
}

TEST(Identify, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0001, "ff").payload, "f41a810cf41a001188776655443322110a03");
}

TEST(Identify, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.mctp(0x0001, "ff"), refused(ReturnCode::invalid_payload_length));
}

// spec-check g3: a request above the advertised size is answered, never dropped.
TEST(Identify, AcceptsARequestOfTheAdvertisedSizeAndAnswersALongerOneWith16h) {
  Lab lab([](auto& config) { config.message_limit = 8; });
  EXPECT_EQ(lab.mctp(0x0001, zeros(256)).code, ReturnCode::success);
  EXPECT_EQ(lab.mctp(0x0001, zeros(257)), refused(ReturnCode::invalid_payload_length));
}

TEST(Identify, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.mctp(0x4400);
  const Answered answered = lab.mctp(0x0001);
  EXPECT_EQ(answered.code, ReturnCode::success);
  EXPECT_TRUE(answered.background_operation);
}

class IdentifyAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(IdentifyAfterReset);

TEST_P(IdentifyAfterReset, TellsTheSame) {
  Lab lab;
  lab.reset(GetParam());
  EXPECT_EQ(lab.mctp(0x0001), success("f4 1a 81 0c f4 1a 00 11 88 77 66 55 44 33 22 11 0a 03"));
}

}  // namespace
}  // namespace cxlemu
