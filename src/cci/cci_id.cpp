#include "cci/cci_id.hpp"

#include <array>

namespace cxlemu::cci {

std::string_view name_of(Role role) {
  constexpr std::array<std::string_view, kRoles> kNames = {"mailbox", "secondary-mailbox", "mctp"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string name_of(CciId id) {
  std::string name(name_of(id.role));
  if (id.number != 0) name += std::to_string(id.number);
  return name;
}

std::optional<CciId> parse_cci_id(std::string_view name) {
  for (std::uint8_t role = 0; role < kRoles; ++role) {
    for (std::uint8_t number = 0; number < kMaximumCcisOfARole; ++number) {
      const CciId id{static_cast<Role>(role), number};
      if (name == name_of(id)) return id;
    }
  }
  return std::nullopt;
}

}  // namespace cxlemu::cci
