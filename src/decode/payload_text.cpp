#include "decode/payload_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ctime>

#include "base/hex.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"
#include "text/size_text.hpp"
#include "wire/event_records.hpp"
#include "wire/memory_device.hpp"

namespace cxlemu::decode {
namespace {

using text::did_you_mean;
using text::parse_signed;
using text::parse_size;
using text::parse_unsigned;
using text::printable;
using text::quoted;
using text::size_text;

std::uint64_t integer(Bytes bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), std::min<std::size_t>(bytes.size(), sizeof value));
  return value;
}

std::int64_t signed_integer(Bytes bytes) {
  const std::size_t bits = 8 * std::min<std::size_t>(bytes.size(), 8);
  const auto shifted = integer(bytes) << (64 - bits);
  return static_cast<std::int64_t>(shifted) >> (64 - bits);
}

std::string_view printable_text(Bytes bytes) {
  const auto end = std::ranges::find(bytes, std::byte{0});
  return text_of(bytes.first(static_cast<std::size_t>(end - bytes.begin())));
}

Uuid uuid_at(Bytes bytes) {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), bytes.data(), std::min<std::size_t>(bytes.size(), sizeof uuid));
  return uuid;
}

std::string flag_names(const Field& field, std::uint64_t value) {
  std::string names;
  for (const NamedValue& named : field.values) {
    if ((value & named.value) != 0) names += fmt::format("{}{}", names.empty() ? "" : ", ", named.name);
  }
  return names;
}

std::string_view choice_name(const Field& field, std::uint64_t value) {
  const auto found = std::ranges::find(field.values, value, &NamedValue::value);
  return found == field.values.end() ? std::string_view("reserved") : found->name;
}

std::string date_text(std::uint64_t nanoseconds) {
  if (nanoseconds == 0) return "0 (never set)";
  const std::time_t seconds = static_cast<std::time_t>(nanoseconds / 1'000'000'000);
  return fmt::format("{} ({:%Y-%m-%d %H:%M:%S}.{:09} UTC)", nanoseconds, fmt::gmtime(seconds),
                     nanoseconds % 1'000'000'000);
}

// The data of an event record depends on its identifier, which stands in front of it in the same payload.
const Layout* layout_inside(const Layout& outer, const Field& field, Bytes payload) {
  if (field.layout != nullptr) return field.layout;
  if (outer.name == LayoutOf<EventRecord>::value.name && field.name == "event_record_data") {
    return event_record_data_layout(uuid_at(payload.first(sizeof(Uuid))));
  }
  return nullptr;
}

Json field_json(const Field& field, Bytes bytes) {
  switch (field.kind) {
    case FieldKind::signed_number:
      return signed_integer(bytes);
    case FieldKind::uuid:
      return uuid_at(bytes).text();
    case FieldKind::text:
      return std::string(printable_text(bytes));
    case FieldKind::bytes:
      return to_hex(bytes);
    default:
      return integer(bytes);
  }
}

Json fields_json(const Layout& layout, Bytes payload) {
  Json object = Json::object();
  for (const Field& field : layout.fields) {
    if (field.kind == FieldKind::reserved || field.offset + field.size > payload.size()) continue;
    const Bytes bytes = payload.subspan(field.offset, field.size);
    const Layout* inside = layout_inside(layout, field, payload);
    object.set(field.name, inside != nullptr ? fields_json(*inside, bytes) : field_json(field, bytes));
  }
  return object;
}

std::string lines_of_fields(const Layout& layout, Bytes payload, int indent) {
  std::size_t width = 0;
  for (const Field& field : layout.fields) width = std::max(width, field.name.size());
  std::string lines;
  for (const Field& field : layout.fields) {
    if (field.kind == FieldKind::reserved || field.offset + field.size > payload.size()) continue;
    const Bytes bytes = payload.subspan(field.offset, field.size);
    if (const Layout* inside = layout_inside(layout, field, payload)) {
      lines += fmt::format("{:{}}{}\n{}", "", indent, field.name, lines_of_fields(*inside, bytes, indent + 2));
    } else {
      lines += fmt::format("{:{}}{:<{}}  {}\n", "", indent, field.name, width, field_text(field, bytes));
    }
  }
  return lines;
}

}  // namespace

std::string capacity_text(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 7> kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", bytes, kUnits[unit]);
}

std::string field_text(const Field& field, Bytes bytes) {
  const std::uint64_t value = integer(bytes);
  switch (field.kind) {
    case FieldKind::number:
      return fmt::format("{}", value);
    case FieldKind::signed_number:
      return fmt::format("{}", signed_integer(bytes));
    case FieldKind::hex:
      return fmt::format("0x{:0{}x}", value, field.size * 2);
    case FieldKind::flags: {
      const std::string names = flag_names(field, value);
      return fmt::format("0x{:0{}x}{}", value, field.size * 2, names.empty() ? "" : " (" + names + ")");
    }
    case FieldKind::choice:
      return fmt::format("{} ({})", value, choice_name(field, value));
    case FieldKind::uuid:
      return uuid_at(bytes).text();
    case FieldKind::text:
      return printable(printable_text(bytes));
    case FieldKind::nanoseconds:
      return date_text(value);
    case FieldKind::capacity_256mib:
      return capacity_text(value * kCapacityUnit);
    case FieldKind::length_64b:
      return capacity_text(value * 64);
    case FieldKind::bytes:
    case FieldKind::reserved:
    case FieldKind::structure:
      break;
  }
  return to_hex(bytes);
}

namespace {

// What stands behind the fields that are there as a whole.
Bytes behind_fields(const Layout& layout, Bytes payload) {
  std::size_t end = 0;
  for (const Field& field : layout.fields) {
    if (field.offset + field.size <= payload.size()) end = std::max(end, field.offset + field.size);
  }
  return payload.subspan(end);
}

}  // namespace

Json decode_payload(const Layout& layout, Bytes payload) {
  Json object = fields_json(layout, payload);
  Bytes rest = behind_fields(layout, payload);
  // Elements and data begin where the fixed part ends, so a short one has none.
  const bool whole = payload.size() >= layout.size;
  if (layout.tail != nullptr) {
    Json elements = Json::array();
    for (; whole && rest.size() >= layout.tail->size; rest = rest.subspan(layout.tail->size)) {
      elements.push_back(fields_json(*layout.tail, rest.first(layout.tail->size)));
    }
    object.set(layout.tail_name, std::move(elements));
  } else if (!layout.tail_name.empty()) {
    object.set(layout.tail_name, whole ? to_hex(rest) : "");
    if (whole) rest = {};
  }
  if (!rest.empty()) object.set("surplus_bytes", to_hex(rest));
  return object;
}

std::string payload_lines(const Layout& layout, Bytes payload, int indent) {
  std::string lines = lines_of_fields(layout, payload, indent);
  Bytes rest = behind_fields(layout, payload);
  const bool whole = payload.size() >= layout.size;
  if (layout.tail != nullptr) {
    for (std::size_t i = 0; whole && rest.size() >= layout.tail->size; ++i, rest = rest.subspan(layout.tail->size)) {
      lines += fmt::format("{:{}}{}[{}]\n", "", indent, layout.tail_name, i);
      lines += lines_of_fields(*layout.tail, rest.first(layout.tail->size), indent + 2);
    }
  } else if (!layout.tail_name.empty() && whole) {
    lines += hexdump(rest);
    rest = {};
  }
  if (!rest.empty()) lines += fmt::format("{:{}}surplus bytes: {}\n", "", indent, to_hex(rest));
  return lines;
}

std::string command_name(std::string_view title) {
  std::string name(title);
  for (char& c : name) {
    if (c == ' ') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

// ------------------------------------------------------------------------------------------------------------ encoding

bool same_field_name(std::string_view typed, std::string_view name) {
  return std::ranges::equal(typed, name, [](char a, char b) { return (a == '_' ? '-' : a) == (b == '_' ? '-' : b); });
}

namespace {

Result<std::uint64_t> value_of(const Field& field, std::string_view text) {
  if (field.kind == FieldKind::choice || field.kind == FieldKind::flags) {
    std::vector<std::string> typed;
    std::vector<std::string_view> names;
    typed.reserve(field.values.size());
    for (const NamedValue& named : field.values) {
      if (command_name(named.name) == command_name(text)) return named.value;
      names.push_back(typed.emplace_back(command_name(named.name)));
    }
    if (const auto number = parse_unsigned(text)) return *number;
    return failure(fmt::format("{} is no value of {}{}", quoted(text), field.name, did_you_mean(text, names)));
  }
  if (field.kind == FieldKind::signed_number) {
    const auto number = parse_signed(text);
    if (!number) return std::unexpected(number.error());
    return static_cast<std::uint64_t>(*number);
  }
  if (field.kind == FieldKind::capacity_256mib || field.kind == FieldKind::length_64b) {
    // A bare number is what stands in the field, as its name says; with a suffix it is bytes.
    if (const auto units = parse_unsigned(text)) return *units;
    const std::uint64_t unit = field.kind == FieldKind::length_64b ? 64 : kCapacityUnit;
    const auto bytes = parse_size(text);
    if (!bytes) return std::unexpected(bytes.error());
    if (*bytes % unit != 0) return failure(fmt::format("{} is no multiple of {}", quoted(text), size_text(unit)));
    return *bytes / unit;
  }
  return parse_size(text);
}

Result<void> put_field(const Field& field, std::string_view text, MutableBytes payload) {
  const MutableBytes space = payload.subspan(field.offset, field.size);
  const auto refuse = [&](std::string_view why) -> Result<void> {
    return failure(fmt::format("{}: {}", field.name, why));
  };
  if (field.kind == FieldKind::uuid) {
    const auto uuid = Uuid::parse(text);
    if (!uuid) return refuse(fmt::format("{} is no UUID", quoted(text)));
    std::memcpy(space.data(), uuid->bytes.data(), space.size());
    return {};
  }
  if (field.kind == FieldKind::bytes || field.kind == FieldKind::text) {
    const auto bytes = field.kind == FieldKind::text ? to_buffer(bytes_of(text)) : from_hex(text);
    if (!bytes) return refuse(fmt::format("{} is not hexadecimal", quoted(text)));
    if (bytes->size() > space.size()) return refuse(fmt::format("is at most {} bytes", space.size()));
    std::ranges::copy(*bytes, space.begin());
    return {};
  }
  const auto value = value_of(field, text);
  if (!value) return refuse(value.error().message);
  if (field.kind == FieldKind::signed_number) {
    const auto number = static_cast<std::int64_t>(*value);
    const std::size_t spare = 64 - 8 * std::min<std::size_t>(field.size, 8);
    if (static_cast<std::int64_t>(*value << spare) >> spare != number) {
      return refuse(fmt::format("{} does not fit into {} bytes", number, field.size));
    }
  } else if (field.size < 8 && *value >> (8 * field.size) != 0) {
    return refuse(fmt::format("{} does not fit into {} bytes", *value, field.size));
  }
  std::memcpy(space.data(), &*value, std::min<std::size_t>(space.size(), sizeof *value));
  return {};
}

Result<Buffer> tail_bytes(std::string_view text, FileReader read_file) {
  if (text.starts_with('@') && read_file != nullptr) return read_file(std::string(text.substr(1)));
  if (text.starts_with("hex:")) {
    if (auto bytes = from_hex(text.substr(4))) return *bytes;
    return failure(fmt::format("{} is not hexadecimal", quoted(text.substr(4))));
  }
  return to_buffer(bytes_of(text));
}

// "1,2,0x3": elements with one field each.
Result<Buffer> tail_elements(const Layout& element, std::string_view text) {
  Buffer bytes;
  while (!text.empty()) {
    const auto comma = text.find(',');
    Buffer one(element.size);
    TRY_VOID(put_field(element.fields.front(), text.substr(0, comma), one));
    append(bytes, one);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return bytes;
}

const Field* find_field(const Layout& layout, std::string_view name) {
  const auto same = [name](const Field& field) {
    return field.kind != FieldKind::reserved && same_field_name(name, field.name);
  };
  const auto found = std::ranges::find_if(layout.fields, same);
  return found == layout.fields.end() ? nullptr : &*found;
}

std::string no_such_field(const Layout& layout, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Field& field : layout.fields) {
    if (field.kind != FieldKind::reserved) names.push_back(field.name);
  }
  if (!layout.tail_name.empty()) names.push_back(layout.tail_name);
  if (names.empty()) return fmt::format("the command takes no {}: its input payload is empty", quoted(name));
  return fmt::format("the command has no field {}{} (it has {})", quoted(name), did_you_mean(name, names),
                     fmt::join(names, ", "));
}

// A count that was not given says how many elements were.
Result<void> fill_count(const Layout& layout, std::span<const std::string> arguments, std::size_t elements,
                        MutableBytes payload) {
  for (const Field& field : layout.fields) {
    const bool given = std::ranges::any_of(arguments, [&](const std::string& argument) {
      return find_field(layout, std::string_view(argument).substr(0, argument.find('='))) == &field;
    });
    if (!given && field.name.starts_with("number_of_")) TRY_VOID(put_field(field, fmt::to_string(elements), payload));
  }
  return {};
}

}  // namespace

bool has_field(const Layout& layout, std::string_view name) {
  return (!layout.tail_name.empty() && name == layout.tail_name) || find_field(layout, name) != nullptr;
}

Result<Buffer> encode_payload(const Layout& layout, std::span<const std::string> arguments, FileReader read_file) {
  Buffer payload(layout.size);
  Buffer tail;
  for (const std::string& argument : arguments) {
    const auto equals = argument.find('=');
    if (equals == std::string::npos) return failure(fmt::format("{}: write it as field=value", quoted(argument)));
    const auto name = std::string_view(argument).substr(0, equals);
    const auto text = std::string_view(argument).substr(equals + 1);
    if (!layout.tail_name.empty() && name == layout.tail_name) {
      tail = layout.tail == nullptr ? TRY(tail_bytes(text, read_file)) : TRY(tail_elements(*layout.tail, text));
    } else if (const Field* field = find_field(layout, name)) {
      TRY_VOID(put_field(*field, text, payload));
    } else {
      return failure(no_such_field(layout, name));
    }
  }
  if (layout.tail != nullptr) TRY_VOID(fill_count(layout, arguments, tail.size() / layout.tail->size, payload));
  append(payload, tail);
  return payload;
}

}  // namespace cxlemu::decode
