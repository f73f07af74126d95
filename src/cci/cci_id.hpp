// The identity of a CCI: what it is, and which of its kind. It is made when the component is built, and states, logs,
// QMP and the command line show it by name; nothing that software can change (an EID, a bus address) is part of it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cxlemu::cci {

/// What a CCI is, and so which column of the command tables holds for it (CXL r3.2 Tables 8-49, 8-141; cci-wire A7).
enum class Role : std::uint8_t { mailbox, secondary_mailbox, mctp };
inline constexpr std::uint8_t kRoles = 3;

/// A set of roles: the CCIs that carry a command.
struct Roles {
  std::uint8_t bits = 0;
  [[nodiscard]] constexpr bool has(Role role) const { return (bits >> static_cast<unsigned>(role) & 1U) != 0; }
  constexpr bool operator==(const Roles&) const = default;
};
constexpr Roles only(Role role) { return {static_cast<std::uint8_t>(1U << static_cast<unsigned>(role))}; }
constexpr Roles operator|(Roles a, Roles b) { return {static_cast<std::uint8_t>(a.bits | b.bits)}; }
constexpr Roles operator|(Roles a, Role b) { return a | only(b); }
constexpr Roles operator|(Role a, Role b) { return only(a) | only(b); }

/// LIMIT: CCIs of one role that a component has.
inline constexpr std::uint8_t kMaximumCcisOfARole = 16;

struct CciId {
  Role role{};
  std::uint8_t number = 0;  ///< from 0, below kMaximumCcisOfARole
  auto operator<=>(const CciId&) const = default;
};
inline constexpr CciId kMailbox{Role::mailbox};
inline constexpr CciId kSecondaryMailbox{Role::secondary_mailbox};
inline constexpr CciId kMctp{Role::mctp};

/// "mailbox", "secondary-mailbox"; "mctp" for the first MCTP CCI, "mctp1" for the second.
std::string name_of(CciId id);
/// What all CCIs of a role are called, and the first of them is.
std::string_view name_of(Role role);
/// The CCI of this name; nothing where there can be none.
std::optional<CciId> parse_cci_id(std::string_view name);

}  // namespace cxlemu::cci
