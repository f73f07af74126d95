// RFC 4122 UUIDs in the order they are printed, which is the order CXL and MCTP carry them in.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cxlemu {

struct Uuid {
  std::array<std::byte, 16> bytes{};
  constexpr auto operator<=>(const Uuid&) const = default;

  /// "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" in either case.
  static constexpr std::optional<Uuid> parse(std::string_view text) {
    Uuid uuid;
    std::size_t nibbles = 0;
    if (text.size() != 36) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (i == 8 || i == 13 || i == 18 || i == 23) {
        if (c != '-') return std::nullopt;
        continue;
      }
      int nibble = 0;
      if (c >= '0' && c <= '9') {
        nibble = c - '0';
      } else if (c >= 'a' && c <= 'f') {
        nibble = c - 'a' + 10;
      } else if (c >= 'A' && c <= 'F') {
        nibble = c - 'A' + 10;
      } else {
        return std::nullopt;
      }
      auto& byte = uuid.bytes[nibbles / 2];
      byte = static_cast<std::byte>((std::to_integer<int>(byte) << 4 | nibble) & 0xFF);
      ++nibbles;
    }
    return uuid;
  }
  [[nodiscard]] std::string text() const;
};

/// A UUID known at compile time; a malformed one does not compile.
consteval Uuid operator""_uuid(const char* text, std::size_t length) { return Uuid::parse({text, length}).value(); }

}  // namespace cxlemu
