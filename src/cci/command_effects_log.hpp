// CXL r3.2 8.2.10.5.2.1 Command Effects Log of one CCI: derived from the rows, never stored.
#pragma once

#include "cci/component.hpp"

namespace cxlemu::cci {

/// Bytes of the CEL of the CCI.
std::uint32_t command_effects_log_size(const Cci& cci);

/// Writes bytes [offset, offset + space.size()) of it, which must lie inside it.
void read_command_effects_log(const Cci& cci, std::uint32_t offset, MutableBytes space);

/// It as a log of the component.
inline constexpr LogRow kCommandEffectsLogRow{.identifier = kCommandEffectsLog,
                                              .name = "Command Effects Log",
                                              .size = command_effects_log_size,
                                              .read = read_command_effects_log};

}  // namespace cxlemu::cci
