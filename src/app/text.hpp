// How the program prints: errors, tables, progress.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/timeline.hpp"

namespace cxlemu::app {

/// "cxlemu: MESSAGE" on standard error.
void print_error(std::string_view message);
/// To standard output, with a line end.
void print_line(std::string_view line);
/// To standard output as it is.
void print(std::string_view text);

/// Columns as wide as their widest cell; the first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// A bar that is drawn over itself on a terminal, and a line per tenth elsewhere. On standard error, so that the output
/// of a command stays its own. It appears when the work has taken half a second.
class Progress {
 public:
  explicit Progress(std::string_view what);
  void show(unsigned percent);
  /// Ends the bar's line.
  void end();

 private:
  std::string what_;
  bool terminal_;
  Nanoseconds start_;
  bool visible_ = false;
  unsigned shown_ = 1'000;
};

}  // namespace cxlemu::app
