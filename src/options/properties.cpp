#include "options/properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "mctp/eid.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"
#include "text/size_text.hpp"

namespace cxlemu::options {
namespace {

using text::did_you_mean;
using text::parse_boolean;
using text::parse_duration;
using text::parse_signed;
using text::parse_size;
using text::parse_unsigned;
using text::quoted;
using text::size_text;

constexpr std::array kTypes = {
    TypeInfo{DeclarationKind::object, "memory-backend-ram", "memory that goes with the process"},
    TypeInfo{DeclarationKind::object, "memory-backend-memfd", "the same"},
    TypeInfo{DeclarationKind::object, "memory-backend-file", "memory that is a file"},
    TypeInfo{DeclarationKind::device, "cxl-type3", "a CXL memory device"},
};

Result<void> check_multiple(const PropertyInfo& info, std::uint64_t value, std::string_view text) {
  if (info.power_of_two && !std::has_single_bit(value)) {
    return failure(fmt::format("{} is not a power of two", quoted(text)));
  }
  if (value % info.multiple_of == 0) return {};
  return failure(fmt::format("{} is not a whole number of milliseconds", quoted(text)));
}

Result<PropertyValue> parse_integer(const PropertyInfo& info, std::string_view text) {
  const auto out_of_range = [&] {
    return failure(fmt::format("{} is not from {} to {}", quoted(text), info.minimum, info.maximum));
  };
  if (info.minimum < 0) {
    const std::int64_t value = TRY(parse_signed(text));
    if (value < info.minimum) return out_of_range();
    if (value > 0 && static_cast<std::uint64_t>(value) > info.maximum) return out_of_range();
    return PropertyValue{.number = static_cast<std::uint64_t>(value)};
  }
  const std::uint64_t value = TRY(parse_unsigned(text));
  if (value < static_cast<std::uint64_t>(info.minimum) || value > info.maximum) return out_of_range();
  return PropertyValue{.number = value};
}

Result<PropertyValue> parse_bounded_size(const PropertyInfo& info, std::string_view text) {
  const std::uint64_t value = TRY(parse_size(text));
  const auto minimum = static_cast<std::uint64_t>(info.minimum);
  if (value < minimum || value > info.maximum) {
    return failure(fmt::format("{} is not from {} to {}", quoted(text), size_text(minimum), size_text(info.maximum)));
  }
  TRY_VOID(check_multiple(info, value, text));
  return PropertyValue{.number = value};
}

Result<PropertyValue> parse_bounded_duration(const PropertyInfo& info, std::string_view text) {
  const auto value = static_cast<std::uint64_t>(TRY(parse_duration(text)).count());
  if (value > info.maximum) {
    return failure(fmt::format("{} is longer than {}s", quoted(text), info.maximum / (1000 * kMillisecond)));
  }
  TRY_VOID(check_multiple(info, value, text));
  return PropertyValue{.number = value};
}

Result<PropertyValue> parse_text(const PropertyInfo& info, std::string_view text) {
  if (text.size() < static_cast<std::uint64_t>(info.minimum)) return failure("is empty");
  if (text.size() > info.maximum) {
    return failure(fmt::format("{} is longer than {} characters", quoted(text), info.maximum));
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::ranges::any_of(text, is_control)) {
    return failure(fmt::format("{} has control characters", quoted(text)));
  }
  if (info.ascii && std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7F; })) {
    return failure(fmt::format("{} has characters that are not ASCII", quoted(text)));
  }
  return PropertyValue{.text = std::string(text)};
}

Result<PropertyValue> parse_choice(const PropertyInfo& info, std::string_view text) {
  const auto found = std::ranges::find(info.choices, text);
  if (found == info.choices.end()) {
    return failure(fmt::format("{} is none of {}{}", quoted(text), fmt::join(info.choices, ", "),
                               did_you_mean(text, info.choices)));
  }
  return PropertyValue{.number = static_cast<std::uint64_t>(found - info.choices.begin())};
}

Result<MctpPlacement> parse_placement(std::string_view text) {
  if (text == "auto") return MctpPlacement{};
  const std::size_t colon = text.find(':');
  const auto network = parse_unsigned(text.substr(0, colon));
  const auto eid = colon == text.npos ? network : parse_unsigned(text.substr(colon + 1));
  if (colon == text.npos || !network || !eid) {
    return failure(fmt::format("{} is neither NET:EID (as 1:8) nor none", quoted(text)));
  }
  if (*network == 0 || *network > std::numeric_limits<std::uint32_t>::max()) {
    return failure(fmt::format("{} has a network that is not from 1 to 4294967295", quoted(text)));
  }
  if (*eid < kFirstEid.value || *eid > kLastEid.value) {
    return failure(
        fmt::format("{} has an EID that is not from {} to {}", quoted(text), kFirstEid.value, kLastEid.value));
  }
  return MctpPlacement{.network = NetworkId(static_cast<std::uint32_t>(*network)),
                       .eid = Eid(static_cast<std::uint8_t>(*eid))};
}

Result<PropertyValue> parse_placements(std::string_view text) {
  PropertyValue value;
  if (text == "none") return value;
  for (std::size_t begin = 0; begin != text.npos;) {
    const std::size_t plus = text.find('+', begin);
    if (value.placements.size() == cci::kMaximumCcisOfARole) {
      return failure(fmt::format("names more than {} endpoints", cci::kMaximumCcisOfARole));
    }
    value.placements.push_back(TRY(parse_placement(text.substr(begin, plus == text.npos ? text.npos : plus - begin))));
    begin = plus == text.npos ? text.npos : plus + 1;
  }
  return value;
}

}  // namespace

std::span<const TypeInfo> known_types() { return kTypes; }

std::vector<PropertyInfo> properties_of(std::string_view type) {
  std::vector<PropertyInfo> properties;
  for (const auto& row : backend_rows(type)) properties.push_back(row);
  for (const auto& row : memory_device_rows(type)) properties.push_back(row);
  return properties;
}

bool names(const PropertyInfo& info, std::string_view name) {
  if (name == info.name) return true;
  return info.indexed && name.starts_with(info.name) && name.substr(info.name.size()).starts_with('.');
}

Result<PropertyValue> parse_property(const PropertyInfo& info, std::string_view text) {
  switch (info.kind) {
    case PropertyKind::identifier:
      if (is_identifier(text)) return PropertyValue{.text = std::string(text)};
      return failure(fmt::format("{} is not an id: a letter, then letters, digits, - . _, at most {} characters",
                                 quoted(text), kMaximumIdentifierLength));
    case PropertyKind::size:
      return parse_bounded_size(info, text);
    case PropertyKind::integer:
      return parse_integer(info, text);
    case PropertyKind::boolean:
      return PropertyValue{.number = TRY(parse_boolean(text)) ? 1U : 0U};
    case PropertyKind::text:
      return parse_text(info, text);
    case PropertyKind::choice:
      return parse_choice(info, text);
    case PropertyKind::duration:
      return parse_bounded_duration(info, text);
    case PropertyKind::reference:
      if (text.empty()) return failure("is empty");
      return PropertyValue{.text = std::string(text)};
    case PropertyKind::mctp:
      return parse_placements(text);
    case PropertyKind::anything:
      return PropertyValue{.text = std::string(text)};
  }
  return failure("has no kind");
}

bool is_identifier(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto may_follow = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  if (text.empty() || text.size() > kMaximumIdentifierLength || !is_letter(text.front())) return false;
  return std::ranges::all_of(text, may_follow);
}

}  // namespace cxlemu::options
