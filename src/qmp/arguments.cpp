#include "qmp/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/hex.hpp"
#include "decode/names.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"
#include "text/size_text.hpp"

namespace cxlemu::qmp {
namespace {

using decode::parse_opcode;
using text::did_you_mean;
using text::parse_duration;
using text::parse_size;
using text::quoted;

std::optional<std::uint64_t> unsigned_up_to(const Json& value, std::uint64_t limit) {
  const auto number = value.unsigned_integer();
  return number && *number <= limit ? number : std::nullopt;
}

bool is_u64_list(const Json& value) {
  return value.is_array() && std::ranges::all_of(value.elements(), [](const Json& element) {
           return element.unsigned_integer().has_value();
         });
}

// What the argument must be, or nothing where the value is that.
std::string_view expectation(const Argument& row, const Json& value) {
  const auto text = value.string();
  const auto expect = [](bool good, std::string_view what) { return good ? std::string_view() : what; };
  switch (row.kind) {
    case ArgumentKind::text:
      return expect(text.has_value(), "a string");
    case ArgumentKind::u8:
      return expect(unsigned_up_to(value, 0xFF).has_value(), "a number from 0 to 255");
    case ArgumentKind::u16:
      return expect(unsigned_up_to(value, 0xFFFF).has_value(), "a number from 0 to 65535");
    case ArgumentKind::u24:
      return expect(unsigned_up_to(value, 0xFF'FFFF).has_value(), "a number of 24 bits");
    case ArgumentKind::u32:
      return expect(unsigned_up_to(value, 0xFFFF'FFFF).has_value(), "a number of 32 bits");
    case ArgumentKind::u64:
      return expect(value.unsigned_integer().has_value(), "a number of 64 bits");
    case ArgumentKind::i16: {
      const auto number = value.signed_integer();
      return expect(number && *number >= -32768 && *number <= 32767, "a number from -32768 to 32767");
    }
    case ArgumentKind::boolean:
      return expect(value.boolean().has_value(), "true or false");
    case ArgumentKind::choice:
      return expect(text && std::ranges::count(row.choices, *text) == 1, "one of its values");
    case ArgumentKind::size:
      return expect(value.unsigned_integer() || (text && parse_size(*text)), "a number or a size such as \"64M\"");
    case ArgumentKind::duration:
      return expect(unsigned_up_to(value, static_cast<std::uint64_t>(kMaximumDuration.count())) ||
                        (text && parse_duration(*text).value_or(Nanoseconds::max()) <= kMaximumDuration),
                    "nanoseconds or a duration such as \"2s\", at most 146 years");
    case ArgumentKind::opcode:
      return expect(unsigned_up_to(value, 0xFFFF) || (text && parse_opcode(*text)),
                    "an opcode such as 0x4400 or a name such as \"sanitize\"");
    case ArgumentKind::hex:
      return expect(text && from_hex(*text), "bytes in hexadecimal");
    case ArgumentKind::object_list:
      return expect(value.is_array() && std::ranges::all_of(value.elements(), &Json::is_object), "a list of objects");
    case ArgumentKind::u64_list:
      return expect(is_u64_list(value), "a list of numbers");
  }
  return "of a known kind";
}

}  // namespace

Result<void> check_arguments(std::span<const Argument> rows, const Json& arguments) {
  for (const auto& [name, value] : arguments.members()) {
    const auto row = std::ranges::find(rows, name, &Argument::name);
    if (row == rows.end()) {
      std::vector<std::string_view> names;
      for (const Argument& known : rows) names.push_back(known.name);
      return failure(fmt::format("parameter {} is unexpected{}", quoted(name), did_you_mean(name, names)));
    }
    if (const auto wanted = expectation(*row, value); !wanted.empty()) {
      const auto choices = row->choices.empty() ? "" : fmt::format(" ({})", fmt::join(row->choices, ", "));
      return failure(fmt::format("parameter {} must be {}{}", quoted(name), wanted, choices));
    }
  }
  for (const Argument& row : rows) {
    if (!row.optional && !arguments.contains(row.name)) {
      return failure(fmt::format("parameter {} is missing", quoted(row.name)));
    }
  }
  return {};
}

std::uint64_t number_of(const Json& value) {
  if (const auto number = value.unsigned_integer()) return *number;
  if (const auto number = value.signed_integer()) return static_cast<std::uint64_t>(*number);
  return value.string() ? parse_size(*value.string()).value_or(0) : 0;
}

std::uint64_t number_of(const Json& arguments, std::string_view name, std::uint64_t otherwise) {
  return arguments.contains(name) ? number_of(arguments[name]) : otherwise;
}

Nanoseconds duration_of(const Json& value) {
  if (const auto number = value.unsigned_integer()) return Nanoseconds{static_cast<Nanoseconds::rep>(*number)};
  return value.string() ? parse_duration(*value.string()).value_or(Nanoseconds{}) : Nanoseconds{};
}

Opcode opcode_of(const Json& value) {
  if (const auto number = value.unsigned_integer()) return Opcode{static_cast<std::uint16_t>(*number)};
  return value.string() ? parse_opcode(*value.string()).value_or(Opcode{}) : Opcode{};
}

Buffer hex_of(const Json& value) { return value.string() ? from_hex(*value.string()).value_or(Buffer{}) : Buffer{}; }

}  // namespace cxlemu::qmp
