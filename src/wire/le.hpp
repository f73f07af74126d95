// Little-endian fields: a byte array that converts to and from an integer or enumeration. Alignment is 1, so a struct
// of them has the layout that the specification prints, with no packing attribute and no byte swapping.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace cxlemu {

static_assert(std::endian::native == std::endian::little, "Le<> copies bytes as they lie");

template <typename T, std::size_t N = sizeof(T)>
  requires(std::integral<T> || std::is_enum_v<T>) && (N <= sizeof(T))
class Le {
 public:
  using Value = T;
  constexpr Le() = default;
  // std::copy_n, because GCC 12 turns std::ranges::copy into a call of memcpy here.
  constexpr Le(T value) { std::copy_n(std::bit_cast<Wide>(value).begin(), N, bytes_.begin()); }
  constexpr operator T() const {
    Wide wide{};
    std::copy_n(bytes_.begin(), N, wide.begin());
    return std::bit_cast<T>(wide);
  }
  [[nodiscard]] constexpr T value() const { return *this; }

 private:
  using Wide = std::array<std::byte, sizeof(T)>;
  std::array<std::byte, N> bytes_{};
};

using U8 = Le<std::uint8_t>;
using Le16 = Le<std::uint16_t>;
using Le24 = Le<std::uint32_t, 3>;
using Le32 = Le<std::uint32_t>;
using Le64 = Le<std::uint64_t>;
using LeS16 = Le<std::int16_t>;

/// Bytes that the specification reserves: sent as zero, ignored on receipt.
template <std::size_t N>
using Reserved = std::array<std::byte, N>;

/// What may be read from or written to the wire as it lies in memory.
template <typename T>
concept Wire = std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> && alignof(T) == 1;

static_assert(Wire<Le64> && sizeof(Le24) == 3);

/// Bits hi:lo of a word, as the specification prints them.
template <unsigned Hi, unsigned Lo = Hi>
struct Bits {
  static_assert(Hi >= Lo && Hi < 64);
  static constexpr std::uint64_t kMask = (Hi - Lo == 63 ? ~0ULL : (1ULL << (Hi - Lo + 1)) - 1) << Lo;
  template <typename Word>
  [[nodiscard]] static constexpr std::uint64_t get(Word word) {
    return (static_cast<std::uint64_t>(word) & kMask) >> Lo;
  }
  /// The word with these bits replaced by `value`, whose surplus bits are cut off.
  template <std::unsigned_integral Word>
  [[nodiscard]] static constexpr Word set(Word word, std::uint64_t value) {
    return static_cast<Word>((static_cast<std::uint64_t>(word) & ~kMask) | ((value << Lo) & kMask));
  }
};

}  // namespace cxlemu
