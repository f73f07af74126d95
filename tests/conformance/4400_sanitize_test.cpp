// CXL r3.2 8.2.10.9.5.1 Sanitize (Opcode 4400h)
#include "support/security.hpp"

namespace cxlemu {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20;
const Answered kStarted{ReturnCode::background_command_started, "", true};
const Answered kBusy{ReturnCode::busy, "", true};            // of the CCI whose own operation runs
const Answered kBusyElsewhere{ReturnCode::busy, "", false};  // another CCI's operation is in the way

void takes_100ms(MemoryDeviceConfig& config) { config.sanitize_duration = 100ms; }

bool media_disabled(Lab& lab) { return lab.read_media(0, 1) == "disabled"; }

class Sanitize : public OnEveryCci {};
ON_EVERY_CCI(Sanitize);

TEST_P(Sanitize, RunsInTheBackground) {
  Lab lab(takes_100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kStarted);
  lab.advance(100ms);
  EXPECT_FALSE(lab.background(GetParam()).running);
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::success);
}

TEST_P(Sanitize, DisablesMediaFromItsStartToItsSuccess) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.read_media(0, 1), "disabled");
  lab.advance(99'999'999ns);
  EXPECT_EQ(lab.read_media(0, 1), "disabled");
  lab.advance(1ns);
  EXPECT_EQ(lab.read_media(0, 1), "00");
}

TEST_P(Sanitize, OfNoDurationEndsWhenTimeMoves) {
  Lab lab([](auto& config) { config.sanitize_duration = 0ms; });
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kStarted);
  lab.advance(0ns);
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
  EXPECT_EQ(lab.read_media(0, 1), "00");
}

// -----------------------------------------------------------------------------------------------------------------
// data

// First, middle and last bytes of volatile and of persistent capacity, and of the Label Storage Area (fault B42: every
// area with user data).
constexpr std::string_view kSecret = "5ec2e75ec2e75ec2";
void write_secrets(Lab& lab) {
  lab.write_media(0, kSecret);
  lab.write_media(128 * kMiB - 4, kSecret);
  lab.write_media(256 * kMiB - 8, kSecret);
  lab.write_media(256 * kMiB, kSecret);
  lab.write_media(384 * kMiB - 4, kSecret);
  lab.write_media(512 * kMiB - 8, kSecret);
  lab.mailbox(0x4103, "00 00 00 00  00 00 00 00" + std::string(kSecret));
  lab.mailbox(0x4103, "f8 0f 00 00  00 00 00 00" + std::string(kSecret));
}
std::string read_secrets(Lab& lab) {
  return lab.read_media(0, 8) + " " + lab.read_media(128 * kMiB - 4, 8) + " " + lab.read_media(256 * kMiB - 8, 8) +
         " " + lab.read_media(256 * kMiB, 8) + " " + lab.read_media(384 * kMiB - 4, 8) + " " +
         lab.read_media(512 * kMiB - 8, 8) + " " + lab.mailbox(0x4102, "00 00 00 00  08 00 00 00").payload + " " +
         lab.mailbox(0x4102, "f8 0f 00 00  08 00 00 00").payload;
}
constexpr std::string_view kAllThere =
    "5ec2e75ec2e75ec2 5ec2e75ec2e75ec2 5ec2e75ec2e75ec2 5ec2e75ec2e75ec2 "
    "5ec2e75ec2e75ec2 5ec2e75ec2e75ec2 5ec2e75ec2e75ec2 5ec2e75ec2e75ec2";
constexpr std::string_view kAllGone =
    "0000000000000000 0000000000000000 0000000000000000 0000000000000000 "
    "0000000000000000 0000000000000000 0000000000000000 0000000000000000";

TEST_P(Sanitize, LeavesNoUserData) {
  Lab lab(takes_100ms);
  write_secrets(lab);
  EXPECT_EQ(read_secrets(lab), kAllThere);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(read_secrets(lab), kAllGone);
}

TEST_P(Sanitize, ReturnsNoUserDataWhileItRuns) {
  Lab lab(takes_100ms);
  write_secrets(lab);
  lab.send(GetParam(), 0x4400);
  lab.advance(50ms);
  EXPECT_EQ(read_secrets(lab), "disabled disabled disabled disabled disabled disabled  ");
}

TEST_P(Sanitize, TakesWritesWithoutEffectWhileItRuns) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4400);
  write_secrets(lab);
  lab.advance(100ms);
  EXPECT_EQ(read_secrets(lab), kAllGone);
}

TEST_P(Sanitize, FinishesTheWorkOfAnAbortedOne) {
  Lab lab(takes_100ms);
  write_secrets(lab);
  lab.send(GetParam(), 0x4400);
  lab.advance(1ms);
  lab.send(GetParam(), 0x0005);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(read_secrets(lab), kAllGone);
}

TEST_P(Sanitize, WorksOnADeviceWithoutPersistentCapacityOrLabels) {
  Lab lab(takes_100ms, {.persistent_bytes = 0, .lsa_bytes = 0});
  lab.write_media(256 * kMiB - 8, kSecret);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(256 * kMiB - 8, 8), zeros(8));
}

TEST_P(Sanitize, WorksOnADeviceWithoutVolatileCapacity) {
  Lab lab(takes_100ms, {.volatile_bytes = 0});
  lab.write_media(256 * kMiB - 8, kSecret);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(256 * kMiB - 8, 8), zeros(8));
}

// ----------------------------------------------------------------------------------------------------------- event
// logs

TEST_P(Sanitize, ErasesEveryEventLogOfEveryCci) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.event_log_size = 1;
  });
  lab.log_event(EventLogId::informational);
  lab.log_event(EventLogId::warning);
  lab.log_event(EventLogId::failure);
  lab.log_event(EventLogId::fatal);
  lab.log_event(EventLogId::fatal);  // overflows
  lab.log_event(EventLogId::dynamic_capacity);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.mailbox(0x0100, "00"), success(zeros(32)));
  EXPECT_EQ(lab.mailbox(0x0100, "01"), success(zeros(32)));
  EXPECT_EQ(lab.mailbox(0x0100, "02"), success(zeros(32)));
  EXPECT_EQ(lab.mailbox(0x0100, "03"), success(zeros(32)));
  EXPECT_EQ(lab.mailbox(0x0100, "04"), success(zeros(32)));
  EXPECT_EQ(lab.mctp(0x0100, "00"), success(zeros(32)));
  EXPECT_EQ(lab.mctp(0x0100, "01"), success(zeros(32)));
  EXPECT_EQ(lab.mctp(0x0100, "02"), success(zeros(32)));
  EXPECT_EQ(lab.mctp(0x0100, "03"), success(zeros(32)));
  EXPECT_EQ(lab.mctp(0x0100, "04"), success(zeros(32)));
}

TEST_P(Sanitize, ErasesRecordsThatCameWhileItRan) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(99ms);
  lab.log_event(EventLogId::warning);
  lab.advance(1ms);
  EXPECT_EQ(lab.mailbox(0x0100, "01"), success(zeros(32)));
  EXPECT_EQ(lab.mctp(0x0100, "01"), success(zeros(32)));
}

TEST_P(Sanitize, NeverGivesAnErasedHandleToANewRecord) {
  Lab lab(takes_100ms);
  lab.log_event(EventLogId::warning);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  lab.log_event(EventLogId::warning);
  EXPECT_EQ(lab.mailbox(0x0100, "01").payload.substr(64 + 40, 4), "0200");
  EXPECT_EQ(lab.mctp(0x0100, "01").payload.substr(64 + 40, 4), "0200");
}

// ---------------------------------------------------------------------------------------------------------------
// refusals

TEST_P(Sanitize, IsBusyWhileOneOfTheSameCciRuns) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(50ms);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kBusy);
  EXPECT_EQ(lab.background(GetParam()).percent, 50);
}

// Permitted, not required (9.20.1): both would overwrite the same media.
TEST_P(Sanitize, IsBusyWhileOneOfTheOtherCciRuns) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x4400), kBusyElsewhere);
  lab.advance(100ms);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x4400), kStarted);
}

TEST_P(Sanitize, RunsBesideOneOfTheOtherCciByPropertyAndTheLastToSucceedEnablesMedia) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.busy_across = BusyAcross::never;
  });
  write_secrets(lab);
  lab.send(GetParam(), 0x4400);
  lab.advance(40ms);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x4400), kStarted);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kBusy);
  lab.advance(60ms);
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
  EXPECT_TRUE(media_disabled(lab));
  lab.advance(40ms);
  EXPECT_EQ(lab.background(another_cci(GetParam())).percent, 100);
  EXPECT_EQ(read_secrets(lab), kAllGone);
}

// By property two run: the one that is aborted must not spoil the success of the other.
TEST_P(Sanitize, EnablesMediaWhereTheOneBesideItWasAborted) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.busy_across = BusyAcross::never;
  });
  lab.send(GetParam(), 0x4400);
  lab.send(another_cci(GetParam()), 0x4400);
  lab.send(another_cci(GetParam()), 0x0005);
  EXPECT_TRUE(media_disabled(lab));
  lab.advance(100ms);
  EXPECT_FALSE(media_disabled(lab));
}

// "Any security applied to the user data areas of the device shall be disabled" before: locked or not.
TEST_P(Sanitize, IsRefusedWhileAUserPassphraseIsSetAndDisablesNothing) {
  Lab lab(takes_100ms);
  lab.write_media(0, kSecret);
  set_user(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kInvalidState);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kInvalidState);
  EXPECT_EQ(lab.read_media(0, 8), kSecret);
  lab.mailbox(0x4503, kUser);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kInvalidState);
  lab.mailbox(0x4502, kOfUser + kUser);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kStarted);
}

TEST_P(Sanitize, RunsWhileOnlyAMasterPassphraseIsSetAndKeepsIt) {
  Lab lab(takes_100ms);
  set_master(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(security_state(lab), "02000000");
}

TEST_P(Sanitize, TakesNoPayload) {
  Lab lab(takes_100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x4400, "ff"), kStarted);
}

TEST_P(Sanitize, RefusesPayloadByPropertyAndLeavesMediaEnabled) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x4400, "ff"), refused(ReturnCode::invalid_payload_length));
  EXPECT_FALSE(media_disabled(lab));
}

TEST_P(Sanitize, RefusesItsLengthBeforeItIsBusy) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4400, "ff"), (Answered{ReturnCode::invalid_payload_length, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kBusy);
}

TEST_P(Sanitize, IsInTheCelWithAbortSupported) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4400), "6401");
}

// Fault B1: a gate that closed before 4400h itself would leave the device disabled for ever.
TEST_P(Sanitize, IsAcceptedWhileMediaIsDisabledAndRecoversIt) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.media_disabled_refuses = MediaDisabledRefuses::all;
  });
  lab.send(GetParam(), 0x4400);
  lab.send(GetParam(), 0x0005);
  EXPECT_TRUE(media_disabled(lab));
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x4400), kStarted);
  lab.advance(100ms);
  EXPECT_FALSE(media_disabled(lab));
}

TEST_P(Sanitize, CanRunAgain) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  lab.write_media(0, kSecret);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(0, 8), zeros(8));
}

// Fault B42: in the reference emulator the poison list stays. What is broken stays broken.
TEST_P(Sanitize, ClearsPoisonAndBeginsTheListAnew) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.poison_list_size = 1;
  });
  lab.poison(0x1000, 64, {PoisonSource::injected});
  lab.poison(0x2000, 64, {PoisonSource::internal, true, true});
  EXPECT_TRUE(lab.poison_state().overflow);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  const PoisonState poison = lab.poison_state();
  EXPECT_EQ(lab.read_media(0x1000, 1), "00");
  EXPECT_EQ(lab.read_media(0x2000, 1), "poison");
  EXPECT_FALSE(poison.overflow);
  EXPECT_EQ(poison.list, poison.media);
}

TEST_P(Sanitize, AbortedClearsThePoisonOfWhatItReached) {
  Lab lab(takes_100ms);
  lab.poison(64 * kMiB, 64, {PoisonSource::internal});
  lab.poison(192 * kMiB, 64, {PoisonSource::internal});
  lab.send(GetParam(), 0x4400);
  lab.advance(50ms);
  lab.send(GetParam(), 0x0005);
  const PoisonMap media = lab.poison_state().media;
  EXPECT_FALSE(media.first(64 * kMiB, 64));
  EXPECT_TRUE(media.first(192 * kMiB, 64));
}

// -----------------------------------------------------------------------------------------------------------------
// resets

struct ResetOfASanitize {
  std::string_view name;
  cci::CciId via;
  ResetKind kind;
  bool goes_on;
};
class SanitizeAndReset : public testing::TestWithParam<ResetOfASanitize> {};
// A Conventional Reset ends the operation of the mailbox; what was started over MCTP goes on while it has power.
INSTANTIATE_TEST_SUITE_P(
    Reset, SanitizeAndReset,
    testing::Values(ResetOfASanitize{"MailboxConventional", cci::kMailbox, ResetKind::conventional, false},
                    ResetOfASanitize{"MailboxCold", cci::kMailbox, ResetKind::cold, false},
                    ResetOfASanitize{"MailboxPowerLoss", cci::kMailbox, ResetKind::power_loss, false},
                    ResetOfASanitize{"MailboxCxl", cci::kMailbox, ResetKind::cxl, true},
                    ResetOfASanitize{"MailboxFlr", cci::kMailbox, ResetKind::flr, true},
                    ResetOfASanitize{"MctpConventional", cci::kMctp, ResetKind::conventional, true},
                    ResetOfASanitize{"MctpCold", cci::kMctp, ResetKind::cold, true},
                    ResetOfASanitize{"MctpCxl", cci::kMctp, ResetKind::cxl, true},
                    ResetOfASanitize{"MctpFlr", cci::kMctp, ResetKind::flr, true},
                    ResetOfASanitize{"MctpPowerLoss", cci::kMctp, ResetKind::power_loss, false}),
    [](const auto& tested) { return std::string(tested.param.name); });

// Fault B13: the reference emulator completes the interrupted operation after the reset, and enables media.
TEST_P(SanitizeAndReset, GoesOnOrEndsWithMediaDisabledUntilOneSucceeds) {
  const auto& [name, via, kind, goes_on] = GetParam();
  Lab lab(takes_100ms);
  lab.write_media(511 * kMiB, kSecret);
  lab.send(via, 0x4400);
  lab.advance(50ms);
  lab.reset(kind);
  EXPECT_EQ(lab.background(via).running, goes_on);
  EXPECT_TRUE(media_disabled(lab));
  lab.advance(24h);
  EXPECT_EQ(lab.background(via).percent, goes_on ? 100 : 0);
  EXPECT_EQ(media_disabled(lab), !goes_on);
  lab.send(via, 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(511 * kMiB, 8), zeros(8));
}

// The status is zeroed with the operation (8.2.9.4.7): no opcode, no code, 0 %, not in progress.
TEST(SanitizeAndConventionalReset, LeavesNoStatusOnTheMailbox) {
  Lab lab(takes_100ms);
  lab.mailbox(0x4400);
  lab.advance(50ms);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.background(cci::kMailbox), BackgroundStatus{});
  EXPECT_FALSE(lab.mailbox(0x0300).background_operation);
}

TEST(SanitizeAndConventionalReset, LeavesNoTimerThatEndsTheNextOneTooEarly) {
  Lab lab(takes_100ms);
  lab.mailbox(0x4400);
  lab.advance(60ms);
  lab.reset(ResetKind::conventional);
  lab.mailbox(0x4400);
  lab.advance(99ms);
  EXPECT_EQ(lab.background(cci::kMailbox).percent, 99);
  EXPECT_TRUE(media_disabled(lab));
}

class InterruptedSanitize : public AfterEveryReset {};
AFTER_EVERY_RESET(InterruptedSanitize);

TEST_P(InterruptedSanitize, LeavesMediaDisabledAcrossEveryFurtherReset) {
  Lab lab(takes_100ms);
  lab.mailbox(0x4400);
  lab.advance(10ms);
  lab.reset(ResetKind::conventional);
  lab.reset(GetParam());
  lab.advance(24h);
  EXPECT_TRUE(media_disabled(lab));
  EXPECT_EQ(lab.mctp(0x4102, "00 00 00 00  01 00 00 00"), refused(ReturnCode::media_disabled));
}

TEST_P(InterruptedSanitize, LeavesMediaDisabledAcrossEveryResetWhereItWasAborted) {
  Lab lab(takes_100ms);
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  lab.reset(GetParam());
  lab.advance(24h);
  EXPECT_TRUE(media_disabled(lab));
}

TEST_P(InterruptedSanitize, RecoversByTheNextOne) {
  Lab lab(takes_100ms);
  lab.mailbox(0x4400);
  lab.reset(ResetKind::conventional);
  lab.reset(GetParam());
  lab.mctp(0x4400);
  lab.advance(100ms);
  EXPECT_FALSE(media_disabled(lab));
}

// A succeeded Sanitize is not undone by a reset.
TEST_P(InterruptedSanitize, IsNoneWhereItHadSucceeded) {
  Lab lab(takes_100ms);
  lab.mailbox(0x4400);
  lab.advance(100ms);
  lab.reset(GetParam());
  EXPECT_FALSE(media_disabled(lab));
}

TEST(SanitizeAndCxlReset, EndsTheOperationOfTheMailboxByProperty) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.cxl_reset_ends_background = true;
  });
  lab.mailbox(0x4400);
  lab.advance(50ms);
  lab.reset(ResetKind::flr);
  EXPECT_TRUE(lab.background(cci::kMailbox).running);
  lab.reset(ResetKind::cxl);
  EXPECT_FALSE(lab.background(cci::kMailbox).running);
  lab.advance(24h);
  EXPECT_TRUE(media_disabled(lab));
}

TEST(SanitizeAndFlr, EndsTheOperationOfTheMailboxByProperty) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.flr_ends_background = true;
  });
  lab.mailbox(0x4400);
  lab.advance(50ms);
  lab.reset(ResetKind::cxl);
  EXPECT_TRUE(lab.background(cci::kMailbox).running);
  lab.reset(ResetKind::flr);
  EXPECT_FALSE(lab.background(cci::kMailbox).running);
  lab.advance(24h);
  EXPECT_TRUE(media_disabled(lab));
}

// -----------------------------------------------------------------------------------------------------------------
// faults

TEST_P(Sanitize, ThatStallsNeverEnds) {
  Lab lab(takes_100ms);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4400}, .disturbance = {.stall_at_percent = 40}});
  lab.send(GetParam(), 0x4400);
  lab.advance(39ms);
  EXPECT_EQ(lab.background(GetParam()).percent, 39);
  lab.advance(24h);
  EXPECT_EQ(lab.background(GetParam()).percent, 40);
  EXPECT_TRUE(media_disabled(lab));
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kBusy);
}

// 100 % is told only of an operation that has ended.
TEST_P(Sanitize, ThatStallsAtItsEndStaysBelowHundredPercent) {
  Lab lab(takes_100ms);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4400}, .disturbance = {.stall_at_percent = 100}});
  lab.send(GetParam(), 0x4400);
  lab.advance(24h);
  EXPECT_EQ(lab.background(GetParam()).percent, 99);
  EXPECT_TRUE(lab.background(GetParam()).running);
}

TEST_P(Sanitize, ThatStalledCanBeAbortedAndTheNextOneEnds) {
  Lab lab(takes_100ms);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4400}, .disturbance = {.stall_at_percent = 0}});
  lab.send(GetParam(), 0x4400);
  lab.advance(24h);
  lab.send(GetParam(), 0x0005);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
  EXPECT_FALSE(media_disabled(lab));
}

TEST_P(Sanitize, ThatIsSlowTakesItsTimeOnce) {
  Lab lab(takes_100ms);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4400}, .duration = 10s});
  lab.send(GetParam(), 0x4400);
  lab.advance(9'999'999'999ns);
  EXPECT_EQ(lab.background(GetParam()).percent, 99);
  EXPECT_TRUE(media_disabled(lab));
  lab.advance(1ns);
  EXPECT_FALSE(media_disabled(lab));
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_FALSE(media_disabled(lab));
}

TEST_P(Sanitize, ThatIsRefusedUsesUpNoBackgroundFault) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4400}, .disturbance = {.stall_at_percent = 40}});
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(24h);
  EXPECT_EQ(lab.background(GetParam()).percent, 40);
}

TEST_P(Sanitize, FailsAtTheCallThatAFaultNamesAndCarriesNothingOut) {
  Lab lab(takes_100ms);
  lab.fault(cci::ReturnCodeFault{.opcode = Opcode{0x4400}, .call = 2, .return_code = ReturnCode::internal_error});
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), refused(ReturnCode::internal_error));
  EXPECT_FALSE(media_disabled(lab));
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kStarted);
}

TEST_P(Sanitize, IsNotTouchedByAFaultOfAnotherOpcode) {
  Lab lab(takes_100ms);
  lab.fault(cci::ReturnCodeFault{.opcode = Opcode{0x4401}, .call = 1, .return_code = ReturnCode::internal_error});
  EXPECT_EQ(lab.send(GetParam(), 0x4400), kStarted);
}

// ---------------------------------------------------------------------------------------------------------------
// duration

struct Duration {
  std::string_view name;
  Timing timing;
  std::uint64_t capacity_mib;
  Nanoseconds takes;
};
class SanitizeDuration : public testing::TestWithParam<Duration> {};
std::string duration_name(const testing::TestParamInfo<Duration>& tested) { return std::string(tested.param.name); }

INSTANTIATE_TEST_SUITE_P(
    Qemu, SanitizeDuration,
    testing::Values(Duration{"Of256MiB", Timing::qemu, 256, 4s}, Duration{"Of512MiB", Timing::qemu, 512, 4s},
                    Duration{"Of768MiB", Timing::qemu, 768, 8s}, Duration{"Of1GiB", Timing::qemu, 1'024, 8s},
                    Duration{"Of1280MiB", Timing::qemu, 1'280, 15s}, Duration{"Of2GiB", Timing::qemu, 2'048, 15s},
                    Duration{"Of4GiB", Timing::qemu, 4'096, 30s}, Duration{"Of8GiB", Timing::qemu, 8'192, 60s},
                    Duration{"Of16GiB", Timing::qemu, 16'384, 2min}, Duration{"Of32GiB", Timing::qemu, 32'768, 4min},
                    Duration{"Of64GiB", Timing::qemu, 65'536, 8min}, Duration{"Of128GiB", Timing::qemu, 131'072, 15min},
                    Duration{"Of256GiB", Timing::qemu, 262'144, 30min},
                    Duration{"Of512GiB", Timing::qemu, 524'288, 60min}, Duration{"Of1TiB", Timing::qemu, 1'048'576, 2h},
                    Duration{"OfMoreThan1TiB", Timing::qemu, 1'048'832, 4h}),
    duration_name);
// 8000 MiB a second, and never less than 10 ms or more than one second of device time.
INSTANTIATE_TEST_SUITE_P(Instant, SanitizeDuration,
                         testing::Values(Duration{"OfNothing", Timing::instant, 0, 10ms},
                                         Duration{"Of256MiB", Timing::instant, 256, 32ms},
                                         Duration{"Of4GiB", Timing::instant, 4'096, 512ms},
                                         Duration{"Of8GiB", Timing::instant, 8'192, 1s},
                                         Duration{"Of1TiB", Timing::instant, 1'048'576, 1s}),
                         duration_name);
// 1000 MiB a second, and never less than one second.
INSTANTIATE_TEST_SUITE_P(Real, SanitizeDuration,
                         testing::Values(Duration{"Of256MiB", Timing::real, 256, 1s},
                                         Duration{"Of4GiB", Timing::real, 4'096, 4'096ms},
                                         Duration{"Of1TiB", Timing::real, 1'048'576, 1'048'576ms}),
                         duration_name);

TEST_P(SanitizeDuration, FollowsTheTimingAndTheCapacity) {
  Lab lab([](auto& config) { config.timing = GetParam().timing; },
          {.volatile_bytes = GetParam().capacity_mib * kMiB, .persistent_bytes = 0, .lsa_bytes = 0});
  lab.mailbox(0x4400);
  lab.advance(GetParam().takes - 1ns);
  EXPECT_TRUE(media_disabled(lab));
  EXPECT_EQ(lab.background(cci::kMailbox).percent, 99);
  lab.advance(1ns);
  EXPECT_FALSE(media_disabled(lab));
}

// Volatile and persistent capacity count together: 512 MiB and 256 MiB are the second step.
TEST(SanitizeTotalDuration, CountsAllCapacity) {
  Lab lab([](auto& config) { config.timing = Timing::qemu; }, {.volatile_bytes = 512 * kMiB});
  lab.mailbox(0x4400);
  lab.advance(8s - 1ns);
  EXPECT_TRUE(media_disabled(lab));
  lab.advance(1ns);
  EXPECT_FALSE(media_disabled(lab));
}

TEST(SanitizeTotalDuration, IsWhatThePropertySaysWhateverTheTiming) {
  Lab lab([](auto& config) {
    config.timing = Timing::qemu;
    config.sanitize_duration = 3ms;
  });
  lab.mailbox(0x4400);
  lab.advance(3ms - 1ns);
  EXPECT_TRUE(media_disabled(lab));
  lab.advance(1ns);
  EXPECT_FALSE(media_disabled(lab));
}

TEST(SanitizeTotalDuration, MayBeAWeek) {
  Lab lab([](auto& config) { config.sanitize_duration = 7 * 24h; });
  lab.mailbox(0x4400);
  lab.advance(7 * 24h - 1ns);
  EXPECT_EQ(lab.background(cci::kMailbox).percent, 99);
  lab.advance(1ns);
  EXPECT_FALSE(media_disabled(lab));
}

}  // namespace
}  // namespace cxlemu
