#include "options/markdown.hpp"

#include <fmt/format.h>

#include "options/properties.hpp"
#include "text/size_text.hpp"

namespace cxlemu::options {
namespace {

using text::size_text;

std::string allowed(const PropertyInfo& info) {
  switch (info.kind) {
    case PropertyKind::identifier:
      return "a letter, then letters, digits, - . _";
    case PropertyKind::size:
      return fmt::format("size, {} to {}{}", size_text(static_cast<std::uint64_t>(info.minimum)),
                         size_text(info.maximum), info.power_of_two ? ", a power of two" : "");
    case PropertyKind::integer:
      return fmt::format("{} to {}", info.minimum, info.maximum);
    case PropertyKind::boolean:
      return "on, off";
    case PropertyKind::text:
      return fmt::format("text, {} to {} characters", info.minimum, info.maximum);
    case PropertyKind::choice:
      return fmt::format("{}", fmt::join(info.choices, ", "));
    case PropertyKind::duration:
      return fmt::format("duration, to {}s", info.maximum / (1000 * kMillisecond));
    case PropertyKind::reference:
      return "id of a memory backend";
    case PropertyKind::mctp:
      return "NET:EID, none, auto";
    case PropertyKind::anything:
      return "anything";
  }
  return {};
}

std::string_view prefix(PropertyEffect effect) {
  switch (effect) {
    case PropertyEffect::applied:
      return "";
    case PropertyEffect::carried:
      return "*no effect here; say it on QEMU's command line:* ";
    case PropertyEffect::ignored:
      return "*no effect:* ";
    case PropertyEffect::refused:
      return "*refused, unless off or 0:* ";
  }
  return "";
}

}  // namespace

std::string markdown() {
  std::string text;
  for (const TypeInfo& type : known_types()) {
    text += fmt::format("{}## `-{} {}`: {}\n\n", text.empty() ? "" : "\n", name_of(type.kind), type.name, type.meaning);
    text += "| property | values | default | meaning | source |\n|---|---|---|---|---|\n";
    for (const PropertyInfo& info : properties_of(type.name)) {
      text += fmt::format("| `{}` | {} | {} | {}{} | {} |\n", info.name, allowed(info), info.default_text,
                          prefix(info.effect), info.meaning, info.source);
    }
  }
  return text;
}

}  // namespace cxlemu::options
