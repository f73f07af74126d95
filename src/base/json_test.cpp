#include "base/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace cxlemu {
namespace {

TEST(Json, KeepsTheOrderOfKeys) { EXPECT_EQ(Json::parse(R"({"b":1,"a":2})")->text(), R"({"b":1,"a":2})"); }

TEST(Json, KeepsSixtyFourBits) {
  const auto value = Json::parse("18446744073709551615");
  EXPECT_EQ(value->unsigned_integer(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(value->text(), "18446744073709551615");
}

TEST(Json, ANameGivenTwiceHasItsLastValue) {
  EXPECT_EQ((*Json::parse(R"({"a":1,"a":2})"))["a"].unsigned_integer(), 2U);
}

TEST(Json, RefusesMoreThanOneValue) { EXPECT_FALSE(Json::parse("{}{}")); }

TEST(Json, RefusesNestingPastItsLimit) {
  const std::string at_limit = std::string(Json::kMaximumDepth, '[') + std::string(Json::kMaximumDepth, ']');
  EXPECT_TRUE(Json::parse(at_limit));
  EXPECT_FALSE(Json::parse("[" + at_limit + "]"));
}

std::string object_of(int members) {
  std::string text = "{";
  for (int i = 0; i < members; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  return text + "}";
}

TEST(Json, RefusesAnObjectPastItsLimit) {
  EXPECT_TRUE(Json::parse(object_of(Json::kMaximumMembers)));
  EXPECT_FALSE(Json::parse(object_of(Json::kMaximumMembers + 1)));
  EXPECT_TRUE(Json::parse("[" + object_of(Json::kMaximumMembers) + "," + object_of(Json::kMaximumMembers) + "]"));
}

TEST(Json, PrintsBytesThatAreNotUtf8) { EXPECT_EQ(Json("a\xFF").text(), "\"a\xEF\xBF\xBD\""); }

TEST(Json, AnswersNullForWhatIsNotThere) {
  const Json value = Json::object({{"a", 1}});
  EXPECT_TRUE(value["b"].is_null());
  EXPECT_TRUE(value["a"]["b"].is_null());
  EXPECT_FALSE(value["a"].string());
}

}  // namespace
}  // namespace cxlemu
