// The pages that `cxlemu describe` prints.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "decode/describe.hpp"
#include "options/markdown.hpp"
#include "qmp/commands.hpp"

namespace cxlemu {
namespace {

// A bar inside of a cell would begin another one.
TEST(Documentation, HasTablesOfWholeRows) {
  for (const std::string& text : {decode::describe_markdown(), qmp::markdown(), options::markdown()}) {
    std::ptrdiff_t columns = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with('|')) {
        columns = 0;
        continue;
      }
      const auto bars = std::ranges::count(line, '|');
      if (columns == 0) columns = bars;
      EXPECT_EQ(bars, columns) << line;
      EXPECT_TRUE(line.ends_with('|')) << line;
    }
  }
}

}  // namespace
}  // namespace cxlemu
