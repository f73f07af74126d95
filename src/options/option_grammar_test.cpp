#include "options/option_grammar.hpp"

#include <gtest/gtest.h>

namespace cxlemu::options {
namespace {

Result<Declaration> device(std::string_view text) { return parse_option(DeclarationKind::device, text, "-device #1"); }
std::string error_of(const Result<Declaration>& result) { return result ? "" : result.error().message; }

TEST(OptionGrammar, ReadsTypeAndPropertiesInOrder) {
  const auto read = device("cxl-type3,id=mem0,volatile-memdev=m0");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, "cxl-type3");
  EXPECT_EQ(read->properties, (std::vector<Property>{{"id", "mem0"}, {"volatile-memdev", "m0"}}));
  EXPECT_EQ(read->place, "-device #1");
}

TEST(OptionGrammar, TwoCommasAreOne) {
  EXPECT_EQ(device("t,mem-path=/a,,b,,,x=1")->properties, (std::vector<Property>{{"mem-path", "/a,b,"}, {"x", "1"}}));
  EXPECT_EQ(device("a,,b,x=1")->type, "a,b");
}

TEST(OptionGrammar, AValueMayHoldEqualsSigns) { EXPECT_EQ(device("t,a=b=c")->find("a")->text, "b=c"); }

TEST(OptionGrammar, AValueMayBeEmpty) { EXPECT_EQ(device("t,a=,b=1")->find("a")->text, ""); }

TEST(OptionGrammar, AKeyAloneIsOn) {
  const auto read = device("t,share,x=1");
  EXPECT_EQ(read->find("share")->text, "on");
  EXPECT_TRUE(read->find("share")->bare);
  EXPECT_FALSE(read->find("x")->bare);
}

TEST(OptionGrammar, TheTypeMayHaveItsKey) {
  EXPECT_EQ(device("driver=cxl-type3,id=a")->type, "cxl-type3");
  EXPECT_EQ(device("id=a,driver=cxl-type3")->type, "cxl-type3");
  EXPECT_EQ(parse_option(DeclarationKind::object, "qom-type=memory-backend-ram,id=a", "")->type, "memory-backend-ram");
  EXPECT_EQ(parse_option(DeclarationKind::machine, "type=q35,cxl=on", "")->type, "q35");
}

TEST(OptionGrammar, AMachineNeedsNoType) {
  const auto read = parse_option(DeclarationKind::machine, "cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G", "-M #2");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, "");
  EXPECT_EQ(read->properties.size(), 2U);
}

TEST(OptionGrammar, OfEqualKeysTheLastCounts) { EXPECT_EQ(device("t,a=1,a=2")->find("a")->text, "2"); }

TEST(OptionGrammar, ACommaAtTheEndIsNothing) { EXPECT_EQ(device("t,a=1,")->properties.size(), 1U); }

TEST(OptionGrammar, RefusesWhatHasNoType) {
  EXPECT_EQ(error_of(device("")), "-device #1: no type; begin with its name, as in -device cxl-type3,id=mem0");
  EXPECT_EQ(error_of(device("id=a")), error_of(device("")));
  EXPECT_EQ(error_of(device(",id=a")), error_of(device("")));
  EXPECT_EQ(error_of(parse_option(DeclarationKind::object, "id=a", "-object #3")),
            "-object #3: no type; begin with its name, as in -object memory-backend-ram,id=m0,size=256M");
}

TEST(OptionGrammar, RefusesAPropertyWithoutName) {
  EXPECT_EQ(error_of(device("t,=1")), "-device #1: a property without a name; write a comma inside a value as two");
  EXPECT_EQ(error_of(device("t,a,,b")), error_of(device("t,=1")));
}

TEST(OptionGrammar, HasALengthLimit) {
  const std::string at_limit = "t,a=" + std::string(kMaximumOptionLength - 4, 'x');
  EXPECT_TRUE(device(at_limit));
  EXPECT_EQ(error_of(device(at_limit + "x")), "-device #1: longer than 65536 bytes");
}

TEST(OptionGrammar, HasALimitOfProperties) {
  std::string at_limit = "t";
  for (std::size_t i = 0; i < kMaximumProperties; ++i) at_limit += ",a=1";
  EXPECT_EQ(device(at_limit)->properties.size(), kMaximumProperties);
  EXPECT_EQ(error_of(device(at_limit + ",a=1")), "-device #1: more than 4096 properties");
}

TEST(OptionGrammarJson, ReadsEveryKindOfValue) {
  const auto read = device(R"({"driver":"cxl-type3","id":"a","sn":18446744073709551615,"t":-3,"on":true,"off":false})");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, "cxl-type3");
  EXPECT_EQ(
      read->properties,
      (std::vector<Property>{{"id", "a"}, {"sn", "18446744073709551615"}, {"t", "-3"}, {"on", "on"}, {"off", "off"}}));
}

TEST(OptionGrammarJson, TakesListsAndObjectsApart) {
  const auto read = device(R"({"driver":"t","host-nodes":[0,3],"a":{"b":{"c":1}}})");
  EXPECT_EQ(read->properties, (std::vector<Property>{{"host-nodes.0", "0"}, {"host-nodes.1", "3"}, {"a.b.c", "1"}}));
}

TEST(OptionGrammarJson, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(device("{")), "-device #1: this is not JSON");
  EXPECT_EQ(error_of(device(R"({"id":"a"})")), error_of(device("")));
  EXPECT_EQ(error_of(device(R"({"driver":1})")), "-device #1: driver is not text");
  EXPECT_EQ(error_of(device(R"({"driver":"t","":1})")), "-device #1: a property without a name");
  EXPECT_EQ(error_of(device(R"({"driver":"t","x":1.5})")),
            "-device #1: property \"x\" is neither text, a whole number nor a boolean");
  EXPECT_EQ(error_of(device(R"({"driver":"t","x":null})")),
            "-device #1: property \"x\" is neither text, a whole number nor a boolean");
}

TEST(OptionGrammarJson, HasTheLimitOfPropertiesToo) {
  std::string at_limit = R"({"driver":"t","a":[0)";
  for (std::size_t i = 1; i < kMaximumProperties; ++i) at_limit += ",0";
  EXPECT_TRUE(device(at_limit + "]}"));
  EXPECT_EQ(error_of(device(at_limit + ",0]}")), "-device #1: more than 4096 properties");
}

}  // namespace
}  // namespace cxlemu::options
