// Bytes as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace cxlemu {

/// "00ff10": lower case, no separators.
std::string to_hex(Bytes bytes);
/// Accepts spaces, colons and line breaks between bytes; nothing for an odd or foreign digit.
std::optional<Buffer> from_hex(std::string_view text);
/// Offset, sixteen bytes and their ASCII on each line.
std::string hexdump(Bytes bytes);

}  // namespace cxlemu
