// CXL r3.2 8.2.10.9.4.5 Scan Media (Opcode 4304h)
#include "support/media.hpp"

namespace cxlemu {
namespace {

void takes_100ms(MemoryDeviceConfig& config) { config.scan_duration = 100ms; }

class ScanMedia : public OnEveryCci {};
ON_EVERY_CCI(ScanMedia);

TEST_P(ScanMedia, RunsInTheBackground) {
  Lab lab(takes_100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x4304, scan_request(0, kAllLines)), kStarted);
  lab.advance(100ms - 1ns);
  EXPECT_TRUE(lab.background(GetParam()).running);
  lab.advance(1ns);
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::success);
}

// Fault B14: in the reference emulator results never hold ordinary poison.
TEST_P(ScanMedia, FindsEverythingThatIsPoisonedInItsRange) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000, 4);
  poison_at(lab, 0x2000, 1, kLatent);
  lab.mailbox(0x4301, le64(300 * kMiB));
  poison_at(lab, 400 * kMiB);
  lab.send(GetParam(), 0x4304, scan_request(0x1080, 300 * kMiB / 64 - 0x1080 / 64 + 1));
  lab.advance(100ms);
  EXPECT_EQ(scan_results(lab, GetParam()).text(), "1080+2:2 2000+1:2 12c00000+1:3");
}

TEST_P(ScanMedia, PublishesWhatWasNotKnownAtItsEnd) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000);
  poison_at(lab, 0x2000, 1, kLatent);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(99ms);
  EXPECT_EQ(poison_list(lab).text(), "1000+1:2");
  lab.advance(1ms);
  EXPECT_EQ(poison_list(lab).text(), "1000+1:2 2000+1:2");
}

// Fault B14: a scan of less than all capacity loses nothing that lies outside, and finds nothing there.
TEST_P(ScanMedia, OfAPartAddsWhatItFindsAndKeepsTheRestOfTheList) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000, 1, {PoisonSource::external});
  lab.mailbox(0x4301, le64(300 * kMiB));
  poison_at(lab, 0x2000, 1, kLatent);
  poison_at(lab, 0x3000, 1, kLatent);
  lab.send(GetParam(), 0x4304, scan_request(0x2000, 1));
  lab.advance(100ms);
  EXPECT_EQ(poison_list(lab).text(), "1000+1:1 2000+1:2 12c00000+1:3");
  EXPECT_EQ(scan_results(lab, GetParam()).text(), "2000+1:2");
}

// What was not known is a failure; what was known already is told of informationally.
TEST_P(ScanMedia, LogsAnEventForEachRecordItFinds) {
  Lab lab(takes_100ms);
  lab.mailbox(0x4301, le64(0x1000));
  poison_at(lab, 0x2000, 1, kLatent);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(100ms);
  for (const cci::CciId via : {cci::kMailbox, cci::kMctp}) {
    EXPECT_EQ(media_events(lab, EventLogId::failure, via), "2001:3:1");
    EXPECT_EQ(media_events(lab, EventLogId::informational, via), "1001:4:1 1001:3:1");
  }
}

TEST_P(ScanMedia, LogsNothingWhenAskedNotTo) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x2000, 1, kLatent);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines, true));
  lab.advance(100ms);
  EXPECT_EQ(media_events(lab, EventLogId::failure), "");
  EXPECT_EQ(poison_list(lab).text(), "2000+1:2");
}

TEST_P(ScanMedia, DiscardsEarlierResultsWhenItBegins) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(100ms);
  lab.send(GetParam(), 0x4304, scan_request(0x2000, 1));
  lab.advance(100ms);
  EXPECT_EQ(scan_results(lab, GetParam()).text(), "");
}

// -----------------------------------------------------------------------------------------------------------------
// overflow and the frozen list

void holds_two(MemoryDeviceConfig& config) {
  config.scan_duration = 100ms;
  config.poison_list_size = 2;
}
void overflow(Lab& lab) {
  for (const std::uint64_t dpa : {0x1000ULL, 0x2000ULL, 0x3000ULL}) poison_at(lab, dpa);
}
constexpr std::uint8_t kOverflow = GetPoisonListOut::kPoisonListOverflow;

// Fault B14: in the reference emulator the list that had overflowed is lost.
TEST_P(ScanMedia, OfAllCapacityEndsAnOverflowWhenTheListHoldsAll) {
  Lab lab(holds_two);
  overflow(lab);
  lab.mailbox(0x4302, clear_request(0x1000));
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(99ms);
  EXPECT_EQ(poison_list(lab).text(), "1000+1:2 2000+1:2");
  lab.advance(1ms);
  const auto list = poison_list(lab);
  EXPECT_EQ(list.text(), "2000+1:2 3000+1:2");
  EXPECT_EQ(list.head.poison_list_flags, 0);
  EXPECT_EQ(list.head.overflow_timestamp, 0U);
}

TEST_P(ScanMedia, OfAllCapacityRebuildsTheListAndItStaysOverflowedWhenThereIsMore) {
  Lab lab(holds_two);
  overflow(lab);
  poison_at(lab, 0x0800);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(100ms);
  const auto list = poison_list(lab);
  EXPECT_EQ(list.text(), "800+1:2 1000+1:2");
  EXPECT_EQ(list.head.poison_list_flags, kOverflow);
  EXPECT_EQ(scan_results(lab, GetParam()).text(), "800+1:2 1000+1:2 2000+1:2 3000+1:2");
}

TEST_P(ScanMedia, OfLessThanAllCapacityLeavesTheFrozenListAlone) {
  for (const auto& range : {scan_request(0, kAllLines - 1), scan_request(64, kAllLines - 1)}) {
    Lab lab(holds_two);
    overflow(lab);
    lab.mailbox(0x4302, clear_request(0x1000));
    lab.send(GetParam(), 0x4304, range);
    lab.advance(100ms);
    EXPECT_EQ(poison_list(lab).text(), "1000+1:2 2000+1:2");
    EXPECT_EQ(poison_list(lab).head.poison_list_flags, kOverflow);
  }
}

// What "stopped prematurely" makes a host do: one scan after the other, each where the one before had ended.
TEST_P(ScanMedia, InPartsThatFollowEachOtherIsAScanOfAllCapacity) {
  Lab lab(holds_two);
  overflow(lab);
  lab.mailbox(0x4302, clear_request(0x1000));
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines / 2));
  lab.advance(100ms);
  EXPECT_EQ(poison_list(lab).head.poison_list_flags, kOverflow);
  lab.send(GetParam(), 0x4304, scan_request(256 * kMiB, kAllLines / 2));
  lab.advance(100ms);
  EXPECT_EQ(poison_list(lab).text(), "2000+1:2 3000+1:2");
  EXPECT_EQ(poison_list(lab).head.poison_list_flags, 0);
}

TEST_P(ScanMedia, InPartsWithAGapIsNone) {
  Lab lab(holds_two);
  overflow(lab);
  lab.mailbox(0x4302, clear_request(0x1000));
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines / 2));
  lab.advance(100ms);
  lab.send(GetParam(), 0x4304, scan_request(256 * kMiB + 64, kAllLines / 2 - 1));
  lab.advance(100ms);
  EXPECT_EQ(poison_list(lab).head.poison_list_flags, kOverflow);
}

// A scan may itself find what does not fit.
TEST_P(ScanMedia, MayMakeTheListOverflow) {
  Lab lab(holds_two);
  for (const std::uint64_t dpa : {0x1000ULL, 0x2000ULL, 0x3000ULL}) poison_at(lab, dpa, 1, kLatent);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(100ms);
  const auto list = poison_list(lab);
  EXPECT_EQ(list.text(), "1000+1:2 2000+1:2");
  EXPECT_EQ(list.head.poison_list_flags, kOverflow);
  EXPECT_EQ(media_events(lab, EventLogId::failure), "1001:3:1 2001:3:1 3001:3:5");
}

// -----------------------------------------------------------------------------------------------------------------
// abort and resets

TEST_P(ScanMedia, AbortedKeepsWhatItFoundUntilThenAndPublishesNothing) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000, 1, kLatent);
  poison_at(lab, 400 * kMiB, 1, kLatent);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(50ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0005).code, ReturnCode::success);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::aborted);
  const auto results = scan_results(lab, GetParam());
  EXPECT_EQ(results.text(), "1000+1:2");
  // Fault B14, spec-check c6: "stopped prematurely" is for a store that was full.
  EXPECT_EQ(results.head.scan_media_flags, 0);
  EXPECT_EQ(results.head.scan_media_restart_physical_address_length_64b, 0U);
  EXPECT_EQ(poison_list(lab).text(), "");
  EXPECT_EQ(media_events(lab, EventLogId::failure), "");
  EXPECT_EQ(lab.send(GetParam(), 0x4304, scan_request(0, kAllLines)), kStarted);
}

TEST_P(ScanMedia, AbortedDoesNotEndAnOverflow) {
  Lab lab(holds_two);
  overflow(lab);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(80ms);
  lab.send(GetParam(), 0x0005);
  EXPECT_EQ(poison_list(lab).head.poison_list_flags, kOverflow);
}

struct ResetOfAScan {
  std::string_view name;
  cci::CciId via;
  ResetKind kind;
  bool goes_on;
};
class ScanAndReset : public testing::TestWithParam<ResetOfAScan> {};
INSTANTIATE_TEST_SUITE_P(Reset, ScanAndReset,
                         testing::Values(ResetOfAScan{"MailboxConventional", cci::kMailbox, ResetKind::conventional,
                                                      false},
                                         ResetOfAScan{"MailboxCold", cci::kMailbox, ResetKind::cold, false},
                                         ResetOfAScan{"MailboxCxl", cci::kMailbox, ResetKind::cxl, true},
                                         ResetOfAScan{"MailboxFlr", cci::kMailbox, ResetKind::flr, true},
                                         ResetOfAScan{"MctpConventional", cci::kMctp, ResetKind::conventional, true},
                                         ResetOfAScan{"MctpCold", cci::kMctp, ResetKind::cold, true},
                                         ResetOfAScan{"MctpPowerLoss", cci::kMctp, ResetKind::power_loss, false}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(ScanAndReset, GoesOnOrIsAsIfItHadNotBeen) {
  const auto& [name, via, kind, goes_on] = GetParam();
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000, 1, kLatent);
  lab.send(via, 0x4304, scan_request(0, kAllLines));
  lab.advance(50ms);
  lab.reset(kind);
  lab.advance(24h);
  EXPECT_EQ(poison_list(lab).text(), goes_on ? "1000+1:2" : "");
  EXPECT_EQ(lab.send(via, 0x4305).code, goes_on ? ReturnCode::success : ReturnCode::unsupported);
}

// -----------------------------------------------------------------------------------------------------------------
// beside others

TEST_P(ScanMedia, MakesItsOwnCciBusyForBackgroundOperations) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  const Answered busy{ReturnCode::busy, "", true};
  EXPECT_EQ(lab.send(GetParam(), 0x4304, scan_request(0, 1)), busy);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), busy);
  EXPECT_EQ(lab.send(GetParam(), 0x4300, all_lines()).code, ReturnCode::success);
}

TEST_P(ScanMedia, MakesTheOtherCciBusyForTheMedia) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x4304, scan_request(0, 1)), refused(ReturnCode::busy));
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x4400), refused(ReturnCode::busy));
  lab.advance(100ms);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x4304, scan_request(0, 1)), kStarted);
}

TEST_P(ScanMedia, MayRunOnEveryCciByProperty) {
  Lab lab([](auto& config) {
    config.scan_duration = 100ms;
    config.busy_across = BusyAcross::never;
  });
  poison_at(lab, 0x1000);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x4304, scan_request(0, kAllLines)), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(scan_results(lab, GetParam()).text(), "1000+1:2");
}

TEST_P(ScanMedia, ThatFailsAtItsEndFindsNothing) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000, 1, kLatent);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4304}, .disturbance = {.result = ReturnCode::internal_error}});
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(100ms);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::internal_error);
  EXPECT_EQ(poison_list(lab).text(), "");
  EXPECT_EQ(lab.send(GetParam(), 0x4305).code, ReturnCode::unsupported);
}

// -----------------------------------------------------------------------------------------------------------------
// refusals

TEST_P(ScanMedia, RefusesARangeOutsideOfTheCapacityAndKeepsEarlierResults) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000);
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x4304, scan_request(64, kAllLines)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(lab.send(GetParam(), 0x4304, scan_request(0, 0)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(scan_results(lab, GetParam()).text(), "1000+1:2");
}

TEST_P(ScanMedia, RefusesAShortPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4304, zeros(16)), refused(ReturnCode::invalid_payload_length));
}

TEST_P(ScanMedia, IsRefusedWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4304, scan_request(0, 1)), refused(ReturnCode::media_disabled));
}

TEST_P(ScanMedia, IsInTheCelWithAbortSupported) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4304), "4001");
}

}  // namespace
}  // namespace cxlemu
