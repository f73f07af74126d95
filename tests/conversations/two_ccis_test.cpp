// CXL r3.2 9.20.1: the mailbox and the MCTP CCI of one device. What both carry answers the same bytes; what each has
// for itself (CEL, event logs, message limits, background slot) stays apart.
#include <gmock/gmock.h>

#include <algorithm>

#include "support/firmware.hpp"

namespace cxlemu {
namespace {

// A valid request for each row that both CCIs carry. `digits` says how much of the answer is the same where the rest
// describes the CCI itself: the size of its CEL.
struct ValidRequest {
  std::uint16_t opcode;
  std::string payload;
  std::size_t digits = std::string::npos;
  /// The highest return code: more than success where this device refuses even a valid request.
  ReturnCode at_most = ReturnCode::background_command_started;
};
const auto kValidRequests = std::to_array<ValidRequest>({
    {0x0005, ""},
    {0x0100, "01"},
    {0x0101, "01 00 01 000000 0100"},
    {0x0200, ""},
    {0x0201, initiate(zeros(128))},
    {0x0202, "01 02"},
    {0x0300, ""},
    {0x0301, "88 77 66 55 44 33 22 11"},
    {0x0400, "", 48},
    {0x0401, "0d a9 c0 b5 bf 41 4b 78 8f 79 96 b1 62 3b 3f 17  00 00 00 00  00 00 00 00"},
    {0x0402, "0d a9 c0 b5 bf 41 4b 78 8f 79 96 b1 62 3b 3f 17"},
    {0x0403, "5e 18 19 d9 11 a9 40 0c 81 1f d6 07 19 40 3d 86"},
    {0x0404, "b3 fa b4 cf 01 b6 43 32 94 3e 5e 99 62 f2 35 67"},
    {0x0405, "01 00", 48},
    {0x0500, "ff00000000000000"},
    {0x0501, "96dad7d6fde8482ba73375774e06db8a 00000400 00"},
    {0x0502, "96dad7d6fde8482ba73375774e06db8a 00000000 0000 01" + zeros(9) + "0c01"},
    {0x0600, "0100" + zeros(12)},
    {0x4000, ""},
    {0x4100, ""},
    {0x4101, "0000000000000000 00", std::string::npos, ReturnCode::unsupported},
    {0x4102, "00 00 00 00  08 00 00 00"},
    {0x4103, "04 00 00 00  00 00 00 00  01 02 03 04"},
    {0x4200, ""},
    {0x4201, ""},
    {0x4202, "0101 32 00 0000 0000 0000 0000"},
    {0x4203, ""},
    {0x4300, "0000000000000000 0000800000000000"},
    {0x4302, "0010000000000000" + zeros(64)},
    {0x4303, "0000000000000000 0000800000000000"},
    {0x4304, "0000000000000000 0000800000000000 00"},
    {0x4305, ""},
    {0x4400, ""},
    {0x4401, ""},
    {0x4500, ""},
    {0x4501, "01" + zeros(95)},
    {0x4502, "00" + zeros(63)},  // the master passphrase of prepare()
    {0x4503, zeros(32), std::string::npos, ReturnCode::invalid_security_state},
    {0x4504, ""},
    {0x4505, "01" + zeros(63)},
    {0x4600, "00 0000 0000000000", std::string::npos, ReturnCode::invalid_input},
    {0x4601, "00 0000 0000000000"},
    {0x4700, ""},
    {0x4701, "03 0a 19 08"},
    {0x4702, ""},
});

const ValidRequest* valid_request(std::uint16_t opcode) {
  const auto found = std::ranges::find(kValidRequests, opcode, &ValidRequest::opcode);
  return found == kValidRequests.end() ? nullptr : found;
}

std::vector<const cci::Command*> rows() {
  std::vector<const cci::Command*> all;
  for (const auto& row : memory_device_commands()) all.push_back(&row);
  return all;
}
std::vector<const cci::Command*> rows_of_both() {
  auto both = rows();
  std::erase_if(
      both, [](const auto* row) { return !row->roles.has(cci::Role::mailbox) || !row->roles.has(cci::Role::mctp); });
  return both;
}
std::string row_name(const testing::TestParamInfo<const cci::Command*>& tested) {
  std::string name = to_hex(bytes_of(Le16{tested.param->opcode.value}));
  name = name.substr(2) + name.substr(0, 2);
  for (const char c : tested.param->title) {
    if (c != ' ' && c != '-') name += c;
  }
  return name;
}

// A device with something in every log, poison, results of a scan, in its labels and on its clock, and a master
// passphrase.
void prepare(Lab& lab) {
  lab.mailbox(0x0301, "00 00 00 00 00 00 00 01");
  lab.log_event(EventLogId::warning, 0x11);
  lab.log_event(EventLogId::warning, 0x22);
  lab.mailbox(0x4103, "00 00 00 00  00 00 00 00  de ad be ef de ad be ef");
  fill_slot(lab, 2, "2.0");
  lab.poison(0x1000, 64, {PoisonSource::internal});
  lab.inside("results of a scan that logged no event and took no time").logical_device().state.poison.scan = {
      .available = true, .records = {{0x1000, 64, {}}}, .next = {}};
  lab.mailbox(0x4501, "00" + zeros(95));
  lab.advance(5s);
}

Answered beginning(Answered answered, std::size_t digits) {
  answered.payload = answered.payload.substr(0, digits);
  return answered;
}

// ---------------------------------------------------------------------------------------------------------- same bytes

class RowOfBothCcis : public testing::TestWithParam<const cci::Command*> {};
INSTANTIATE_TEST_SUITE_P(Row, RowOfBothCcis, testing::ValuesIn(rows_of_both()), row_name);

TEST_P(RowOfBothCcis, HasAValidRequestHere) { EXPECT_NE(valid_request(GetParam()->opcode.value), nullptr); }

TEST_P(RowOfBothCcis, AnswersAValidRequestTheSame) {
  const ValidRequest* request = valid_request(GetParam()->opcode.value);
  ASSERT_NE(request, nullptr);
  Lab by_mailbox;
  Lab by_mctp;
  prepare(by_mailbox);
  prepare(by_mctp);
  const Answered mailbox = beginning(by_mailbox.mailbox(request->opcode, request->payload), request->digits);
  const Answered mctp = beginning(by_mctp.mctp(request->opcode, request->payload), request->digits);
  EXPECT_EQ(mailbox, mctp);
  EXPECT_LE(mailbox.code, request->at_most);
}

TEST_P(RowOfBothCcis, AnswersAnEmptyRequestTheSame) {
  const std::uint16_t opcode = GetParam()->opcode.value;
  Lab by_mailbox;
  Lab by_mctp;
  EXPECT_EQ(beginning(by_mailbox.mailbox(opcode), 48), beginning(by_mctp.mctp(opcode), 48));
}

TEST_P(RowOfBothCcis, AnswersARequestOfZerosTheSame) {
  const std::uint16_t opcode = GetParam()->opcode.value;
  Lab by_mailbox;
  Lab by_mctp;
  EXPECT_EQ(beginning(by_mailbox.mailbox(opcode, zeros(256)), 48), beginning(by_mctp.mctp(opcode, zeros(256)), 48));
}

TEST_P(RowOfBothCcis, AnswersARequestOfOnesTheSame) {
  const std::uint16_t opcode = GetParam()->opcode.value;
  const std::string ones(2 * 256, 'f');
  Lab by_mailbox;
  Lab by_mctp;
  EXPECT_EQ(beginning(by_mailbox.mailbox(opcode, ones), 48), beginning(by_mctp.mctp(opcode, ones), 48));
}

TEST_P(RowOfBothCcis, AnswersTheSameWhileMediaIsDisabled) {
  const ValidRequest* request = valid_request(GetParam()->opcode.value);
  ASSERT_NE(request, nullptr);
  Lab by_mailbox;
  Lab by_mctp;
  prepare(by_mailbox);
  prepare(by_mctp);
  by_mailbox.mailbox(0x4400);
  by_mctp.mctp(0x4400);
  EXPECT_EQ(beginning(by_mailbox.mailbox(request->opcode, request->payload), request->digits),
            beginning(by_mctp.mctp(request->opcode, request->payload), request->digits));
}

// Fault B1: 07h for these alone, as they reach what a Sanitize overwrites (8.2.10.9.5.1). Of the mailbox's own commands
// 4301h and the operations of 4402h do: see their conformance tests.
constexpr auto kReachSanitizedAreas =
    std::to_array<std::uint16_t>({0x4101, 0x4102, 0x4103, 0x4300, 0x4302, 0x4303, 0x4304, 0x4305, 0x4401, 0x4505});

TEST_P(RowOfBothCcis, IsRefusedWhileMediaIsDisabledExactlyWhereItReachesWhatIsSanitized) {
  const ValidRequest* request = valid_request(GetParam()->opcode.value);
  ASSERT_NE(request, nullptr);
  const bool is_refused = std::ranges::find(kReachSanitizedAreas, request->opcode) != kReachSanitizedAreas.end();
  for (const cci::CciId via : {cci::kMailbox, cci::kMctp}) {
    Lab lab;
    prepare(lab);
    lab.send(via, 0x4400);
    lab.send(via, 0x0005);
    EXPECT_EQ(lab.send(via, request->opcode, request->payload).code == ReturnCode::media_disabled, is_refused);
  }
}

// ------------------------------------------------------------------------------------------------- which CCI has what

class Row : public testing::TestWithParam<const cci::Command*> {};
INSTANTIATE_TEST_SUITE_P(All, Row, testing::ValuesIn(rows()), row_name);

// Unsupported Mailbox or CCI exactly where the row does not name the CCI; its CEL says the same.
TEST_P(Row, IsProhibitedAndAbsentFromTheCelExactlyWhereItIsNotCarried) {
  const std::uint16_t opcode = GetParam()->opcode.value;
  const bool on_mailbox = GetParam()->roles.has(cci::Role::mailbox);
  const bool on_mctp = GetParam()->roles.has(cci::Role::mctp);
  Lab lab;
  EXPECT_EQ(lab.mailbox(opcode).code != ReturnCode::unsupported_mailbox_or_cci, on_mailbox);
  EXPECT_EQ(lab.mctp(opcode).code != ReturnCode::unsupported_mailbox_or_cci, on_mctp);
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, opcode) != "absent", on_mailbox);
  EXPECT_EQ(lab.cel_effect(cci::kMctp, opcode) != "absent", on_mctp);
}

class UnknownOpcode : public testing::TestWithParam<std::uint16_t> {};
INSTANTIATE_TEST_SUITE_P(Opcode, UnknownOpcode,
                         testing::Values(0x0000, 0x0006, 0x0107, 0x0203, 0x0302, 0x0406, 0x0503, 0x0601, 0x3FFF, 0x4001,
                                         0x4306, 0x4403, 0x5100, 0x5300, 0xBFFF, 0xC000, 0xFFFF),
                         [](const auto& tested) {
                           return to_hex(bytes_of(Le<std::uint8_t>{static_cast<std::uint8_t>(tested.param >> 8)})) +
                                  to_hex(bytes_of(Le<std::uint8_t>{static_cast<std::uint8_t>(tested.param & 0xFF)}));
                         });

// 03h comes first: before the length, also of a request above the advertised size.
TEST_P(UnknownOpcode, IsUnsupportedOnEveryCciWhateverItsLength) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  EXPECT_EQ(lab.mailbox(GetParam()), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.mailbox(GetParam(), zeros(257)), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.mctp(GetParam()), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.mctp(GetParam(), zeros(1025)), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.send(cci::kSecondaryMailbox, GetParam()), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.send(kMctp1, GetParam()), refused(ReturnCode::unsupported));
}

// ----------------------------------------------------------------------------------------------------------- event
// logs

std::string handles(const Answered& answered) {
  std::string found;
  for (std::size_t at = 64; at + 256 <= answered.payload.size(); at += 256) {
    found += answered.payload.substr(at + 40, 4) + " ";
  }
  return found;
}

class EventLogsOfOneCci : public OnEveryCci {
 protected:
  const cci::CciId here = GetParam();
  const cci::CciId there = another_cci(GetParam());
};
ON_EVERY_CCI(EventLogsOfOneCci);

TEST_P(EventLogsOfOneCci, GetTheSameRecordsAsTheOther) {
  Lab lab;
  prepare(lab);
  EXPECT_EQ(lab.send(here, 0x0100, "01"), lab.send(there, 0x0100, "01"));
}

TEST_P(EventLogsOfOneCci, AreClearedWithoutTheOther) {
  Lab lab;
  prepare(lab);
  lab.send(here, 0x0101, "01 00 01 000000 0100");
  EXPECT_EQ(handles(lab.send(here, 0x0100, "01")), "0200 ");
  EXPECT_EQ(handles(lab.send(there, 0x0100, "01")), "0100 0200 ");
}

TEST_P(EventLogsOfOneCci, OverflowWithoutTheOther) {
  Lab lab([](auto& config) { config.event_log_size = 1; });
  lab.log_event(EventLogId::fatal);
  lab.send(there, 0x0101, "03 00 01 000000 0100");
  lab.log_event(EventLogId::fatal);
  EXPECT_EQ(lab.send(here, 0x0100, "03").payload.substr(0, 8), "01000100");
  EXPECT_EQ(lab.send(there, 0x0100, "03").payload.substr(0, 8), "00000000");
}

TEST_P(EventLogsOfOneCci, AreClearedWholeWithoutTheOther) {
  Lab lab([](auto& config) { config.event_log_size = 1; });
  lab.log_event(EventLogId::fatal);
  lab.log_event(EventLogId::fatal);
  lab.send(here, 0x0101, "03 01 00 000000");
  EXPECT_EQ(lab.send(here, 0x0100, "03"), success(zeros(32)));
  EXPECT_EQ(lab.send(there, 0x0100, "03").payload.substr(0, 8), "01000100");
}

TEST_P(EventLogsOfOneCci, GiveTheirOwnHandles) {
  Lab lab([](auto& config) { config.event_log_size = 1; });
  lab.log_event(EventLogId::fatal);
  lab.send(there, 0x0101, "03 00 01 000000 0100");
  lab.log_event(EventLogId::fatal);
  lab.send(here, 0x0101, "03 00 01 000000 0100");
  lab.log_event(EventLogId::fatal);
  EXPECT_EQ(handles(lab.send(here, 0x0100, "03")), "0200 ");
  EXPECT_EQ(handles(lab.send(there, 0x0100, "03")), "0200 ");
}

// ------------------------------------------------------------------------------------------------------- message
// limits

TEST(MessageLimits, OfMctpLeaveTheMailboxAlone) {
  Lab lab;
  lab.mctp(0x0004, "08");
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  00 10 00 00"), success(zeros(4096)));
}

TEST(MessageLimits, OfTheMailboxLeaveMctpAlone) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  EXPECT_EQ(lab.mctp(0x4102, "00 00 00 00  00 04 00 00"), success(zeros(1024)));
  EXPECT_EQ(lab.mctp(0x4103, zeros(1024)), success());
  EXPECT_EQ(lab.mailbox(0x4103, zeros(257)), refused(ReturnCode::invalid_payload_length));
}

// Fault B10: the length of a request is bounded by the payload registers.
TEST(MessageLimits, AnswerALongerRequestOfTheMailboxWith16h) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  EXPECT_EQ(lab.mailbox(0x0300, zeros(256)).code, ReturnCode::success);
  EXPECT_EQ(lab.mailbox(0x0300, zeros(257)), refused(ReturnCode::invalid_payload_length));
}

// -------------------------------------------------------------------------------------------------- what both share

TEST(SharedState, IsWrittenByOneAndReadByTheOther) {
  Lab lab;
  lab.mctp(0x4103, "10 00 00 00  00 00 00 00  01 02");
  EXPECT_EQ(lab.mailbox(0x4102, "10 00 00 00  02 00 00 00"), success("01 02"));
  lab.mailbox(0x4103, "10 00 00 00  00 00 00 00  03");
  EXPECT_EQ(lab.mctp(0x4102, "10 00 00 00  02 00 00 00"), success("03 02"));
}

TEST(SharedState, IsRefusedOnBothWhileOneSanitizes) {
  Lab lab;
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mailbox(0x4102, zeros(8)), refused(ReturnCode::media_disabled));
  EXPECT_EQ(lab.mctp(0x4102, zeros(8)), (Answered{ReturnCode::media_disabled, "", true}));
}

}  // namespace
}  // namespace cxlemu
