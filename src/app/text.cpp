#include "app/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "os/event_loop.hpp"
#include "os/process.hpp"

namespace cxlemu::app {

void print_error(std::string_view message) {
  const std::string line = fmt::format("cxlemu: {}\n", message);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_line(std::string_view line) { print(fmt::format("{}\n", line)); }

// Not fmt::print(), which throws where there is no room: main() looks at the stream before the program ends.
void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}", row[i], widths[i] + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

Progress::Progress(std::string_view what)
    : what_(what), terminal_(os::is_terminal(2)), start_(os::EventLoop::monotonic_now()) {}

void Progress::show(unsigned percent) {
  constexpr unsigned kWidth = 40;
  visible_ = visible_ || os::EventLoop::monotonic_now() - start_ >= std::chrono::milliseconds(500);
  if (!visible_) return;
  if (terminal_) {
    const unsigned filled = std::min(percent, 100U) * kWidth / 100;
    fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {:3} %", what_, "", filled, "", kWidth - filled, percent);
  } else if (percent / 10 != shown_ / 10) {
    fmt::print(stderr, "{} {} %\n", what_, percent);
  }
  std::fflush(stderr);
  shown_ = percent;
}

void Progress::end() {
  if (terminal_ && visible_) fmt::print(stderr, "\n");
}

}  // namespace cxlemu::app
