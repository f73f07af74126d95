// cxl-inject-correctable-error, cxl-inject-uncorrectable-errors and what they leave in the RAS capability (CXL
// r3.2 8.2.4.17)
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

void unmasked(MemoryDeviceConfig& config) { config.ras_unmasked = true; }

constexpr std::string_view kPath = R"({"path":"mem0"})";
constexpr std::string_view kCorrectable = "cxl-inject-correctable-error";
constexpr std::string_view kUncorrectable = "cxl-inject-uncorrectable-errors";
std::string correctable(std::string_view type) { return R"({"path":"mem0","type":")" + std::string(type) + "\"}"; }
std::string errors(std::string_view list) { return R"({"path":"mem0","errors":)" + std::string(list) + "}"; }
/// The member of the RAS capability, as text.
std::string shown(QmpLab& lab, std::string_view which, std::string_view member) {
  return lab.value("cxlemu-query-ras", kPath)[which][member].text();
}

// As with QEMU, everything is masked after reset and masked errors are dropped; here the answer says so.
TEST(QmpRas, DropsMaskedErrorsAndSaysSo) {
  QmpLab lab;
  EXPECT_EQ(lab.returned(kCorrectable, correctable("physical")), R"({"masked":["physical"]})");
  EXPECT_EQ(
      lab.returned(kUncorrectable, errors(R"([{"type":"internal","header":[1]},{"type":"mem-data-ecc","header":[]}])")),
      R"({"masked":["internal","mem-data-ecc"]})");
  EXPECT_EQ(shown(lab, "correctable", "status"), "[]");
  EXPECT_EQ(shown(lab, "uncorrectable", "status"), "[]");
  EXPECT_EQ(shown(lab, "uncorrectable", "first-error"), "null");
}

TEST(QmpRas, RecordsWhatSoftwareHasUnmasked) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-write-ras", R"({"path":"mem0","register":"uncorrectable-mask","value":16384})"), "{}");
  EXPECT_EQ(lab.returned("cxlemu-write-ras", R"({"path":"mem0","register":"correctable-mask","value":126})"), "{}");
  EXPECT_EQ(
      lab.returned(kUncorrectable, errors(R"([{"type":"internal","header":[]},{"type":"cxl-ide-rx","header":[7]}])")),
      R"({"masked":["internal"]})");
  EXPECT_EQ(lab.returned(kCorrectable, correctable("cache-data-ecc")), "{}");
  EXPECT_EQ(shown(lab, "uncorrectable", "status"), R"(["cxl-ide-rx"])");
  EXPECT_EQ(shown(lab, "correctable", "status"), R"(["cache-data-ecc"])");
}

TEST(QmpRas, QueuesUncorrectableErrorsWithTheirHeaders) {
  QmpLab lab(unmasked);
  EXPECT_EQ(
      lab.returned(kUncorrectable,
                   errors(R"([{"type":"mem-data-ecc","header":[3,4]},{"type":"internal","header":[4294967295]}])")),
      "{}");
  EXPECT_EQ(shown(lab, "uncorrectable", "status"), R"(["mem-data-ecc","internal"])");
  EXPECT_EQ(shown(lab, "uncorrectable", "first-error"), R"("mem-data-ecc")");
  EXPECT_EQ(shown(lab, "uncorrectable", "errors"),
            R"([{"type":"mem-data-ecc","header":[3,4,0,0,0,0,0,0,0,0,0,0,0,0,0,0]},)"
            R"({"type":"internal","header":[4294967295,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}])");
  lab.returned("cxlemu-write-ras", R"({"path":"mem0","register":"uncorrectable-status","value":128})");
  EXPECT_EQ(shown(lab, "uncorrectable", "first-error"), R"("internal")");
  EXPECT_EQ(shown(lab, "uncorrectable", "status"), R"(["internal"])");
}

// QEMU's texts, and all or nothing.
TEST(QmpRas, RefusesWhatQemuRefuses) {
  QmpLab lab(unmasked);
  EXPECT_EQ(lab.refused(kUncorrectable, errors(R"([{"type":"internal","header":[]},{"type":"intrnal","header":[]}])")),
            "Unknown error code");
  std::string dwords = "0";
  for (int i = 0; i < 31; ++i) dwords += ",0";
  EXPECT_EQ(lab.returned(kUncorrectable, errors(R"([{"type":"internal","header":[)" + dwords + "]}]")), "{}");
  EXPECT_EQ(lab.refused(kUncorrectable, errors(R"([{"type":"internal","header":[0,)" + dwords + "]}]")),
            "Header must be 32 DWORD or less");
  EXPECT_EQ(lab.refused(kUncorrectable, errors(R"([{"type":"internal","header":[4294967296]}])")),
            "parameter \"header\" must be a list of numbers of 32 bits");
  EXPECT_EQ(lab.refused(kUncorrectable, errors(R"([{"type":"internal"}])")),
            "parameter \"header\" must be a list of numbers of 32 bits");
  EXPECT_EQ(lab.refused(kUncorrectable, errors("[1]")), "parameter \"errors\" must be a list of objects");
  EXPECT_EQ(
      lab.refused(kCorrectable, correctable("internal")),
      "parameter \"type\" must be one of its values (cache-data-ecc, mem-data-ecc, crc-threshold, retry-threshold, "
      "cache-poison-received, mem-poison-received, physical)");
  EXPECT_EQ(lab.value("cxlemu-query-ras", kPath)["uncorrectable"]["errors"].elements().size(), 1U);
}

TEST(QmpRas, HoldsErrorsToTheLimit) {
  QmpLab lab(unmasked);
  const auto many = [](std::size_t n) {
    std::string list;
    for (std::size_t i = 0; i < n; ++i) list += std::string(i == 0 ? "" : ",") + R"({"type":"internal","header":[]})";
    return errors("[" + list + "]");
  };
  EXPECT_EQ(lab.refused(kUncorrectable, many(kMaximumRasHeaders + 1)),
            "at most 64 errors wait; cxlemu-write-ras clears them");
  EXPECT_EQ(shown(lab, "uncorrectable", "status"), "[]");
  EXPECT_EQ(lab.returned(kUncorrectable, many(kMaximumRasHeaders)), "{}");
}

// Every register is sticky.
class RasAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(RasAfterReset);

TEST_P(RasAfterReset, IsAsItWasUnlessMainPowerWasLost) {
  QmpLab lab(unmasked);
  lab.returned(kUncorrectable, errors(R"([{"type":"internal","header":[1]}])"));
  lab.returned(kCorrectable, correctable("physical"));
  lab.returned("cxlemu-write-ras", R"({"path":"mem0","register":"correctable-mask","value":3})");
  const auto all = [&] { return lab.returned("cxlemu-query-ras", R"({"path":"mem0"})"); };
  const std::string before = all();
  lab.reset(GetParam());
  const bool lost = GetParam() == ResetKind::cold || GetParam() == ResetKind::power_loss;
  EXPECT_EQ(all(), lost ? QmpLab(unmasked).returned("cxlemu-query-ras", R"({"path":"mem0"})") : before);
}

}  // namespace
}  // namespace cxlemu
