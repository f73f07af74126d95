// CXL r3.2 8.2.10.5.5 Populate Log (Opcode 0404h)
#include "support/logs.hpp"

namespace cxlemu {
namespace {

const Answered kStarted{ReturnCode::background_command_started, "", true};
void takes_100ms(MemoryDeviceConfig& config) { config.populate_duration = 100ms; }

class PopulateLog : public OnEveryCci {
 protected:
  const cci::CciId other = another_cci(GetParam());
  ReturnCode result(Lab& lab) { return lab.background(GetParam()).return_code; }
};
ON_EVERY_CCI(PopulateLog);

TEST_P(PopulateLog, MakesTheStateDumpInTheBackground) {
  Lab lab(takes_100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0404, kStateDump), kStarted);
  lab.advance(99ms);
  EXPECT_EQ(log_size(lab, GetParam(), kStateDump), 0x40U);
  lab.advance(1ms);
  EXPECT_EQ(result(lab), ReturnCode::success);
  EXPECT_GT(log_size(lab, other, kStateDump), 0x40U);
}

TEST_P(PopulateLog, TakesTheTimeOfItsTiming) {
  for (const auto& [timing, takes] : {std::pair{Timing::instant, Nanoseconds{10ms}}, {Timing::real, 1s}}) {
    Lab lab([&](auto& config) { config.timing = timing; });
    lab.send(GetParam(), 0x0404, kStateDump);
    lab.advance(takes - 1ns);
    EXPECT_TRUE(lab.background(GetParam()).running);
    lab.advance(1ns);
    EXPECT_FALSE(lab.background(GetParam()).running);
  }
}

TEST_P(PopulateLog, IsDoneAtOnceWithADurationOf0) {
  Lab lab([](auto& config) { config.populate_duration = 0ms; });
  EXPECT_EQ(lab.send(GetParam(), 0x0404, kStateDump), success());
  EXPECT_GT(log_size(lab, GetParam(), kStateDump), 0x40U);
}

// "Any existing Component State Dump Data is cleared before populating", and so is the number of triggers.
TEST_P(PopulateLog, ClearsTheDataOfATriggerFirst) {
  Lab lab(takes_100ms);
  lab.log_event(EventLogId::fatal);
  lab.send(GetParam(), 0x0404, kStateDump);
  EXPECT_EQ(log_size(lab, GetParam(), kStateDump), 0x40U);
  lab.advance(100ms);
  const std::string header = lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)).payload;
  EXPECT_EQ(header.substr(8, 8), "00000000");
  EXPECT_EQ(header.substr(64, 8), "00000000");
}

// "The component shall complete the Populate Log command with a return code of Interrupted"; the log is the trigger's.
TEST_P(PopulateLog, IsInterruptedByATrigger) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x0404, kStateDump);
  lab.advance(50ms);
  lab.log_event(EventLogId::fatal);
  EXPECT_FALSE(lab.background(GetParam()).running);
  EXPECT_EQ(result(lab), ReturnCode::interrupted);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)).payload.substr(64, 8), "01000000");
  const std::uint32_t size = log_size(lab, GetParam(), kStateDump);
  lab.advance(100ms);
  EXPECT_EQ(log_size(lab, GetParam(), kStateDump), size);
}

TEST_P(PopulateLog, LeavesAnEmptyLogWhereItIsAborted) {
  Lab lab(takes_100ms);
  lab.log_event(EventLogId::fatal);
  lab.send(GetParam(), 0x0404, kStateDump);
  lab.advance(50ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  EXPECT_EQ(result(lab), ReturnCode::aborted);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)), success(zeros(0x40)));
}

TEST_P(PopulateLog, IsBusyBesideAnotherOperationOfItsCciButOnlyWhereItWouldRun) {
  Lab lab;
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0404, kStateDump), (Answered{ReturnCode::busy, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x0404, kCel), (Answered{ReturnCode::invalid_input, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x0404, kNoLog), (Answered{ReturnCode::invalid_log, "", true}));
  EXPECT_EQ(lab.send(other, 0x0404, kStateDump), kStarted);
}

TEST_P(PopulateLog, IsBusyBesideAPopulationOfTheOtherCci) {
  Lab lab(takes_100ms);
  lab.send(GetParam(), 0x0404, kStateDump);
  EXPECT_EQ(lab.send(other, 0x0404, kStateDump), refused(ReturnCode::busy));
  Lab independent([](auto& config) { config.busy_across = BusyAcross::never; });
  independent.send(GetParam(), 0x0404, kStateDump);
  EXPECT_EQ(independent.send(other, 0x0404, kStateDump), kStarted);
  independent.advance(1s);
  EXPECT_GT(log_size(independent, GetParam(), kStateDump), 0x40U);
}

TEST_P(PopulateLog, RefusesLogsThatCannotBePopulated) {
  Lab lab;
  for (const std::string_view log : {kCel, kDebugLog, kEcsLog, kTestCapability, kTestResultsShort, kTestResultsLong}) {
    EXPECT_EQ(lab.send(GetParam(), 0x0404, log), refused(ReturnCode::invalid_input)) << log;
  }
  EXPECT_EQ(lab.send(GetParam(), 0x0404, kNoLog), refused(ReturnCode::invalid_log));
}

TEST_P(PopulateLog, NeedsItsSixteenBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0404), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0404, zeros(15)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0404, std::string(kStateDump) + "ff"), kStarted);
}

// Immediate log change, background operation, abort supported.
TEST_P(PopulateLog, IsInTheCelWithItsEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0404), "5001");
}

TEST_P(PopulateLog, IsStartedWhileMediaIsDisabled) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(other, 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0404, kStateDump), kStarted);
}

TEST(PopulateLogReset, EndsThatOfTheMailboxAlone) {
  Lab lab(takes_100ms);
  lab.mailbox(0x0404, kStateDump);
  lab.advance(50ms);
  lab.reset(ResetKind::conventional);
  lab.advance(100ms);
  EXPECT_EQ(log_size(lab, cci::kMailbox, kStateDump), 0x40U);
  lab.mctp(0x0404, kStateDump);
  lab.advance(50ms);
  lab.reset(ResetKind::conventional);
  lab.advance(100ms);
  EXPECT_GT(log_size(lab, cci::kMailbox, kStateDump), 0x40U);
}

}  // namespace
}  // namespace cxlemu
