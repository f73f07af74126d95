// QEMU's grammar of options: `-device cxl-type3,id=mem0,volatile-memdev=m0` and `-device '{"driver":"cxl-type3",...}'`.
// It knows no types and no keys; topology_builder does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace cxlemu::options {

enum class DeclarationKind : std::uint8_t { object, device, machine };

/// The key that the first value of an option belongs to: qom-type, driver or type.
std::string_view type_key(DeclarationKind kind);
/// "object", "device", "machine"
std::string_view name_of(DeclarationKind kind);

struct Property {
  std::string name;
  std::string text;     ///< numbers and booleans of JSON and TOML as an option would carry them
  std::string place{};  ///< where it stands; empty: where its declaration stands
  bool bare = false;    ///< a key without a value, which means `on`
  bool operator==(const Property&) const = default;
};

/// One `-object`, `-device`, `-machine` or one table of a topology file.
struct Declaration {
  DeclarationKind kind = DeclarationKind::device;
  std::string type;                  ///< empty only for a machine, as in `-M cxl-fmw.0.size=4G`
  std::vector<Property> properties;  ///< in the order given; `id` is one of them; of equal names the last one counts
  std::string place;                 ///< for errors: "-device #2", "lab.toml:12"

  /// The last property of that name, or null.
  [[nodiscard]] const Property* find(std::string_view name) const;
  [[nodiscard]] std::string_view place_of(const Property& property) const {
    return property.place.empty() ? std::string_view(place) : std::string_view(property.place);
  }
  bool operator==(const Declaration&) const = default;
};

/// LIMIT: bytes of one option.
inline constexpr std::size_t kMaximumOptionLength = 64 * 1024;
/// LIMIT: properties of one declaration, after lists are taken apart.
inline constexpr std::size_t kMaximumProperties = 4096;
/// LIMIT: declarations of one lab.
inline constexpr std::size_t kMaximumDeclarations = 100'000;

/// One option's argument. In `key=value` two commas stand for one that belongs to the value; the first value needs no
/// key; a key alone means `on` (QEMU's old `nokey` for `off` is a key like any other). An argument that begins with {
/// is JSON. A list becomes KEY.0, KEY.1 ..., an object KEY.MEMBER, as QEMU writes them.
Result<Declaration> parse_option(DeclarationKind kind, std::string_view text, std::string place);

}  // namespace cxlemu::options
