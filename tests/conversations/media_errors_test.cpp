// What goes over the media in device time and what it finds: patrol scrub, DDR5 ECS and the thresholds of corrected
// errors (CXL r3.2 8.2.10.9.11), told of by DRAM events, the poison list, health and counters.
#include "support/features.hpp"

namespace cxlemu {
namespace {

// A scrub cycle of six hours begins now.
void enable_scrub(Lab& lab) { EXPECT_EQ(lab.mailbox(0x0502, full(kScrub, "0601")), success()); }
bool inject(Lab& lab, std::uint64_t dpa, std::uint32_t count) { return lab.corrected_errors(dpa, count); }
std::string corrected_counts(Lab& lab) { return lab.mailbox(0x4200).payload.substr(2 * 0x0A); }

constexpr std::uint64_t kChannel1 = 0xAB00000;
constexpr std::uint64_t kPersistent = 256 * kMiB;

// ------------------------------------------------------------------------------------------------------- patrol scrub

TEST(PatrolScrub, FindsLatentPoisonAtTheEndOfACycle) {
  Lab lab;
  enable_scrub(lab);
  poison_at(lab, 0x12040, 2, kLatent);
  lab.advance(6h - 1ns);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "");
  EXPECT_EQ(lab.mailbox(0x4300, all_lines()).payload.substr(2 * 0x0A, 4), "0000");
  lab.advance(1ns);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "1:5:1 0/0/0/0/9/1");
  EXPECT_EQ(dram_events(lab, EventLogId::failure, cci::kMctp), "1:5:1 0/0/0/0/9/1");
  EXPECT_EQ(lab.mailbox(0x4300, all_lines()).payload.substr(2 * 0x0A, 4), "0100");
  EXPECT_EQ(lab.scrub_findings().uncorrected, 2U);
  lab.advance(60h);
  EXPECT_EQ(lab.scrub_findings().uncorrected, 2U);
}

// Poison Handling Capabilities of Identify Memory Device: "the device shall periodically scan its media for errors".
TEST(PatrolScrub, IsScansForPoisonOfIdentifyMemoryDeviceWhileItIsEnabled) {
  Lab lab;
  const auto capabilities = [&] { return lab.mailbox(0x4000).payload.substr(2 * 0x41, 2); };
  EXPECT_EQ(capabilities(), "00");
  enable_scrub(lab);
  EXPECT_EQ(capabilities(), "02");
  EXPECT_EQ(lab.mailbox(0x0502, full(kScrub, "0600")), success());
  EXPECT_EQ(capabilities(), "00");
}

TEST(PatrolScrub, FindsNothingWhileItIsDisabled) {
  Lab lab;
  poison_at(lab, 0, 1, kLatent);
  lab.advance(1000h);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "");
  enable_scrub(lab);
  lab.advance(5h);
  EXPECT_EQ(lab.mailbox(0x0502, full(kScrub, "0600")), success());
  lab.advance(1000h);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "");
}

// Cycles go on without anything to find.
TEST(PatrolScrub, FindsWhatCameLaterAtTheEndOfTheCycleThatRunsThen) {
  Lab lab;
  enable_scrub(lab);
  lab.advance(14h);
  poison_at(lab, 0, 1, kLatent);
  lab.advance(4h - 1ns);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "");
  lab.advance(1ns);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "1:5:1 0/0/0/0/0/0");
}

// So --clock=auto does not run through empty cycles.
TEST(PatrolScrub, WaitsForNothingWhereThereIsNothingToFind) {
  Lab lab([](auto& config) { config.patrol_scrub = true; });
  EXPECT_EQ(lab.machine->next_deadline(), std::nullopt);
  poison_at(lab, 0, 1, kLatent);
  EXPECT_EQ(lab.machine->next_deadline(), Time(12h));
  lab.advance(12h);
  EXPECT_EQ(lab.machine->next_deadline(), std::nullopt);
}

TEST(PatrolScrub, BeginsACycleAnewWhereItsLengthIsChanged) {
  Lab lab;
  enable_scrub(lab);
  poison_at(lab, 0, 1, kLatent);
  lab.advance(5h);
  enable_scrub(lab);  // as it is
  EXPECT_EQ(lab.machine->next_deadline(), Time(6h));
  lab.mailbox(0x0502, full(kScrub, "0301"));
  EXPECT_EQ(lab.machine->next_deadline(), Time(8h));
}

TEST(PatrolScrub, IsWhatTheDeviceIsMadeWithAfterAReset) {
  Lab lab;
  enable_scrub(lab);
  poison_at(lab, 0, 1, kLatent);
  lab.reset(ResetKind::cxl);
  lab.advance(100h);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "");
}

// Maintenance Needed with the class that repairs it; without a spare the address says that it cannot be.
// 600 rows are more than the log masks. By the DDR5 ECS Log: count, errors of the worst row and its address, of each
// FRU.
TEST(PatrolScrub, CountsWhatItFoundInTheEcsRowOfItsFruAndOnlyThere) {
  Lab lab;
  const auto ecs_log = [&] {
    std::string text;
    for (std::uint32_t fru = 0; fru < kMemoryMediaFrus; ++fru) {
      const std::string offset = to_hex(bytes_of(Le32(4 + 0x22 * fru + 0x13)));
      text += lab.mailbox(0x0401, "f1720d60a7a94306a00311948f9e077c" + offset + "0b000000").payload + " ";
    }
    return text;
  };
  enable_scrub(lab);
  poison_at(lab, kChannel1, 600 * 128, {PoisonSource::internal, false, false});
  EXPECT_EQ(ecs_log(), "0000000000000000000000 0000000000000000000000 0000000000000000000000 ");
  lab.advance(6h);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "1:5:1 1/0/0/0/0/0");
  EXPECT_EQ(ecs_log(), "0000000000000000000000 5802800000b00a00000000 0000000000000000000000 ");
  lab.advance(60h);
  EXPECT_EQ(ecs_log(), "0000000000000000000000 5802800000b00a00000000 0000000000000000000000 ");
}

// A range over the ends of rows, of an FRU, and of what a counter holds.
TEST(PatrolScrub, CountsEachRowOfARangeOfPoison) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0502, full(kEcs, "01 0300 0b00 0300")), success());
  enable_scrub(lab);
  poison_at(lab, kChannel1 - 0x2040, 131, kLatent);
  lab.advance(6h);
  auto frus = lab.ecs().frus;
  EXPECT_EQ(frus[0].error_count, 2);
  EXPECT_EQ(frus[0].maximum_row_error_count, 128);
  EXPECT_EQ(frus[0].address_with_maximum_errors, kChannel1 - 0x2000);
  EXPECT_EQ(frus[1].error_count, 2);
  poison_at(lab, kChannel1 + 0x2000, (0x3000000 / 64), kLatent);
  lab.advance(6h);
  frus = lab.ecs().frus;
  EXPECT_EQ(frus[1].error_count, 0xFFFF);
}

TEST(PatrolScrub, AsksForARepairOfWhatIsBroken) {
  Lab lab([](auto& config) { config.soft_ppr_spares = 1; });
  enable_scrub(lab);
  poison_at(lab, 0x2000, 1, {PoisonSource::internal, false, true});
  lab.advance(6h);
  const auto last = [&] { return lab.events(EventLogId::failure).back(); };
  EXPECT_EQ(last().event_record_flags, 0x4EU);  // failure, permanent, maintenance needed, subclass valid
  EXPECT_EQ(last().maintenance_operation_class, 1);
  EXPECT_EQ(to_hex(last().event_record_data).substr(0, 16), "0120000000000000");

  EXPECT_EQ(lab.mailbox(0x0600, ppr(0, 0x2000)), success());
  poison_at(lab, 0x4000, 1, {PoisonSource::internal, false, true});
  lab.advance(6h);
  EXPECT_EQ(last().event_record_flags, 0x06U);
  EXPECT_EQ(to_hex(last().event_record_data).substr(0, 16), "0340000000000000");
}

TEST(PatrolScrub, SaysWhereThePoisonListHasNoRoom) {
  Lab lab([](auto& config) { config.poison_list_size = 1; });
  enable_scrub(lab);
  poison_at(lab, 0, 1, kLatent);
  poison_at(lab, 0x80, 1, kLatent);
  lab.advance(6h);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "1:5:1 0/0/0/0/0/0, 1:5:5 0/0/0/0/0/2");
}

// The end of the cycle is state: a device made again from it goes on.
TEST(PatrolScrub, GoesOnAfterASaveAndRestore) {
  Lab lab;
  enable_scrub(lab);
  poison_at(lab, 0, 1, kLatent);
  const MemoryDeviceState saved = lab.inside("what a program that embeds the device keeps").save();
  lab.mailbox(0x0502, full(kScrub, "0600"));
  lab.inside("a device made again takes it up").restore(saved);
  EXPECT_EQ(lab.machine->next_deadline(), Time(6h));
  lab.advance(6h);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "1:5:1 0/0/0/0/0/0");
}

// --------------------------------------------------------------------------------------------------- corrected errors

TEST(CorrectedErrors, AreFoundByAScrubCountedAndGone) {
  Lab lab;
  enable_scrub(lab);
  inject(lab, 0x40, 3);
  inject(lab, kPersistent, 2);
  inject(lab, 0x40, 1);
  EXPECT_EQ(corrected_counts(lab), "0000000000000000");
  lab.advance(6h);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "1:5:0 0/0/0/0/0/1, 1:5:0 1/0/7/3/278/0");
  EXPECT_EQ(corrected_counts(lab), "0400000002000000");
  EXPECT_EQ(lab.scrub_findings().corrected, 6U);
  lab.advance(24h);
  EXPECT_EQ(corrected_counts(lab), "0400000002000000");
}

TEST(CorrectedErrors, AreFoundByAHostsRead) {
  Lab lab;
  inject(lab, 0x1000, 2);
  inject(lab, 0x1080, 1);
  EXPECT_EQ(lab.read_media(0xFFF, 1), "00");
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "");
  EXPECT_EQ(lab.read_media(0x103F, 1), "00");
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "0:1:0 0/0/0/0/0/64");
  lab.read_media(0x1000, 0x200);
  EXPECT_EQ(corrected_counts(lab), "0300000000000000");
}

// CXL r3.2 8.2.10.9.3.1: counts begin anew after a Conventional Reset; volatile memory has other contents after a cold
// one.
TEST(CorrectedErrors, AreCountedAnewAfterAConventionalReset) {
  Lab lab;
  inject(lab, 0, 5);
  lab.read_media(0, 1);
  inject(lab, 0, 1);
  inject(lab, kPersistent, 1);
  lab.reset(ResetKind::cxl);
  EXPECT_EQ(corrected_counts(lab), "0500000000000000");
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(corrected_counts(lab), "0000000000000000");
  EXPECT_EQ(lab.lines_with_corrected_errors(), 2U);
  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.lines_with_corrected_errors(), 1U);
  lab.read_media(kPersistent, 1);
  EXPECT_EQ(corrected_counts(lab), "0000000001000000");
}

TEST(CorrectedErrors, HaveALimitOfLines) {
  Lab lab;
  for (std::uint64_t i = 0; i < kMaximumCorrectedErrors; ++i) EXPECT_TRUE(inject(lab, i * 64, 1));
  EXPECT_FALSE(inject(lab, kMaximumCorrectedErrors * 64, 1));
  EXPECT_TRUE(inject(lab, 0, 1));
}

// ---------------------------------------------------------------------------------------------------------- DDR5 ECS

// By rows, as set by default; the FRU of channel 1 by codewords.
TEST(Ddr5Ecs, CountsRowsOrCodewordsOfEachFruEvery24Hours) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0502, full(kEcs, "01 0300 0b00 0300")), success());
  inject(lab, 0x0000, 3);
  inject(lab, 0x0040, 4);
  inject(lab, 0x6000, 1);
  inject(lab, kChannel1, 6);
  lab.advance(24h);
  auto frus = lab.ecs().frus;
  EXPECT_EQ(frus[0].error_count, 2);
  EXPECT_EQ(frus[0].maximum_row_error_count, 7);
  EXPECT_EQ(frus[0].address_with_maximum_errors, 0U);
  EXPECT_EQ(frus[1].error_count, 6);
  EXPECT_EQ(frus[1].address_with_maximum_errors, kChannel1);
  EXPECT_EQ(frus[2].error_count, 0);
  EXPECT_EQ(dram_events(lab, EventLogId::informational),
            "1:7:0 0/0/0/0/0/0, 1:7:0 0/0/0/0/0/1, 1:7:0 0/0/0/0/3/0, 1:7:0 1/0/0/0/0/0");
  EXPECT_EQ(corrected_counts(lab), "0e00000000000000");
}

// Poison that waits for a patrol scrub is no work of ECS: its cycles went by.
TEST(Ddr5Ecs, CountsAtTheEndOfItsCycleBehindLatentPoison) {
  Lab lab;
  poison_at(lab, 0, 1, kLatent);
  lab.advance(30h);
  ASSERT_TRUE(inject(lab, 0x40, 200));
  EXPECT_EQ(lab.machine->next_deadline(), lab.machine->now() + 18h);
  lab.advance(18h - 1ns);
  const EcsState before = lab.ecs();
  lab.advance(1ns);
  EXPECT_NE(lab.ecs(), before);
}

TEST(Ddr5Ecs, LosesItsCountersWithPower) {
  Lab lab;
  inject(lab, 0, 3);
  lab.advance(24h);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.ecs().frus[0].error_count, 1);
  lab.reset(ResetKind::cold);
  EXPECT_EQ(lab.ecs().frus[0].error_count, 0);
}

// ----------------------------------------------------------------------------------------------------- CVME thresholds

std::string cvme(const std::string& settings) { return full(kCvme, settings + zeros(32 - settings.size() / 2)); }

// Informational at 3, warning at 5 with Hardware Replacement Needed, failure at 100; over the whole range.
TEST(CvmeThreshold, LogsEachThresholdOnceWhenItIsReached) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0502, cvme("00"
                                     "00"
                                     "000000"
                                     "0f"
                                     "030000"
                                     "050000"
                                     "640000")),
            success());
  inject(lab, 0, 2);
  lab.read_media(0, 1);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "");
  inject(lab, kChannel1, 4);
  lab.read_media(kChannel1, 1);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "0:1:2 1/0/0/0/0/0 3");
  EXPECT_EQ(dram_events(lab, EventLogId::warning), "0:1:2 1/0/0/0/0/0 5");
  const EventRecord warning = lab.events(EventLogId::warning).back();
  EXPECT_EQ(warning.event_record_flags, 0x21U);
  EXPECT_EQ(to_hex(warning.event_record_data).substr(2 * 0x4A, 2), "03");  // more than one FRU; exceeded
  inject(lab, 0, 93);
  lab.read_media(0, 1);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "");
  inject(lab, 0, 1);
  lab.read_media(0, 1);
  EXPECT_EQ(dram_events(lab, EventLogId::failure), "0:1:2 0/0/0/0/0/0 100");
  inject(lab, 0, 500);
  lab.read_media(0, 1);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "0:1:2 1/0/0/0/0/0 3");
}

TEST(CvmeThreshold, CountsEachFruOrRankForItself) {
  for (const auto& [granularity, second] : {std::pair{"01", kChannel1}, std::pair{"02", kChannel1 / 2}}) {
    Lab lab;
    lab.mailbox(0x0502, cvme(std::string(granularity) + "00"
                                                        "000000"
                                                        "01"
                                                        "030000"));
    inject(lab, 0, 2);
    inject(lab, second, 2);
    lab.read_media(0, 1);
    lab.read_media(second, 1);
    EXPECT_EQ(dram_events(lab, EventLogId::informational), "") << granularity;
    inject(lab, 0x40, 1);
    lab.read_media(0x40, 1);
    EXPECT_EQ(dram_events(lab, EventLogId::informational), "0:1:2 0/0/0/0/0/1 3") << granularity;
  }
}

TEST(CvmeThreshold, LeavesPersistentMemoryAlone) {
  Lab lab;
  lab.mailbox(0x0502, cvme("00"
                           "00"
                           "000000"
                           "01"
                           "010000"));
  inject(lab, kPersistent, 9);
  lab.read_media(kPersistent, 1);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "0:1:0 1/0/7/3/278/0");
}

// Patrol scrub has thresholds of its own, and its counters begin anew with each cycle.
TEST(CvmeThreshold, MayCountPatrolScrubByItself) {
  Lab lab;
  enable_scrub(lab);
  lab.mailbox(0x0502, cvme("00"
                           "04"
                           "000000"
                           "01"
                           "010000"
                           "000000"
                           "000000"
                           "01"
                           "030000"));
  inject(lab, 0, 2);
  lab.advance(6h);
  inject(lab, 0, 2);
  lab.advance(6h);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "");
  inject(lab, 0, 3);
  lab.advance(6h);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "1:5:2 0/0/0/0/0/0 3");
}

TEST(CvmeThreshold, CountsPatrolScrubWithTheRestOtherwise) {
  Lab lab;
  enable_scrub(lab);
  lab.mailbox(0x0502, cvme("00"
                           "00"
                           "000000"
                           "01"
                           "030000"));
  inject(lab, 0, 2);
  lab.read_media(0, 1);
  inject(lab, 0, 1);
  lab.advance(6h);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "1:5:2 0/0/0/0/0/0 3");
}

TEST(CvmeThreshold, ExpiresAndSaysSo) {
  Lab lab;
  lab.mailbox(0x0502, cvme("00"
                           "18"
                           "0a0000"
                           "01"
                           "030000"));
  inject(lab, 0, 2);
  lab.advance(1s);
  lab.read_media(0, 1);
  lab.advance(10s - 1ns);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "");
  lab.advance(1ns);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "5:0:2 0/0/0/0/0/0 2");
  inject(lab, 0, 2);
  lab.read_media(0, 1);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "5:0:2 0/0/0/0/0/0 2");
  lab.mailbox(0x0502, cvme("00"
                           "08"
                           "0a0000"
                           "01"
                           "030000"));
  lab.advance(100s);
  EXPECT_EQ(dram_events(lab, EventLogId::informational), "5:0:2 0/0/0/0/0/0 2");
  EXPECT_EQ(lab.machine->next_deadline(), std::nullopt);
}

// 8.2.10.9.11.3: enabling the thresholds of one disables those of the other, and disabling enables nothing.
TEST(CvmeThreshold, TakesTurnsWithTheWarningOfSetAlertConfiguration) {
  constexpr std::uint8_t kWarning = 1 << 3;
  Lab lab;
  EXPECT_NE(lab.enabled_alerts() & kWarning, 0);
  lab.mailbox(0x0502, cvme("00"
                           "00"
                           "000000"
                           "01"
                           "000000"));  // a threshold of 0 is none
  EXPECT_NE(lab.enabled_alerts() & kWarning, 0);
  lab.mailbox(0x0502, cvme("00"
                           "00"
                           "000000"
                           "09"
                           "030000"));
  EXPECT_EQ(lab.enabled_alerts() & kWarning, 0);
  EXPECT_EQ(lab.mailbox(0x4202, "08 08 00 00 0000 0000 0500 0000"), success());
  EXPECT_NE(lab.enabled_alerts() & kWarning, 0);
  EXPECT_EQ(value_of(lab, kCvme).substr(0, 22),
            "03000200000000"
            "08"
            "030000");
}

// ------------------------------------------------------------------------------------------------------------- mapping

TEST(DramGeometry, MapsEveryAddressThereAndBack) {
  for (const std::uint64_t capacity :
       {std::uint64_t{1} << 21, std::uint64_t{512} << 20, std::uint64_t{1} << 44, std::uint64_t{1} << 53}) {
    const DramGeometry dram(capacity);
    for (const std::uint64_t dpa :
         {std::uint64_t{0}, std::uint64_t{64}, capacity / 3 / 64 * 64, capacity / 2 + 64, capacity - 64}) {
      EXPECT_EQ(dram.extent_of(dram.address_of(dpa), DramUnit::cacheline), (DpaExtent{dpa, 64}))
          << capacity << " " << dpa;
      const DpaExtent rank = dram.extent_of(dram.address_of(dpa), DramUnit::rank).value();
      EXPECT_LE(rank.dpa, dpa);
      EXPECT_GT(rank.dpa + rank.length, dpa);
      EXPECT_LE(rank.dpa + rank.length, capacity);
    }
  }
}

}  // namespace
}  // namespace cxlemu
