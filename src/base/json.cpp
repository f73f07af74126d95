#include "base/json.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

namespace cxlemu {
namespace {

using Library = nlohmann::ordered_json;

Json from_library(const Library& value) {
  switch (value.type()) {
    case Library::value_t::boolean:
      return value.get<bool>();
    case Library::value_t::number_integer:
      return value.get<std::int64_t>();
    case Library::value_t::number_unsigned:
      return value.get<std::uint64_t>();
    case Library::value_t::number_float:
      return value.get<double>();
    case Library::value_t::string:
      return value.get<std::string>();
    case Library::value_t::array: {
      Json::Array elements;
      for (const auto& element : value) elements.push_back(from_library(element));
      return elements;
    }
    case Library::value_t::object: {
      // A name given twice: the last one counts, in the place of the first.
      Json object = Json::object();
      for (const auto& [name, member] : value.items()) object.set(name, from_library(member));
      return object;
    }
    default:
      return nullptr;
  }
}

Library to_library(const Json& value) {
  if (const auto flag = value.boolean()) return *flag;
  if (value.is_integer()) {
    if (const auto number = value.unsigned_integer()) return *number;
    return *value.signed_integer();
  }
  if (value.is_number()) return value.number();
  if (const auto text = value.string()) return std::string(*text);
  if (value.is_array()) {
    auto array = Library::array();
    for (const auto& element : value.elements()) array.push_back(to_library(element));
    return array;
  }
  if (value.is_object()) {
    auto object = Library::object();
    for (const auto& [name, member] : value.members()) object[name] = to_library(member);
    return object;
  }
  return nullptr;
}

// The library's parser recurses, and objects are lists: both are bounded before it sees the text. Colons outside of
// strings are the members of the object they stand in.
std::optional<std::string_view> refusal(std::string_view text) {
  std::array<int, Json::kMaximumDepth + 1> members{};
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > Json::kMaximumDepth) return "JSON is nested too deeply";
      members[depth] = 0;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    } else if (c == ':' && ++members[depth] > Json::kMaximumMembers) {
      return "a JSON object has too many members";
    }
  }
  return std::nullopt;
}

const Json kNull;
const Json::Array kNoElements;
const Json::Object kNoMembers;

}  // namespace

std::optional<bool> Json::boolean() const {
  if (const auto* value = std::get_if<bool>(&value_)) return *value;
  return std::nullopt;
}

std::optional<std::uint64_t> Json::unsigned_integer() const {
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_); value && *value >= 0) {
    return static_cast<std::uint64_t>(*value);
  }
  return std::nullopt;
}

std::optional<std::int64_t> Json::signed_integer() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  const auto* value = std::get_if<std::uint64_t>(&value_);
  if (value && *value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return static_cast<std::int64_t>(*value);
  }
  return std::nullopt;
}

std::optional<std::string_view> Json::string() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return std::string_view(*value);
  return std::nullopt;
}

double Json::number() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*value);
  return 0;
}

const Json::Object& Json::members() const {
  const auto* object = std::get_if<Object>(&value_);
  return object ? *object : kNoMembers;
}

const Json::Array& Json::elements() const {
  const auto* array = std::get_if<Array>(&value_);
  return array ? *array : kNoElements;
}

const Json& Json::operator[](std::string_view name) const {
  const auto& all = members();
  const auto found = std::ranges::find(all, name, &Member::first);
  return found == all.end() ? kNull : found->second;
}

bool Json::contains(std::string_view name) const {
  return std::ranges::find(members(), name, &Member::first) != members().end();
}

Json& Json::set(std::string_view name, Json value) {
  if (!is_object()) value_ = Object{};
  auto& all = std::get<Object>(value_);
  const auto found = std::ranges::find(all, name, &Member::first);
  if (found == all.end()) {
    all.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
  return *this;
}

void Json::push_back(Json element) {
  if (!is_array()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(element));
}

std::string Json::text(int indent) const {
  // Strings that are not UTF-8 (a peer may send any byte) are printed with the replacement character.
  return to_library(*this).dump(indent, ' ', false, Library::error_handler_t::replace);
}

Result<Json> Json::parse(std::string_view text) {
  if (const auto why = refusal(text)) return failure(std::string(*why));
  const auto value = Library::parse(text, nullptr, false);
  if (value.is_discarded()) return failure("this is not JSON");
  return from_library(value);
}

}  // namespace cxlemu
