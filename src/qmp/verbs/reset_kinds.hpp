// Resets by the names that verbs have for them.
#pragma once

#include <array>
#include <string_view>

#include "machine/machine.hpp"

namespace cxlemu::qmp {

inline constexpr auto kResetKinds =
    std::to_array<std::string_view>({"conventional", "hot", "warm", "cold", "cxl", "flr", "power-loss"});

inline ResetKind reset_kind(std::string_view name) {
  if (name == "cold") return ResetKind::cold;
  if (name == "cxl") return ResetKind::cxl;
  if (name == "flr") return ResetKind::flr;
  if (name == "power-loss") return ResetKind::power_loss;
  return ResetKind::conventional;
}

}  // namespace cxlemu::qmp
