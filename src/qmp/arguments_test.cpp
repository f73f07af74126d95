#include "qmp/arguments.hpp"

#include <gtest/gtest.h>

namespace cxlemu::qmp {
namespace {

constexpr auto kChoices = std::to_array<std::string_view>({"one", "two"});

struct Kind {
  ArgumentKind kind;
  const char* must_be;
  std::vector<const char*> good;
  std::vector<const char*> bad;
};

class QmpArgument : public testing::TestWithParam<Kind> {
 protected:
  static std::string check(std::string_view value) {
    const Argument row{"x", GetParam().kind, "", false,
                       GetParam().kind == ArgumentKind::choice ? std::span<const std::string_view>(kChoices)
                                                               : std::span<const std::string_view>()};
    const Json arguments = Json::object({{"x", Json::parse(value).value()}});
    const auto checked = check_arguments({&row, 1}, arguments);
    return checked ? "good" : checked.error().message;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Kind, QmpArgument,
    testing::Values(
        Kind{ArgumentKind::text, "a string", {R"("")", R"("a")"}, {"1", "true", "null", "[]", "{}", "1.5"}},
        Kind{ArgumentKind::u8, "a number from 0 to 255", {"0", "255"}, {"256", "-1", "1.0", R"("1")", "null", "true"}},
        Kind{ArgumentKind::u16, "a number from 0 to 65535", {"0", "65535"}, {"65536", "-1", R"("1")"}},
        Kind{ArgumentKind::u24, "a number of 24 bits", {"0", "16777215"}, {"16777216", "-1", R"("1")"}},
        Kind{ArgumentKind::u32, "a number of 32 bits", {"0", "4294967295"}, {"4294967296", "-1", R"("1")"}},
        Kind{ArgumentKind::u64,
             "a number of 64 bits",
             {"0", "18446744073709551615"},
             {"-1", "18446744073709551616", "1e3", R"("1")"}},
        Kind{ArgumentKind::i16,
             "a number from -32768 to 32767",
             {"-32768", "0", "32767"},
             {"-32769", "32768", "18446744073709551615", R"("1")", "0.5"}},
        Kind{ArgumentKind::boolean, "true or false", {"true", "false"}, {"0", "1", R"("true")", "null"}},
        Kind{ArgumentKind::choice,
             "one of its values (one, two)",
             {R"("one")", R"("two")"},
             {R"("three")", R"("")", "1"}},
        Kind{ArgumentKind::size,
             "a number or a size such as \"64M\"",
             {"0", "18446744073709551615", R"("64M")", R"("0x10")"},
             {"-1", "1.5", R"("64X")", R"("")", R"("-1")", "null"}},
        Kind{
            ArgumentKind::duration,
            "nanoseconds or a duration such as \"2s\", at most 146 years",
            {"0", "4611686018427387903", R"("2s")", R"("10us")", R"("4611686018427387903ns")"},
            {"-1", "4611686018427387904", R"("4611686018427387904ns")", R"("9223372036s")", R"("1h")", R"("")", "2.5"}},
        Kind{ArgumentKind::opcode,
             "an opcode such as 0x4400 or a name such as \"sanitize\"",
             {"0", "65535", R"("0x4400")", R"("sanitize")", R"("Sanitize")", R"("get-lsa")", R"("1")"},
             {"65536", "-1", R"("0x10000")", R"("sanitise")", R"("")", R"("4400h")", "null"}},
        Kind{ArgumentKind::hex,
             "bytes in hexadecimal",
             {R"("")", R"("00ff")", R"("A0:b1 c2")"},
             {R"("0")", R"("0x00")", R"("zz")", "0"}},
        Kind{ArgumentKind::u64_list,
             "a list of numbers",
             {"[]", "[0,18446744073709551615]"},
             {"[-1]", "[\"1\"]", "[1.5]", "[[1]]", "1", "{}", "null"}},
        Kind{ArgumentKind::object_list,
             "a list of objects",
             {"[]", R"([{},{"a":1}])"},
             {"{}", "[1]", "[[]]", "null", R"("")"}}),
    [](const auto& test) {
      static constexpr auto kNames =
          std::to_array<const char*>({"Text", "U8", "U16", "U24", "U32", "U64", "I16", "Boolean", "Choice", "Size",
                                      "Duration", "Opcode", "Hex", "U64List", "ObjectList"});
      return kNames[static_cast<std::size_t>(test.param.kind)];
    });

TEST_P(QmpArgument, TakesWhatItsKindAllows) {
  for (const char* value : GetParam().good) EXPECT_EQ(check(value), "good") << value;
}

TEST_P(QmpArgument, SaysWhatItMustBe) {
  for (const char* value : GetParam().bad) {
    EXPECT_EQ(check(value), std::string("parameter \"x\" must be ") + GetParam().must_be) << value;
  }
}

TEST(QmpArguments, AreUnexpectedWhereThereAreNone) {
  EXPECT_TRUE(check_arguments({}, Json::object()));
  EXPECT_TRUE(check_arguments({}, Json()));
  EXPECT_EQ(check_arguments({}, Json::object({{"a\nb", 1}})).error().message, "parameter \"a\\x0ab\" is unexpected");
}

TEST(QmpArguments, MayBeOptional) {
  static constexpr auto kRows =
      std::to_array<Argument>({{"first", ArgumentKind::u8, ""}, {"second", ArgumentKind::u8, "", true}});
  EXPECT_TRUE(check_arguments(kRows, Json::object({{"first", 1}})));
  EXPECT_EQ(check_arguments(kRows, Json::object({{"second", 1}})).error().message, "parameter \"first\" is missing");
  EXPECT_EQ(check_arguments(kRows, Json::object({{"secnd", 1}})).error().message,
            "parameter \"secnd\" is unexpected; did you mean \"second\"?");
  // A null is no value.
  EXPECT_EQ(check_arguments(kRows, Json::object({{"first", 1}, {"second", nullptr}})).error().message,
            "parameter \"second\" must be a number from 0 to 255");
}

TEST(QmpArguments, AreReadAsTheyWereChecked) {
  EXPECT_EQ(number_of(Json(7)), 7U);
  EXPECT_EQ(number_of(Json("64k")), 65536U);
  EXPECT_EQ(static_cast<std::int16_t>(number_of(Json(-40))), -40);
  EXPECT_EQ(number_of(Json(~std::uint64_t{0})), ~std::uint64_t{0});
  EXPECT_EQ(number_of(Json::object({{"a", 1}}), "a", 5), 1U);
  EXPECT_EQ(number_of(Json::object({{"a", 1}}), "b", 5), 5U);
  EXPECT_EQ(duration_of(Json(7)), Nanoseconds(7));
  EXPECT_EQ(duration_of(Json("7us")), Nanoseconds(7000));
  EXPECT_EQ(opcode_of(Json(0x4400)), Opcode{0x4400});
  EXPECT_EQ(opcode_of(Json("get-health-info")), Opcode{0x4200});
  EXPECT_EQ(hex_of(Json("c0 ff")), (Buffer{std::byte{0xC0}, std::byte{0xFF}}));
}

}  // namespace
}  // namespace cxlemu::qmp
