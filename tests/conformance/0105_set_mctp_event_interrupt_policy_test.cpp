// CXL r3.2 8.2.10.2.7 Set MCTP Event Interrupt Policy (Opcode 0105h)
#include <gmock/gmock.h>

#include "support/manager.hpp"

namespace cxlemu {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SetMctpEventInterruptPolicy, AnswersWithWhatIsSet) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0105, "15 80"), success("15 80"));
  EXPECT_EQ(lab.mctp(0x0104), success("15 80"));
}

// COMPAT(libcxlmi): it demands an empty answer.
TEST(SetMctpEventInterruptPolicy, AnswersWithoutPayloadInTheProfileOfLibcxlmi) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  EXPECT_EQ(lab.mctp(0x0105, "15 80"), success());
  EXPECT_EQ(lab.mctp(0x0104), success("15 80"));
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0105), "0800");
}

TEST(SetMctpEventInterruptPolicy, IgnoresReservedBits) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0105, "ff ff"), success("1f 80"));
  EXPECT_EQ(lab.mctp(0x0105, "e0 7f"), success("00 00"));
}

TEST(SetMctpEventInterruptPolicy, NeedsTwoBytes) {
  Lab lab;
  lab.mctp(0x0105, "02 00");
  EXPECT_EQ(lab.mctp(0x0105), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mctp(0x0105, "01"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mctp(0x0104), success("02 00"));
}

TEST(SetMctpEventInterruptPolicy, IgnoresSurplusPayloadOrRefusesItByProperty) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0105, "01 00 ff"), success("01 00"));
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.mctp(0x0105, "01 00 ff"), refused(ReturnCode::invalid_payload_length));
}

// -------------------------------------------------------------------------------------------- who is told, and of what

TEST(SetMctpEventInterruptPolicy, HasNotificationsSentToWhoSentItLast) {
  Lab lab;
  Manager first(lab, 20);
  Manager second(lab, 21);
  first.ask_for("01 00");
  second.ask_for("01 00");
  lab.log_event(EventLogId::informational);
  EXPECT_EQ(first.count(), 0U);
  EXPECT_EQ(second.count(), 1U);
}

// The generic command sets are heard on type 7, too: what is sent to who asked there is of that type.
TEST(SetMctpEventInterruptPolicy, HasNotificationsSentWithTheMessageTypeOfTheRequest) {
  Lab lab;
  Manager manager(lab, 20, mctp::MessageType::cxl_fm_api);
  manager.ask_for("01 00");
  lab.log_event(EventLogId::informational);
  ASSERT_EQ(manager.count(), 1U);
  EXPECT_EQ(manager.last().type, mctp::MessageType::cxl_fm_api);
}

// Reading the policy does not make anybody the destination.
TEST(SetMctpEventInterruptPolicy, IsTheOnlyCommandThatChangesTheDestination) {
  Lab lab;
  Manager manager(lab);
  manager.ask_for("01 00");
  lab.mctp(0x0104);
  lab.mctp(0x0105, "01");  // refused
  lab.log_event(EventLogId::informational);
  EXPECT_EQ(manager.count(), 1U);
}

struct EventLogBit {
  EventLogId log;
  std::string_view settings;
};
class BitOfALog : public testing::TestWithParam<EventLogBit> {};
INSTANTIATE_TEST_SUITE_P(Log, BitOfALog,
                         testing::Values(EventLogBit{EventLogId::informational, "0100"},
                                         EventLogBit{EventLogId::warning, "0200"},
                                         EventLogBit{EventLogId::failure, "0400"},
                                         EventLogBit{EventLogId::fatal, "0800"},
                                         EventLogBit{EventLogId::dynamic_capacity, "1000"}));

TEST_P(BitOfALog, EnablesThatLogAlone) {
  Lab lab;
  Manager manager(lab);
  manager.answer = ReturnCode::success;
  manager.ask_for(GetParam().settings);
  for (std::size_t log = 0; log < kEventLogs; ++log) lab.log_event(static_cast<EventLogId>(log));
  lab.advance(50ms);
  EXPECT_THAT(manager.heard(), ElementsAre(std::string(GetParam().settings) + " at 0 us"));
}

TEST(SetMctpEventInterruptPolicy, ConcernsEventsAfterItAlone) {
  Lab lab;
  Manager manager(lab);
  lab.log_event(EventLogId::warning);
  manager.ask_for("1f 80");
  lab.log_event(EventLogId::warning);  // the log was not empty
  lab.advance(50ms);
  EXPECT_THAT(manager.heard(), IsEmpty());
}

// ----------------------------------------------------------------------------------- what it does to what is under way

TEST(SetMctpEventInterruptPolicy, StopsTheRetransmissionOfALogThatItDisables) {
  Lab lab;
  Manager manager(lab);
  manager.ask_for("03 00");
  lab.log_event(EventLogId::warning);
  lab.advance(2500us);
  EXPECT_EQ(manager.count(), 3U);
  manager.ask_for("01 00");
  lab.advance(50ms);
  EXPECT_EQ(manager.count(), 0U);
  EXPECT_TRUE(lab.inside_endpoint("a tag that stays taken is seen only when all eight are")
                  .endpoint->outstanding_tags()
                  .empty());
}

TEST(SetMctpEventInterruptPolicy, DropsWhatWaitsForALogThatItDisables) {
  Lab lab;
  Manager manager(lab);
  manager.ask_for("0f 00");
  lab.log_event(EventLogId::informational);
  lab.log_event(EventLogId::warning);
  lab.log_event(EventLogId::failure);
  manager.ask_for("0d 00");
  EXPECT_THAT(manager.heard(), ElementsAre("0100 at 0 us"));
  manager.respond(ReturnCode::success);
  EXPECT_THAT(manager.heard(), ElementsAre("0400 at 0 us"));
}

TEST(SetMctpEventInterruptPolicy, LeavesTheRetransmissionOfALogThatStaysEnabled) {
  Lab lab;
  Manager manager(lab);
  manager.ask_for("02 00");
  lab.log_event(EventLogId::warning);
  manager.ask_for("03 00");
  lab.advance(50ms);
  EXPECT_EQ(manager.count(), 11U);
}

// What was for somebody else is not sent to him any more, nor to the new one: it was before his command.
TEST(SetMctpEventInterruptPolicy, OfSomebodyElseEndsWhatIsUnderWay) {
  Lab lab;
  Manager first(lab, 20);
  Manager second(lab, 21);
  first.ask_for("02 00");
  lab.log_event(EventLogId::warning);
  second.ask_for("02 00");
  lab.advance(50ms);
  EXPECT_EQ(first.count(), 1U);
  EXPECT_EQ(second.count(), 0U);
}

TEST(SetMctpEventInterruptPolicy, ArmsAgainADeviceThatHasFallenSilent) {
  Lab lab;
  Manager manager(lab);
  manager.ask_for("03 00");
  lab.log_event(EventLogId::informational);
  lab.advance(50ms);
  lab.log_event(EventLogId::warning);
  EXPECT_EQ(manager.count(), 11U);
  manager.ask_for("03 00");
  lab.advance(50ms);
  EXPECT_EQ(manager.count(), 0U);  // both events were before it
  lab.mctp(0x0101, "01 00 01 000000 0100");
  lab.log_event(EventLogId::warning);
  EXPECT_THAT(manager.heard(), ElementsAre("0200 at 100000 us"));
}

// -------------------------------------------------------------------------------------------------------------- states

TEST(SetMctpEventInterruptPolicy, IsProhibitedOnTheMailbox) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0105, "01 00"), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.mailbox(0x0105), refused(ReturnCode::unsupported_mailbox_or_cci));  // 15h before 16h
  EXPECT_EQ(lab.mctp(0x0104), success("00 00"));
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0105), "absent");
}

TEST(SetMctpEventInterruptPolicy, IsInTheCelAsImmediatePolicyChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0105), "0800");
}

TEST(SetMctpEventInterruptPolicy, IsCarriedOutWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mctp(0x0105, "01 00"), (Answered{ReturnCode::success, "0100", true}));
}

// The MCTP CCI goes on over every reset of the host; it ends with its power.
class MctpEventInterruptPolicyReset : public AfterEveryReset {};
AFTER_EVERY_RESET(MctpEventInterruptPolicyReset);
TEST_P(MctpEventInterruptPolicyReset, KeepsThePolicyUnlessPowerWasLost) {
  Lab lab;
  Manager manager(lab);
  manager.ask_for("01 80");
  lab.reset(GetParam());
  const bool kept = GetParam() != ResetKind::power_loss;
  EXPECT_EQ(lab.mctp(0x0104), success(kept ? "01 80" : "00 00"));
  lab.log_event(EventLogId::informational);
  EXPECT_EQ(manager.count(), kept ? 1U : 0U);
}
TEST_P(MctpEventInterruptPolicyReset, LeavesWhatIsUnderWayUnlessPowerWasLost) {
  Lab lab;
  Manager manager(lab);
  manager.ask_for("03 00");
  lab.log_event(EventLogId::informational);
  lab.log_event(EventLogId::warning);
  lab.reset(GetParam());
  lab.advance(50ms);
  const bool kept = GetParam() != ResetKind::power_loss;
  EXPECT_EQ(manager.count(), kept ? 11U : 1U);
  EXPECT_EQ(lab.inside_endpoint("a tag that stays taken is seen only when all eight are")
                .endpoint->outstanding_tags()
                .empty(),
            !kept);
}

}  // namespace
}  // namespace cxlemu
