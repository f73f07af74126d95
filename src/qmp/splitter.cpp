#include "qmp/splitter.hpp"

#include <fmt/format.h>

#include <utility>

namespace cxlemu::qmp {
namespace {

constexpr char kResynchronise = '\xFF';

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

}  // namespace

std::vector<Result<std::string>> Splitter::feed(Bytes bytes) {
  std::vector<Result<std::string>> found;
  for (const char c : text_of(bytes)) take(c, found);
  return found;
}

void Splitter::take(char c, std::vector<Result<std::string>>& found) {
  if (c == kResynchronise) {
    if (state_ == State::inside) found.push_back(failure("a QMP text was cut short by the byte FFh"));
    restart(State::between);
    return;
  }
  switch (state_) {
    case State::between:
      take_between(c, found);
      return;
    case State::skipping_line:
      if (c == '\n') restart(State::between);
      return;
    case State::inside:
    case State::skipping_text:
      take_inside(c, found);
      return;
  }
}

void Splitter::take_between(char c, std::vector<Result<std::string>>& found) {
  if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return;
  if (c != '{') {
    found.push_back(failure("QMP input must be a JSON object; the rest of the line is skipped"));
    restart(State::skipping_line);
    return;
  }
  state_ = State::inside;
  depth_ = 1;
  text_ += c;
}

void Splitter::take_inside(char c, std::vector<Result<std::string>>& found) {
  const bool keeps = state_ == State::inside;
  if (keeps && text_.size() == maximum_) {
    found.push_back(failure(fmt::format("a QMP text is longer than {} bytes", maximum_)));
    state_ = State::skipping_text;
    text_ = {};
  } else if (keeps) {
    text_ += c;
  }
  if (in_string_) {
    if (is_control(c)) {
      if (keeps) found.push_back(failure("a string in a QMP text is not closed on its line"));
      restart(c == '\n' ? State::between : State::skipping_line);
    } else if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return;
  }
  if (c == '"') {
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    // Once a text is skipped its depth is only a number.
    if (++depth_ > kMaximumDepth && state_ == State::inside) {
      found.push_back(failure(fmt::format("a QMP text is nested deeper than {}", kMaximumDepth)));
      state_ = State::skipping_text;
      text_ = {};
    }
  } else if (c == '}' || c == ']') {
    if (--depth_ > 0) return;
    if (state_ == State::inside) found.push_back(std::exchange(text_, {}));
    restart(State::between);
  }
}

void Splitter::restart(State state) {
  state_ = state;
  in_string_ = false;
  escaped_ = false;
  depth_ = 0;
  text_ = {};
}

}  // namespace cxlemu::qmp
