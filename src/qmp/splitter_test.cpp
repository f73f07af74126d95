#include "qmp/splitter.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace cxlemu::qmp {
namespace {

/// Texts as they are, errors in angle brackets.
std::vector<std::string> feed(Splitter& splitter, std::string_view input) {
  std::vector<std::string> found;
  for (const auto& item : splitter.feed(bytes_of(input))) {
    found.push_back(item ? *item : "<" + item.error().message + ">");
  }
  return found;
}
std::vector<std::string> split(std::string_view input) {
  Splitter splitter;
  return feed(splitter, input);
}
using Texts = std::vector<std::string>;

constexpr const char* kNotAnObject = "<QMP input must be a JSON object; the rest of the line is skipped>";
constexpr const char* kOpenString = "<a string in a QMP text is not closed on its line>";
constexpr const char* kCutShort = "<a QMP text was cut short by the byte FFh>";
constexpr const char* kTooDeep = "<a QMP text is nested deeper than 64>";
constexpr const char* kTooLong = "<a QMP text is longer than 1048576 bytes>";

TEST(QmpSplitter, FindsObjectsWithAnyWhiteSpace) {
  EXPECT_EQ(split("{\"a\":1}{\"b\":2}\r\n\t {\"c\":\n3}"), (Texts{"{\"a\":1}", "{\"b\":2}", "{\"c\":\n3}"}));
}

TEST(QmpSplitter, FindsThemByteByByte) {
  Splitter splitter;
  Texts found;
  for (const char c : std::string_view(R"({"a":"}"} {"b":[{}]})")) {
    for (auto& text : feed(splitter, {&c, 1})) found.push_back(text);
  }
  EXPECT_EQ(found, (Texts{R"({"a":"}"})", R"({"b":[{}]})"}));
  EXPECT_EQ(splitter.pending(), 0U);
}

TEST(QmpSplitter, BracesInStringsDoNotCount) {
  EXPECT_EQ(split(R"({"a":"}{\"}\\"}{})"), (Texts{R"({"a":"}{\"}\\"})", "{}"}));
}

TEST(QmpSplitter, KeepsAnUnfinishedText) {
  Splitter splitter;
  EXPECT_EQ(feed(splitter, "{\"a\":"), Texts{});
  EXPECT_EQ(splitter.pending(), 5U);
  EXPECT_EQ(feed(splitter, "1}"), (Texts{"{\"a\":1}"}));
  EXPECT_EQ(splitter.pending(), 0U);
}

TEST(QmpSplitter, SkipsALineThatIsNoObjectWithOneError) {
  EXPECT_EQ(split("help me {} []\n{}"), (Texts{kNotAnObject, "{}"}));
  EXPECT_EQ(split("[{}]\n{}"), (Texts{kNotAnObject, "{}"}));
  EXPECT_EQ(split("}\n{}"), (Texts{kNotAnObject, "{}"}));
}

TEST(QmpSplitter, AnUnclosedStringEndsWithItsLine) {
  EXPECT_EQ(split("{\"a: 1}\n{}"), (Texts{kOpenString, "{}"}));
  EXPECT_EQ(split("{\"a\\\n{}"), (Texts{kOpenString, "{}"}));
  EXPECT_EQ(split(std::string_view("{\"a\0{}\n{}", 9)), (Texts{kOpenString, "{}"}));
}

TEST(QmpSplitter, MismatchedBracketsAreLeftToTheParser) { EXPECT_EQ(split("{]{}"), (Texts{"{]", "{}"})); }

TEST(QmpSplitter, TheResynchronisationByteAbandonsWhatWasBegun) {
  EXPECT_EQ(split("\xFF{}"), (Texts{"{}"}));
  EXPECT_EQ(split("{\"a\":\"\xFF{}"), (Texts{kCutShort, "{}"}));
  EXPECT_EQ(split("junk\xFF{}"), (Texts{kNotAnObject, "{}"}));
}

TEST(QmpSplitter, AcceptsNestingToItsLimit) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  const std::string at_limit = nested(Splitter::kMaximumDepth);
  EXPECT_EQ(split(at_limit), (Texts{at_limit}));
  EXPECT_TRUE(Json::parse(at_limit));
  EXPECT_EQ(split(nested(Splitter::kMaximumDepth + 1) + "{}"), (Texts{kTooDeep, "{}"}));
}

TEST(QmpSplitter, AcceptsATextToItsLimit) {
  const auto long_text = [](std::size_t length) { return "{\"" + std::string(length - 4, 'x') + "\"}"; };
  EXPECT_EQ(split(long_text(Splitter::kMaximumTextLength)).front().size(), Splitter::kMaximumTextLength);
  EXPECT_EQ(split(long_text(Splitter::kMaximumTextLength + 1) + "{}"), (Texts{kTooLong, "{}"}));
}

TEST(QmpSplitter, SkipsALongTextToItsOwnEnd) {
  const std::string input = "{" + std::string(Splitter::kMaximumTextLength, ' ') + "\n{\"a\":\"}\"}\n}{}";
  EXPECT_EQ(split(input), (Texts{kTooLong, "{}"}));
}

TEST(QmpSplitter, ASkippedTextMayHoldAnOpenString) {
  const std::string input = "{" + std::string(Splitter::kMaximumTextLength, ' ') + "\"\n{}";
  EXPECT_EQ(split(input), (Texts{kTooLong, "{}"}));
}

TEST(QmpSplitter, KeepsNothingOfWhatItSkips) {
  Splitter splitter;
  feed(splitter, "{" + std::string(2 * Splitter::kMaximumTextLength, '['));
  EXPECT_EQ(splitter.pending(), 0U);
  feed(splitter, "\xFFjunk" + std::string(2 * Splitter::kMaximumTextLength, 'x'));
  EXPECT_EQ(splitter.pending(), 0U);
}

}  // namespace
}  // namespace cxlemu::qmp
