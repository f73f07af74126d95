#include "text/quoted.hpp"

#include <fmt/format.h>

namespace cxlemu::text {

std::string printable(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMaximumQuotedLength)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  if (text.size() > kMaximumQuotedLength) line += "...";
  return line;
}

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", printable(text)); }

}  // namespace cxlemu::text
