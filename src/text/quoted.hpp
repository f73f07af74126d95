// Text that somebody else wrote, in an error line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cxlemu::text {

/// Fit for one line of a terminal: control characters as \xNN, what is past kMaximumQuotedLength as "...".
std::string printable(std::string_view text);
/// The same in double quotes. Where <iomanip> is included, write text::quoted: a std::string would find std::quoted.
std::string quoted(std::string_view text);
inline constexpr std::size_t kMaximumQuotedLength = 80;

}  // namespace cxlemu::text
