#include "text/quoted.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cxlemu::text {
namespace {

TEST(Quoted, StaysOnOneLine) { EXPECT_EQ(text::quoted("a\n\x1B[31m"), "\"a\\x0a\\x1b[31m\""); }

TEST(Quoted, CutsWhatIsLong) {
  const std::string at_limit(kMaximumQuotedLength, 'a');
  EXPECT_EQ(text::quoted(at_limit), "\"" + at_limit + "\"");
  EXPECT_EQ(text::quoted(at_limit + "b"), "\"" + at_limit + "...\"");
}

}  // namespace
}  // namespace cxlemu::text
