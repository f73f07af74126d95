#include "options/topology_file.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "options/topology_builder.hpp"

namespace cxlemu::options {
namespace {

Result<TopologyFile> parse(std::string_view text) { return parse_topology_file(text, "lab.toml"); }
std::string error_of(const Result<TopologyFile>& result) { return result ? "" : result.error().message; }

TEST(TopologyFile, KeepsTheOrderOfTheFile) {
  const auto file = parse(R"([object.z]
type = "memory-backend-ram"
size = "1G"
[device.b]
volatile-memdev = "z"
type = "cxl-type3"
[object.a]
type = "memory-backend-ram"
)");

  ASSERT_TRUE(file) << error_of(file);
  ASSERT_EQ(file->declarations.size(), 3U);
  EXPECT_EQ(file->declarations[0].kind, DeclarationKind::object);
  EXPECT_EQ(file->declarations[0].place, "lab.toml:1");
  EXPECT_EQ(file->declarations[0].properties, (std::vector<Property>{{"id", "z"}, {"size", "1G", "lab.toml:3"}}));
  EXPECT_EQ(file->declarations[1].find("id")->text, "b");
  EXPECT_EQ(file->declarations[1].type, "cxl-type3");
  EXPECT_EQ(file->declarations[2].find("id")->text, "a");
}

TEST(TopologyFile, KeepsTheOrderOfProperties) {
  const auto file = parse("[device.a]\ntype=\"t\"\nz=1\na=2\nm=3\n");
  EXPECT_EQ(file->declarations[0].properties,
            (std::vector<Property>{
                {"id", "a"}, {"z", "1", "lab.toml:3"}, {"a", "2", "lab.toml:4"}, {"m", "3", "lab.toml:5"}}));
}

TEST(TopologyFile, ReadsEveryKindOfValue) {
  const auto file = parse("[device.\"cxl.1\"]\ntype='t'\na=-5\nb=0x10\nc=true\nd=false\ne='x,y'\nf=[0,'1',true]\n");
  ASSERT_TRUE(file) << error_of(file);
  std::vector<std::string> texts;
  for (const Property& property : file->declarations[0].properties)
    texts.push_back(property.name + "=" + property.text);
  EXPECT_THAT(texts,
              testing::ElementsAre("id=cxl.1", "a=-5", "b=16", "c=on", "d=off", "e=x,y", "f.0=0", "f.1=1", "f.2=on"));
}

TEST(TopologyFile, ReadsInlineAndDottedTables) {
  const auto file = parse("device.b = {type='t', a=1}\n[device]\n");
  EXPECT_FALSE(file);
  const auto inlined = parse("[device]\nb = {type='t', a=1}\na.type='u'\n");
  ASSERT_TRUE(inlined) << error_of(inlined);
  EXPECT_EQ(inlined->declarations[0].type, "t");
  EXPECT_EQ(inlined->declarations[1].type, "u");
}

TEST(TopologyFile, ReadsTheLab) {
  const auto file = parse("[lab]\nname='test-1'\nclock='virtual'\n");
  ASSERT_TRUE(file) << error_of(file);
  EXPECT_EQ(file->lab.name, "test-1");
  EXPECT_EQ(file->lab.clock, LabClock::by_hand);
  EXPECT_EQ(parse("")->lab.name, std::nullopt);
  EXPECT_EQ(parse("")->lab.clock, std::nullopt);
}

TEST(LabClock, HasThreeNames) {
  EXPECT_EQ(parse_lab_clock("real"), LabClock::real);
  EXPECT_EQ(parse_lab_clock("virtual"), LabClock::by_hand);
  EXPECT_EQ(parse_lab_clock("auto"), LabClock::automatic);
}

struct Case {
  const char* name;
  const char* text;
  const char* error;
};
class TopologyFileRefuses : public testing::TestWithParam<Case> {};
TEST_P(TopologyFileRefuses, WithFileAndLine) { EXPECT_EQ(error_of(parse(GetParam().text)), GetParam().error); }
INSTANTIATE_TEST_SUITE_P(
    Texts, TopologyFileRefuses,
    testing::Values(
        Case{"table", "\n[devices.a]\n", "lab.toml:2: unknown table \"devices\"; did you mean \"device\"?"},
        Case{"no_table", "device = 1\n", "lab.toml:1: device is a table"},
        Case{"no_device_table", "[device]\na = 1\n", "lab.toml:2: [device.a] is a table"},
        Case{"no_type", "\n[device.a]\n", "lab.toml:2: [device.a] has no type; write type = \"cxl-type3\""},
        Case{"no_object_type", "[object.a]\n",
             "lab.toml:1: [object.a] has no type; write type = \"memory-backend-ram\""},
        Case{"type_kind", "[device.a]\ntype = 1\n", "lab.toml:2: type is not text"},
        Case{"id", "[device.a]\nid = \"b\"\n", "lab.toml:2: the id is the name of the table [device.a]"},
        Case{"dotted_id", "[device.cxl.1]\ntype = \"t\"\n",
             "lab.toml:1: [device.cxl] has a table \"1\" inside; an id with dots is quoted: [device.\"a.b\"]"},
        Case{"fraction", "[device.a]\ntype = \"t\"\nx = 1.5\n",
             "lab.toml:3: \"x\" is neither text, a whole number nor a boolean; write it in quotes"},
        Case{"date", "[device.a]\ntype = \"t\"\nx = 2020-01-01\n",
             "lab.toml:3: \"x\" is neither text, a whole number nor a boolean; write it in quotes"},
        Case{"list_of_lists", "[device.a]\ntype = \"t\"\nx = [[1]]\n",
             "lab.toml:3: \"x.0\" is neither text, a whole number nor a boolean; write it in quotes"},
        Case{"lab_key", "[lab]\nnme = \"x\"\n", "lab.toml:2: [lab] has no property \"nme\"; did you mean \"name\"?"},
        Case{"lab_kind", "[lab]\nname = 1\n", "lab.toml:2: name is not text"},
        Case{"lab_name", "[lab]\nname = \"a/b\"\n",
             "lab.toml:2: \"a/b\" is not a name: a letter, then letters, digits, - . _, at most 64 characters"},
        Case{"lab_clock", "[lab]\nclock = \"rael\"\n",
             "lab.toml:2: clock: \"rael\" is none of real, virtual, auto; did you mean \"real\"?"},
        Case{"one_line", "[device.\"a\\n\"]\n", "lab.toml:1: [device.a\\x0a] has no type; write type = \"cxl-type3\""}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(TopologyFile, NamesTheLineOfASyntaxError) {
  EXPECT_THAT(error_of(parse("[device.a]\ntype = \n")), testing::StartsWith("lab.toml:2: Error while parsing"));
  EXPECT_THAT(error_of(parse("[device.a]\nx=1\nx=2\n")), testing::StartsWith("lab.toml:3: "));
}

// toml++ 3.3 asserts here unless it is built without assertions, as Debian's library is.
TEST(TopologyFile, AMalformedTableNameIsAnError) {
  EXPECT_THAT(error_of(parse("[`a]\n")), testing::StartsWith("lab.toml:1: Error while parsing key"));
}

TEST(TopologyFile, HasASizeLimit) {
  EXPECT_TRUE(parse(std::string(kMaximumFileSize, '\n')));
  EXPECT_EQ(error_of(parse(std::string(kMaximumFileSize + 1, '\n'))), "lab.toml: longer than 4194304 bytes");
}

TEST(TopologyFile, HasALimitOfProperties) {
  std::string text = "[device.a]\ntype = \"t\"\nx = [1";
  for (std::size_t i = 2; i < kMaximumProperties; ++i) text += ",1";
  EXPECT_EQ(parse(text + "]\n")->declarations[0].properties.size(), kMaximumProperties);
  EXPECT_EQ(error_of(parse(text + ",1]\n")), "lab.toml:3: more than 4096 properties");
}

TEST(TopologyFile, HasALimitOfDeclarations) {
  std::string text;
  for (std::size_t i = 0; i < kMaximumDeclarations; ++i) text += fmt::format("[device.m{}]\ntype=\"t\"\n", i);
  EXPECT_EQ(parse(text)->declarations.size(), kMaximumDeclarations);
  EXPECT_EQ(error_of(parse(text + "[device.a]\ntype=\"t\"\n")), "lab.toml:200001: more than 100000 declarations");
}

TEST(TopologyFile, HasALimitOfKeyParts) {
  EXPECT_THAT(error_of(parse("[device.a.c.d.e.f.g.h]\n")), testing::HasSubstr("has a table"));
  EXPECT_EQ(error_of(parse("\n[device.a.c.d.e.f.g.h.i]\n")), "lab.toml:2: a key of more than 8 parts");
  std::string long_key = "a";
  for (int i = 0; i < 1'000'000; ++i) long_key += ".a";
  EXPECT_EQ(error_of(parse(long_key + "=1\n")), "lab.toml:1: a key of more than 8 parts");
}

TEST(TopologyFile, DotsOfStringsAndCommentsAreNoKeyParts) {
  EXPECT_TRUE(
      parse("# ....................\n[device.a]\ntype = \"...\\\"........\"\nx = '..........'\n\"a.........\" = 1\n"));
  EXPECT_EQ(error_of(parse("[device.a]\nx = {y = '\\', a.b.c.d.e.f.g.h.i=1}\n")),
            "lab.toml:2: a key of more than 8 parts");
}

TEST(TopologyFile, CharactersOutsideAsciiAreCommentsOrEscapes) {
  const auto file = parse("\xEF\xBB\xBF# \xC3\xA9\n[device.a]\ntype = \"\\u00e9\"\n");
  ASSERT_TRUE(file) << error_of(file);
  EXPECT_EQ(file->declarations[0].type, "\xC3\xA9");
  const std::string how = "a character outside ASCII; write it as \\uXXXX in double quotes";
  EXPECT_EQ(error_of(parse("\n\xC3\xA9 = 1\n")), "lab.toml:2: " + how);
  EXPECT_EQ(error_of(parse("a = \"\xC3\xA9\"\n")), "lab.toml:1: " + how);
}

TEST(TopologyFile, RefusesMultiLineStrings) {
  EXPECT_EQ(error_of(parse("[device.a]\ntype = \"\"\"t\"\"\"\n")),
            "lab.toml:2: a multi-line string; write it on one line");
  EXPECT_EQ(error_of(parse("[device.a]\ntype = '''t'''\n")), "lab.toml:2: a multi-line string; write it on one line");
  EXPECT_TRUE(parse("[device.a]\ntype = \"t\"\nx = \"\"\ny = ''\n"));
}

TEST(TopologyFile, TheBuilderNamesTheLineOfAProperty) {
  const auto file = parse(
      "[object.m0]\ntype = \"memory-backend-ram\"\nsize = \"256M\"\n[device.a]\ntype = \"cxl-type3\"\n"
      "volatile-memdev = \"m1\"\n");
  ASSERT_TRUE(file) << error_of(file);
  const auto lab = build_topology(file->declarations);
  ASSERT_FALSE(lab);
  EXPECT_EQ(lab.error().message, "lab.toml:6: volatile-memdev names no memory backend: \"m1\"; did you mean \"m0\"?");
}

Result<BuiltTopology> build_example(const std::string& name) {
  std::ifstream stream(std::string(CXLEMU_EXAMPLES) + "/" + name);
  std::stringstream text;
  text << stream.rdbuf();
  return build_topology(TRY(parse_topology_file(text.str(), name)).declarations);
}

TEST(Examples, OneDevice) {
  const auto lab = build_example("one-device.toml");
  ASSERT_TRUE(lab) << lab.error().message;
  ASSERT_EQ(lab->topology.memory_devices.size(), 1U);
  EXPECT_EQ(lab->topology.memory_devices[0].id, "mem0");
  EXPECT_EQ(lab->topology.backends.size(), 3U);
  EXPECT_TRUE(lab->notices.empty());
}

TEST(Examples, VendorCommands) {
  const auto lab = build_example("vendor-commands.toml");
  ASSERT_TRUE(lab) << lab.error().message;
  EXPECT_EQ(lab->topology.memory_devices[0].config.vendor_commands.size(), 5U);
  EXPECT_TRUE(lab->notices.empty());
}

TEST(TopologyFile, TakesListsOfTablesApart) {
  const auto file =
      parse("[device.a]\ntype = \"t\"\n[[device.a.b]]\nx = 1\ny = [2, true]\n[[device.a.b]]\nx = \"3\"\n");
  ASSERT_TRUE(file) << error_of(file);
  EXPECT_EQ(file->declarations[0].properties, (std::vector<Property>{{"id", "a"},
                                                                     {"b.0.x", "1", "lab.toml:4"},
                                                                     {"b.0.y.0", "2", "lab.toml:5"},
                                                                     {"b.0.y.1", "on", "lab.toml:5"},
                                                                     {"b.1.x", "3", "lab.toml:7"}}));
  EXPECT_EQ(error_of(parse("[device.a]\ntype = \"t\"\n[[device.a.b]]\n[device.a.b.c]\nx = 1\n")),
            "lab.toml:4: \"b.0.c\" is neither text, a whole number nor a boolean; write it in quotes");
}

TEST(Examples, ThreeDevices) {
  const auto lab = build_example("three-devices.toml");
  ASSERT_TRUE(lab) << lab.error().message;
  ASSERT_EQ(lab->topology.memory_devices.size(), 3U);
  EXPECT_EQ(lab->topology.memory_devices[0].mctp.front().eid, Eid(8));
  EXPECT_EQ(lab->topology.memory_devices[1].mctp.front().eid, Eid(9));
  EXPECT_EQ(lab->topology.memory_devices[2].mctp.front().eid, Eid(20));
  EXPECT_EQ(lab->topology.memory_devices[2].config.profile, Profile::libcxlmi);
  EXPECT_EQ(lab->topology.memory_devices[2].transmission_unit, 256);
  EXPECT_TRUE(lab->notices.empty());
}

}  // namespace
}  // namespace cxlemu::options
