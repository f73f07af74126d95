// CXL r3.2 8.2.10.9.4.6 Get Scan Media Results (Opcode 4305h)
#include "support/media.hpp"

namespace cxlemu {
namespace {

class GetScanMediaResults : public OnEveryCci {};
ON_EVERY_CCI(GetScanMediaResults);

void scan_all(Lab& lab) {
  lab.mailbox(0x4304, scan_request(0, kAllLines));
  lab.advance(1s);
}

TEST_P(GetScanMediaResults, IsUnsupportedBeforeTheFirstScan) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4305), refused(ReturnCode::unsupported));
}

TEST_P(GetScanMediaResults, IsBusyWhileAScanRunsOnAnyCci) {
  Lab lab;
  lab.mctp(0x4304, scan_request(0, kAllLines));
  EXPECT_EQ(lab.send(GetParam(), 0x4305).code, ReturnCode::busy);
}

TEST_P(GetScanMediaResults, HasTheRecordsOfBothCcisScans) {
  Lab lab;
  poison_at(lab, 0x1000, 2);
  scan_all(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4305),
            success(zeros(0x12) + "0100" + zeros(12) + "0210000000000000 02000000 00000000"));
}

TEST_P(GetScanMediaResults, GoesOnByPagesAndBeginsAnewAfterTheLast) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  if (GetParam().role == cci::Role::mctp) lab.send(GetParam(), 0x0004, "08");
  for (std::uint64_t i = 0; i < 40; ++i) poison_at(lab, i * 128);
  scan_all(lab);
  for (int round = 0; round < 2; ++round) {
    std::size_t seen = 0;
    for (const std::size_t expected : {14U, 14U, 12U}) {
      const auto page = scan_results(lab, GetParam());
      EXPECT_EQ(page.records.size(), expected);
      for (const auto& record : page.records) EXPECT_EQ(record.media_error_address & ~63ULL, 128 * seen++);
      EXPECT_EQ(page.head.scan_media_flags, seen < 40 ? 1 : 0);
    }
  }
}

TEST(GetScanMediaResultsPages, AreOfEachCci) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  lab.mctp(0x0004, "08");
  for (std::uint64_t i = 0; i < 20; ++i) poison_at(lab, i * 128);
  scan_all(lab);
  EXPECT_EQ(scan_results(lab, cci::kMailbox).records.size(), 14U);
  EXPECT_EQ(scan_results(lab, cci::kMctp).records.size(), 14U);
  EXPECT_EQ(scan_results(lab, cci::kMailbox).records.size(), 6U);
  EXPECT_EQ(scan_results(lab, cci::kMctp).records.size(), 6U);
}

// The store is full: the rest has to be scanned by another command, which the answer says how to give.
TEST_P(GetScanMediaResults, TellsWhereAScanStoppedWhenItsStoreWasFull) {
  Lab lab([](auto& config) { config.scan_results_size = 3; });
  for (std::uint64_t i = 0; i < 5; ++i) poison_at(lab, 0x1000 + i * 128, 1, kLatent);
  scan_all(lab);
  const auto first = scan_results(lab, GetParam());
  EXPECT_EQ(first.text(), "1000+1:2 1080+1:2 1100+1:2");
  EXPECT_EQ(first.head.scan_media_flags, GetScanMediaResultsOut::kScanStoppedPrematurely);
  EXPECT_EQ(first.head.scan_media_restart_physical_address, 0x1180U);
  EXPECT_EQ(first.head.scan_media_restart_physical_address_length_64b, kAllLines - 0x1180 / 64);
  // What lies behind was not scanned: it is not known.
  EXPECT_EQ(poison_list(lab).text(), "1000+1:2 1080+1:2 1100+1:2");
  lab.mailbox(0x4304, scan_request(0x1180, kAllLines - 0x1180 / 64));
  lab.advance(1s);
  const auto rest = scan_results(lab, GetParam());
  EXPECT_EQ(rest.text(), "1180+1:2 1200+1:2");
  EXPECT_EQ(rest.head.scan_media_flags, 0);
}

TEST_P(GetScanMediaResults, OfAStoreThatIsJustFullIsComplete) {
  Lab lab([](auto& config) { config.scan_results_size = 3; });
  for (std::uint64_t i = 0; i < 3; ++i) poison_at(lab, 0x1000 + i * 128);
  scan_all(lab);
  EXPECT_EQ(scan_results(lab, GetParam()).head.scan_media_flags, 0);
}

class ResultsAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(ResultsAfterReset);

TEST_P(ResultsAfterReset, AreGoneAfterAConventionalResetOnly) {
  Lab lab;
  scan_all(lab);
  lab.reset(GetParam());
  const bool stay = GetParam() == ResetKind::flr || GetParam() == ResetKind::cxl;
  EXPECT_EQ(lab.mctp(0x4305).code, stay ? ReturnCode::success : ReturnCode::unsupported);
}

TEST_P(GetScanMediaResults, AcceptsASurplusPayloadOrRefusesItByProperty) {
  Lab lab;
  scan_all(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4305, "00").code, ReturnCode::success);
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  scan_all(strict);
  EXPECT_EQ(strict.send(GetParam(), 0x4305, "00").code, ReturnCode::invalid_payload_length);
}

TEST_P(GetScanMediaResults, IsRefusedWhileMediaIsDisabled) {
  Lab lab;
  scan_all(lab);
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4305), refused(ReturnCode::media_disabled));
}

TEST_P(GetScanMediaResults, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4305), "0000");
}

}  // namespace
}  // namespace cxlemu
