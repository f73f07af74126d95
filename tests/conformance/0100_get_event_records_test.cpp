// CXL r3.2 8.2.10.2.2 Get Event Records (Opcode 0100h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

// The record that Lab::log_event() makes: everything but these fields is zero.
struct Record {
  std::string_view handle;
  std::string_view mark = "00";
  std::string_view timestamp = "0000000000000000";
  std::string_view severity = "00";
};
std::string hex(const Record& record) {
  return zeros(16) + "80" + std::string(record.severity) + "0000" + std::string(record.handle) + "0000" +
         std::string(record.timestamp) + zeros(16) + std::string(record.mark) + zeros(79);
}

// The handles of the records in a response, in their order.
std::string handles_in(const Answered& answered) {
  std::string handles;
  for (std::size_t at = 64; at + 256 <= answered.payload.size(); at += 256) {
    handles += answered.payload.substr(at + 40, 4) + " ";
  }
  return handles;
}

// Flags, Overflow Error Count, First and Last Overflow Event Timestamp, Event Record Count.
std::string head_of(const Answered& answered) { return answered.payload.substr(0, 44); }

void log_events(Lab& lab, EventLogId log, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) lab.log_event(log);
  lab.machine->settle();
}

class GetEventRecords : public OnEveryCci {};
ON_EVERY_CCI(GetEventRecords);

TEST_P(GetEventRecords, ReturnsTheRecordsOfALog) {
  Lab lab;
  lab.log_event(EventLogId::warning, 0xA5);
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "01"),
            success("00"                                               // Flags
                    "00"                                               // reserved
                    "00 00"                                            // Overflow Error Count
                    "00 00 00 00 00 00 00 00"                          // First Overflow Event Timestamp
                    "00 00 00 00 00 00 00 00"                          // Last Overflow Event Timestamp
                    "01 00"                                            // Event Record Count
                    "00 00 00 00 00 00 00 00 00 00"                    // reserved
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"  // Event Record Identifier
                    "80"                                               // Event Record Length
                    "01 00 00"                                         // Event Record Flags: warning
                    "01 00"                                            // Event Record Handle
                    "00 00"                                            // Related Event Record Handle
                    "00 00 00 00 00 00 00 00"                          // Event Record Timestamp: never set
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                    "a5 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"  // Event Record Data
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"));
}

TEST_P(GetEventRecords, ReturnsTheOldestFirst) {
  Lab lab;
  lab.log_event(EventLogId::informational, 0x11);
  lab.log_event(EventLogId::informational, 0x22);
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "00"),
            success(zeros(20) + "0200" + zeros(10) + hex({.handle = "0100", .mark = "11"}) +
                    hex({.handle = "0200", .mark = "22"})));
}

TEST_P(GetEventRecords, StampsARecordWithTheTimestampOfTheDevice) {
  Lab lab;
  lab.mailbox(0x0301, "00 10 00 00 00 00 00 00");
  lab.advance(2ns);
  lab.log_event(EventLogId::informational);
  lab.advance(1s);
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "00").payload.substr(64),
            hex({.handle = "0100", .timestamp = "0210000000000000"}));
}

TEST_P(GetEventRecords, LeavesTheRecordsInTheLog) {
  Lab lab;
  lab.log_event(EventLogId::failure);
  lab.send(GetParam(), 0x0100, "02");
  EXPECT_EQ(handles_in(lab.send(GetParam(), 0x0100, "02")), "0100 ");
}

TEST_P(GetEventRecords, RefusesALogThatTheSpecificationReserves) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "05"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "ff"), refused(ReturnCode::invalid_input));
}

TEST_P(GetEventRecords, NeedsItsByte) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0100), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetEventRecords, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "00 ff"), success(zeros(32)));
}

TEST_P(GetEventRecords, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "00 ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetEventRecords, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0100), with_secondary(GetParam(), "0000"));
}

// ----------------------------------------------------------------------------------------------- logs are independent

class EmptyEventLog : public testing::TestWithParam<std::tuple<cci::CciId, std::string_view>> {};
INSTANTIATE_TEST_SUITE_P(Log, EmptyEventLog,
                         testing::Combine(testing::Values(cci::kMailbox, cci::kMctp),
                                          testing::Values("00", "01", "02", "03", "04")),
                         [](const auto& tested) {
                           return cci_name(std::get<0>(tested.param)) + std::string(std::get<1>(tested.param));
                         });

TEST_P(EmptyEventLog, HasAZeroHeadAndNoRecords) {
  const auto [via, log] = GetParam();
  Lab lab;
  EXPECT_EQ(lab.send(via, 0x0100, log), success(zeros(32)));
}

TEST_P(GetEventRecords, CountsHandlesInEachLogApart) {
  Lab lab;
  lab.log_event(EventLogId::informational);
  lab.log_event(EventLogId::dynamic_capacity);
  lab.log_event(EventLogId::informational);
  EXPECT_EQ(handles_in(lab.send(GetParam(), 0x0100, "00")), "0100 0200 ");
  EXPECT_EQ(handles_in(lab.send(GetParam(), 0x0100, "04")), "0100 ");
}

// -------------------------------------------------------------------------------------------- limits of the response

// 32 + 7 * 128 = 928 bytes of 1024. Fault B17: More is set only while records remain.
TEST(GetEventRecordsLimit, ReturnsSevenRecordsIn1024Bytes) {
  Lab lab;
  log_events(lab, EventLogId::informational, 7);
  EXPECT_EQ(head_of(lab.mctp(0x0100, "00")), "00" + zeros(19) + "0700");
  log_events(lab, EventLogId::informational, 1);
  const Answered seven_of_eight = lab.mctp(0x0100, "00");
  EXPECT_EQ(head_of(seven_of_eight), "02" + zeros(19) + "0700");
  EXPECT_EQ(handles_in(seven_of_eight), "0100 0200 0300 0400 0500 0600 0700 ");
}

TEST(GetEventRecordsLimit, ReturnsOneRecordIn256Bytes) {
  Lab lab;
  log_events(lab, EventLogId::informational, 2);
  lab.mctp(0x0004, "08");
  const Answered one_of_two = lab.mctp(0x0100, "00");
  EXPECT_EQ(head_of(one_of_two), "02" + zeros(19) + "0100");
  EXPECT_EQ(handles_in(one_of_two), "0100 ");
}

TEST(GetEventRecordsLimit, ReturnsOneRecordInTheSmallestMailbox) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  log_events(lab, EventLogId::informational, 2);
  EXPECT_EQ(head_of(lab.mailbox(0x0100, "00")), "02" + zeros(19) + "0100");
}

// (8192 - 32) / 128 = 63 records.
TEST(GetEventRecordsLimit, ReturnsSixtyThreeRecordsInTheMailboxOf8192Bytes) {
  Lab lab;
  log_events(lab, EventLogId::informational, 63);
  EXPECT_EQ(head_of(lab.mailbox(0x0100, "00")), "00" + zeros(19) + "3f00");
  log_events(lab, EventLogId::informational, 1);
  EXPECT_EQ(head_of(lab.mailbox(0x0100, "00")), "02" + zeros(19) + "3f00");
}

TEST(GetEventRecordsLimit, ReturnsTheLargestLogAtOnceInTheLargestMailbox) {
  Lab lab([](auto& config) {
    config.event_log_size = 4096;
    config.mailbox_payload_size = 1 << 20;
  });
  log_events(lab, EventLogId::informational, 4096);
  const Answered all = lab.mailbox(0x0100, "00");
  EXPECT_EQ(head_of(all), "00" + zeros(19) + "0010");
  EXPECT_EQ(all.payload.size(), 2 * (32 + 4096 * 128));
}

TEST_P(GetEventRecords, ReturnsTheRestAfterTheFirstOnesWereCleared) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  lab.mctp(0x0004, "08");
  log_events(lab, EventLogId::informational, 2);
  lab.send(GetParam(), 0x0101, "00 00 01 000000 0100");
  const Answered rest = lab.send(GetParam(), 0x0100, "00");
  EXPECT_EQ(head_of(rest), "00" + zeros(19) + "0100");
  EXPECT_EQ(handles_in(rest), "0200 ");
}

// ------------------------------------------------------------------------------------------------------- overflow

void keeps_two_records(MemoryDeviceConfig& config) { config.event_log_size = 2; }

TEST_P(GetEventRecords, HasRoomForEveryRecordThatTheLogHolds) {
  Lab lab(keeps_two_records);
  log_events(lab, EventLogId::fatal, 2);
  EXPECT_EQ(head_of(lab.send(GetParam(), 0x0100, "03")), zeros(20) + "0200");
}

TEST_P(GetEventRecords, TellsWhenAndHowOftenALogOverflowedAndKeepsTheOldRecords) {
  Lab lab(keeps_two_records);
  lab.mailbox(0x0301, "00 00 01 00 00 00 00 00");
  log_events(lab, EventLogId::fatal, 2);
  lab.advance(1ns);
  log_events(lab, EventLogId::fatal, 1);
  lab.advance(1ns);
  log_events(lab, EventLogId::fatal, 1);
  lab.advance(1ns);
  log_events(lab, EventLogId::fatal, 1);
  const Answered overflowed = lab.send(GetParam(), 0x0100, "03");
  EXPECT_EQ(head_of(overflowed),
            "01"                // Flags: Overflow
            "00"                // reserved
            "0300"              // Overflow Error Count
            "0100010000000000"  // First Overflow Event Timestamp
            "0300010000000000"  // Last Overflow Event Timestamp
            "0200");            // Event Record Count
  EXPECT_EQ(handles_in(overflowed), "0100 0200 ");
}

TEST_P(GetEventRecords, HasNoOverflowTimestampsWhereTheTimestampWasNeverSet) {
  Lab lab(keeps_two_records);
  lab.advance(1s);
  log_events(lab, EventLogId::fatal, 3);
  EXPECT_EQ(head_of(lab.send(GetParam(), 0x0100, "03")), "01000100" + zeros(16) + "0200");
}

TEST_P(GetEventRecords, OverflowsOneLogAlone) {
  Lab lab(keeps_two_records);
  log_events(lab, EventLogId::fatal, 3);
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "02"), success(zeros(32)));
}

TEST_P(GetEventRecords, TellsOfOverflowAndOfMoreRecordsAtOnce) {
  Lab lab([](auto& config) {
    config.event_log_size = 2;
    config.message_limit = 8;
    config.mailbox_payload_size = 256;
  });
  log_events(lab, EventLogId::fatal, 3);
  EXPECT_EQ(head_of(lab.send(GetParam(), 0x0100, "03")), "03000100" + zeros(16) + "0100");
}

// Fault B45: the counter of the reference emulator wraps.
TEST_P(GetEventRecords, SaturatesTheOverflowCount) {
  Lab lab([](auto& config) { config.event_log_size = 1; });
  log_events(lab, EventLogId::fatal, 1 + 65'534);
  EXPECT_EQ(head_of(lab.send(GetParam(), 0x0100, "03")), "0100feff" + zeros(16) + "0100");
  log_events(lab, EventLogId::fatal, 1);
  EXPECT_EQ(head_of(lab.send(GetParam(), 0x0100, "03")), "0100ffff" + zeros(16) + "0100");
  log_events(lab, EventLogId::fatal, 1);
  EXPECT_EQ(head_of(lab.send(GetParam(), 0x0100, "03")), "0100ffff" + zeros(16) + "0100");
}

TEST_P(GetEventRecords, GivesNoHandleToARecordThatWasLost) {
  Lab lab(keeps_two_records);
  log_events(lab, EventLogId::fatal, 5);
  lab.send(GetParam(), 0x0101, "03 00 02 000000 0100 0200");
  log_events(lab, EventLogId::fatal, 1);
  EXPECT_EQ(handles_in(lab.send(GetParam(), 0x0100, "03")), "0300 ");
}

// A handle of 0 is invalid, so that FFFFh is followed by 0001h. The profile allows clearing without overflow.
TEST_P(GetEventRecords, SkipsHandleZeroAtTheWrap) {
  Lab lab([](auto& config) {
    config.profile = Profile::libcxlmi;
    config.event_log_size = 4096;
  });
  for (int i = 0; i < 15; ++i) {
    log_events(lab, EventLogId::fatal, 4096);
    lab.send(GetParam(), 0x0101, "03 01 00 000000");
  }
  log_events(lab, EventLogId::fatal, 65'533 - 15 * 4096);
  lab.send(GetParam(), 0x0101, "03 01 00 000000");
  log_events(lab, EventLogId::fatal, 4);
  EXPECT_EQ(handles_in(lab.send(GetParam(), 0x0100, "03")), "feff ffff 0100 0200 ");
}

// --------------------------------------------------------------------------------------------------------- states

TEST_P(GetEventRecords, IsAnsweredWhileMediaIsDisabled) {
  Lab lab;
  lab.log_event(EventLogId::fatal);
  lab.mailbox(0x4400);
  EXPECT_EQ(handles_in(lab.send(GetParam(), 0x0100, "03")), "0100 ");
}

TEST_P(GetEventRecords, IsRefusedWhileMediaIsDisabledByPropertyAfterItsLengthAndBeforeItsInput) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(runs_for(GetParam()), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0100),
            (Answered{ReturnCode::invalid_payload_length, "", shows_background(GetParam())}));
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "00"),
            (Answered{ReturnCode::media_disabled, "", shows_background(GetParam())}));
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "05"),
            (Answered{ReturnCode::media_disabled, "", shows_background(GetParam())}));
}

class EventRecordsAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(EventRecordsAfterReset);

// SILENT (spec-check h4): no rule of persistence; records are kept (choice), and what shows them agrees (fault B30).
TEST_P(EventRecordsAfterReset, AreKept) {
  Lab lab;
  lab.log_event(EventLogId::failure, 0x77);
  lab.reset(GetParam());
  const std::string one_record =
      zeros(20) + "0100" + zeros(10) + hex({.handle = "0100", .mark = "77", .severity = "02"});
  EXPECT_EQ(lab.mailbox(0x0100, "02"), success(one_record));
  EXPECT_EQ(lab.mctp(0x0100, "02"), success(one_record));
}

}  // namespace
}  // namespace cxlemu
