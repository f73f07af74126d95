#include "text/size_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace cxlemu::text {
namespace {

using namespace std::chrono_literals;

struct Size {
  const char* name;
  const char* text;
  std::uint64_t bytes;
};
class ParseSize : public testing::TestWithParam<Size> {};
TEST_P(ParseSize, ReadsTheText) { EXPECT_EQ(parse_size(GetParam().text), GetParam().bytes); }
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseSize,
    testing::Values(Size{"plain", "4096", 4096}, Size{"zero", "0", 0}, Size{"hexadecimal", "0x1000", 0x1000},
                    Size{"bytes", "7b", 7}, Size{"lower_k", "1k", 1024}, Size{"upper_k", "1K", 1024},
                    Size{"mega", "256M", 256ULL << 20}, Size{"lower_mega", "256m", 256ULL << 20},
                    Size{"giga", "4G", 4ULL << 30}, Size{"tera", "2T", 2ULL << 40}, Size{"peta", "3P", 3ULL << 50},
                    Size{"exa", "15E", 15ULL << 60}, Size{"fraction", "1.5G", 3ULL << 29},
                    Size{"fraction_zero", "1.000G", 1ULL << 30}, Size{"small_fraction", "0.25k", 256},
                    Size{"long_fraction", "0.000003814697265625E", 1ULL << 42},
                    Size{"leading_zero", "010M", 10ULL << 20}, Size{"largest", "18446744073709551615", ~0ULL},
                    Size{"largest_hexadecimal", "0xffffffffffffffff", ~0ULL},
                    Size{"largest_fraction", "15.5E", 31ULL << 59}),
    [](const auto& param) { return std::string(param.param.name); });

struct Bad {
  const char* name;
  const char* text;
  const char* error;
};
constexpr const char* kHow = " is not a size; write it as 256M, 1.5G or 0x10000000 (suffixes k M G T P E)";
class ParseSizeRefuses : public testing::TestWithParam<Bad> {};
TEST_P(ParseSizeRefuses, WithTheReason) {
  const auto size = parse_size(GetParam().text);
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().message,
            GetParam().error == std::string() ? '"' + std::string(GetParam().text) + '"' + kHow : GetParam().error);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ParseSizeRefuses,
    testing::Values(
        Bad{"empty", "", ""}, Bad{"words", "big", ""}, Bad{"suffix_alone", "M", ""}, Bad{"unknown_suffix", "1X", ""},
        Bad{"two_suffixes", "1MM", ""}, Bad{"iec", "256MiB", ""}, Bad{"space", "1 M", ""},
        Bad{"leading_space", " 1", ""}, Bad{"plus", "+1", ""}, Bad{"point_alone", "1.", ""},
        Bad{"point_suffix", "1.M", ""}, Bad{"no_whole", ".5M", ""}, Bad{"fraction_without_suffix", "1.5", ""},
        Bad{"hexadecimal_suffix", "0x10M", ""}, Bad{"hexadecimal_alone", "0x", ""}, Bad{"zero_x_minus", "0x-1", ""},
        Bad{"negative", "-1M", "\"-1M\" is negative; a size is not"},
        Bad{"too_large", "18446744073709551616", "\"18446744073709551616\" does not fit in 64 bits"},
        Bad{"too_large_hexadecimal", "0x10000000000000000", "\"0x10000000000000000\" does not fit in 64 bits"},
        Bad{"too_large_suffix", "16E", "\"16E\" does not fit in 64 bits"},
        Bad{"not_whole", "0.3b", "\"0.3b\" is not a whole number of bytes"},
        Bad{"not_whole_kilo", "1.1k", "\"1.1k\" is not a whole number of bytes"},
        Bad{"not_whole_shift", "0.5b", "\"0.5b\" is not a whole number of bytes"},
        Bad{"long_fraction", "0.0000000000000000001E", "\"0.0000000000000000001E\" is not a whole number of bytes"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(SizeText, IsReadBack) {
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1023ULL, 1024ULL, 256ULL << 20, 3ULL << 29, 1ULL << 60, ~0ULL}) {
    EXPECT_EQ(parse_size(size_text(bytes)), bytes);
  }
  EXPECT_EQ(size_text(256ULL << 20), "256M");
  EXPECT_EQ(size_text(3ULL << 29), "1536M");
}

TEST(ParseUnsigned, ReadsDecimalAndHexadecimal) {
  EXPECT_EQ(parse_unsigned("12"), 12U);
  EXPECT_EQ(parse_unsigned("0"), 0U);
  EXPECT_EQ(parse_unsigned("0x0c"), 12U);
  EXPECT_EQ(parse_unsigned("0XfF"), 255U);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), ~0ULL);
}

TEST(ParseUnsigned, SaysWhatIsWrong) {
  EXPECT_EQ(parse_unsigned("abc").error().message, "\"abc\" is not a whole number; write it as 12 or 0x0c");
  EXPECT_EQ(parse_unsigned("1k").error().message, "\"1k\" is not a whole number; write it as 12 or 0x0c");
  EXPECT_EQ(parse_unsigned("").error().message, "\"\" is not a whole number; write it as 12 or 0x0c");
  EXPECT_EQ(parse_unsigned("-1").error().message, "\"-1\" is negative");
  EXPECT_EQ(parse_unsigned("18446744073709551616").error().message, "\"18446744073709551616\" does not fit in 64 bits");
  EXPECT_EQ(parse_unsigned("010").error().message,
            "\"010\" has a leading zero, which QEMU reads as octal; write it as 12 or 0x0c");
}

TEST(ParseSigned, ReachesBothBounds) {
  EXPECT_EQ(parse_signed("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_signed("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_signed("-0x10"), -16);
  EXPECT_EQ(parse_signed("9223372036854775808").error().message,
            "\"9223372036854775808\" does not fit in 64 bits with a sign");
  EXPECT_EQ(parse_signed("-9223372036854775809").error().message,
            "\"-9223372036854775809\" does not fit in 64 bits with a sign");
  EXPECT_EQ(parse_signed("--1").error().message, "\"--1\" is not a whole number; write it as 12 or 0x0c");
}

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2s"), 2s);
  EXPECT_EQ(parse_duration("10us"), 10us);
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("3"), 3ms);
  EXPECT_EQ(parse_duration("9223372036s"), 9223372036s);
}

TEST(ParseDuration, SaysWhatIsWrong) {
  const std::string how = " is not a duration; write it as 500ms, 2s, 10us or 7ns";
  EXPECT_EQ(parse_duration("").error().message, "\"\"" + how);
  EXPECT_EQ(parse_duration("ms").error().message, "\"ms\"" + how);
  EXPECT_EQ(parse_duration("1.5s").error().message, "\"1.5s\"" + how);
  EXPECT_EQ(parse_duration("2 s").error().message, "\"2 s\"" + how);
  EXPECT_EQ(parse_duration("-2s").error().message, "\"-2s\" is negative; a duration is not");
  EXPECT_EQ(parse_duration("9223372037s").error().message, "\"9223372037s\" is longer than 292 years");
  EXPECT_EQ(parse_duration("99999999999999999999").error().message,
            "\"99999999999999999999\" is longer than 292 years");
}

TEST(ParseBoolean, KnowsThreePairs) {
  EXPECT_EQ(parse_boolean("on"), true);
  EXPECT_EQ(parse_boolean("yes"), true);
  EXPECT_EQ(parse_boolean("true"), true);
  EXPECT_EQ(parse_boolean("off"), false);
  EXPECT_EQ(parse_boolean("no"), false);
  EXPECT_EQ(parse_boolean("false"), false);
  EXPECT_EQ(parse_boolean("1").error().message, "\"1\" is neither on nor off");
}

}  // namespace
}  // namespace cxlemu::text
