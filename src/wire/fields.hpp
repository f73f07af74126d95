// Field lists: what each wire struct says about itself. The decoder and encoder of `cxlemu cci`, --json, the generated
// docs/commands.md and the Wireshark dissector all read them; a static_assert in each header shows that a list covers
// every byte of its struct once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/uuid.hpp"
#include "wire/le.hpp"

namespace cxlemu {

/// How the value of a field is shown to people; the bytes are the same for all.
enum class FieldKind : std::uint8_t {
  number,  ///< decimal
  signed_number,
  hex,     ///< addresses, opcodes, identifiers
  flags,   ///< a bit map whose bits `values` name
  choice,  ///< an enumeration whose values `values` name
  uuid,
  text,             ///< ASCII, padded with zeros
  bytes,            ///< opaque
  reserved,         ///< not shown
  nanoseconds,      ///< since 1970
  capacity_256mib,  ///< in units of 256 MiB
  length_64b,       ///< in units of 64 bytes
  structure,        ///< `layout` says what is inside
};

/// A name for one value of a choice, or for the bits of a flags field (value = mask).
struct NamedValue {
  std::uint64_t value;
  std::string_view name;
};

struct Layout;

struct Field {
  std::string_view name;
  std::size_t offset;
  std::size_t size;
  FieldKind kind;
  std::string_view meaning;
  std::span<const NamedValue> values{};
  const Layout* layout = nullptr;
};

/// A payload: fixed fields, then perhaps elements of one kind up to the end.
struct Layout {
  std::string_view name;
  std::size_t size = 0;
  std::span<const Field> fields{};
  std::string_view tail_name{};
  const Layout* tail = nullptr;  ///< elements; null with a tail_name: opaque bytes
};

/// Specialised for every wire struct: `static constexpr std::array fields` and `name`.
template <typename T>
struct Describe;

template <typename T>
concept Described = requires { Describe<T>::fields; };

/// The whole struct is covered once, in order, without a gap.
template <Described T>
consteval bool covers_each_byte_once() {
  std::size_t at = 0;
  for (const Field& field : Describe<T>::fields) {
    if (field.offset != at || field.size == 0) return false;
    at += field.size;
  }
  return at == sizeof(T);
}

template <typename T>
struct LayoutOf {
  static constexpr Layout value{Describe<T>::name, sizeof(T), Describe<T>::fields, {}, nullptr};
};
template <>
struct LayoutOf<std::byte> {
  static constexpr Layout value{"bytes", 1, {}, {}, nullptr};
};

/// What several of an element are called at the end of a payload.
template <typename Element>
inline constexpr std::string_view kPlural = "records";
template <>
inline constexpr std::string_view kPlural<std::byte> = "data";

}  // namespace cxlemu

// One line of a field list. The kind is the third argument; `values` may follow the meaning.
#define CXLEMU_FIELD(Struct, member, kind, ...) \
  ::cxlemu::Field { #member, offsetof(Struct, member), sizeof(Struct::member), ::cxlemu::FieldKind::kind, __VA_ARGS__ }
#define CXLEMU_RESERVED(Struct, member) \
  ::cxlemu::Field{#member, offsetof(Struct, member), sizeof(Struct::member), ::cxlemu::FieldKind::reserved, ""}
// Opens and closes the description of a struct.
#define CXLEMU_DESCRIBE(Struct, ...)                                    \
  template <>                                                           \
  struct Describe<Struct> {                                             \
    static constexpr std::string_view name = #Struct;                   \
    static constexpr auto fields = std::to_array<Field>({__VA_ARGS__}); \
  };                                                                    \
  static_assert(covers_each_byte_once<Struct>())
