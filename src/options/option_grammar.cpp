#include "options/option_grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "text/quoted.hpp"

namespace cxlemu::options {
namespace {

using text::quoted;

Result<void> add(Declaration& declaration, Property property) {
  if (declaration.properties.size() == kMaximumProperties) {
    return failure(fmt::format("{}: more than {} properties", declaration.place, kMaximumProperties));
  }
  declaration.properties.push_back(std::move(property));
  return {};
}

/// Takes a value up to the next single comma, and that comma.
std::string take_value(std::string_view& rest) {
  std::string value;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == ',') {
      if (!rest.starts_with(',')) break;
      rest.remove_prefix(1);
    }
    value += c;
  }
  return value;
}

Result<void> parse_keys(Declaration& declaration, std::string_view rest) {
  const std::string_view implied = type_key(declaration.kind);
  bool first = true;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("=,"), rest.size());
    const bool has_value = end < rest.size() && rest[end] == '=';
    if (first && !has_value) {
      declaration.type = take_value(rest);
      first = false;
      continue;
    }
    first = false;
    Property property{.name = std::string(rest.substr(0, end)), .text = "on", .bare = !has_value};
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (has_value) property.text = take_value(rest);
    if (property.name.empty()) {
      return failure(
          fmt::format("{}: a property without a name; write a comma inside a value as two", declaration.place));
    }
    if (property.name == implied && has_value) {
      declaration.type = property.text;
    } else {
      TRY_VOID(add(declaration, std::move(property)));
    }
  }
  return {};
}

std::optional<std::string> scalar_text(const Json& value) {
  if (const auto text = value.string()) return std::string(*text);
  if (const auto flag = value.boolean()) return *flag ? "on" : "off";
  if (const auto number = value.unsigned_integer()) return fmt::format("{}", *number);
  if (const auto number = value.signed_integer()) return fmt::format("{}", *number);
  return std::nullopt;
}

/// Lists and objects become properties with dotted names. Json::parse() has bounded the depth.
Result<void> flatten(Declaration& declaration, const std::string& name, const Json& value) {
  if (value.is_object()) {
    for (const auto& [member, inner] : value.members()) {
      TRY_VOID(flatten(declaration, fmt::format("{}.{}", name, member), inner));
    }
    return {};
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.elements().size(); ++i) {
      TRY_VOID(flatten(declaration, fmt::format("{}.{}", name, i), value.elements()[i]));
    }
    return {};
  }
  auto text = scalar_text(value);
  if (!text) {
    return failure(
        fmt::format("{}: property {} is neither text, a whole number nor a boolean", declaration.place, quoted(name)));
  }
  return add(declaration, {.name = name, .text = std::move(*text)});
}

Result<void> parse_json(Declaration& declaration, std::string_view text) {
  const auto value = Json::parse(text);
  if (!value) return failure(fmt::format("{}: {}", declaration.place, value.error().message));
  for (const auto& [name, member] : value->members()) {
    if (name.empty()) return failure(fmt::format("{}: a property without a name", declaration.place));
    if (name == type_key(declaration.kind)) {
      const auto type = member.string();
      if (!type) return failure(fmt::format("{}: {} is not text", declaration.place, name));
      declaration.type = *type;
      continue;
    }
    TRY_VOID(flatten(declaration, name, member));
  }
  return {};
}

}  // namespace

std::string_view type_key(DeclarationKind kind) {
  switch (kind) {
    case DeclarationKind::object:
      return "qom-type";
    case DeclarationKind::device:
      return "driver";
    case DeclarationKind::machine:
      return "type";
  }
  return "";
}

std::string_view name_of(DeclarationKind kind) {
  switch (kind) {
    case DeclarationKind::object:
      return "object";
    case DeclarationKind::device:
      return "device";
    case DeclarationKind::machine:
      return "machine";
  }
  return "";
}

const Property* Declaration::find(std::string_view name) const {
  const Property* found = nullptr;
  for (const Property& property : properties) {
    if (property.name == name) found = &property;
  }
  return found;
}

Result<Declaration> parse_option(DeclarationKind kind, std::string_view text, std::string place) {
  Declaration declaration{.kind = kind, .type = {}, .properties = {}, .place = std::move(place)};
  if (text.size() > kMaximumOptionLength) {
    return failure(fmt::format("{}: longer than {} bytes", declaration.place, kMaximumOptionLength));
  }
  if (text.starts_with('{')) {
    TRY_VOID(parse_json(declaration, text));
  } else {
    TRY_VOID(parse_keys(declaration, text));
  }
  if (declaration.type.empty() && kind != DeclarationKind::machine) {
    return failure(fmt::format(
        "{}: no type; begin with its name, as in {}", declaration.place,
        kind == DeclarationKind::object ? "-object memory-backend-ram,id=m0,size=256M" : "-device cxl-type3,id=mem0"));
  }
  return declaration;
}

}  // namespace cxlemu::options
