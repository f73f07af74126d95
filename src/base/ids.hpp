// Integers that must not be swapped: each has its own type.
#pragma once

#include <compare>
#include <cstdint>

namespace cxlemu {

/// An integer of kind `Tag`; converts only explicitly.
template <typename Tag, typename Value>
struct Id {
  Value value{};
  constexpr Id() = default;
  constexpr explicit Id(Value v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
};

using Eid = Id<struct EidTag, std::uint8_t>;               ///< MCTP endpoint ID (DSP0236 8.2)
using NetworkId = Id<struct NetworkIdTag, std::uint32_t>;  ///< MCTP network, as Linux numbers them
using Opcode = Id<struct OpcodeTag, std::uint16_t>;        ///< CXL r3.2 8.2.10: command set in the high byte
using Dpa = Id<struct DpaTag, std::uint64_t>;              ///< device physical address in bytes

inline constexpr Eid kNullEid{0x00};
inline constexpr Eid kBroadcastEid{0xFF};

}  // namespace cxlemu
