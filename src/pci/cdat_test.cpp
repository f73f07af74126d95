#include "pci/cdat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.hpp"

namespace cxlemu::pci {
namespace {

std::vector<std::string> entries(const Cdat& cdat) {
  std::vector<std::string> found;
  for (const Buffer& entry : cdat.entries()) found.push_back(to_hex(entry));
  return found;
}

unsigned sum(const Cdat& cdat) {
  unsigned total = 0;
  for (const Buffer& entry : cdat.entries()) {
    for (const std::byte byte : entry) total += std::to_integer<unsigned>(byte);
  }
  return total & 0xFF;
}

TEST(Cdat, DescribesVolatileAndPersistentMemory) {
  const Cdat cdat({{.dpa_length = 0x1000'0000},
                   {.persistent = true, .dpa_base = 0x1000'0000, .dpa_length = 0x2000'0000, .read_latency_ns = 300}});
  EXPECT_THAT(entries(cdat), testing::ElementsAre("3001000002"
                                                  "5d"
                                                  "00000000000000000000",
                                                  "00001800"
                                                  "00000000"
                                                  "0000000000000000"
                                                  "0000001000000000",
                                                  "01001800"
                                                  "00000100"
                                                  "e803000000000000"
                                                  "9600000000000000",
                                                  "01001800"
                                                  "00000200"
                                                  "e803000000000000"
                                                  "9600000000000000",
                                                  "01001800"
                                                  "00000400"
                                                  "6400000000000000"
                                                  "a000000000000000",
                                                  "01001800"
                                                  "00000500"
                                                  "6400000000000000"
                                                  "a000000000000000",
                                                  "04001800"
                                                  "00010000"
                                                  "0000000000000000"
                                                  "0000001000000000",
                                                  "00001800"
                                                  "01040000"
                                                  "0000001000000000"
                                                  "0000002000000000",
                                                  "01001800"
                                                  "01000100"
                                                  "e803000000000000"
                                                  "2c01000000000000",
                                                  "01001800"
                                                  "01000200"
                                                  "e803000000000000"
                                                  "9600000000000000",
                                                  "01001800"
                                                  "01000400"
                                                  "6400000000000000"
                                                  "a000000000000000",
                                                  "01001800"
                                                  "01000500"
                                                  "6400000000000000"
                                                  "a000000000000000",
                                                  "04001800"
                                                  "01020000"
                                                  "0000000000000000"
                                                  "0000002000000000"));
  EXPECT_EQ(sum(cdat), 0U);
}

TEST(Cdat, LeavesOutWhatHasNoBytes) {
  const Cdat cdat({{}, {.persistent = true, .dpa_length = 0x1000'0000}});
  EXPECT_EQ(entries(cdat).size(), 7U);
  EXPECT_EQ(entries(cdat)[1].substr(8, 4), "0004");
  EXPECT_EQ(sum(cdat), 0U);
}

TEST(Cdat, HasAHeaderWithoutMemory) {
  EXPECT_THAT(entries(Cdat({})), testing::ElementsAre("1000000002ee00000000000000000000"));
}

TEST(Cdat, TellsOfAMemorySideCache) {
  const Cdat cdat({{.dpa_length = 0x1000'0000, .memory_side_cache_size = 0x10'0000, .cache_attributes = 0x0040'2111}});
  EXPECT_EQ(entries(cdat)[6],
            "02001400"
            "00000000"
            "0000100000000000"
            "11214000");
  EXPECT_EQ(entries(cdat)[0].substr(0, 8), "b4000000");
  EXPECT_EQ(sum(cdat), 0U);
}

TEST(Cdat, HoldsNumbersToWhatAnEntryCanSay) {
  const Cdat cdat({{.dpa_length = 1,
                    .read_latency_ns = 65'534,
                    .write_latency_ns = 65'535,
                    .read_bandwidth_mb = 6'553'400,
                    .write_bandwidth_mb = 6'553'500}});
  for (std::size_t i = 2; i < 6; ++i) EXPECT_EQ(entries(cdat)[i].substr(32, 4), "feff");
}

TEST(Cdat, HasAnotherSequenceAfterAChangeAndOnlyThen) {
  Cdat cdat(cdat_memory({0x1000'0000, 0x2000'0000}));
  const auto before = entries(cdat);
  cdat.update(cdat_memory({0x1000'0000, 0x2000'0000}));
  EXPECT_EQ(entries(cdat), before);
  cdat.update(cdat_memory({0x3000'0000, 0}));
  EXPECT_EQ(entries(cdat).size(), 7U);
  EXPECT_EQ(entries(cdat)[0].substr(24), "01000000");
  EXPECT_EQ(entries(cdat)[1].substr(16),
            "0000000000000000"
            "0000003000000000");
  EXPECT_EQ(sum(cdat), 0U);
}

TEST(Cdat, HasPersistentBehindVolatileCapacity) {
  const Cdat cdat(cdat_memory({0x1000'0000, 0x2000'0000}));
  ASSERT_EQ(entries(cdat).size(), 13U);
  EXPECT_EQ(entries(cdat)[1].substr(8),
            "0000"
            "0000"
            "0000000000000000"
            "0000001000000000");
  EXPECT_EQ(entries(cdat)[7].substr(8),
            "0104"
            "0000"
            "0000001000000000"
            "0000002000000000");
}

TEST(Cdat, TellsApartAsManyRangesAsAHandleCan) {
  const Cdat most(std::vector<CdatMemory>(kMaximumCdatMemory, {.dpa_length = 1}));
  EXPECT_EQ(entries(most).size(), 1 + 6U * 256);
  EXPECT_EQ(entries(most).back().substr(8, 2), "ff");
  const Cdat more(std::vector<CdatMemory>(kMaximumCdatMemory + 1, {.dpa_length = 1}));
  EXPECT_EQ(entries(more), entries(most));
  EXPECT_EQ(sum(most), 0U);
}

}  // namespace
}  // namespace cxlemu::pci
