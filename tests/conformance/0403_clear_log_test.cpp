// CXL r3.2 8.2.10.5.4 Clear Log (Opcode 0403h)
#include "support/logs.hpp"

namespace cxlemu {
namespace {

class ClearLog : public OnEveryCci {};
ON_EVERY_CCI(ClearLog);

TEST_P(ClearLog, ClearsTheVendorDebugLogForEveryCci) {
  Lab lab;
  lab.mailbox(0x4403);
  lab.mctp(0x4403);
  EXPECT_NE(log_size(lab, cci::kMailbox, kDebugLog), 0U);
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kDebugLog), success());
  EXPECT_EQ(log_size(lab, cci::kMailbox, kDebugLog), 0U);
  EXPECT_EQ(log_size(lab, cci::kMctp, kDebugLog), 0U);
}

// "This value is cleared to 00h when the Component State Dump Log is cleared": the next fatal event makes data again.
TEST_P(ClearLog, ClearsTheStateDumpAndItsTriggers) {
  Lab lab;
  lab.log_event(EventLogId::fatal);
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kStateDump), success());
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)), success(zeros(0x40)));
  lab.log_event(EventLogId::fatal);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)).payload.substr(8, 8), "01030200");
}

// What is under way is not what was there: it goes on.
TEST_P(ClearLog, LeavesAPopulationAlone) {
  Lab lab([](auto& config) { config.populate_duration = 100ms; });
  lab.mctp(0x0404, kStateDump);
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kStateDump).code, ReturnCode::success);
  lab.advance(100ms);
  EXPECT_EQ(lab.background(cci::kMctp).return_code, ReturnCode::success);
  EXPECT_GT(log_size(lab, GetParam(), kStateDump), 0x40U);
}

TEST_P(ClearLog, SucceedsOnResultsOfTestsThatWereNeverRun) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kTestResultsShort), success());
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kTestResultsLong), success());
}

TEST_P(ClearLog, RefusesLogsThatCannotBeCleared) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kCel), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kEcsLog), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kTestCapability), refused(ReturnCode::invalid_input));
}

TEST_P(ClearLog, RefusesALogThatIsNotThere) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kNoLog), refused(ReturnCode::invalid_log));
}

TEST_P(ClearLog, NeedsItsSixteenBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0403), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0403, zeros(15)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0403, std::string(kDebugLog) + "ff"), success());
}

TEST_P(ClearLog, IsInTheCelWithImmediateLogChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0403), with_secondary(GetParam(), "1000"));
}

TEST_P(ClearLog, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(runs_for(GetParam()), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0403, kDebugLog), (Answered{ReturnCode::success, "", shows_background(GetParam())}));
}

}  // namespace
}  // namespace cxlemu
