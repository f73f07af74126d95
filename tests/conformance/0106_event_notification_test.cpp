// CXL r3.2 8.2.10.2.8 Event Notification (Opcode 0106h): a request that the device sends
#include <gmock/gmock.h>

#include "cci/message.hpp"
#include "support/manager.hpp"

namespace cxlemu {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kClearFirstWarning = "01 00 01 000000 0100";

// A device that sends every event to its manager.
struct Told {
  explicit Told(const std::function<void(MemoryDeviceConfig&)>& configure = {}) : lab(configure), manager(lab) {
    manager.ask_for("1f 80");
  }
  Lab lab;
  Manager manager;
};

TEST(EventNotification, IsARequestWithTheTagOwnerBit) {
  Told told;
  told.lab.log_event(EventLogId::fatal);
  ASSERT_EQ(told.manager.count(), 1U);
  const mctp::Message& message = told.manager.last();
  EXPECT_EQ(message.source, Eid{8});
  EXPECT_EQ(message.type, mctp::MessageType::cxl_cci);
  EXPECT_TRUE(message.tag.owner);
  // Request, message tag 0, opcode 0106h, 2 bytes, no return code, no vendor status; the fatal log.
  EXPECT_EQ(to_hex(message.body),
            "00"
            "00"
            "00"
            "0601"
            "020000"
            "0000"
            "0000"
            "0800");
}

// ------------------------------------------------------------------------------------------------------------ triggers

TEST(EventNotification, IsSentAtOnceWhenALogGetsItsFirstRecord) {
  Told told;
  told.manager.answer = ReturnCode::success;
  told.lab.advance(7ms);
  told.lab.log_event(EventLogId::warning);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0200 at 7000 us"));
  told.lab.log_event(EventLogId::warning);
  told.lab.advance(50ms);
  EXPECT_THAT(told.manager.heard(), IsEmpty());
}

TEST(EventNotification, IsSentAgainAfterTheLogWasEmptied) {
  Told told;
  told.manager.answer = ReturnCode::success;
  told.lab.log_event(EventLogId::warning);
  told.lab.log_event(EventLogId::warning);
  told.manager.send(0x0101, kClearFirstWarning);
  told.lab.log_event(EventLogId::warning);
  EXPECT_EQ(told.manager.count(), 1U);  // it had not been emptied
  told.manager.send(0x0101, "01 00 02 000000 0200 0300");
  told.lab.log_event(EventLogId::warning);
  EXPECT_EQ(told.manager.count(), 1U);
}

// The mailbox has logs of its own (9.20.1).
TEST(EventNotification, FollowsTheLogsOfTheMctpCci) {
  Told told;
  told.manager.answer = ReturnCode::success;
  told.lab.log_event(EventLogId::warning);
  told.lab.mailbox(0x0101, kClearFirstWarning);
  told.lab.log_event(EventLogId::warning);
  EXPECT_EQ(told.manager.count(), 1U);
}

TEST(EventNotification, IsNotSentForARecordThatIsLost) {
  Told told([](auto& config) { config.event_log_size = 1; });
  told.manager.answer = ReturnCode::success;
  told.lab.log_event(EventLogId::warning);
  told.lab.log_event(EventLogId::warning);
  EXPECT_EQ(told.manager.count(), 1U);
}

TEST(EventNotification, IsSentWhenABackgroundOperationCompletes) {
  Told told([](auto& config) { config.sanitize_duration = 100ms; });
  told.manager.answer = ReturnCode::success;
  told.manager.send(0x4400);
  told.lab.advance(200ms);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0080 at 100000 us"));
  told.manager.send(0x4400);
  told.lab.advance(200ms);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0080 at 300000 us"));  // "of every background operation"
}

TEST(EventNotification, IsNotSentForOperationsOfTheMailbox) {
  Told told([](auto& config) { config.sanitize_duration = 100ms; });
  told.lab.mailbox(0x4400);
  told.lab.advance(200ms);
  EXPECT_THAT(told.manager.heard(), IsEmpty());
}

TEST(EventNotification, IsSentForAnOperationThatFailedAtItsEnd) {
  Told told([](auto& config) { config.sanitize_duration = 100ms; });
  told.manager.answer = ReturnCode::success;
  told.lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4400}, .disturbance = {.result = ReturnCode::internal_error}});
  told.manager.send(0x4400);
  told.lab.advance(200ms);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0080 at 100000 us"));
}

TEST(EventNotification, IsNotSentForAnOperationThatWasAborted) {
  Told told([](auto& config) { config.sanitize_duration = 100ms; });
  told.manager.send(0x4400);
  told.lab.advance(50ms);
  told.manager.send(0x0005);
  told.lab.advance(200ms);
  EXPECT_THAT(told.manager.heard(), IsEmpty());
}

// Poison that a scan finds is logged before the operation is over.
TEST(EventNotification, ComesInTheOrderOfWhatHappened) {
  Told told([](auto& config) { config.scan_duration = 100ms; });
  told.manager.answer = ReturnCode::success;
  told.lab.poison(0x1000, 64, {PoisonSource::internal, false});
  told.manager.send(0x4304, "0000000000000000 0000800000000000 00");
  told.lab.advance(200ms);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0400 at 100000 us", "0080 at 100000 us"));
}

// ------------------------------------------------------------------------------------------------------ retransmission

TEST(EventNotification, IsRetransmittedEveryMillisecondAtMostTenTimes) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(1s);
  EXPECT_THAT(told.manager.heard(),
              ElementsAre("0100 at 0 us", "0100 at 1000 us", "0100 at 2000 us", "0100 at 3000 us", "0100 at 4000 us",
                          "0100 at 5000 us", "0100 at 6000 us", "0100 at 7000 us", "0100 at 8000 us", "0100 at 9000 us",
                          "0100 at 10000 us"));
}

TEST(EventNotification, KeepsItsMessageTagUntilItIsAnswered) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  const std::uint8_t tag = told.manager.last_message_tag();
  const mctp::Tag transport_tag = told.manager.last().tag;
  told.lab.advance(10ms);
  EXPECT_EQ(told.manager.last_message_tag(), tag);
  EXPECT_EQ(told.manager.last().tag, transport_tag);
  told.manager.respond(ReturnCode::success);
  told.lab.log_event(EventLogId::warning);
  EXPECT_NE(told.manager.last_message_tag(), tag);
}

TEST(EventNotification, IsNotSentAgainAfterSuccess) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(2500us);
  EXPECT_EQ(told.manager.count(), 3U);
  told.manager.respond(ReturnCode::success);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 0U);
  EXPECT_TRUE(told.lab.inside_endpoint("a tag that stays taken is seen only when all eight are")
                  .endpoint->outstanding_tags()
                  .empty());
}

class ErrorResponse : public testing::TestWithParam<ReturnCode> {};
INSTANTIATE_TEST_SUITE_P(Code, ErrorResponse,
                         testing::Values(ReturnCode::invalid_input, ReturnCode::internal_error,
                                         ReturnCode::retry_required, ReturnCode::unsupported));

TEST_P(ErrorResponse, DoesNotEndTheRetransmission) {
  Told told;
  told.manager.answer = GetParam();
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 11U);
}

// "No additional Event Notifications shall be sent until the component has received a response": any response.
TEST_P(ErrorResponse, LetsTheNextOneFollowWhenTheRetriesAreOver) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.lab.log_event(EventLogId::warning);
  told.manager.respond(GetParam());
  told.lab.advance(10ms);
  EXPECT_EQ(told.manager.count(), 11U);
  told.lab.advance(1ms);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0200 at 11000 us"));
}

TEST(EventNotification, IsNotAnsweredByAResponseWithAnotherTag) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.manager.respond(ReturnCode::success, 1);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 11U);
  EXPECT_EQ(told.lab.dropped_messages(cci::MessageDrop::not_a_request), 1U);
}

// A response of another opcode, a request where a response should be, or no message at all.
TEST(EventNotification, IsNotAnsweredByWhatIsNoResponseToIt) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  for (const std::string_view body : {"01000001010000000000"
                                      "0000",
                                      "00000006010000000000"
                                      "0000",
                                      "0100", ""}) {
    mctp::Message message = mctp::response_to(told.manager.last());
    message.body = from_hex(body).value();
    told.manager.send_message(message);
  }
  mctp::Message other_type = mctp::response_to(told.manager.last());
  other_type.type = mctp::MessageType::cxl_fm_api;
  other_type.body = from_hex("010000060100000000000000").value();
  told.manager.send_message(other_type);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 11U);
}

TEST(EventNotification, IsNotAnsweredBySomebodyElse) {
  Told told;
  Manager other(told.lab, 21);
  told.lab.log_event(EventLogId::informational);
  mctp::Message message = mctp::response_to(told.manager.last());
  message.source = Eid{21};
  message.body = from_hex("010000060100000000000000").value();
  other.send_message(message);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 11U);
}

// ------------------------------------------------------------------------------------------------------- one at a time

TEST(EventNotification, OfTheNextEventWaitsForTheResponse) {
  Told told;
  told.lab.log_event(EventLogId::failure);
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(3ms);
  EXPECT_EQ(told.manager.count(), 4U);
  told.manager.respond(ReturnCode::success);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0100 at 3000 us"));
}

TEST(EventNotification, IsFollowedByNoneWhereNoResponseCame) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 11U);
  told.lab.log_event(EventLogId::warning);
  told.lab.log_event(EventLogId::fatal);
  told.lab.advance(10s);
  EXPECT_EQ(told.manager.count(), 0U);
}

TEST(EventNotification, FollowsALateResponse) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(100s);  // longer than any other tag lives
  told.lab.log_event(EventLogId::warning);
  EXPECT_EQ(told.manager.count(), 11U);
  told.manager.respond(ReturnCode::success);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0200 at 100000000 us"));
}

TEST(EventNotification, FollowsALateErrorToo) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(1s);
  told.lab.log_event(EventLogId::warning);
  told.manager.heard();
  told.manager.respond(ReturnCode::invalid_input);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0200 at 1000000 us"));
}

// Up to the deadline behind the last retry a response is not late.
TEST(EventNotification, MayBeAnsweredUpToAMillisecondAfterItsLastRetry) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(10'999us);
  told.manager.respond(ReturnCode::success);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 11U);
  told.lab.log_event(EventLogId::warning);
  EXPECT_EQ(told.manager.count(), 1U);
}

TEST(EventNotification, GoesOnWhereItsLogIsEmptiedMeanwhile) {
  Told told;
  told.lab.log_event(EventLogId::warning);
  told.manager.send(0x0101, kClearFirstWarning);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 11U);
}

TEST(EventNotification, IsNotBegunForALogThatIsEmptyAgain) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  told.lab.log_event(EventLogId::warning);
  told.manager.send(0x0101, kClearFirstWarning);
  told.manager.heard();
  told.manager.respond(ReturnCode::success);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 0U);
}

TEST(EventNotification, IsOneForALogThatWasEmptiedAndFilledMeanwhile) {
  Told told;
  told.lab.log_event(EventLogId::warning);
  for (const std::string_view handle : {"0100", "0200", "0300"}) {
    told.manager.send(0x0101, "01 00 01 000000" + std::string(handle));
    told.lab.log_event(EventLogId::warning);
  }
  told.manager.heard();
  told.manager.answer = ReturnCode::success;
  told.manager.respond(ReturnCode::success);
  told.lab.advance(1s);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0200 at 0 us"));
}

// LIMIT: sixteen notifications wait; that of one completed operation more is lost.
TEST(EventNotification, WaitsForItsTurnUpToTheLimit) {
  Told told([](auto& config) { config.sanitize_duration = 10ms; });
  told.lab.log_event(EventLogId::informational);
  for (int i = 0; i < 17; ++i) {
    told.manager.send(0x4400);
    told.lab.advance(10ms);
  }
  told.manager.heard();
  told.manager.answer = ReturnCode::success;
  told.manager.respond(ReturnCode::success);
  EXPECT_EQ(told.manager.count(), 16U);
}

// ---------------------------------------------------------------------------------------------------------------- MCTP

TEST(EventNotification, IsTakenUpWhenATagIsFreeAgain) {
  Told told;
  mctp::Endpoint& endpoint = *told.lab.inside_endpoint("no client can make a device use up its own tags").endpoint;
  for (std::uint8_t tag = 0; tag < mctp::kTagCount; ++tag) ASSERT_TRUE(endpoint.claim_tag(Eid{20}, tag, true));
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(2500us);
  EXPECT_EQ(told.manager.count(), 0U);
  endpoint.release_tag(Eid{20}, 5);
  told.lab.advance(1ms);
  EXPECT_THAT(told.manager.heard(), ElementsAre("0100 at 3000 us"));
  EXPECT_EQ(told.manager.last().tag, (mctp::Tag{5, true}));
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 7U);  // those without a tag count as lost
}

TEST(EventNotification, ComesFromTheEidThatTheDeviceHasNow) {
  Told told;
  told.lab.log_event(EventLogId::informational);
  EXPECT_EQ(told.manager.last().source, Eid{8});
  mctp::Message set_eid;
  set_eid.destination = Eid{8};
  set_eid.type = mctp::MessageType::control;
  set_eid.tag = told.manager.endpoint().allocate_tag(Eid{8}).value();
  set_eid.body = from_hex("80 01 00 30").value();
  told.manager.send_message(set_eid);
  told.lab.advance(1ms);
  EXPECT_EQ(told.manager.last().source, Eid{0x30});
  told.manager.heard();
  told.manager.respond(ReturnCode::success);
  told.lab.advance(1s);
  EXPECT_EQ(told.manager.count(), 0U);
}

TEST(EventNotification, FallsSilentWhereItsDestinationIsGone) {
  Told told;
  told.manager.leave();
  told.lab.log_event(EventLogId::informational);
  told.lab.advance(1s);
  EXPECT_EQ(told.lab.machine->networks().front().network->counters().unroutable, 11U);
  EXPECT_EQ(told.lab.machine->next_deadline(), std::nullopt);
}

// A device discards a notification that it receives, on whatever CCI; see also tests/conversations/message_test.cpp.
TEST(EventNotification, IsNoCommandThatTheDeviceCarriesOut) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0106, "01 00"), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.try_to_send(cci::kMctp, 0x0106, from_hex("0100").value()), std::nullopt);
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0106), "absent");
}

}  // namespace
}  // namespace cxlemu
