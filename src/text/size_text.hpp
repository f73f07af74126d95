// Numbers as people write them in options and topology files. An error says what was given and how to write it; the
// place is the caller's to add.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cxlemu::text {

/// Bytes: "256M", "1.5G", "0x1000", "4096"; suffixes b k M G T P E in either case, of 1024 as in QEMU. A fraction needs
/// a suffix and at most kMaximumFractionDigits digits, and the result is whole bytes.
Result<std::uint64_t> parse_size(std::string_view text);
inline constexpr std::size_t kMaximumFractionDigits = 18;

/// The shortest text that parse_size() reads back as `bytes`: "256M".
std::string size_text(std::uint64_t bytes);

/// "12" or "0x0c". A leading zero is refused, because QEMU reads 010 as 8.
Result<std::uint64_t> parse_unsigned(std::string_view text);
/// The same, perhaps with a minus.
Result<std::int64_t> parse_signed(std::string_view text);

/// "500ms", "2s", "10us", "7ns"; a plain number is in milliseconds.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// on yes true, off no false
Result<bool> parse_boolean(std::string_view text);

}  // namespace cxlemu::text
