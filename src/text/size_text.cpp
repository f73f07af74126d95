#include "text/size_text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "text/quoted.hpp"

namespace cxlemu::text {
namespace {

// Digits are read by from_chars, which knows no sign for unsigned types, no white space and no locale.
enum class Digits : std::uint8_t { good, none, too_large };

struct Number {
  Digits state = Digits::none;
  std::uint64_t value = 0;
  std::string_view rest;
};

Number take_number(std::string_view text, int base) {
  Number number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value, base);
  number.rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc()) number.state = Digits::good;
  if (error == std::errc::result_out_of_range) number.state = Digits::too_large;
  return number;
}

bool is_hexadecimal(std::string_view text) { return text.starts_with("0x") || text.starts_with("0X"); }

/// How far each suffix shifts.
std::optional<unsigned> shift_of(char suffix) {
  switch (suffix) {
    case 'b':
    case 'B':
      return 0;
    case 'k':
    case 'K':
      return 10;
    case 'm':
    case 'M':
      return 20;
    case 'g':
    case 'G':
      return 30;
    case 't':
    case 'T':
      return 40;
    case 'p':
    case 'P':
      return 50;
    case 'e':
    case 'E':
      return 60;
    default:
      return std::nullopt;
  }
}

std::unexpected<Error> not_a_size(std::string_view text) {
  return failure(
      fmt::format("{} is not a size; write it as 256M, 1.5G or 0x10000000 (suffixes k M G T P E)", quoted(text)));
}

/// digits / 10^count of 2^shift bytes, where that is whole.
std::optional<std::uint64_t> fraction_bytes(std::uint64_t digits, std::size_t count, unsigned shift) {
  // 2^shift * digits / 10^count = 2^(shift - count) * (digits / 5^count), so that nothing leaves 64 bits.
  for (std::size_t i = 0; i < count; ++i) {
    if (digits % 5 != 0) return std::nullopt;
    digits /= 5;
  }
  if (shift >= count) return digits << (shift - count);
  const std::size_t down = count - shift;
  if ((digits & ((std::uint64_t{1} << down) - 1)) != 0) return std::nullopt;
  return digits >> down;
}

std::string_view without_trailing_zeros(std::string_view digits) {
  while (digits.ends_with('0')) digits.remove_suffix(1);
  return digits;
}

Result<std::uint64_t> parse_magnitude(std::string_view text, std::string_view whole) {
  const bool hexadecimal = is_hexadecimal(text);
  const std::string_view digits = hexadecimal ? text.substr(2) : text;
  const Number number = take_number(digits, hexadecimal ? 16 : 10);
  if (number.state == Digits::none || !number.rest.empty()) {
    return failure(fmt::format("{} is not a whole number; write it as 12 or 0x0c", quoted(whole)));
  }
  if (number.state == Digits::too_large) return failure(fmt::format("{} does not fit in 64 bits", quoted(whole)));
  if (!hexadecimal && digits.size() > 1 && digits.front() == '0') {
    return failure(
        fmt::format("{} has a leading zero, which QEMU reads as octal; write it as 12 or 0x0c", quoted(whole)));
  }
  return number.value;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  if (text.starts_with('-')) return failure(fmt::format("{} is negative; a size is not", quoted(text)));
  const auto too_large = [&] { return failure(fmt::format("{} does not fit in 64 bits", quoted(text))); };
  if (is_hexadecimal(text)) {
    const Number number = take_number(text.substr(2), 16);
    if (number.state == Digits::none || !number.rest.empty()) return not_a_size(text);
    if (number.state == Digits::too_large) return too_large();
    return number.value;
  }
  const Number number = take_number(text, 10);
  if (number.state == Digits::none) return not_a_size(text);

  std::string_view rest = number.rest;
  std::string_view fraction;
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    fraction = without_trailing_zeros(rest.substr(1, end - 1));
    if (end == 1 || end == rest.size()) return not_a_size(text);
    rest.remove_prefix(end);
  }
  unsigned shift = 0;
  if (!rest.empty()) {
    const auto found = shift_of(rest.front());
    if (!found || rest.size() != 1) return not_a_size(text);
    shift = *found;
  }
  if (number.state == Digits::too_large || number.value > std::numeric_limits<std::uint64_t>::max() >> shift) {
    return too_large();
  }
  const std::uint64_t bytes = number.value << shift;
  if (fraction.empty()) return bytes;
  const auto not_whole = [&] { return failure(fmt::format("{} is not a whole number of bytes", quoted(text))); };
  if (fraction.size() > kMaximumFractionDigits) return not_whole();
  const auto part = fraction_bytes(take_number(fraction, 10).value, fraction.size(), shift);
  if (!part) return not_whole();
  return bytes + *part;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::string_view kSuffixes = "kMGTPE";
  std::string suffix;
  for (const char next : kSuffixes) {
    if (bytes == 0 || bytes % 1024 != 0) break;
    bytes /= 1024;
    suffix = next;
  }
  return fmt::format("{}{}", bytes, suffix);
}

Result<std::uint64_t> parse_unsigned(std::string_view text) {
  if (text.starts_with('-')) return failure(fmt::format("{} is negative", quoted(text)));
  return parse_magnitude(text, text);
}

Result<std::int64_t> parse_signed(std::string_view text) {
  constexpr auto kMaximum = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool negative = text.starts_with('-');
  const std::uint64_t magnitude = TRY(parse_magnitude(negative ? text.substr(1) : text, text));
  if (magnitude > kMaximum + (negative ? 1 : 0)) {
    return failure(fmt::format("{} does not fit in 64 bits with a sign", quoted(text)));
  }
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  using Unit = std::pair<std::string_view, std::int64_t>;
  constexpr std::array kUnits = {Unit{"ns", 1}, Unit{"us", 1'000}, Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000},
                                 Unit{"", 1'000'000}};
  if (text.starts_with('-')) return failure(fmt::format("{} is negative; a duration is not", quoted(text)));
  const Number number = take_number(text, 10);
  const Unit* found = nullptr;
  for (const Unit& unit : kUnits) {
    if (unit.first == number.rest) found = &unit;
  }
  if (number.state == Digits::none || !found) {
    return failure(fmt::format("{} is not a duration; write it as 500ms, 2s, 10us or 7ns", quoted(text)));
  }
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() / found->second;
  if (number.state == Digits::too_large || number.value > static_cast<std::uint64_t>(most)) {
    return failure(fmt::format("{} is longer than 292 years", quoted(text)));
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(number.value) * found->second);
}

Result<bool> parse_boolean(std::string_view text) {
  if (text == "on" || text == "yes" || text == "true") return true;
  if (text == "off" || text == "no" || text == "false") return false;
  return failure(fmt::format("{} is neither on nor off", quoted(text)));
}

}  // namespace cxlemu::text
