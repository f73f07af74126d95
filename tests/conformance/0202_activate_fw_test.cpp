// CXL r3.2 8.2.10.3.3 Activate FW (Opcode 0202h)
#include "support/firmware.hpp"

namespace cxlemu {
namespace {

const Answered kStarted{ReturnCode::background_command_started, "", true};
const Answered kInvalidInput = refused(ReturnCode::invalid_input);
const Answered kInvalidSlot = refused(ReturnCode::invalid_slot);
const Answered kRolledBack = refused(ReturnCode::activation_failed_fw_rolled_back);
const Answered kColdResetRequired = refused(ReturnCode::activation_failed_cold_reset_required);

void in_background(MemoryDeviceConfig& config) { config.fw_activates_in_background = true; }
void three_slots_in_background(MemoryDeviceConfig& config) {
  config.fw_slots = 3;
  config.fw_activates_in_background = true;
}
void three_slots(MemoryDeviceConfig& config) { config.fw_slots = 3; }

int active(Lab& lab) { return lab.active_firmware_slot(); }
int staged(Lab& lab) { return lab.staged_firmware_slot(); }
void next_activation_fails(Lab& lab, ReturnCode code) { lab.fault(FirmwareFaults{.activation = code}); }

class ActivateFw : public OnEveryCci {
 protected:
  Answered send(Lab& lab, std::string_view request) { return lab.send(GetParam(), 0x0202, request); }
};
ON_EVERY_CCI(ActivateFw);

// ------------------------------------------------------------------------------------------------------------ online

TEST_P(ActivateFw, OnlineMakesTheSlotActiveAtOnce) {
  Lab lab;
  lab.mctp(0x0201, full(2, package("2.0")));
  EXPECT_EQ(send(lab,
                 "00"    // Online
                 "02"),  // slot
            success());
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(0, 6), "020201");
}

// 4000h tells the revision of the firmware that runs.
TEST_P(ActivateFw, ChangesTheRevisionOfIdentifyMemoryDevice) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(lab.mailbox(0x4000).payload.substr(0, 32), "63786c656d752d312e30000000000000");
  send(lab, activate_online(2));
  EXPECT_EQ(lab.mailbox(0x4000).payload.substr(0, 32), "322e3000000000000000000000000000");
}

TEST_P(ActivateFw, GoesBackToTheSlotBefore) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  send(lab, activate_online(2));
  EXPECT_EQ(send(lab, activate_online(1)), success());
  EXPECT_EQ(active(lab), 1);
}

// Fault B25: the reference emulator leaves it staged.
TEST_P(ActivateFw, OnlineEndsTheStagingOfItsSlot) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  send(lab, activate_on_reset(2));
  send(lab, activate_online(2));
  EXPECT_EQ(active(lab), 2);
  EXPECT_EQ(staged(lab), 0);
}

TEST_P(ActivateFw, OnlineLeavesAnotherStagedSlot) {
  Lab lab(three_slots);
  fill_slot(lab, 2, "2.0");
  fill_slot(lab, 3, "3.0");
  send(lab, activate_on_reset(3));
  send(lab, activate_online(2));
  EXPECT_EQ(active(lab), 2);
  EXPECT_EQ(staged(lab), 3);
}

// SILENT: a device without the capability answers 02h; Get FW Info has told so.
TEST_P(ActivateFw, OnlineIsRefusedByADeviceWithoutIt) {
  Lab lab([](auto& config) { config.fw_online_activation = false; });
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(send(lab, activate_online(2)), kInvalidInput);
  EXPECT_EQ(send(lab, activate_on_reset(2)), success());
  EXPECT_EQ(active(lab), 1);
}

// ------------------------------------------------------------------------------------------------------------ staged

TEST_P(ActivateFw, OnTheNextResetStagesTheSlot) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(send(lab, "01 02"), success());
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(2, 2), "11");
}

TEST_P(ActivateFw, StagesOneSlotAtATime) {
  Lab lab(three_slots);
  fill_slot(lab, 2, "2.0");
  fill_slot(lab, 3, "3.0");
  send(lab, activate_on_reset(2));
  EXPECT_EQ(send(lab, activate_on_reset(3)), success());
  EXPECT_EQ(staged(lab), 3);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0202, activate_on_reset(2)), success());
  EXPECT_EQ(staged(lab), 2);
}

// The resets that the CEL names (fault B25: staged firmware was never activated).
class StagedFirmware : public AfterEveryReset {};
AFTER_EVERY_RESET(StagedFirmware);

TEST_P(StagedFirmware, BecomesActiveAtEveryResetButFlr) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_on_reset(2));
  lab.reset(GetParam());
  const bool is_flr = GetParam() == ResetKind::flr;
  EXPECT_EQ(active(lab), is_flr ? 1 : 2);
  EXPECT_EQ(staged(lab), is_flr ? 2 : 0);
}

TEST_P(StagedFirmware, StaysActiveAfterASecondReset) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_on_reset(2));
  lab.reset(ResetKind::cxl);
  lab.reset(GetParam());
  EXPECT_EQ(active(lab), 2);
}

// Where it fails, the device falls back to the firmware before (8.2.10.3.1).
TEST_P(StagedFirmware, FallsBackWhereItsActivationFails) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_on_reset(2));
  next_activation_fails(lab, ReturnCode::activation_failed_fw_rolled_back);
  lab.reset(GetParam());
  EXPECT_EQ(active(lab), 1);
  EXPECT_EQ(staged(lab), GetParam() == ResetKind::flr ? 2 : 0);
}

TEST(StagedFirmwareThatFailed, CanBeStagedAgain) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_on_reset(2));
  next_activation_fails(lab, ReturnCode::activation_failed_fw_rolled_back);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.mctp(0x0202, activate_on_reset(2)), success());
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(active(lab), 2);
}

// ---------------------------------------------------------------------------------------------------------- refusals

struct Slot {
  std::uint8_t fw_slots;
  std::uint8_t slot;
  bool taken;
};
class ActivateFwSlot : public testing::TestWithParam<Slot> {};
INSTANTIATE_TEST_SUITE_P(Slot, ActivateFwSlot,
                         testing::Values(Slot{2, 0, false}, Slot{2, 1, false}, Slot{2, 2, true}, Slot{2, 3, false},
                                         Slot{3, 0, false}, Slot{3, 1, false}, Slot{3, 2, true}, Slot{3, 3, true},
                                         Slot{3, 4, false}, Slot{4, 0, false}, Slot{4, 1, false}, Slot{4, 2, true},
                                         Slot{4, 3, true}, Slot{4, 4, true}, Slot{4, 5, false}, Slot{4, 255, false}),
                         [](const auto& tested) {
                           return std::to_string(tested.param.slot) + "Of" + std::to_string(tested.param.fw_slots);
                         });

TEST_P(ActivateFwSlot, IsOneThatTheDeviceHasAndDoesNotRun) {
  Lab lab([](auto& config) { config.fw_slots = GetParam().fw_slots; });
  fill_slot(lab, 2, "2.0");
  fill_slot(lab, 3, "3.0");
  fill_slot(lab, 4, "4.0");
  const Answered expected = GetParam().taken ? success() : kInvalidSlot;
  EXPECT_EQ(lab.mctp(0x0202, activate_on_reset(GetParam().slot)), expected);
  EXPECT_EQ(lab.mctp(0x0202, activate_online(GetParam().slot)), expected);
}

TEST_P(ActivateFw, RefusesAnEmptySlot) {
  Lab lab;
  EXPECT_EQ(send(lab, activate_online(2)), kInvalidSlot);
  EXPECT_EQ(send(lab, activate_on_reset(2)), kInvalidSlot);
  EXPECT_EQ(staged(lab), 0);
}

TEST_P(ActivateFw, RefusesASlotWhosePackageIsNotAllThere) {
  Lab lab;
  lab.mctp(0x0201, initiate(package("2.0")));
  EXPECT_EQ(send(lab, activate_online(2)), kInvalidSlot);
}

TEST_P(ActivateFw, RefusesReservedActionsBeforeTheSlot) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(send(lab, "02 02"), kInvalidInput);
  EXPECT_EQ(send(lab, "ff 02"), kInvalidInput);
  EXPECT_EQ(send(lab, "02 01"), kInvalidInput);
}

TEST_P(ActivateFw, RefusesTheSlotBeforeTheOnlineActivationThatIsNotThere) {
  Lab lab([](auto& config) { config.fw_online_activation = false; });
  EXPECT_EQ(send(lab, activate_online(2)), kInvalidSlot);
}

TEST_P(ActivateFw, NeedsItsTwoBytes) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(send(lab, ""), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(send(lab, "00"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(send(lab, "00 02 ff"), success());
}

TEST_P(ActivateFw, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(send(lab, "00 02 ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(ActivateFw, IsAnsweredWhileMediaIsDisabled) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  fill_slot(lab, 2, "2.0");
  lab.send(another_cci(GetParam()), 0x4400);
  EXPECT_EQ(send(lab, activate_online(2)), success());
}

TEST_P(ActivateFw, IsInTheCelWithItsResetsAndAbortSupported) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0202), "430f");
}

TEST_P(ActivateFw, FailsWhereAFaultSaysSoAndChangesNothing) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.fault(cci::ReturnCodeFault{.opcode = Opcode{0x0202}, .call = 1, .return_code = ReturnCode::internal_error});
  EXPECT_EQ(send(lab, activate_online(2)), refused(ReturnCode::internal_error));
  EXPECT_EQ(active(lab), 1);
}

// A transfer in progress, of whichever CCI, is no reason to refuse.
TEST_P(ActivateFw, IsPossibleDuringATransfer) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.send(another_cci(GetParam()), 0x0201, initiate(zeros(128)));
  EXPECT_EQ(send(lab, activate_online(2)), success());
  EXPECT_TRUE(lab.firmware_transfer_goes_on());
}

// Permitted, not required (fault B33): the last part holds the slot that it is stored in.
TEST_P(ActivateFw, IsBusyWhileTheOtherCciStoresInItsSlot) {
  Lab lab([](auto& config) {
    config.fw_slots = 3;
    config.fw_transfer_duration = 100ms;
  });
  fill_slot(lab, 2, "2.0");
  fill_slot(lab, 3, "3.0");
  lab.send(another_cci(GetParam()), 0x0201, full(2, package("2.1")));
  EXPECT_EQ(send(lab, activate_online(2)), refused(ReturnCode::busy));
  EXPECT_EQ(send(lab, activate_on_reset(2)), refused(ReturnCode::busy));
  EXPECT_EQ(send(lab, activate_on_reset(3)), success());
  lab.advance(100ms);
  EXPECT_EQ(send(lab, activate_online(2)), success());
  EXPECT_EQ(lab.mailbox(0x4000).payload.substr(0, 6), "322e31");
}

TEST_P(ActivateFw, WinsTheSlotThatTheOtherCciStoresInByProperty) {
  Lab lab([](auto& config) {
    config.fw_transfer_duration = 100ms;
    config.busy_across = BusyAcross::never;
  });
  fill_slot(lab, 2, "2.0");
  lab.send(another_cci(GetParam()), 0x0201, full(2, package("2.1")));
  EXPECT_EQ(send(lab, activate_online(2)), success());
  lab.advance(100ms);
  EXPECT_EQ(lab.background(another_cci(GetParam())).return_code, ReturnCode::invalid_slot);
  EXPECT_EQ(lab.mailbox(0x4000).payload.substr(0, 6), "322e30");
}

// ---------------------------------------------------------------------------------------------------------- failing

TEST_P(ActivateFw, RollsBackWhereItFails) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  next_activation_fails(lab, ReturnCode::activation_failed_fw_rolled_back);
  EXPECT_EQ(send(lab, activate_online(2)), kRolledBack);
  EXPECT_EQ(active(lab), 1);
  EXPECT_EQ(send(lab, activate_online(2)), success());
  EXPECT_EQ(active(lab), 2);
}

TEST_P(ActivateFw, KeepsAFailureForTheNextActivation) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  next_activation_fails(lab, ReturnCode::activation_failed_fw_rolled_back);
  EXPECT_EQ(send(lab, activate_online(1)), kInvalidSlot);
  EXPECT_EQ(send(lab, activate_on_reset(2)), success());
  EXPECT_EQ(send(lab, activate_online(2)), kRolledBack);
  EXPECT_EQ(staged(lab), 2);
}

TEST_P(ActivateFw, MayNeedAColdResetAfterAFailure) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  next_activation_fails(lab, ReturnCode::activation_failed_cold_reset_required);
  EXPECT_EQ(send(lab, activate_online(2)), kColdResetRequired);
  EXPECT_EQ(active(lab), 1);
  EXPECT_EQ(send(lab, activate_online(2)), kColdResetRequired);
  EXPECT_EQ(send(lab, activate_on_reset(2)), kColdResetRequired);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0202, activate_online(2)), kColdResetRequired);
  EXPECT_EQ(send(lab, activate_online(1)), kInvalidSlot);
  EXPECT_EQ(lab.send(GetParam(), 0x0201, full(2, package("2.1"))), success());
}

class ColdResetRequired : public AfterEveryReset {};
AFTER_EVERY_RESET(ColdResetRequired);

bool is_cold(ResetKind kind) { return kind == ResetKind::cold || kind == ResetKind::power_loss; }

TEST_P(ColdResetRequired, IsOverAfterAColdResetAlone) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  next_activation_fails(lab, ReturnCode::activation_failed_cold_reset_required);
  lab.mailbox(0x0202, activate_online(2));
  lab.reset(GetParam());
  EXPECT_EQ(lab.mailbox(0x0202, activate_online(2)), is_cold(GetParam()) ? success() : kColdResetRequired);
}

// What was staged before waits for the Cold Reset.
TEST_P(ColdResetRequired, KeepsWhatIsStagedUntilThen) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mailbox(0x0202, activate_on_reset(2));
  next_activation_fails(lab, ReturnCode::activation_failed_cold_reset_required);
  lab.mailbox(0x0202, activate_online(2));
  lab.reset(GetParam());
  EXPECT_EQ(active(lab), is_cold(GetParam()) ? 2 : 1);
  EXPECT_EQ(staged(lab), is_cold(GetParam()) ? 0 : 2);
}

TEST_P(ColdResetRequired, IsSaidAfterAFailureAtTheReset) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mailbox(0x0202, activate_on_reset(2));
  next_activation_fails(lab, ReturnCode::activation_failed_cold_reset_required);
  lab.reset(GetParam());
  EXPECT_EQ(active(lab), 1);
  EXPECT_EQ(lab.mailbox(0x0202, activate_online(2)), kColdResetRequired);
}

// -------------------------------------------------------------------------------------------------------- background

// Linux does not wait for an activation, so that it is synchronous unless asked for.
TEST_P(ActivateFw, RunsInTheBackgroundByProperty) {
  Lab lab(in_background);
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(send(lab, activate_online(2)), kStarted);
  lab.advance(99ms);
  EXPECT_EQ(active(lab), 1);
  EXPECT_EQ(lab.background(GetParam()).percent, 99);
  lab.advance(1ms);
  EXPECT_EQ(active(lab), 2);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::success);
}

TEST_P(ActivateFw, StagesAtOnceWhereItRunsInTheBackground) {
  Lab lab(in_background);
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(send(lab, activate_on_reset(2)), success());
}

TEST_P(ActivateFw, StartsNothingThatItRefuses) {
  Lab lab(in_background);
  EXPECT_EQ(send(lab, activate_online(2)), kInvalidSlot);
  EXPECT_FALSE(lab.background(GetParam()).running);
}

TEST_P(ActivateFw, IsBusyWhileAnOperationOfTheSameCciRuns) {
  Lab lab(in_background);
  fill_slot(lab, 2, "2.0");
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(send(lab, activate_online(2)), (Answered{ReturnCode::busy, "", true}));
  EXPECT_EQ(send(lab, activate_on_reset(2)), (Answered{ReturnCode::success, "", true}));
}

TEST_P(ActivateFw, IsBusyWhileTheOtherCciActivates) {
  Lab lab(three_slots_in_background);
  fill_slot(lab, 2, "2.0");
  fill_slot(lab, 3, "3.0");
  lab.send(another_cci(GetParam()), 0x0202, activate_online(2));
  EXPECT_EQ(send(lab, activate_online(3)), refused(ReturnCode::busy));
  EXPECT_EQ(send(lab, activate_on_reset(3)), success());
  lab.advance(100ms);
  EXPECT_EQ(active(lab), 2);
  EXPECT_EQ(staged(lab), 3);
}

TEST_P(ActivateFw, RunsBesideOneOfTheOtherCciByPropertyAndTheLastWins) {
  Lab lab([](auto& config) {
    three_slots_in_background(config);
    config.busy_across = BusyAcross::never;
  });
  fill_slot(lab, 2, "2.0");
  fill_slot(lab, 3, "3.0");
  lab.send(another_cci(GetParam()), 0x0202, activate_online(2));
  lab.advance(50ms);
  EXPECT_EQ(send(lab, activate_online(3)), kStarted);
  lab.advance(50ms);
  EXPECT_EQ(active(lab), 2);
  lab.advance(50ms);
  EXPECT_EQ(active(lab), 3);
}

TEST_P(ActivateFw, TellsInTheStatusThatTheSlotBecameActiveMeanwhile) {
  Lab lab([](auto& config) {
    in_background(config);
    config.busy_across = BusyAcross::never;
  });
  fill_slot(lab, 2, "2.0");
  lab.send(another_cci(GetParam()), 0x0202, activate_online(2));
  send(lab, activate_online(2));
  lab.advance(100ms);
  EXPECT_EQ(active(lab), 2);
  EXPECT_EQ(lab.background(another_cci(GetParam())).return_code, ReturnCode::success);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::invalid_slot);
}

TEST_P(ActivateFw, IsAborted) {
  Lab lab(in_background);
  fill_slot(lab, 2, "2.0");
  send(lab, activate_online(2));
  lab.advance(50ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::aborted);
  lab.advance(24h);
  EXPECT_EQ(active(lab), 1);
  EXPECT_EQ(send(lab, activate_online(2)), kStarted);
}

TEST_P(ActivateFw, TellsAFailureInTheStatus) {
  Lab lab(in_background);
  fill_slot(lab, 2, "2.0");
  next_activation_fails(lab, ReturnCode::activation_failed_fw_rolled_back);
  EXPECT_EQ(send(lab, activate_online(2)), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::activation_failed_fw_rolled_back);
  EXPECT_EQ(active(lab), 1);
}

TEST_P(ActivateFw, TakesItsTimeFromTheProperty) {
  Lab lab([](auto& config) {
    in_background(config);
    config.fw_activation_duration = 7ms;
  });
  fill_slot(lab, 2, "2.0");
  send(lab, activate_online(2));
  lab.advance(7ms - 1ns);
  EXPECT_EQ(active(lab), 1);
  lab.advance(1ns);
  EXPECT_EQ(active(lab), 2);
}

class ActivateFwDuration : public testing::TestWithParam<std::pair<Timing, Nanoseconds>> {};
INSTANTIATE_TEST_SUITE_P(Timing, ActivateFwDuration,
                         testing::Values(std::pair(Timing::instant, Nanoseconds{100ms}),
                                         std::pair(Timing::qemu, Nanoseconds{2s}),
                                         std::pair(Timing::real, Nanoseconds{2s})));

TEST_P(ActivateFwDuration, FollowsTheTiming) {
  Lab lab([](auto& config) {
    in_background(config);
    config.timing = GetParam().first;
  });
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_online(2));
  lab.advance(GetParam().second - 1ns);
  EXPECT_EQ(active(lab), 1);
  lab.advance(1ns);
  EXPECT_EQ(active(lab), 2);
}

TEST_P(ActivateFw, ThatIsSlowRunsInTheBackgroundOnce) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x0202}, .duration = 10s});
  EXPECT_EQ(send(lab, activate_online(2)), kStarted);
  lab.advance(10s - 1ns);
  EXPECT_EQ(active(lab), 1);
  lab.advance(1ns);
  EXPECT_EQ(active(lab), 2);
  EXPECT_EQ(send(lab, activate_online(1)), success());
}

// A fault holds it in the background, where another would be done at once.
TEST_P(ActivateFw, ThatStallsHoldsTheNextOne) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x0202}, .disturbance = {.stall_at_percent = 10}});
  EXPECT_EQ(send(lab, activate_online(2)), kStarted);
  lab.advance(24h);
  EXPECT_EQ(lab.background(GetParam()).percent, 10);
  EXPECT_EQ(send(lab, activate_online(2)), (Answered{ReturnCode::busy, "", true}));
  lab.send(GetParam(), 0x0005);
  EXPECT_EQ(send(lab, activate_online(2)), success());
}

// Staging starts no operation, and so no fault of one is used up.
TEST_P(ActivateFw, OnTheNextResetUsesUpNoBackgroundFault) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x0202}, .duration = 10s});
  EXPECT_EQ(send(lab, activate_on_reset(2)), success());
  EXPECT_EQ(send(lab, activate_online(2)), kStarted);
}

struct ResetOfAnActivation {
  std::string_view name;
  cci::CciId via;
  ResetKind kind;
  bool goes_on;
};
class ActivateFwAndReset : public testing::TestWithParam<ResetOfAnActivation> {};
INSTANTIATE_TEST_SUITE_P(
    Reset, ActivateFwAndReset,
    testing::Values(ResetOfAnActivation{"MailboxConventional", cci::kMailbox, ResetKind::conventional, false},
                    ResetOfAnActivation{"MailboxCold", cci::kMailbox, ResetKind::cold, false},
                    ResetOfAnActivation{"MailboxPowerLoss", cci::kMailbox, ResetKind::power_loss, false},
                    ResetOfAnActivation{"MailboxCxl", cci::kMailbox, ResetKind::cxl, true},
                    ResetOfAnActivation{"MailboxFlr", cci::kMailbox, ResetKind::flr, true},
                    ResetOfAnActivation{"MctpConventional", cci::kMctp, ResetKind::conventional, true},
                    ResetOfAnActivation{"MctpCold", cci::kMctp, ResetKind::cold, true},
                    ResetOfAnActivation{"MctpCxl", cci::kMctp, ResetKind::cxl, true},
                    ResetOfAnActivation{"MctpFlr", cci::kMctp, ResetKind::flr, true},
                    ResetOfAnActivation{"MctpPowerLoss", cci::kMctp, ResetKind::power_loss, false}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(ActivateFwAndReset, GoesOnOrLeavesTheFirmwareThatRuns) {
  const auto& [name, via, kind, goes_on] = GetParam();
  Lab lab(in_background);
  fill_slot(lab, 2, "2.0");
  lab.send(via, 0x0202, activate_online(2));
  lab.advance(50ms);
  lab.reset(kind);
  EXPECT_EQ(lab.background(via).running, goes_on);
  lab.advance(24h);
  EXPECT_EQ(active(lab), goes_on ? 2 : 1);
}

}  // namespace
}  // namespace cxlemu
