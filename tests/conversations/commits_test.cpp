// What a command changes is committed before its answer goes out, and what changes nothing commits nothing.
#include <gmock/gmock.h>

#include <algorithm>

#include "support/firmware.hpp"

namespace cxlemu {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void sanitize_takes_100ms(MemoryDeviceConfig& config) { config.sanitize_duration = 100ms; }

// The keys that were committed while `act` ran, in the order of StateKey; a second commit of a key shows as "again".
template <typename Act>
std::vector<std::string> committed(Lab& lab, Act act) {
  const Machine::CommitCounters before = lab.machine->commits();
  act();
  const Machine::CommitCounters after = lab.machine->commits();
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kStateKeys; ++i) {
    for (auto n = before.keys[i]; n < after.keys[i]; ++n) {
      keys.push_back(n == before.keys[i] ? std::string(name_of(static_cast<StateKey>(i))) : "again");
    }
  }
  return keys;
}
std::vector<std::string> committed_by(Lab& lab, cci::CciId via, std::uint16_t opcode, std::string_view payload = "") {
  return committed(lab, [&] { lab.send(via, opcode, payload); });
}

// ------------------------------------------------------------------------------------------------------- every row

struct RowCommits {
  std::uint16_t opcode;
  std::string payload;
  std::vector<std::string> keys;
};
const std::vector<RowCommits>& row_commits() {
  static const std::vector<RowCommits> kRows = {
      {0x0001, "", {}},
      {0x0002, "", {}},
      {0x0003, "", {}},
      {0x0004, "08", {"response-message-limit"}},
      {0x0005, "", {}},
      {0x0100, "01", {}},
      {0x0101, "01 00 01 000000 0100", {"event-logs"}},
      {0x0102, "", {}},
      {0x0103, "01 01 01 01 01", {"event-interrupt-policy"}},
      {0x0104, "", {}},
      {0x0105, "01 00", {"event-interrupt-policy"}},
      {0x0200, "", {}},
      {0x0201, initiate(zeros(128)), {"firmware"}},
      {0x0202, "01 02", {"firmware"}},
      {0x0300, "", {}},
      {0x0301, "01 00 00 00 00 00 00 00", {"timestamp"}},
      {0x0400, "", {}},
      {0x0401, "0d a9 c0 b5 bf 41 4b 78 8f 79 96 b1 62 3b 3f 17  00 00 00 00  04 00 00 00", {}},
      {0x0402, "0d a9 c0 b5 bf 41 4b 78 8f 79 96 b1 62 3b 3f 17", {}},
      {0x0403, "b3 fa b4 cf 01 b6 43 32 94 3e 5e 99 62 f2 35 67", {"component-state-dump"}},
      {0x0404, "b3 fa b4 cf 01 b6 43 32 94 3e 5e 99 62 f2 35 67", {"background", "component-state-dump"}},
      {0x0405, "01 00", {}},
      {0x0500, "ff00000000000000", {}},
      {0x0501, "96dad7d6fde8482ba73375774e06db8a 00000400 00", {}},
      {0x0502, "c0de5a177c1e4e6b9b0e5f2d6a3b8c41 01000000 0000 01" + zeros(9) + "0c", {"features"}},
      {0x0600, "0100" + zeros(12), {"event-logs", "maintenance"}},
      {0x4000, "", {}},
      {0x4100, "", {}},
      {0x4101, "0000000000000000 00", {}},
      {0x4102, "00 00 00 00  04 00 00 00", {}},
      {0x4103, "00 00 00 00  00 00 00 00  11", {"labels"}},
      {0x4200, "", {}},
      {0x4201, "", {}},
      {0x4202, "0101 32 00 0000 0000 0000 0000", {"health"}},
      {0x4203, "", {}},
      {0x4204, "01", {"health"}},
      {0x4300, "0000000000000000 0000800000000000", {}},
      {0x4301, "0000000000000000", {"event-logs", "poison"}},
      {0x4302, "0000000000000000" + zeros(64), {"media"}},
      {0x4303, "0000000000000000 0000800000000000", {}},
      {0x4304, "0000000000000000 0000800000000000 00", {"background", "poison"}},
      {0x4305, "", {}},
      {0x4400, "", {"media-state", "background"}},
      {0x4401, "", {"media"}},
      {0x4402, "01010000 01000000 0000000000000000 4000000000000000", {"background"}},
      {0x4500, "", {}},
      {0x4501, "01" + zeros(95), {"security"}},
      {0x4502, "01" + zeros(63), {}},  // 13h: none is set
      {0x4503, zeros(32), {}},         // 13h: nothing is locked
      {0x4504, "", {"security"}},
      {0x4505, "01" + zeros(63), {"media"}},
      {0x4600, zeros(8), {}},
      {0x4601, zeros(8), {}},
      {0x4700, "", {}},
      {0x4701, "03 0a 19 08", {"qos"}},
      {0x4702, "", {}},
  };
  return kRows;
}

class CommitsOfARow : public testing::TestWithParam<std::tuple<const cci::Command*, cci::CciId>> {};
std::vector<std::tuple<const cci::Command*, cci::CciId>> rows_and_ccis() {
  std::vector<std::tuple<const cci::Command*, cci::CciId>> all;
  for (const auto& row : memory_device_commands()) {
    if (row.roles.has(cci::Role::mailbox)) all.emplace_back(&row, cci::kMailbox);
    if (row.roles.has(cci::Role::mctp)) all.emplace_back(&row, cci::kMctp);
  }
  return all;
}
std::string row_and_cci_name(const testing::TestParamInfo<std::tuple<const cci::Command*, cci::CciId>>& tested) {
  const auto [row, via] = tested.param;
  std::string name = cci_name(via);
  for (const char c : row->title) {
    if (c != ' ' && c != '-') name += c;
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(Row, CommitsOfARow, testing::ValuesIn(rows_and_ccis()), row_and_cci_name);

TEST_P(CommitsOfARow, AreExactlyWhatItChanges) {
  const auto [row, via] = GetParam();
  const auto expected = std::ranges::find(row_commits(), row->opcode.value, &RowCommits::opcode);
  ASSERT_NE(expected, row_commits().end());
  Lab lab;
  lab.log_event(EventLogId::warning);
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(committed_by(lab, via, expected->opcode, expected->payload), expected->keys);
}

TEST_P(CommitsOfARow, AreNoneWhereItsLengthIsRefused) {
  const auto [row, via] = GetParam();
  Lab lab;
  lab.log_event(EventLogId::warning);
  EXPECT_THAT(committed_by(lab, via, row->opcode.value, zeros(8193)), IsEmpty());
}

TEST_P(CommitsOfARow, AreNoneWhereAFaultAnswers) {
  const auto [row, via] = GetParam();
  const auto expected = std::ranges::find(row_commits(), row->opcode.value, &RowCommits::opcode);
  ASSERT_NE(expected, row_commits().end());
  Lab lab;
  lab.log_event(EventLogId::warning);
  lab.fault(cci::ReturnCodeFault{.opcode = row->opcode, .call = 1, .return_code = ReturnCode::internal_error});
  EXPECT_THAT(committed_by(lab, via, expected->opcode, expected->payload), IsEmpty());
}

// ---------------------------------------------------------------------------------------------------------- refusals

class CommitsOfARefusal : public OnEveryCci {};
ON_EVERY_CCI(CommitsOfARefusal);

TEST_P(CommitsOfARefusal, AreNone) {
  Lab lab;
  lab.log_event(EventLogId::warning);
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0101, "01 00 01 000000 0200"), IsEmpty());
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0101, "01 01 00 000000"), IsEmpty());
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4103, "00 10 00 00  00 00 00 00  11"), IsEmpty());
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0x0004, "0b"), IsEmpty());
  EXPECT_THAT(committed_by(lab, cci::kMailbox, 0x0103, "03 00 00 00 00"), IsEmpty());
  EXPECT_THAT(committed_by(lab, cci::kMailbox, 0x0004, "08"), IsEmpty());  // 15h
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4403), IsEmpty());           // 03h
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4304, zeros(17)), IsEmpty());
}

TEST_P(CommitsOfARefusal, AreNoneWhileASanitizeRuns) {
  Lab lab;
  lab.send(GetParam(), 0x4400);
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4400), IsEmpty());
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4103, "00 00 00 00  00 00 00 00  11"), IsEmpty());
}

// ------------------------------------------------------------------------------------------------------- security

class CommitsOfSecurity : public OnEveryCci {};
ON_EVERY_CCI(CommitsOfSecurity);

// A wrong try is refused, and counted.
TEST_P(CommitsOfSecurity, AreWhatACommandChangedEvenWhereItWasRefused) {
  const std::string user = "01" + zeros(31);
  Lab lab;
  lab.send(GetParam(), 0x4501, user + zeros(64));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4502, user + zeros(31) + "01"), ElementsAre("security"));
  EXPECT_THAT(committed(lab, [&] { lab.reset(ResetKind::conventional); }),
              ElementsAre("event-interrupt-policy", "background", "security"));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4502, user + zeros(32)), IsEmpty());  // 13h while locked
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4503, zeros(32)), ElementsAre("security"));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4505, user + zeros(32)), ElementsAre("media", "security"));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4504), ElementsAre("security"));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x4504), IsEmpty());
}

// ------------------------------------------------------------------------------------------------------- firmware

class CommitsOfFirmware : public OnEveryCci {};
ON_EVERY_CCI(CommitsOfFirmware);

TEST_P(CommitsOfFirmware, AreOneForEachPartAndNoneForARefusal) {
  Lab lab;
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, go_on(0, zeros(128))), IsEmpty());  // 09h without a transfer
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, initiate(zeros(128))), ElementsAre("firmware"));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, go_on(1, zeros(128))), ElementsAre("firmware"));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, initiate(zeros(128))), IsEmpty());   // 08h
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, end(1, 2, zeros(128))), IsEmpty());  // 0Bh
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, abort_transfer()), ElementsAre("firmware"));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, abort_transfer()), IsEmpty());
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0202, activate_online(2)), IsEmpty());  // 0Bh
}

TEST_P(CommitsOfFirmware, AreTheTransferThatAWrongPartEnds) {
  Lab lab;
  lab.send(GetParam(), 0x0201, initiate(zeros(128)));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, go_on(2, zeros(128))), ElementsAre("firmware"));
}

TEST_P(CommitsOfFirmware, AreTheSlotToo) {
  Lab lab([](auto& config) { config.fw_transfer_duration = 100ms; });
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0201, full(2, package("2.0"))), ElementsAre("background", "firmware"));
  EXPECT_THAT(committed(lab, [&] { lab.advance(99ms); }), IsEmpty());
  EXPECT_THAT(committed(lab, [&] { lab.advance(1ms); }), ElementsAre("background", "firmware"));
}

TEST_P(CommitsOfFirmware, AreThePartThatIsAborted) {
  Lab lab([](auto& config) { config.fw_transfer_duration = 100ms; });
  lab.send(GetParam(), 0x0201, full(2, package("2.0")));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0005), ElementsAre("background", "firmware"));
}

TEST_P(CommitsOfFirmware, AreTheActiveSlot) {
  Lab lab([](auto& config) { config.fw_activates_in_background = true; });
  fill_slot(lab, 2, "2.0");
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0202, activate_online(2)), ElementsAre("background"));
  EXPECT_THAT(committed(lab, [&] { lab.advance(100ms); }), ElementsAre("background", "firmware"));
}

TEST_P(CommitsOfFirmware, AreTheBackgroundOperationAloneWhereAnActivationIsAborted) {
  Lab lab([](auto& config) { config.fw_activates_in_background = true; });
  fill_slot(lab, 2, "2.0");
  lab.send(GetParam(), 0x0202, activate_online(2));
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0005), ElementsAre("background"));
}

TEST(CommitsOfAResetOfFirmware, AreTheStagedSlot) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_on_reset(2));
  EXPECT_THAT(committed(lab, [&] { lab.reset(ResetKind::cxl); }), ElementsAre("firmware"));
  EXPECT_THAT(committed(lab, [&] { lab.reset(ResetKind::cxl); }), IsEmpty());
}

TEST(CommitsOfAResetOfFirmware, AreTheEndedTransfer) {
  Lab lab;
  lab.mailbox(0x0201, initiate(zeros(128)));
  EXPECT_THAT(committed(lab, [&] { lab.reset(ResetKind::cxl); }), ElementsAre("firmware"));
}

// ------------------------------------------------------------------------------------------------- background
// operation

class CommitsOfASanitize : public OnEveryCci {};
ON_EVERY_CCI(CommitsOfASanitize);

TEST_P(CommitsOfASanitize, AreEverythingAtItsEnd) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  EXPECT_THAT(committed(lab, [&] { lab.advance(99ms); }), IsEmpty());
  EXPECT_THAT(committed(lab, [&] { lab.advance(1ms); }),
              ElementsAre("event-logs", "labels", "media-state", "media", "background"));
}

TEST_P(CommitsOfASanitize, AreWhatWasOverwrittenWhereItIsAborted) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(50ms);
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0005), ElementsAre("labels", "media", "background"));
}

TEST_P(CommitsOfASanitize, ArePoisonTooWhereThereIsAny) {
  Lab lab(sanitize_takes_100ms);
  lab.poison(0, 64, {PoisonSource::internal});
  lab.send(GetParam(), 0x4400);
  EXPECT_THAT(committed(lab, [&] { lab.advance(100ms); }),
              ElementsAre("event-logs", "labels", "media-state", "media", "background", "poison"));
}

TEST_P(CommitsOfASanitize, AreNoneWhereTheAbortComesTooLate) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(85ms);
  EXPECT_THAT(committed_by(lab, GetParam(), 0x0005), IsEmpty());
}

// COMPAT(libcxlmi): the percentage is shown once, and that it was shown is state.
TEST(CommitsOfTheStatus, AreMadeOnceForLibcxlmi) {
  Lab lab([](auto& config) {
    config.profile = Profile::libcxlmi;
    config.sanitize_duration = 100ms;
  });
  lab.mctp(0x4400);
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0x0002), IsEmpty());
  lab.advance(100ms);
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0x0002), ElementsAre("background"));
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0x0002), IsEmpty());
}

// --------------------------------------------------------------------------------------------------- events, resets

TEST(CommitsOfAPartition, AreMadeWhereItBecomesActive) {
  Lab lab({}, {.partitionable_bytes = 512ULL << 20});
  EXPECT_THAT(committed_by(lab, cci::kMailbox, 0x4101, "0100000000000000 00"), ElementsAre("partitions"));
  EXPECT_THAT(committed(lab, [&] { lab.reset(ResetKind::cxl); }), ElementsAre("media", "poison", "partitions"));
}

TEST(CommitsOfAnEvent, AreTheEventLogs) {
  Lab lab;
  EXPECT_THAT(committed(lab, [&] { lab.log_event(EventLogId::fatal); }),
              ElementsAre("event-logs", "component-state-dump"));
  EXPECT_THAT(committed(lab, [&] { lab.log_event(EventLogId::failure); }), ElementsAre("event-logs"));
}

TEST(CommitsOfLogs, AreNoneOfTheDebugLogAndNoneOfAFetch) {
  Lab lab;
  const std::string dump = "b3 fa b4 cf 01 b6 43 32 94 3e 5e 99 62 f2 35 67";
  EXPECT_THAT(committed_by(lab, cci::kMailbox, 0x0403, "5e 18 19 d9 11 a9 40 0c 81 1f d6 07 19 40 3d 86"), IsEmpty());
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0x0401, dump + "00 00 00 00  04 00 00 00"), IsEmpty());
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0x0404, dump), ElementsAre("background", "component-state-dump"));
  EXPECT_THAT(committed(lab, [&] { lab.advance(10ms); }), ElementsAre("background", "component-state-dump"));
}

TEST(CommitsOfAVendorCommand, AreTheRegistersThatItSets) {
  Lab lab([](auto& config) {
    config.vendor_registers = {{"r", Buffer(1)}};
    config.vendor_commands = {
        {.opcode = 0xC000, .name = "Get", .answer = VendorAnswer::get, .payload = {}, .register_name = "r"},
        {.opcode = 0xC001,
         .name = "Set",
         .maximum_length = 1,
         .answer = VendorAnswer::set,
         .payload = {},
         .register_name = "r"}};
  });
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0xC000), IsEmpty());
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0xC001, "01"), ElementsAre("vendor-registers"));
  EXPECT_THAT(committed_by(lab, cci::kMctp, 0xC001, "0102"), IsEmpty());
}

TEST(CommitsOfAColdReset, AreErrorsAndCountersThatItEnds) {
  Lab lab;
  MemoryDevice& device = lab.inside("errors that are found change health and event logs, too");
  device.ras().correctable_mask = 0;
  device.ecs().frus[0].error_count = 1;
  EXPECT_THAT(committed(lab, [&] { lab.reset(ResetKind::cold); }),
              ElementsAre("event-interrupt-policy", "timestamp", "media", "background", "ecs", "ras"));
}

struct ResetCommits {
  std::string_view name;
  ResetKind kind;
  std::vector<std::string> keys;
};
class CommitsOfAReset : public testing::TestWithParam<ResetCommits> {};
INSTANTIATE_TEST_SUITE_P(
    Reset, CommitsOfAReset,
    testing::Values(
        ResetCommits{"Flr", ResetKind::flr, {}}, ResetCommits{"Cxl", ResetKind::cxl, {}},
        ResetCommits{"Conventional", ResetKind::conventional, {"event-interrupt-policy", "background"}},
        ResetCommits{"Cold", ResetKind::cold, {"event-interrupt-policy", "timestamp", "media", "background"}},
        ResetCommits{"PowerLoss",
                     ResetKind::power_loss,
                     {"response-message-limit", "event-interrupt-policy", "timestamp", "media", "background"}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(CommitsOfAReset, AreWhatItReaches) {
  Lab lab;
  EXPECT_EQ(committed(lab, [&] { lab.reset(GetParam().kind); }), GetParam().keys);
}

TEST(CommitsOfAnInterruptingReset, AreWhatTheSanitizeHadOverwrittenToo) {
  Lab lab(sanitize_takes_100ms);
  lab.mailbox(0x4400);
  lab.advance(50ms);
  EXPECT_THAT(committed(lab, [&] { lab.reset(ResetKind::conventional); }),
              ElementsAre("event-interrupt-policy", "labels", "media", "background"));
}

// ------------------------------------------------------------------------------------------------------------- order

TEST(Commit, IsOneForEachCommand) {
  Lab lab;
  const std::uint64_t before = lab.machine->commits().commits;
  lab.mctp(0x0301, "01 00 00 00 00 00 00 00");
  lab.mailbox(0x4103, "00 00 00 00  00 00 00 00  11");
  EXPECT_EQ(lab.machine->commits().commits - before, 2);
}

TEST(Commit, ComesBeforeTheAnswerIsReleased) {
  Lab lab;
  const auto& network = lab.machine->networks().front();
  std::uint64_t commits_at_the_answer = 0;
  network.host->on_message = [&](mctp::Message&&) { commits_at_the_answer = lab.machine->commits().commits; };
  const std::uint64_t before = lab.machine->commits().commits;
  mctp::Message set_timestamp;
  set_timestamp.destination = lab.eid();
  set_timestamp.type = mctp::MessageType::cxl_cci;
  set_timestamp.tag = network.host->allocate_tag(set_timestamp.destination).value();
  set_timestamp.body = from_hex("00 01 00 01 03 08 00 00 00 00 00 00  01 00 00 00 00 00 00 00").value();
  network.host->send(set_timestamp);
  EXPECT_EQ(commits_at_the_answer, before + 1);
}

}  // namespace
}  // namespace cxlemu
