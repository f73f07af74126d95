#include "decode/describe.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "component/memory_device/memory_device.hpp"
#include "decode/payload_text.hpp"

namespace cxlemu::decode {
namespace {

using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(DescribeMarkdown, HasALineAndAChapterForEveryCommand) {
  const std::string text = describe_markdown();
  for (const cci::Command& row : memory_device_commands()) {
    EXPECT_THAT(
        text, HasSubstr(fmt::format("| {:04X}h | [{}](#{}) |", row.opcode.value, row.title, command_name(row.title))));
    EXPECT_THAT(text, HasSubstr(fmt::format("\n## {}\n\nOpcode {:04X}h, CXL r3.2 {}.", row.title, row.opcode.value,
                                            row.section)));
    for (const Layout* layout : {&row.input, &row.output}) {
      for (const Field& field : layout->fields) {
        if (field.kind == FieldKind::reserved) continue;
        EXPECT_THAT(text, HasSubstr(fmt::format("| `{}` | {} |", field.name, field.meaning)));
      }
    }
  }
}

TEST(DescribeMarkdown, TellsWhatACommandDoes) {
  const std::string text = describe_markdown();
  EXPECT_THAT(text,
              HasSubstr("\n## Sanitize\n\nOpcode 4400h, CXL r3.2 8.2.10.9.5.1. By mailbox, MCTP. Effects: Immediate "
                        "Data Change; Security State Change; Background Operation; Request Abort Background "
                        "Operation Supported. 06h beside such an operation of another CCI, unless "
                        "`busy-across=never`. Minimum Input Payload Length 0 bytes.\n\nInput payload: empty.\n\n"
                        "Output payload: empty.\n"));
  EXPECT_THAT(text, HasSubstr("| 06h | n × 2 | `handles` | elements, each: |\n| 06h | 2 | `event_record_handle` |"));
  EXPECT_THAT(text, HasSubstr("| 08h | n | `data` | bytes |"));
  EXPECT_THAT(text, HasSubstr("| 16h | Invalid Payload Length |"));
}

TEST(DescribeDictionary, HasAWordForEveryCommand) {
  const auto lines = lines_of(describe_dictionary());
  ASSERT_EQ(lines.size(), memory_device_commands().size() + 1);
  EXPECT_THAT(lines, testing::Contains(R"(get_lsa="\x00\x00\x00\x02\x41\x08\x00\x00\x00\x00\x00\x00")"));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_THAT(lines[i], testing::MatchesRegex(R"([a-z_]+="(\\x[0-9a-f][0-9a-f])+")"));
  }
}

TEST(DescribeLua, HasATableEntryForEveryCommandAndReturnCode) {
  const std::string text = describe_lua();
  for (const cci::Command& row : memory_device_commands()) {
    EXPECT_THAT(text, HasSubstr(fmt::format("  [0x{:04x}] = {{title = \"{}\",\n", row.opcode.value, row.title)));
  }
  for (const NamedValue& code : kReturnCodes) {
    EXPECT_THAT(text, HasSubstr(fmt::format("  [0x{:02x}] = \"{}\",\n", code.value, code.name)));
  }
  EXPECT_THAT(text, HasSubstr("input = {size = 8, fields = {{0, 4, \"offset\", false}, {4, 4, \"length\", false}, }, "
                              "element = 0, elements = {}}"));
  EXPECT_THAT(text, HasSubstr("types:add(7, cci)\n  types:add(8, cci)\n"));
  EXPECT_EQ(std::ranges::count(text, '{'), std::ranges::count(text, '}'));
  EXPECT_EQ(std::ranges::count(text, '('), std::ranges::count(text, ')'));
  EXPECT_EQ(std::ranges::count(text, '"') % 2, 0);
}

}  // namespace
}  // namespace cxlemu::decode
