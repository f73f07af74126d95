// CXL r3.2 8.2.10.9.4.1 Get Poison List (Opcode 4300h)
#include <gmock/gmock.h>

#include "support/media.hpp"

namespace cxlemu {
namespace {

class GetPoisonList : public OnEveryCci {};
ON_EVERY_CCI(GetPoisonList);

TEST_P(GetPoisonList, IsEmptyOnANewDevice) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4300, all_lines()), success(zeros(0x20)));
}

TEST_P(GetPoisonList, HasARecordForEachRangeWithItsSource) {
  Lab lab;
  poison_at(lab, 0x1000, 2, {PoisonSource::external});
  poison_at(lab, 0x1080, 1);
  lab.mailbox(0x4301, le64(0x40));
  EXPECT_EQ(lab.send(GetParam(), 0x4300, all_lines()), success("00 00 0000000000000000 0300" + zeros(0x14) +
                                                               "4300000000000000 01000000 00000000"
                                                               "0110000000000000 02000000 00000000"
                                                               "8210000000000000 01000000 00000000"));
}

TEST_P(GetPoisonList, JoinsAdjacentAddressesOfOneSource) {
  Lab lab;
  poison_at(lab, 0x1040);
  poison_at(lab, 0x1000);
  poison_at(lab, 0x1080);
  EXPECT_EQ(poison_list(lab, GetParam()).text(), "1000+3:2");
}

TEST_P(GetPoisonList, ShowsOnlyWhatLiesInTheRange) {
  Lab lab;
  poison_at(lab, 0x1000, 16);
  EXPECT_EQ(poison_list(lab, GetParam(), lines_from(0x1100, 2)).text(), "1100+2:2");
  EXPECT_EQ(poison_list(lab, GetParam(), lines_from(0x0FC0, 2)).text(), "1000+1:2");
  EXPECT_EQ(poison_list(lab, GetParam(), lines_from(0x1400, 100)).text(), "");
}

TEST_P(GetPoisonList, DoesNotShowWhatTheDeviceDoesNotKnowOf) {
  Lab lab;
  poison_at(lab, 0x1000, 1, kLatent);
  EXPECT_EQ(poison_list(lab, GetParam()).text(), "");
}

TEST_P(GetPoisonList, ShowsWhatAHostReadCameUpon) {
  Lab lab;
  poison_at(lab, 0x1000, 1, kLatent);
  EXPECT_EQ(lab.read_media(0x1010, 4), "poison");
  EXPECT_EQ(poison_list(lab, GetParam()).text(), "1000+1:2");
  EXPECT_EQ(media_events(lab, EventLogId::failure, GetParam()), "1001:1:1");
}

// Fault B2: more records than one answer holds come in pages, not to an end of the process.
TEST_P(GetPoisonList, GoesOnByPagesAtAnyMessageSize) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 2048; });
  for (std::uint64_t i = 0; i < 200; ++i) poison_at(lab, i * 128);
  if (GetParam().role == cci::Role::mctp) lab.send(GetParam(), 0x0004, "08");
  const std::size_t room = GetParam().role == cci::Role::mctp ? 256 : 2048;
  const std::size_t in_page = (room - 0x20) / 16;
  std::size_t seen = 0;
  for (;;) {
    const auto page = poison_list(lab, GetParam());
    EXPECT_EQ(page.records.size(), std::min<std::size_t>(in_page, 200 - seen));
    for (const auto& record : page.records) EXPECT_EQ(record.media_error_address & ~63ULL, 128 * seen++);
    if ((page.head.poison_list_flags & GetPoisonListOut::kMoreMediaErrorRecords) == 0) break;
  }
  EXPECT_EQ(seen, 200U);
  // The list was read to its end: it begins anew.
  EXPECT_EQ(poison_list(lab, GetParam()).records.front().media_error_address, 2U);
}

TEST(GetPoisonListPages, AreOfEachCci) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  for (std::uint64_t i = 0; i < 20; ++i) poison_at(lab, i * 128);
  lab.mctp(0x0004, "08");
  EXPECT_EQ(poison_list(lab, cci::kMailbox).records.front().media_error_address, 2U);
  EXPECT_EQ(poison_list(lab, cci::kMctp).records.front().media_error_address, 2U);
  EXPECT_EQ(poison_list(lab, cci::kMailbox).records.front().media_error_address, 14 * 128 + 2U);
  EXPECT_EQ(poison_list(lab, cci::kMctp).records.front().media_error_address, 14 * 128 + 2U);
}

TEST_P(GetPoisonList, BeginsAnewWhenRestartIsAskedForAndSaysSo) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  if (GetParam().role == cci::Role::mctp) lab.send(GetParam(), 0x0004, "08");
  for (std::uint64_t i = 0; i < 20; ++i) poison_at(lab, i * 128);
  EXPECT_EQ(poison_list(lab, GetParam()).head.poison_list_flags, 0x01);
  const auto again = poison_list(lab, GetParam(), lines_from(0x01, kAllLines));
  EXPECT_EQ(again.head.poison_list_flags, 0x09);
  EXPECT_EQ(again.records.front().media_error_address, 2U);
  EXPECT_EQ(poison_list(lab, GetParam()).records.front().media_error_address, 14 * 128 + 2U);
}

TEST_P(GetPoisonList, BeginsAnewWithAnotherRange) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  if (GetParam().role == cci::Role::mctp) lab.send(GetParam(), 0x0004, "08");
  for (std::uint64_t i = 0; i < 20; ++i) poison_at(lab, i * 128);
  poison_list(lab, GetParam());
  EXPECT_EQ(poison_list(lab, GetParam(), lines_from(0, kAllLines - 1)).records.front().media_error_address, 2U);
}

// What is cleared and poisoned between two pages neither repeats a record nor skips one that stays.
TEST(GetPoisonListPages, StayRightWhileTheListChanges) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  for (std::uint64_t i = 1; i < 20; ++i) poison_at(lab, i * 128);
  EXPECT_EQ(poison_list(lab).records.size(), 14U);
  poison_at(lab, 0);
  lab.mailbox(0x4302, clear_request(5 * 128));
  EXPECT_EQ(poison_list(lab).text(), "780+1:2 800+1:2 880+1:2 900+1:2 980+1:2");
}

// -----------------------------------------------------------------------------------------------------------------
// overflow

void holds_two(MemoryDeviceConfig& config) { config.poison_list_size = 2; }

TEST_P(GetPoisonList, OverflowsWithTheTimeOfTheRecordThatDidNotFit) {
  Lab lab(holds_two);
  lab.mailbox(0x0301, le64(1'000'000'000));
  poison_at(lab, 0x1000);
  poison_at(lab, 0x2000);
  EXPECT_EQ(poison_list(lab, GetParam()).head.poison_list_flags, 0);
  lab.advance(5s);
  poison_at(lab, 0x3000);
  lab.advance(5s);
  poison_at(lab, 0x4000);
  const auto list = poison_list(lab, GetParam());
  EXPECT_EQ(list.head.poison_list_flags, GetPoisonListOut::kPoisonListOverflow);
  EXPECT_EQ(list.head.overflow_timestamp, 6'000'000'000U);
  EXPECT_EQ(list.text(), "1000+1:2 2000+1:2");
  // The event of each that is not in the list says so.
  EXPECT_EQ(media_events(lab, EventLogId::failure, GetParam()), "1001:0:1 2001:0:1 3001:0:5 4001:0:5");
}

TEST_P(GetPoisonList, CountsRecordsNotAddresses) {
  Lab lab(holds_two);
  poison_at(lab, 0x1000, 1000);
  poison_at(lab, 0x1000 + 64 * 1000, 1000);
  poison_at(lab, 0x100000, 1000);
  EXPECT_EQ(poison_list(lab, GetParam()).head.poison_list_flags, 0);
}

TEST_P(GetPoisonList, IsFrozenFromItsOverflowOn) {
  Lab lab(holds_two);
  for (const std::uint64_t dpa : {0x1000ULL, 0x2000ULL, 0x3000ULL}) poison_at(lab, dpa);
  lab.mailbox(0x4302, clear_request(0x1000));
  EXPECT_EQ(poison_list(lab, GetParam()).text(), "1000+1:2 2000+1:2");
  EXPECT_EQ(lab.read_media(0x1000, 64), zeros(64));
}

TEST_P(GetPoisonList, MayForgetWhatIsClearedWhileItIsFrozen) {
  Lab lab([](auto& config) {
    config.poison_list_size = 2;
    config.frozen_poison_list = FrozenPoisonList::follows_clears;
  });
  for (const std::uint64_t dpa : {0x1000ULL, 0x2000ULL, 0x3000ULL}) poison_at(lab, dpa);
  lab.mailbox(0x4302, clear_request(0x1000));
  const auto list = poison_list(lab, GetParam());
  EXPECT_EQ(list.text(), "2000+1:2");
  // There would be room; but what did not fit is not in it.
  EXPECT_EQ(list.head.poison_list_flags, GetPoisonListOut::kPoisonListOverflow);
  poison_at(lab, 0x4000);
  EXPECT_EQ(poison_list(lab, GetParam()).text(), "2000+1:2");
}

// A record that Clear Poison splits needs room for two.
TEST_P(GetPoisonList, OverflowsWhereAClearSplitsItsLastRecord) {
  Lab lab(holds_two);
  poison_at(lab, 0x1000, 3);
  poison_at(lab, 0x2000);
  lab.mailbox(0x4302, clear_request(0x1040));
  const auto list = poison_list(lab, GetParam());
  EXPECT_EQ(list.text(), "1000+1:2 2000+1:2");
  EXPECT_EQ(list.head.poison_list_flags, GetPoisonListOut::kPoisonListOverflow);
}

TEST(GetPoisonListLimit, IsWhatIdentifyMemoryDeviceTells) {
  Lab lab([](auto& config) { config.poison_list_size = 0x010203; });
  EXPECT_EQ(cxlemu::to_hex(Bytes(from_hex(lab.mailbox(0x4000).payload).value()).subspan(0x3C, 3)), "030201");
}

TEST(GetPoisonListLimit, HoldsAtSixteenMillionRecordsInPrinciple) {
  Lab lab([](auto& config) { config.poison_list_size = kMaximumPoisonListSize; });
  for (std::uint64_t i = 0; i < 2000; ++i) poison_at(lab, i * 128);
  EXPECT_EQ(poison_list(lab).head.poison_list_flags, 0x01);
}

TEST_P(GetPoisonList, TellsThatAScanIsInProgressOnAnyCci) {
  Lab lab;
  lab.mctp(0x4304, scan_request(0, kAllLines));
  EXPECT_EQ(lab.send(GetParam(), 0x4300, all_lines()).payload.substr(0, 2), "04");
  lab.advance(1s);
  EXPECT_EQ(lab.send(GetParam(), 0x4300, all_lines()).payload.substr(0, 2), "00");
}

// -----------------------------------------------------------------------------------------------------------------
// refusals

TEST_P(GetPoisonList, RefusesARangeOutsideOfTheCapacity) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4300, lines_from(0, kAllLines + 1)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(lab.send(GetParam(), 0x4300, lines_from(64, kAllLines)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(lab.send(GetParam(), 0x4300, lines_from(512 * kMiB, 1)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(lab.send(GetParam(), 0x4300, lines_from(~0ULL, ~0ULL)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(lab.send(GetParam(), 0x4300, lines_from(512 * kMiB - 64, 1)).code, ReturnCode::success);
}

TEST_P(GetPoisonList, RefusesAnEmptyRange) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4300, lines_from(0, 0)), refused(ReturnCode::invalid_input));
}

TEST_P(GetPoisonList, RefusesAShortPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4300, all_lines().substr(2)), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetPoisonList, IsRefusedWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4300, all_lines()), refused(ReturnCode::media_disabled));
}

TEST_P(GetPoisonList, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4300), "0000");
}

// -----------------------------------------------------------------------------------------------------------------
// resets (CXL r3.2 8.2.10.9.1.1: Injects Persistent Poison)

class PoisonAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(PoisonAfterReset);

std::string list_after(Lab& lab, ResetKind kind) {
  lab.mailbox(0x4301, le64(0x1000));
  lab.mailbox(0x4301, le64(300 * kMiB));
  poison_at(lab, 0x2000, 1, {PoisonSource::internal});
  poison_at(lab, 0x3000, 1, {PoisonSource::external});
  lab.reset(kind);
  return poison_list(lab, cci::kMctp).text();
}

TEST_P(PoisonAfterReset, WhatWasInjectedIsGoneAndWhatIsOfTheMediaStays) {
  Lab lab;
  const std::string list = list_after(lab, GetParam());
  switch (GetParam()) {
    case ResetKind::flr:
      EXPECT_EQ(list, "1000+1:3 2000+1:2 3000+1:1 12c00000+1:3");
      break;
    case ResetKind::conventional:
    case ResetKind::cxl:
      EXPECT_EQ(list, "2000+1:2 3000+1:1");
      break;
    // What a host wrote into volatile memory went with the power.
    case ResetKind::cold:
    case ResetKind::power_loss:
      EXPECT_EQ(list, "2000+1:2");
      break;
  }
}

TEST_P(PoisonAfterReset, WhatWasInjectedIntoPersistentCapacityStaysByProperty) {
  Lab lab([](auto& config) { config.injects_persistent_poison = true; });
  EXPECT_THAT(list_after(lab, GetParam()), testing::HasSubstr("12c00000+1:3"));
  EXPECT_EQ(lab.read_media(300 * kMiB, 1), "poison");
}

TEST(PoisonHandlingCapabilities, AreToldByIdentifyMemoryDevice) {
  Lab plain;
  EXPECT_EQ(plain.mailbox(0x4000).payload.substr(2 * 0x41, 2), "00");
  Lab persistent([](auto& config) { config.injects_persistent_poison = true; });
  EXPECT_EQ(persistent.mailbox(0x4000).payload.substr(2 * 0x41, 2), "01");
}

}  // namespace
}  // namespace cxlemu
