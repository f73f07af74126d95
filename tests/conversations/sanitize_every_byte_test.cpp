// After a Sanitize, looking at every byte of a device through QMP finds nothing of what was written before.
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

std::unique_ptr<Machine> small_lab() {
  return std::move(Lab({}, {.volatile_bytes = kMiB, .persistent_bytes = kMiB, .lsa_bytes = 4096}).machine);
}

std::string media(QmpLab& lab, std::uint64_t dpa) {
  const Json read =
      lab.value("cxlemu-read-media", R"({"path":"mem0","length":1048576,"dpa":)" + std::to_string(dpa) + "}");
  return std::string(read["data"].string().value_or(""));
}

class SanitizeEveryByte : public OnEveryCci {};
ON_EVERY_CCI(SanitizeEveryByte);

TEST_P(SanitizeEveryByte, LeavesNoneOfThePatternInMediaOrLabels) {
  QmpLab lab(small_lab());
  for (const std::uint64_t dpa : {std::uint64_t{0}, kMiB}) {
    lab.value("cxlemu-write-media",
              R"({"path":"mem0","data":"a5","length":1048576,"dpa":)" + std::to_string(dpa) + "}");
    ASSERT_EQ(media(lab, dpa).find_first_not_of("a5"), std::string::npos);
  }
  ASSERT_EQ(lab.command(cci::kMctp, 0x4103, "00000000 00000000 a5a5a5a5"), "");

  ASSERT_EQ(lab.command(GetParam(), 0x4400), "Background Command Started");
  lab.machine->advance_to(10s);

  for (const std::uint64_t dpa : {std::uint64_t{0}, kMiB}) {
    const std::string bytes = media(lab, dpa);
    EXPECT_EQ(bytes.size(), 2 * kMiB);
    EXPECT_EQ(bytes.find_first_not_of('0'), std::string::npos);
  }
  const std::string labels = lab.command(cci::kMailbox, 0x4102, "00000000 00100000");
  EXPECT_EQ(labels.size(), 2 * 4096U);
  EXPECT_EQ(labels.find_first_not_of('0'), std::string::npos);
}

}  // namespace
}  // namespace cxlemu
