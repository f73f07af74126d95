// CXL r3.2 8.2.10.2.3 Clear Event Records (Opcode 0101h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

// The handles of the records in a log, in their order.
std::string handles(Lab& lab, cci::CciId via, std::string_view log) {
  const Answered answered = lab.send(via, 0x0100, log);
  std::string found;
  for (std::size_t at = 64; at + 256 <= answered.payload.size(); at += 256) {
    found += answered.payload.substr(at + 40, 4) + " ";
  }
  return found;
}
// Flags and Overflow Error Count.
std::string overflow(Lab& lab, cci::CciId via, std::string_view log) {
  return lab.send(via, 0x0100, log).payload.substr(0, 8);
}

void keeps_three_records(MemoryDeviceConfig& config) { config.event_log_size = 3; }

void log_events(Lab& lab, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) lab.log_event(EventLogId::informational);
  lab.machine->settle();
}

class ClearEventRecords : public OnEveryCci {};
ON_EVERY_CCI(ClearEventRecords);

TEST_P(ClearEventRecords, RemovesTheOldestRecords) {
  Lab lab;
  log_events(lab, 3);
  EXPECT_EQ(lab.send(GetParam(), 0x0101,
                     "00"              // Event Log
                     "00"              // Clear Event Flags
                     "02"              // Number of Event Record Handles
                     "00 00 00"        // reserved
                     "01 00  02 00"),  // Event Record Handles
            success());
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0300 ");
}

TEST_P(ClearEventRecords, IgnoresReservedFlagsAndBytes) {
  Lab lab;
  log_events(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 fe 01 ffffff 0100"), success());
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0200 ");
}

TEST_P(ClearEventRecords, LeavesOtherLogsAlone) {
  Lab lab;
  lab.log_event(EventLogId::informational);
  lab.log_event(EventLogId::warning);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000 0100"), success());
  EXPECT_EQ(handles(lab, GetParam(), "01"), "0100 ");
}

TEST_P(ClearEventRecords, DoesNothingWithoutHandles) {
  Lab lab;
  log_events(lab, 1);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 00 000000"), success());
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0100 ");
}

TEST_P(ClearEventRecords, TakesAsManyHandlesAsItsCountCanTell) {
  Lab lab([](auto& config) { config.event_log_size = 256; });
  log_events(lab, 256);
  std::string request = "00 00 ff 000000";
  for (int handle = 1; handle <= 255; ++handle) {
    request += to_hex(bytes_of(Le16{static_cast<std::uint16_t>(handle)}));
  }
  EXPECT_EQ(lab.send(GetParam(), 0x0101, request), success());
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0001 ");
}

TEST_P(ClearEventRecords, MakesRoomInAFullLog) {
  Lab lab(keeps_three_records);
  log_events(lab, 3);
  lab.send(GetParam(), 0x0101, "00 00 01 000000 0100");
  log_events(lab, 1);
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0200 0300 0400 ");
}

// ------------------------------------------------------------------------------------------------------------- length

// Fault B43: counts are checked against the payload; surplus bytes are ignored.
TEST_P(ClearEventRecords, NeedsItsSixBytesAndAsManyHandlesAsItCounts) {
  Lab lab;
  log_events(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x0101), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 00 0000"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000 01"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 02 000000 0100 02"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0100 0200 ");
}

TEST_P(ClearEventRecords, IgnoresHandlesBeyondItsCount) {
  Lab lab;
  log_events(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000 0100 0200 ff"), success());
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0200 ");
}

TEST_P(ClearEventRecords, RefusesHandlesBeyondItsCountByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  log_events(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000 0100 0200"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0100 0200 ");
}

// ------------------------------------------------------------------------------------------------------------- handles

struct WrongHandles {
  std::string_view name;
  std::string_view count_and_handles;
};
class ClearEventRecordsByWrongHandles : public testing::TestWithParam<std::tuple<cci::CciId, WrongHandles>> {};
INSTANTIATE_TEST_SUITE_P(Handles, ClearEventRecordsByWrongHandles,
                         testing::Combine(testing::Values(cci::kMailbox, cci::kMctp),
                                          testing::Values(WrongHandles{"Zero", "01 000000 0000"},
                                                          WrongHandles{"ZeroBehindAGoodOne", "02 000000 0100 0000"},
                                                          WrongHandles{"Unknown", "01 000000 3412"},
                                                          WrongHandles{"NotTheOldest", "01 000000 0200"},
                                                          WrongHandles{"WithAGap", "02 000000 0100 0300"},
                                                          WrongHandles{"InAnotherOrder", "02 000000 0200 0100"},
                                                          WrongHandles{"OneTwice", "02 000000 0100 0100"},
                                                          WrongHandles{"MoreThanThereAre",
                                                                       "04 000000 0100 0200 0300 0400"})),
                         [](const auto& tested) {
                           return cci_name(std::get<0>(tested.param)) + std::string(std::get<1>(tested.param).name);
                         });

// Fault B17: the reference emulator answers 02h.
TEST_P(ClearEventRecordsByWrongHandles, IsInvalidHandleAndClearsNothing) {
  const auto [via, wrong] = GetParam();
  Lab lab(keeps_three_records);
  log_events(lab, 5);
  EXPECT_EQ(lab.send(via, 0x0101, "00 00" + std::string(wrong.count_and_handles)), refused(ReturnCode::invalid_handle));
  EXPECT_EQ(handles(lab, via, "00"), "0100 0200 0300 ");
  EXPECT_EQ(overflow(lab, via, "00"), "01000200");
}

TEST_P(ClearEventRecords, RefusesAHandleThatWasCleared) {
  Lab lab;
  log_events(lab, 2);
  lab.send(GetParam(), 0x0101, "00 00 01 000000 0100");
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000 0100"), refused(ReturnCode::invalid_handle));
}

TEST_P(ClearEventRecords, RefusesALogThatTheSpecificationReserves) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "05 00 00 000000"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "ff 01 00 000000"), refused(ReturnCode::invalid_input));
}

// ------------------------------------------------------------------------------------------------- overflow, clear all

TEST_P(ClearEventRecords, EndsAnOverflowWithTheFirstRecordCleared) {
  Lab lab(keeps_three_records);
  log_events(lab, 5);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000 0100"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "00").payload.substr(0, 44), zeros(20) + "0200");
}

TEST_P(ClearEventRecords, DoesNotEndAnOverflowWithoutHandles) {
  Lab lab(keeps_three_records);
  log_events(lab, 5);
  lab.send(GetParam(), 0x0101, "00 00 00 000000");
  EXPECT_EQ(overflow(lab, GetParam(), "00"), "01000200");
}

// Fault B17: the reference emulator ignores the flag.
TEST_P(ClearEventRecords, ClearsAllOfALogThatHasOverflowed) {
  Lab lab(keeps_three_records);
  log_events(lab, 5);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 01 00 000000"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x0100, "00"), success(zeros(32)));
}

TEST_P(ClearEventRecords, NeverGivesAClearedHandleToANewRecord) {
  Lab lab(keeps_three_records);
  log_events(lab, 5);
  lab.send(GetParam(), 0x0101, "00 01 00 000000");
  log_events(lab, 1);
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0400 ");
}

// spec-check b4: it shall be Invalid Input.
TEST_P(ClearEventRecords, RefusesToClearAllWhereTheLogHasNotOverflowed) {
  Lab lab(keeps_three_records);
  log_events(lab, 3);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 01 00 000000"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0100 0200 0300 ");
}

TEST_P(ClearEventRecords, RefusesToClearAllOnceTheOverflowHasEnded) {
  Lab lab(keeps_three_records);
  log_events(lab, 5);
  lab.send(GetParam(), 0x0101, "00 00 01 000000 0100");
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 01 00 000000"), refused(ReturnCode::invalid_input));
}

TEST_P(ClearEventRecords, RefusesToClearAllWhereAnotherLogHasOverflowed) {
  Lab lab(keeps_three_records);
  log_events(lab, 5);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "01 01 00 000000"), refused(ReturnCode::invalid_input));
}

TEST_P(ClearEventRecords, RefusesHandlesBesideClearAll) {
  Lab lab(keeps_three_records);
  log_events(lab, 5);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 01 01 000000 0100"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(handles(lab, GetParam(), "00"), "0100 0200 0300 ");
}

// COMPAT(libcxlmi): it clears a log that has not overflowed.
TEST_P(ClearEventRecords, ClearsAllWithoutOverflowForLibcxlmi) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  log_events(lab, 2);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 01 00 000000"), success());
  EXPECT_EQ(handles(lab, GetParam(), "00"), "");
}

// -------------------------------------------------------------------------------------------------------------- states

TEST_P(ClearEventRecords, IsCarriedOutWhileMediaIsDisabled) {
  Lab lab;
  log_events(lab, 1);
  lab.mailbox(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000 0100").code, ReturnCode::success);
}

TEST_P(ClearEventRecords, IsRefusedWhileMediaIsDisabledByPropertyAfterItsLengthAndBeforeItsInput) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  log_events(lab, 1);
  lab.send(runs_for(GetParam()), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 00 0000"),
            (Answered{ReturnCode::invalid_payload_length, "", shows_background(GetParam())}));
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "00 00 01 000000 0100"),
            (Answered{ReturnCode::media_disabled, "", shows_background(GetParam())}));
  EXPECT_EQ(lab.send(GetParam(), 0x0101, "05 00 00 000000"),
            (Answered{ReturnCode::media_disabled, "", shows_background(GetParam())}));
}

TEST_P(ClearEventRecords, IsInTheCelAsImmediateLogChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0101), with_secondary(GetParam(), "1000"));
}

class ClearedEventRecordsAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(ClearedEventRecordsAfterReset);

TEST_P(ClearedEventRecordsAfterReset, StayCleared) {
  Lab lab;
  log_events(lab, 2);
  lab.mailbox(0x0101, "00 00 01 000000 0100");
  lab.reset(GetParam());
  EXPECT_EQ(handles(lab, cci::kMailbox, "00"), "0200 ");
}

}  // namespace
}  // namespace cxlemu
