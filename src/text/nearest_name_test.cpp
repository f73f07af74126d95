#include "text/nearest_name.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace cxlemu::text {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"volatile-memdev", "persistent-memdev", "lsa", "size"};

TEST(NearestName, FindsFewEdits) {
  EXPECT_EQ(nearest_name("volatile-memdv", kNames), "volatile-memdev");
  EXPECT_EQ(nearest_name("voaltile-memdev", kNames), "volatile-memdev");
  EXPECT_EQ(nearest_name("Volatile-Memdev", kNames), "volatile-memdev");
}

TEST(NearestName, AllowsThreeEditsAndNoMore) {
  EXPECT_EQ(nearest_name("volatile-memdevXYZ", kNames), "volatile-memdev");
  EXPECT_EQ(nearest_name("volatile-memdevWXYZ", kNames), std::nullopt);
}

TEST(NearestName, AllowsHalfOfTheLengthAndNoMore) {
  EXPECT_EQ(nearest_name("sXYe", kNames), "size");
  EXPECT_EQ(nearest_name("lXY", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("", kNames), std::nullopt);
}

TEST(NearestName, CountsASwapOfNeighboursOnce) {
  constexpr std::array<std::string_view, 1> kOne = {"ab"};
  EXPECT_EQ(nearest_name("ba", kOne), "ab");
}

TEST(NearestName, TakesTheFirstOfEquals) {
  constexpr std::array<std::string_view, 3> kEqual = {"mem9", "mem1", "mem2"};
  EXPECT_EQ(nearest_name("mem0", kEqual), "mem9");
}

TEST(NearestName, ComparesUpToItsLimit) {
  const std::string at_limit(kMaximumComparedLength, 'a');
  const std::string longest = at_limit + "bcd";
  const std::array<std::string_view, 1> candidates = {longest};
  EXPECT_EQ(nearest_name(at_limit, candidates), longest);
  EXPECT_EQ(nearest_name(at_limit + "b", candidates), std::nullopt);
}

TEST(DidYouMean, IsEmptyWhereNothingIsNear) {
  EXPECT_EQ(did_you_mean("siz", kNames), "; did you mean \"size\"?");
  EXPECT_EQ(did_you_mean("frequency", kNames), "");
}

}  // namespace
}  // namespace cxlemu::text
