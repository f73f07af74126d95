// CXL r3.2 8.2.10.3.1 Get FW Info (Opcode 0200h)
#include "support/firmware.hpp"

namespace cxlemu {
namespace {

class GetFwInfo : public OnEveryCci {};
ON_EVERY_CCI(GetFwInfo);

// Fault B25: the revisions are those of the packages, and no fixed strings.
TEST_P(GetFwInfo, OfANewDeviceShowsOneActiveSlot) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0200),
            success("02"                                                  // FW Slots Supported
                    "01"                                                  // active 1, nothing staged
                    "01"                                                  // online activation
                    "00 00 00 00 00 00 00 00 00 00 00 00 00"              // reserved
                    "63 78 6c 65 6d 75 2d 31 2e 30 00 00 00 00 00 00"     // cxlemu-1.0
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"     // slot 2: no FW
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"     // slot 3
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"));  // slot 4
}

TEST_P(GetFwInfo, ShowsEverySlotAndTheStagedOne) {
  Lab lab([](auto& config) {
    config.fw_slots = 4;
    config.fw_online_activation = false;
    config.firmware_revision = "sixteen bytes ok";
  });
  lab.mailbox(0x0201, full(2, package("2.0")));
  lab.mctp(0x0201, full(3, package("3.0")));
  lab.mailbox(0x0201, full(4, package("4.0 of sixteen b")));
  lab.mctp(0x0202, activate_on_reset(3));
  EXPECT_EQ(lab.send(GetParam(), 0x0200),
            success("04"                                                  // FW Slots Supported
                    "19"                                                  // active 1, staged 3
                    "00"                                                  // no online activation
                    "00 00 00 00 00 00 00 00 00 00 00 00 00"              // reserved
                    "73 69 78 74 65 65 6e 20 62 79 74 65 73 20 6f 6b"     // sixteen bytes ok
                    "32 2e 30 00 00 00 00 00 00 00 00 00 00 00 00 00"     // 2.0
                    "33 2e 30 00 00 00 00 00 00 00 00 00 00 00 00 00"     // 3.0
                    "34 2e 30 20 6f 66 20 73 69 78 74 65 65 6e 20 62"));  // 4.0 of sixteen b
}

TEST_P(GetFwInfo, ShowsTheLastSlotActiveAndTheFirstStaged) {
  Lab lab([](auto& config) { config.fw_slots = 4; });
  fill_slot(lab, 4, "4.0");
  lab.mctp(0x0202, activate_online(4));
  lab.mctp(0x0202, activate_on_reset(1));
  EXPECT_EQ(lab.send(GetParam(), 0x0200).payload.substr(0, 6), "040c01");
}

class SlotsOfTheDevice : public testing::TestWithParam<std::uint8_t> {};
INSTANTIATE_TEST_SUITE_P(FwSlots, SlotsOfTheDevice, testing::Values(2, 3, 4));

TEST_P(SlotsOfTheDevice, AreSupported) {
  Lab lab([](auto& config) { config.fw_slots = GetParam(); });
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(0, 2), "0" + std::to_string(GetParam()));
}

TEST_P(GetFwInfo, HasNoEffectInTheCel) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0200), "0000");
}

TEST_P(GetFwInfo, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0200, "ff"), lab.send(GetParam(), 0x0200));
}

TEST_P(GetFwInfo, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0200, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetFwInfo, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(GetParam(), 0x4400);
  const Answered answered = lab.send(GetParam(), 0x0200);
  EXPECT_EQ(answered.code, ReturnCode::success);
  EXPECT_TRUE(answered.background_operation);
}

// Until the last part is in, a transfer shows nothing.
TEST_P(GetFwInfo, ShowsNothingOfATransferInProgress) {
  Lab lab;
  const Answered before = lab.send(GetParam(), 0x0200);
  lab.mctp(0x0201, initiate(package("2.0")));
  EXPECT_EQ(lab.send(GetParam(), 0x0200), before);
}

// Fault B25: packages that were fully transferred persist, whatever resets the device.
class FirmwareSlots : public AfterEveryReset {};
AFTER_EVERY_RESET(FirmwareSlots);

TEST_P(FirmwareSlots, KeepTheirPackages) {
  Lab lab;
  lab.mailbox(0x0201, full(2, package("2.0")));
  const Answered before = lab.mailbox(0x0200);
  lab.reset(GetParam());
  EXPECT_EQ(lab.mailbox(0x0200), before);
}

TEST_P(FirmwareSlots, KeepTheActiveOne) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mailbox(0x0202, activate_online(2));
  lab.reset(GetParam());
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(2, 2), "02");
}

}  // namespace
}  // namespace cxlemu
