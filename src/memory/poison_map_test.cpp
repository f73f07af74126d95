#include "memory/poison_map.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace cxlemu {
namespace {

constexpr PoisonKind kInjected{PoisonSource::injected};
constexpr PoisonKind kInternal{PoisonSource::internal};

std::vector<PoisonRange> all_of(const PoisonMap& map) {
  std::vector<PoisonRange> ranges;
  map.visit(0, ~std::uint64_t{0}, [&](const PoisonRange& range) {
    ranges.push_back(range);
    return true;
  });
  return ranges;
}
using Ranges = std::vector<PoisonRange>;

TEST(PoisonMap, JoinsNeighboursOfTheSameKindOnly) {
  PoisonMap map;
  map.add(128, 64, kInjected);
  map.add(0, 64, kInjected);
  map.add(64, 64, kInjected);
  map.add(192, 64, kInternal);
  EXPECT_EQ(all_of(map), (Ranges{{0, 192, kInjected}, {192, 64, kInternal}}));
  EXPECT_EQ(map.records(), 2U);
  EXPECT_EQ(map.lines(PoisonSource::injected), 3U);
  EXPECT_EQ(map.lines(PoisonSource::internal), 1U);
  EXPECT_EQ(map.lines(), 4U);
}

TEST(PoisonMap, SplitsWhatLiesAcrossAClearedRange) {
  PoisonMap map;
  map.add(0, 640, kInjected);
  map.clear(256, 64);
  EXPECT_EQ(all_of(map), (Ranges{{0, 256, kInjected}, {320, 320, kInjected}}));
  EXPECT_EQ(map.lines(), 9U);
}

TEST(PoisonMap, ClearsSeveralRangesAtOnce) {
  PoisonMap map;
  for (std::uint64_t dpa = 0; dpa < 1280; dpa += 128) map.add(dpa, 64, kInjected);
  map.clear(64, 1088);
  EXPECT_EQ(all_of(map), (Ranges{{0, 64, kInjected}, {1152, 64, kInjected}}));
}

TEST(PoisonMap, ShowsRangesCutToWhatWasAsked) {
  PoisonMap map;
  map.add(0, 640, kInternal);
  EXPECT_EQ(map.first(128, 64), (PoisonRange{128, 64, kInternal}));
  EXPECT_EQ(map.first(576, 6400), (PoisonRange{576, 64, kInternal}));
  EXPECT_EQ(map.first(640, 64), std::nullopt);
}

TEST(PoisonMap, HasNoRangeThatOneRecordCannotCount) {
  PoisonMap map;
  map.add(0, 3 * PoisonMap::kMaximumRange + 64, kInternal);
  EXPECT_EQ(map.records(), 4U);
  EXPECT_EQ(map.lines(), 3 * 0xFFFF'FFFFULL + 1);
  map.add(3 * PoisonMap::kMaximumRange + 64, 64, kInternal);
  EXPECT_EQ(map.records(), 4U);
}

// Against a plain array of lines, through a few thousand random operations.
TEST(PoisonMap, HoldsWhatAnArrayOfLinesWouldHold) {
  constexpr std::size_t kLines = 200;
  constexpr std::array kKinds = {kInjected, kInternal, PoisonKind{PoisonSource::internal, false, false},
                                 PoisonKind{PoisonSource::external, true, true}};
  std::mt19937 random(1);
  PoisonMap map;
  std::array<std::optional<PoisonKind>, kLines> lines;
  for (int step = 0; step < 3000; ++step) {
    const std::size_t from = random() % kLines;
    const std::size_t count = 1 + random() % std::min<std::size_t>(kLines - from, 12);
    if (random() % 2 == 0) {
      map.clear(from * kCacheLine, count * kCacheLine);
      for (std::size_t i = from; i < from + count; ++i) lines[i].reset();
    } else {
      const PoisonKind kind = kKinds[random() % kKinds.size()];
      std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps;
      map.visit_gaps(from * kCacheLine, count * kCacheLine,
                     [&](auto dpa, auto length) { gaps.emplace_back(dpa, length); });
      for (const auto& [dpa, length] : gaps) map.add(dpa, length, kind);
      for (std::size_t i = from; i < from + count; ++i) lines[i] = lines[i].value_or(kind);
    }
    Ranges expected;
    std::uint64_t poisoned = 0;
    for (std::size_t i = 0; i < kLines; ++i) {
      if (!lines[i]) continue;
      ++poisoned;
      const bool joins =
          !expected.empty() && expected.back().end() == i * kCacheLine && expected.back().kind == *lines[i];
      if (joins)
        expected.back().length += kCacheLine;
      else
        expected.push_back({i * kCacheLine, kCacheLine, *lines[i]});
    }
    ASSERT_EQ(all_of(map), expected) << "step " << step;
    ASSERT_EQ(map.lines(), poisoned);
  }
}

}  // namespace
}  // namespace cxlemu
