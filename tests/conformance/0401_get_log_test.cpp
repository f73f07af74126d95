// CXL r3.2 8.2.10.5.2 Get Log (Opcode 0401h) and 8.2.10.5.2.1 Command Effects Log
#include "support/logs.hpp"

namespace cxlemu {
namespace {

// A request for the Command Effects Log.
std::string cel(std::string_view offset, std::string_view length) {
  return std::string(kCel) + std::string(offset) + std::string(length);
}

class GetLogOnCci : public OnEveryCci {};
ON_EVERY_CCI(GetLogOnCci);

// Fault B20: bit 8 is Request Abort Supported, bit 6 Background Operation; bits 15:12 are 0. Fault B41: what each CCI
// has follows the columns M, O and P of the specification.
TEST_P(GetLogOnCci, ReturnsTheCommandEffectsLog) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", hex32(cel_bytes(GetParam())))),
            success(whole_cel(GetParam())));
}

TEST_P(GetLogOnCci, ReturnsExactlyTheBytesAskedFor) {
  Lab lab;
  const std::string whole = lab.send(GetParam(), 0x0401, cel("00 00 00 00", "40 00 00 00")).payload;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("03 00 00 00", "02 00 00 00")), success(whole.substr(6, 4)));
}

TEST_P(GetLogOnCci, ReturnsNothingWhereNothingIsAskedFor) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "00 00 00 00")), success());
}

// Fault B28: the reference emulator reads past the end of the log.
TEST_P(GetLogOnCci, RefusesWhatLiesBehindTheEndOfEveryLog) {
  Lab lab;
  for (const std::string_view log : kAllLogs) {
    if (log == kDebugLog) continue;  // it grows by each refusal
    const std::uint32_t size = log_size(lab, GetParam(), log);
    lab.send(GetParam(), 0x0401, get_log(log, 0, 1));  // a fetch begins at offset 0
    EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(log, size - 1, 1)).payload.size(), 2U) << log;
    EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(log, size, 0)), success()) << log;
    EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(log, size, 1)), refused(ReturnCode::invalid_input)) << log;
    EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(log, size + 1, 0)), refused(ReturnCode::invalid_input)) << log;
    EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(log, size - 1, 2)), refused(ReturnCode::invalid_input)) << log;
  }
}

TEST_P(GetLogOnCci, RefusesWhatLiesBehindTheEndOfTheDebugLogAndThatIsALineOfIt) {
  Lab lab;
  lab.log_event(EventLogId::failure);
  const std::uint32_t size = log_size(lab, GetParam(), kDebugLog);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kDebugLog, size, 1)), refused(ReturnCode::invalid_input));
  EXPECT_GT(log_size(lab, GetParam(), kDebugLog), size);
}

TEST_P(GetLogOnCci, RefusesARangeWhoseEndDoesNotFit32Bits) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("ff ff ff ff", "01 00 00 00")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("ff ff ff ff", "ff ff ff ff")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("01 00 00 00", "ff ff ff ff")), refused(ReturnCode::invalid_input));
}

TEST_P(GetLogOnCci, RefusesALogThatIsNotThere) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kNoLog, 0, 0)), refused(ReturnCode::invalid_log));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, zeros(24)), refused(ReturnCode::invalid_log));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kNoLog, 0xFFFFFFFF, 0xFFFFFFFF)), refused(ReturnCode::invalid_log));
}

TEST_P(GetLogOnCci, NeedsItsTwentyFourBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "04 00 00")), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetLogOnCci, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "01 00 00 00 ff")).code, ReturnCode::success);
}

TEST_P(GetLogOnCci, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "01 00 00 00 ff")),
            refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetLogOnCci, ListsVendorCommandsWithTheirEffects) {
  Lab lab([](auto& config) { config.vendor_commands = {vendor_command(0xC123, effect::immediate_log_change)}; });
  EXPECT_EQ(lab.cel_effect(GetParam(), 0xC123), "1000");
}

// Bit 7 is reserved in the CEL of any CCI but a mailbox.
TEST(GetLog, ShowsSecondaryMailboxSupportOnMailboxesAlone) {
  for (const bool has_one : {false, true}) {
    Lab lab([&](MemoryDeviceConfig& config) { config.secondary_mailbox = has_one; });
    EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0100), has_one ? "8000" : "0000");
    EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x4102), "0000");
    EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0100), "0000");
  }
}

TEST_P(GetLogOnCci, RefusesMoreThanAResponseMayHold) {
  Lab lab([](auto& config) {
    config.message_limit = 8;
    config.mailbox_payload_size = 256;
    for (std::uint16_t opcode = 0xC000; opcode < 0xC000 + 49; ++opcode) {
      config.vendor_commands.push_back(vendor_command(opcode));
    }
  });
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "00 01 00 00")).payload.size(), 2 * 256);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "01 01 00 00")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 01 00 00", "04 00 00 00")).code, ReturnCode::success);
}

TEST_P(GetLogOnCci, IsAnsweredWhileMediaIsDisabled) {
  Lab lab;
  lab.mailbox(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "04 00 00 00")).code, ReturnCode::success);
}

TEST_P(GetLogOnCci, IsRefusedWhileMediaIsDisabledByPropertyAfterItsLengthAndBeforeItsInput) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(runs_for(GetParam()), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, zeros(23)),
            (Answered{ReturnCode::invalid_payload_length, "", shows_background(GetParam())}));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, zeros(24)),
            (Answered{ReturnCode::media_disabled, "", shows_background(GetParam())}));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "04 00 00 00")),
            (Answered{ReturnCode::media_disabled, "", shows_background(GetParam())}));
}

// ------------------------------------------------------------------------------------------- 8.2.10.5.2.2 Vendor Debug

TEST_P(GetLogOnCci, ReturnsWhatTheDeviceDidAndRefusedAsLines) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mailbox(0x4301, "00");
  lab.mctp(0x4400);
  lab.advance(50ms);
  lab.mctp(0x4103, zeros(9));
  lab.mctp(0x4400);
  lab.mctp(0x4400);
  lab.advance(60ms);
  lab.log_event(EventLogId::warning);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(text_of_log(lab, GetParam(), kDebugLog),
            "     0.000000000 mailbox 4301h Inject Poison: Invalid Payload Length (16h)\n"
            "     0.000000000 mctp 4400h Sanitize: started\n"
            "     0.000000000 media disabled\n"
            "     0.050000000 mctp 4103h Set LSA: Media Disabled (07h)\n"
            "     0.050000000 mctp 4400h Sanitize: Busy (06h), 2 times until 0.050000000\n"
            "     0.100000000 mctp 4400h Sanitize: ended, Success (00h)\n"
            "     0.100000000 media enabled\n"
            "     0.110000000 event: Warning\n"
            "     0.110000000 reset: conventional\n");
}

TEST_P(GetLogOnCci, LosesTheDebugLogWithMainPower) {
  Lab lab;
  lab.mailbox(0x4403);
  lab.reset(ResetKind::cold);
  EXPECT_EQ(text_of_log(lab, GetParam(), kDebugLog), "     0.000000000 reset: cold\n");
}

// ----------------------------------------------------------------------------------- 8.2.10.5.2.3 Component State Dump

// Without data: its length, the number of triggers, and zeros.
TEST_P(GetLogOnCci, ReturnsTheHeaderOfAnEmptyStateDump) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)), success(zeros(0x40)));
}

TEST_P(GetLogOnCci, ReturnsTheStateOfTheDeviceAfterPopulateLog) {
  Lab lab([](auto& config) { config.populate_duration = 0ms; });
  lab.mailbox(0x0301, "08 07 06 05 04 03 02 01");
  EXPECT_EQ(lab.send(runs_for(GetParam()), 0x0404, kStateDump), success());
  const std::string dump = whole_log(lab, GetParam(), kStateDump);
  const auto length = static_cast<std::uint32_t>(dump.size() / 2 - 0x40);
  EXPECT_EQ(dump.substr(0, 0x80), hex32(length) +
                                      to_hex(from_hex("00 00 0000"  // triggers, log, handle
                                                      "08 07 06 05 04 03 02 01"
                                                      "56 6f b0 59 93 dd 44 cf af 0f 10 79 d3 7e 25 23"
                                                      "00 00 00 00")
                                                 .value()) +
                                      zeros(0x1C));
  const std::string text(text_of(from_hex(dump.substr(0x80)).value()));
  EXPECT_TRUE(text.starts_with(R"({"device":"mem0","time":0,"state":{"timestamp":{"is-set":true,)")) << text;
  EXPECT_TRUE(text.ends_with("}}"));
}

// Who may read logs need not know passphrases.
TEST_P(GetLogOnCci, ShowsNoPassphraseInAStateDump) {
  Lab lab([](auto& config) { config.populate_duration = 0ms; });
  const std::string secret = "5ec2e7" + zeros(29);
  lab.mailbox(0x4501, "01" + zeros(31) + zeros(32) + secret);
  lab.mailbox(0x4501, "00" + zeros(31) + zeros(32) + secret);
  lab.send(runs_for(GetParam()), 0x0404, kStateDump);
  const std::string text = text_of_log(lab, GetParam(), kStateDump);
  EXPECT_EQ(text.find("5ec2e7"), std::string::npos);
  EXPECT_NE(text.find(R"("user":{"value":"set")"), std::string::npos);
}

TEST_P(GetLogOnCci, MustBeginAStateDumpAtOffset0) {
  Lab lab([](auto& config) { config.populate_duration = 0ms; });
  const cci::CciId other = another_cci(GetParam());
  lab.send(runs_for(GetParam()), 0x0404, kStateDump);
  lab.send(other, 0x0401, get_log(kStateDump, 0, 0x40));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 1, 1)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0xFFFF'FFFF)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 1, 1)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 1)).code, ReturnCode::success);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 1, 1)).code, ReturnCode::success);
}

// 18h comes before the bounds: the log that the sizes were of is gone.
TEST_P(GetLogOnCci, IsInterruptedWhereAStateDumpHasChanged) {
  Lab lab([](auto& config) { config.populate_duration = 0ms; });
  lab.send(runs_for(GetParam()), 0x0404, kStateDump);
  lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40));
  lab.send(GetParam(), 0x0403, kStateDump);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0x40, 0x40)), refused(ReturnCode::interrupted));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)).code, ReturnCode::success);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0x3F, 1)), success("00"));
  lab.log_event(EventLogId::fatal);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0x3F, 1)), refused(ReturnCode::interrupted));
}

TEST_P(GetLogOnCci, IsRetriedWhileAStateDumpIsPopulated) {
  Lab lab([](auto& config) { config.populate_duration = 100ms; });
  lab.send(runs_for(GetParam()), 0x0404, kStateDump);
  for (const cci::CciId via : {cci::kMailbox, cci::kSecondaryMailbox, cci::kMctp, kMctp1}) {
    EXPECT_EQ(lab.send(via, 0x0401, get_log(kStateDump, 0, 0x40)).code, ReturnCode::retry_required);
  }
  lab.advance(100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)).code, ReturnCode::success);
}

// A fatal event populates the log, the first one since it was cleared; handles are those of the CCI that reads.
TEST_P(GetLogOnCci, ReturnsTheStateAtTheFirstFatalEvent) {
  Lab lab;
  const cci::CciId other = another_cci(GetParam());
  lab.log_event(EventLogId::failure);
  EXPECT_EQ(log_size(lab, GetParam(), kStateDump), 0x40U);
  lab.log_event(EventLogId::fatal);
  lab.send(GetParam(), 0x0403, kStateDump);
  lab.log_event(EventLogId::fatal);
  const std::uint32_t size = log_size(lab, GetParam(), kStateDump);
  lab.advance(1s);
  lab.log_event(EventLogId::fatal);
  EXPECT_EQ(log_size(lab, GetParam(), kStateDump), size);
  const std::string header = lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)).payload;
  EXPECT_EQ(header.substr(8, 8), "02030200");   // two triggers; fatal log, its second record
  EXPECT_EQ(header.substr(64, 8), "01000000");  // Auto Populate Data
  // Each MCTP CCI has its own logs: the record is cleared here, and still there. The mailboxes share theirs.
  lab.send(GetParam(), 0x0101, "03 00 02 000000 0100 0200");
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 0x40)).payload.substr(8, 8), "02030000");
  EXPECT_EQ(lab.send(other, 0x0401, get_log(kStateDump, 0, 0x40)).payload.substr(8, 8),
            GetParam() == cci::kSecondaryMailbox ? "02030000" : "02030200");
}

TEST_P(GetLogOnCci, CountsTriggersOfTheStateDumpUpTo255) {
  Lab lab([](auto& config) { config.event_log_size = 1; });
  for (int i = 0; i < 300; ++i) lab.log_event(EventLogId::fatal);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 4, 1)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kStateDump, 0, 8)).payload.substr(8), "ff030100");
}

class StateDumpAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(StateDumpAfterReset);

TEST_P(StateDumpAfterReset, IsThereAndIsFetchedAnewAfterAConventionalOne) {
  Lab lab([](auto& config) { config.populate_duration = 0ms; });
  lab.mailbox(0x0404, kStateDump);
  const std::string before = whole_log(lab, cci::kMailbox, kStateDump);
  lab.reset(GetParam());
  const bool goes_on = GetParam() == ResetKind::cxl || GetParam() == ResetKind::flr;
  EXPECT_EQ(lab.mailbox(0x0401, get_log(kStateDump, 1, 1)).code,
            goes_on ? ReturnCode::success : ReturnCode::invalid_input);
  EXPECT_EQ(whole_log(lab, cci::kMailbox, kStateDump), before);
}

// What a device has much of is shortened, so that the log stays small.
TEST(GetLog, ReturnsAStateDumpOfBoundedSize) {
  Lab lab([](auto& config) {
    config.populate_duration = 0ms;
    config.event_log_size = 4096;
    config.poison_list_size = 100'000;
  });
  for (int i = 0; i < 4096; ++i) lab.log_event(EventLogId::failure);
  for (std::uint64_t i = 0; i < 10'000; ++i) lab.poison(i * 128, 64, {PoisonSource::internal});
  lab.put_firmware(2, {.filled = true, .revision = {}, .image = Buffer(1 << 20)});
  lab.mailbox(0x0404, kStateDump);
  EXPECT_LE(log_size(lab, cci::kMailbox, kStateDump), 0x40U + kMaximumStateDump);
  EXPECT_EQ(lab.firmware_image(2).size(), 1U << 20);
  EXPECT_EQ(lab.poison_state().media.lines(), 10'000U);
}

// ----------------------------------------------------------------------------------------------- 8.2.10.5.2.4 DDR5 ECS

constexpr std::string_view kFru0 = "46525530 000000000000000000000000";
constexpr std::string_view kFru1 = "46525531 000000000000000000000000";
constexpr std::string_view kFru2 = "46525532 000000000000000000000000";

// 512 MiB in three FRUs are two Gb each: below 512 errors nothing is reported.
TEST_P(GetLogOnCci, ReturnsEcsCountersFromTheirThresholdOn) {
  Lab lab;
  EcsState& counters = lab.inside("the address of a counter may be any, not only one of this small device").ecs();
  ecs::count(counters, 0, {.errors = 511, .row_errors = 3, .dpa = 0x1000});
  ecs::count(counters, 2, {.errors = 512, .row_errors = 4, .dpa = 0x1122334455667788});
  ecs::count(counters, 2, {.errors = 1, .row_errors = 4, .dpa = 0x2000});
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kEcsLog, 0, 0x6A)),
            success("03 08 00 00" +                             // three entries, per FRU
                    std::string(kFru0) + "03 00" + zeros(16) +  // threshold 256 per Gb
                    std::string(kFru1) + "03 00" + zeros(16) + std::string(kFru2) +
                    "03 00"
                    "01 01 02 04 88 77 66 55 44 33 22 11 00 00 00 00"));
}

TEST_P(GetLogOnCci, ReturnsEcsCountersByTheThresholdThatIsSet) {
  Lab lab;
  EcsState& counters = lab.inside("counts of more rows than there may be lines with errors that wait").ecs();
  counters.frus[0] = {.configuration = 5, .error_count = 8191, .maximum_row_error_count = 1};
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kEcsLog, 0x14, 4)), success("05 00 00 00"));
  ecs::count(counters, 0, {});
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kEcsLog, 0x14, 6)), success("05 00 01 00 20 01"));
  ecs::count(counters, 0, {.errors = 0xFFFF});
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kEcsLog, 0x14, 5)), success("05 00 01 ff ff"));  // saturates
}

class EcsLogAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(EcsLogAfterReset);

TEST_P(EcsLogAfterReset, HasItsCountersAsLongAsTheDramHasPower) {
  Lab lab;
  lab.inside("counts of more rows than there may be lines with errors that wait").ecs().frus[0] = {.configuration = 4,
                                                                                                   .error_count = 9999};
  lab.reset(GetParam());
  const bool lost = GetParam() == ResetKind::cold || GetParam() == ResetKind::power_loss;
  EXPECT_EQ(lab.mailbox(0x0401, get_log(kEcsLog, 0x14, 5)), success(lost ? "04 00 00 00 00" : "04 00 01 0f 27"));
}

// -------------------------------------------------------------------------- 8.2.10.5.2.5, .6: there are no media tests

TEST_P(GetLogOnCci, SaysThatThereAreNoMediaTests) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kTestCapability, 0, 16)),
            success("00 00000000 01 01 00" + zeros(8)));  // no tests, no signatures, versions 1 and 1
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kTestResultsShort, 0, 16)), success("00 01 00" + zeros(13)));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, get_log(kTestResultsLong, 0, 16)), success("00 01 00" + zeros(13)));
}

}  // namespace
}  // namespace cxlemu
