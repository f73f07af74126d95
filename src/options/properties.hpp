// What each type of a lab can be told: one row a property, from which parsing, error lines and docs/options.md come.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "machine/topology.hpp"
#include "options/option_grammar.hpp"

namespace cxlemu::options {

enum class PropertyKind : std::uint8_t {
  identifier,
  size,
  integer,
  boolean,
  text,
  choice,
  duration,
  reference,  ///< the id of a memory backend
  mctp,       ///< NET:EID, none or auto
  anything,   ///< not looked at
};

enum class PropertyEffect : std::uint8_t {
  applied,
  carried,  ///< says where the PCIe function is plugged in: QEMU is told so; accepted and named in the notice
  ignored,  ///< says how QEMU keeps memory: accepted and named in the notice
  refused,  ///< would mislead if it were ignored, unless it says off or 0; `meaning` says why
};

struct PropertyInfo {
  std::string_view name;
  PropertyKind kind = PropertyKind::anything;
  std::string_view default_text{};  ///< as an option would say it; in parentheses where no value says it
  std::string_view meaning{};
  std::string_view source{};  ///< the section, or who needs it
  PropertyEffect effect = PropertyEffect::applied;
  std::int64_t minimum = 0;   ///< of a size, an integer or a duration in nanoseconds
  std::uint64_t maximum = 0;  ///< the same; of a text, its longest length
  std::uint64_t multiple_of = 1;
  bool power_of_two = false;
  bool ascii = false;                           ///< of a text: no other characters
  bool indexed = false;                         ///< NAME.0, NAME.1 ... are this property too
  std::span<const std::string_view> choices{};  ///< in the order of the enumeration
};

/// Durations of rows are in nanoseconds, and mostly whole numbers of these.
inline constexpr std::uint64_t kMillisecond = 1'000'000;

/// A value read by parse_property(): the number of an integer (two's complement), a size, a duration in nanoseconds, a
/// boolean or the index of a choice; else the text or the placements.
struct PropertyValue {
  std::uint64_t number = 0;
  std::string text{};
  std::vector<MctpPlacement> placements{};
};

template <typename Target>
struct PropertyRow : PropertyInfo {
  void (*set)(Target&, const PropertyValue&) = nullptr;  ///< of what has an effect
};

/// What `type` can be told; empty for a type that has no rows.
std::span<const PropertyRow<MemoryBackendConfig>> backend_rows(std::string_view type);
std::span<const PropertyRow<MemoryDeviceDeclaration>> memory_device_rows(std::string_view type);

/// The value that `text` means for a row, or what is wrong with it (without place and name).
Result<PropertyValue> parse_property(const PropertyInfo& info, std::string_view text);

/// `name` belongs to this row.
bool names(const PropertyInfo& info, std::string_view name);

/// A type with rows.
struct TypeInfo {
  DeclarationKind kind;
  std::string_view name;
  std::string_view meaning;
};
std::span<const TypeInfo> known_types();
/// The rows of a known type without their setters.
std::vector<PropertyInfo> properties_of(std::string_view type);

/// The id of an object or a device, and the name of a lab: a letter, then letters, digits, - . _ (QEMU's rule).
bool is_identifier(std::string_view text);
inline constexpr std::size_t kMaximumIdentifierLength = 64;

}  // namespace cxlemu::options
