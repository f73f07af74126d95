// What rows of every kind of thing are made with.
#pragma once

#include <cstdint>
#include <string_view>

#include "options/properties.hpp"

namespace cxlemu::options {

/// LIMIT: one backend is at most what a 52-bit physical address reaches (CXL r3.2 8.2.4.20: decoders hold HPA[51:28]).
inline constexpr std::uint64_t kMaximumBackendSize = std::uint64_t{1} << 52;

/// Fills the member of the typed configuration.
template <auto member, typename Target>
void set_text(Target& target, const PropertyValue& value) {
  target.*member = value.text;
}

constexpr PropertyInfo no_effect(std::string_view name, PropertyEffect effect, std::string_view meaning,
                                 bool indexed = false) {
  return {
      .name = name, .default_text = "-", .meaning = meaning, .source = "QEMU", .effect = effect, .indexed = indexed};
}

}  // namespace cxlemu::options
