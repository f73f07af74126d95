// What QMP shows of features and maintenance, and cxlemu-inject-corrected-errors.
#include "support/features.hpp"
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

TEST(QmpQueryFeatures, ShowsValuesTheTransferAndWhatWasFound) {
  QmpLab lab;
  lab.command(cci::kMailbox, 0x0502, full(kScrub, "0601"));
  lab.value("cxlemu-inject-corrected-errors", R"({"path":"mem0","dpa":"0x1005","count":3})");
  const Json before = lab.value("cxlemu-query-features", R"({"path":"mem0"})");
  EXPECT_EQ(before["features"].elements().size(), kFeatures);
  EXPECT_EQ(before["features"].elements()[0].text(),
            R"({"index":0,"name":"Device Patrol Scrub Control","identifier":"96dad7d6-fde8-482b-a733-75774e06db8a",)"
            R"("current":"01060101","default":"010c0100"})");
  EXPECT_EQ(before["features"].elements()[9]["saved"].string(), "55" + zeros(31));
  EXPECT_EQ(before["transfer"].text(), R"({"in-progress":false})");
  EXPECT_EQ(before["waiting-corrected-errors"].text(), R"({"lines":1,"errors":3})");

  lab.machine->advance_to(6h);
  lab.command(cci::kMctp, 0x0502, begin(kSettings, "0a00"));
  const Json after = lab.value("cxlemu-query-features", R"({"path":"mem0"})");
  EXPECT_EQ(after["patrol-scrub"].text(), R"({"enabled":true,"cycle-hours":6,"corrected":3,"uncorrected":0})");
  EXPECT_EQ(after["waiting-corrected-errors"].text(), R"({"lines":0,"errors":0})");
  EXPECT_EQ(after["transfer"].text(), R"({"in-progress":true,"by":"mctp","feature":"Device Settings","received":2})");
  EXPECT_EQ(after["ecs"].elements().size(), kMemoryMediaFrus);
}

TEST(QmpQueryMaintenance, ShowsSparesAndRepairs) {
  QmpLab lab;
  lab.command(cci::kMailbox, 0x0600, ppr(1, 0x2040));
  EXPECT_EQ(lab.returned("cxlemu-query-maintenance", R"({"path":"mem0"})"),
            R"({"resources":{"soft-ppr":{"spares":4,"left":4},"hard-ppr":{"spares":4,"left":3},)"
            R"("cacheline-sparing":{"spares":8,"left":8},"row-sparing":{"spares":4,"left":4},)"
            R"("bank-sparing":{"spares":2,"left":2},"rank-sparing":{"spares":1,"left":1}},)"
            R"("repairs":[{"operation":"hard-ppr","hard":true,"start":8192,"length":8192}]})");
}

TEST(QmpInjectCorrectedErrors, RefusesWhatThereIsNot) {
  QmpLab lab;
  EXPECT_EQ(lab.refused("cxlemu-inject-corrected-errors", R"({"path":"mem0","dpa":536870912})"),
            "outside of the capacity of mem0 (512 MiB)");
  EXPECT_EQ(lab.refused("cxlemu-inject-corrected-errors", R"({"path":"mem0","dpa":0,"count":0})"),
            "parameter \"count\" counts from 1");
  for (std::uint64_t i = 0; i < kMaximumCorrectedErrors; ++i) {
    EXPECT_TRUE(lab.corrected_errors(i * kCacheLine, 1));
  }
  EXPECT_EQ(lab.refused("cxlemu-inject-corrected-errors", R"({"path":"mem0","dpa":"1M"})"),
            "4096 cache lines have corrected errors that nothing has come upon yet");
}

}  // namespace
}  // namespace cxlemu
