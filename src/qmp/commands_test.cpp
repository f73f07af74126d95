#include "qmp/commands.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cxlemu::qmp {
namespace {

using testing::HasSubstr;

TEST(DescribeQmp, HasAChapterForEveryCommandAndARowForEveryArgument) {
  const std::string text = markdown();
  for (const QmpCommand& row : commands()) {
    EXPECT_THAT(text, HasSubstr(fmt::format("\n## {}\n\n{}\n\nReturns {}.\n", row.name, row.meaning, row.returns)));
    for (const Argument& argument : row.arguments) {
      EXPECT_THAT(text, HasSubstr(fmt::format("\n| `{}`{} | ", argument.name, argument.optional ? " (optional)" : "")));
    }
  }
  EXPECT_THAT(text, HasSubstr("| `kind` | `conventional`, `hot`, `warm`, `cold`, `cxl`, `flr`, `power-loss` |"));
  EXPECT_THAT(text, HasSubstr("| `by` | duration |"));
}

}  // namespace
}  // namespace cxlemu::qmp
