// CXL r3.2 8.2.10.7.1 Perform Maintenance (Opcode 0600h)
#include "support/features.hpp"

namespace cxlemu {
namespace {

void small_spares(MemoryDeviceConfig& config) {
  config.soft_ppr_spares = 2;
  config.hard_ppr_spares = 1;
  config.cacheline_spares = 1;
  config.row_spares = 1;
  config.bank_spares = 1;
  config.rank_spares = 1;
  config.sparing_duration = 100ms;
}

class PerformMaintenance : public OnEveryCci {
 protected:
  Answered perform(const std::string& request) { return lab.send(here, 0x0600, request); }
  Answered abort() { return lab.send(here, 0x0005); }
  const cci::CciId here = GetParam();
  const cci::CciId there = another_cci(GetParam());
  Lab lab{small_spares};
};
ON_EVERY_CCI(PerformMaintenance);

// --------------------------------------------------------------------------------------------------------- the request

// Fault B6: an empty request ends the reference emulator; a short one is read past its end.
TEST_P(PerformMaintenance, NeedsItsParametersAndIgnoresMore) {
  EXPECT_EQ(perform(""), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(perform("01"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(perform("0100" + zeros(11)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(perform("0101" + zeros(11)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(perform("0203" + zeros(13)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(perform("01 00 01 0000000000000000 000000 ff"), success());
  EXPECT_EQ(perform("02 00 01 00 00 000000 00 00 000000 0000 00 ff"), success());
}

TEST(PerformMaintenanceStrictly, RefusesMoreWhereSurplusIsRefused) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.mailbox(0x0600, ppr(0, 0, 1)), success());
  EXPECT_EQ(lab.mailbox(0x0600, ppr(0, 0, 1) + "00"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(PerformMaintenance, RefusesOperationsThatThereAreNot) {
  EXPECT_EQ(perform("0102" + zeros(12)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(perform("0204" + zeros(14)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(perform("0300" + zeros(70)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(perform("0400"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(perform("ff00"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(perform("0001"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(perform("0000"), success());
}

TEST_P(PerformMaintenance, RefusesAddressesBehindTheCapacity) {
  EXPECT_EQ(perform(ppr(0, 512 * kMiB)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(perform(ppr(1, ~0ULL)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(perform(ppr(0, 512 * kMiB, 1)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(perform(sparing({3, {.channel = 3}})), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(perform(sparing({3, {.rank = 2}})), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(perform(sparing({2, {.bank_group = 8}})), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(perform(sparing({2, {.bank = 4}})), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(perform(sparing({1, {.row = 342}})), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(perform(sparing({0, {.column = 128}})), refused(ReturnCode::invalid_physical_address));
  // Inside the last bank, but behind the capacity.
  EXPECT_EQ(perform(sparing({1, {.channel = 2, .rank = 1, .bank_group = 7, .bank = 3, .row = 341}, 1})),
            refused(ReturnCode::invalid_physical_address));
}

// "It is reserved for all other subclasses."
TEST_P(PerformMaintenance, IgnoresWhatLiesBelowTheSubclass) {
  EXPECT_EQ(perform(sparing({3, {.bank_group = 0xFF, .bank = 0xFF, .row = 0xFFFFFF, .column = 0xFFFF}, 1})), success());
  EXPECT_EQ(perform(sparing({2, {.row = 0xFFFFFF, .column = 0xFFFF}, 1})), success());
  EXPECT_EQ(perform(sparing({1, {.column = 0xFFFF}, 1})), success());
}

TEST_P(PerformMaintenance, SaysInTheCelThatItRunsInTheBackgroundAndCanBeAborted) {
  EXPECT_EQ(lab.cel_effect(here, 0x0600), "5401");
}

TEST_P(PerformMaintenance, AnswersWhileMediaIsDisabled) {
  lab.send(there, 0x4400);
  EXPECT_EQ(perform(ppr(0, 0)), success());
}

// --------------------------------------------------------------------------------------------------------------- PPR

TEST_P(PerformMaintenance, AnswersAPprQueryByItsReturnCode) {
  EXPECT_EQ(perform("01 01 01 0010000000000000 ffffff"), success());
  EXPECT_EQ(perform(ppr(1, 0x1000)), success());
  EXPECT_EQ(perform(ppr(1, 0x1000, 1)), refused(ReturnCode::resources_exhausted));
  EXPECT_EQ(perform(ppr(0, 0x1000, 1)), success());
  EXPECT_EQ(sparing_events(lab), "1.1 2 0 0");
}

TEST_P(PerformMaintenance, RepairsARowAtOnceAndUsesASpare) {
  poison_at(lab, 0x1000, 1, kPermanent);
  EXPECT_EQ(lab.mailbox(0x4302, clear_request(0x1000)), refused(ReturnCode::permanent_media_failure));
  EXPECT_EQ(lab.read_media(0x1000, 1), "poison");
  EXPECT_EQ(perform("01 00 00 0010000000000000 000000"), success());
  EXPECT_EQ(lab.read_media(0x1000, 1), "00");
  EXPECT_EQ(lab.mailbox(0x4302, clear_request(0x1000)), success());
  EXPECT_EQ(lab.mailbox(0x4300, all_lines()).payload.substr(2 * 0x0A, 4), "0000");
  EXPECT_EQ(sparing_events(lab), "1.0 0 0 1");
}

TEST_P(PerformMaintenance, RefusesTheRepairForWhichThereIsNoSpare) {
  EXPECT_EQ(perform(ppr(0, 0)), success());
  EXPECT_EQ(perform(ppr(0, 0x4000)), success());
  poison_at(lab, 0x8000, 1, kPermanent);
  EXPECT_EQ(perform(ppr(0, 0x8000)), refused(ReturnCode::resources_exhausted));
  EXPECT_EQ(lab.read_media(0x8000, 1), "poison");
  EXPECT_EQ(perform(ppr(1, 0x8000)), success());
  EXPECT_EQ(lab.read_media(0x8000, 1), "00");
}

// The row of 8 KiB that the DPA lies in, and no line beside it. What is data and not of the media stays.
TEST_P(PerformMaintenance, RepairsTheWholeRowAndNothingElse) {
  poison_at(lab, 0x1FC0, 3, kPermanent);
  poison_at(lab, 0x3FC0, 2, kPermanent);
  poison_at(lab, 0x3000, 1);
  EXPECT_EQ(perform(ppr(0, 0x2ABC)), success());
  EXPECT_EQ(lab.read_media(0x1FC0, 1), "poison");
  EXPECT_EQ(lab.read_media(0x2000, 0x1000), zeros(0x1000));
  EXPECT_EQ(lab.read_media(0x3000, 1), "poison");
  EXPECT_EQ(lab.read_media(0x3FC0, 1), "00");
  EXPECT_EQ(lab.read_media(0x4000, 1), "poison");
}

TEST_P(PerformMaintenance, TellsOfAPprWhereItsFeatureEnablesIt) {
  lab.send(here, 0x0502, full(kSoftPpr, "0000 00", 3));
  EXPECT_EQ(perform(ppr(0, 0x10040)), success());
  EXPECT_EQ(sparing_events(lab), "");
  EXPECT_EQ(perform(ppr(1, 0xAB00000 + 0x2801664)), success());
  EXPECT_EQ(sparing_events(lab), "1.1 2 0 0");
}

struct RepairAfterReset {
  ResetKind kind;
  std::string_view soft_ppr;
  std::string_view soft_sparing;
};
class RepairsAfterReset : public testing::TestWithParam<RepairAfterReset> {};
INSTANTIATE_TEST_SUITE_P(PerformMaintenance, RepairsAfterReset,
                         testing::Values(RepairAfterReset{ResetKind::flr, "00", "00"},
                                         RepairAfterReset{ResetKind::cxl, "00", "00"},
                                         RepairAfterReset{ResetKind::conventional, "00", "poison"},
                                         RepairAfterReset{ResetKind::cold, "poison", "poison"},
                                         RepairAfterReset{ResetKind::power_loss, "poison", "poison"}),
                         [](const auto& tested) { return reset_name(tested.param.kind); });

// sPPR is lost with power, soft sparing after any Conventional Reset; what is hard stays. What is lost frees its spare.
TEST_P(RepairsAfterReset, StayAsLongAsTheirKindDoes) {
  Lab lab(small_spares);
  for (const std::uint64_t dpa : {0x0000U, 0x2000U, 0x4000U, 0x6000U}) poison_at(lab, dpa, 1, kPermanent);
  lab.mailbox(0x0600, ppr(0, 0));
  lab.mailbox(0x0600, ppr(0, 0x8000));
  lab.mailbox(0x0600, ppr(1, 0x2000));
  lab.mailbox(0x0600, sparing({1, {.row = 2}}));
  lab.advance(100ms);
  lab.mailbox(0x0600, sparing({0, {.row = 3}, 1 << 1}));
  lab.advance(100ms);
  for (const std::uint64_t dpa : {0x0000U, 0x2000U, 0x4000U, 0x6000U}) EXPECT_EQ(lab.read_media(dpa, 1), "00") << dpa;
  lab.reset(GetParam().kind);
  EXPECT_EQ(lab.read_media(0, 1), GetParam().soft_ppr);
  EXPECT_EQ(lab.read_media(0x2000, 1), "00");
  EXPECT_EQ(lab.read_media(0x4000, 1), GetParam().soft_sparing);
  EXPECT_EQ(lab.read_media(0x6000, 1), "00");
  EXPECT_EQ(lab.mailbox(0x0600, ppr(0, 0, 1)).code,
            GetParam().soft_ppr == "00" ? ReturnCode::resources_exhausted : ReturnCode::success);
  EXPECT_EQ(lab.mailbox(0x0600, ppr(1, 0, 1)), refused(ReturnCode::resources_exhausted));
}

// ----------------------------------------------------------------------------------------------------------- sparing

struct Subclass {
  std::uint8_t subclass;
  std::uint64_t length;
  std::string_view name;
};
class EverySparing : public testing::TestWithParam<Subclass> {};
INSTANTIATE_TEST_SUITE_P(PerformMaintenance, EverySparing,
                         testing::Values(Subclass{0, 64, "Cacheline"}, Subclass{1, 0x2000, "Row"},
                                         Subclass{2, 2801664, "Bank"}, Subclass{3, 32 * 2801664, "Rank"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

// Always in the background; the result comes by a Memory Sparing event.
TEST_P(EverySparing, ReplacesWhatItsSubclassNamesInTheBackground) {
  Lab lab(small_spares);
  const std::uint64_t rank_1 = 32 * 2801664;
  const auto [subclass, length, name] = GetParam();
  poison_at(lab, rank_1 - 64, length / 64 + 2, kPermanent);
  EXPECT_EQ(lab.mailbox(0x0600, sparing({subclass, {.rank = 1}})), kStarted);
  EXPECT_EQ(lab.read_media(rank_1, 1), "poison");
  EXPECT_EQ(sparing_events(lab), "");
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(rank_1 - 64, 1), "poison");
  EXPECT_EQ(lab.read_media(rank_1, 1), "00");
  EXPECT_EQ(lab.read_media(rank_1 + length - 64, 64), zeros(64));
  EXPECT_EQ(lab.read_media(rank_1 + length, 1), "poison");
  EXPECT_EQ(sparing_events(lab), "2." + std::to_string(subclass) + " 0 0 0");
  EXPECT_EQ(lab.mailbox(0x0600, sparing({subclass, {.rank = 1}})), refused(ReturnCode::resources_exhausted));
}

TEST_P(EverySparing, AnswersAQueryByAnEvent) {
  Lab lab(small_spares);
  const auto subclass = GetParam().subclass;
  const std::string kind = "2." + std::to_string(subclass);
  EXPECT_EQ(lab.mailbox(0x0600, sparing({subclass, {}, 1})), success());
  EXPECT_EQ(sparing_events(lab), kind + " 1 0 1");
  lab.mailbox(0x0600, sparing({subclass}));
  lab.advance(100ms);
  EXPECT_EQ(lab.mailbox(0x0600, sparing({subclass, {}, 1})), success());
  EXPECT_EQ(sparing_events(lab), kind + " 1 0 1, " + kind + " 0 0 0, " + kind + " 1 1 0");
}

// The fields of the event are a copy of the request; only those of the subclass are valid.
TEST(SparingEvent, CopiesTheRequest) {
  Lab lab;
  lab.mailbox(0x0600, "02 00 0f 02 01 563412 07 03 210000 1200 01");
  const std::string record = lab.mailbox(0x0100, "00").payload.substr(2 * 32);
  EXPECT_EQ(record.substr(0, 2 * 20), to_hex(from_hex("e71f3a40 2d29 4092 8a39 4d1c966c7c65 80 000000").value()));
  EXPECT_EQ(record.substr(2 * 0x30),
            to_hex(from_hex("02 00 03 00 7f02 000000000000 0300 02 01 563412 07 03 210000 1200" + zeros(16) + "01" +
                            zeros(37))
                       .value()));
}

TEST(SparingEvent, SaysThreeWhereThereAreMoreSpares) {
  Lab lab([](auto& config) { config.cacheline_spares = 5; });
  lab.mailbox(0x0600, sparing({0, {}, 1}));
  EXPECT_EQ(sparing_events(lab), "2.0 1 0 3");
}

TEST_P(PerformMaintenance, CanBeAbortedAndLeavesNothing) {
  poison_at(lab, 0, 1, kPermanent);
  EXPECT_EQ(perform(sparing({1})), kStarted);
  lab.advance(84ms);
  EXPECT_EQ(abort(), success());
  EXPECT_EQ(lab.background(here).return_code, ReturnCode::aborted);
  EXPECT_EQ(sparing_events(lab), "2.1 0 255 1");
  EXPECT_EQ(lab.read_media(0, 1), "poison");
  EXPECT_EQ(perform(sparing({1})), kStarted);
  lab.advance(85ms);
  EXPECT_TRUE(abort().background_operation);
  lab.advance(15ms);
  EXPECT_EQ(lab.read_media(0, 1), "00");
}

TEST_P(PerformMaintenance, IsEndedByAResetOnTheMailboxAlone) {
  poison_at(lab, 0, 1, kPermanent);
  perform(sparing({1, {}, 1 << 1}));
  lab.reset(ResetKind::conventional);
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(0, 1), here == cci::kMailbox ? "poison" : "00");
}

// COMPAT(linux): it does not wait for the end.
TEST_P(PerformMaintenance, IsOverBeforeItsAnswerByProperty) {
  Lab at_once([](auto& config) { config.sparing_completes_at_once = true; });
  poison_at(at_once, 0, 1, kPermanent);
  EXPECT_EQ(at_once.send(here, 0x0600, sparing({1})), refused(ReturnCode::background_command_started));
  EXPECT_EQ(at_once.background(here).percent, 100);
  EXPECT_EQ(at_once.background(here).return_code, ReturnCode::success);
  EXPECT_EQ(at_once.read_media(0, 1), "00");
  EXPECT_EQ(at_once.send(here, 0x0600, sparing({1})), refused(ReturnCode::background_command_started));
}

// ------------------------------------------------------------------------------------------------------------- busy

// "No more than one maintenance operation may be initiated at a time": of the device.
TEST_P(PerformMaintenance, IsBusyOnlyWhileAMaintenanceOperationRuns) {
  EXPECT_EQ(perform(sparing({1})), kStarted);
  for (const cci::CciId via : {here, there}) {
    EXPECT_EQ(lab.send(via, 0x0600, sparing({0})).code, ReturnCode::busy);
    EXPECT_EQ(lab.send(via, 0x0600, sparing({0, {}, 1})).code, ReturnCode::busy);
    EXPECT_EQ(lab.send(via, 0x0600, ppr(0, 0)).code, ReturnCode::busy);
    EXPECT_EQ(lab.send(via, 0x0600, ppr(0, 0, 1)).code, ReturnCode::busy);
    EXPECT_EQ(lab.send(via, 0x0600, "0000").code, ReturnCode::success);
    EXPECT_EQ(lab.send(via, 0x0600, "0400").code, ReturnCode::invalid_input);
  }
  lab.advance(100ms);
  EXPECT_EQ(lab.send(there, 0x0600, sparing({0})), kStarted);
}

TEST_P(PerformMaintenance, IsNotBusyBesideAnotherOperation) {
  lab.send(here, 0x4304, scan_request(0, kAllLines));
  EXPECT_EQ(perform(ppr(0, 0)).code, ReturnCode::success);
  EXPECT_EQ(perform(sparing({1, {}, 1})).code, ReturnCode::success);
  // The CCI has one background operation.
  EXPECT_EQ(perform(sparing({1})).code, ReturnCode::busy);
  EXPECT_EQ(lab.send(there, 0x0600, sparing({1})), kStarted);
}

// --------------------------------------------------------------------------------------------------------- faults

TEST_P(PerformMaintenance, FailsWhereAFaultSaysSo) {
  poison_at(lab, 0, 1, kPermanent);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x0600}, .disturbance = {.result = ReturnCode::internal_error}});
  EXPECT_EQ(perform(ppr(0, 0)), kStarted);
  lab.advance(1ms);
  EXPECT_EQ(lab.background(here).return_code, ReturnCode::internal_error);
  EXPECT_EQ(sparing_events(lab), "1.0 0 255 2");
  EXPECT_EQ(lab.read_media(0, 1), "poison");
}

}  // namespace
}  // namespace cxlemu
