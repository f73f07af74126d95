// Cuts one connection's QMP input into JSON texts. QMP is a stream of JSON objects with any white space between them
// (QEMU docs/interop/qmp-spec); whether a text is well formed inside its braces is for Json::parse() to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace cxlemu::qmp {

/// How it finds its way after a malformed text, with one error for each:
/// - something else than an object between texts: what follows is skipped to the end of the line;
/// - a control character inside a string (an unclosed quote reaches the end of its line): skipped to the end of the
/// line,
///   which is at once where that character is a line feed;
/// - a text too long or too deep: skipped to its own closing brace, however far that is;
/// - the byte FFh, with which clients of QEMU resynchronise, abandons whatever was begun; between texts it means
/// nothing.
class Splitter {
 public:
  /// LIMIT: bytes of one text.
  static constexpr std::size_t kMaximumTextLength = 1024 * 1024;
  /// LIMIT: brackets inside each other; Json::parse() has the same limit.
  static constexpr std::size_t kMaximumDepth = 64;

  /// A client trusts its lab to say more than a lab lets a client say.
  explicit Splitter(std::size_t maximum_text_length = kMaximumTextLength) : maximum_(maximum_text_length) {}

  /// The texts that these bytes complete and the errors they make, in order. It keeps no more than an unfinished text.
  std::vector<Result<std::string>> feed(Bytes bytes);
  /// Bytes kept of a text that is not complete.
  [[nodiscard]] std::size_t pending() const { return text_.size(); }

 private:
  enum class State : std::uint8_t {
    between,
    inside,
    skipping_text,  ///< too long or too deep: brackets are still counted, nothing is kept
    skipping_line,
  };
  void take(char c, std::vector<Result<std::string>>& found);
  void take_between(char c, std::vector<Result<std::string>>& found);
  void take_inside(char c, std::vector<Result<std::string>>& found);
  void restart(State state);

  std::size_t maximum_;
  State state_ = State::between;
  bool in_string_ = false;
  bool escaped_ = false;
  std::size_t depth_ = 0;
  std::string text_;
};

}  // namespace cxlemu::qmp
