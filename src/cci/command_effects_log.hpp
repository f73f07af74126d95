// CXL r3.2 8.2.10.5.2.1 Command Effects Log of one CCI: derived from the rows, never stored.
#pragma once

#include "cci/command.hpp"

namespace cxlemu::cci {

/// Bytes of the CEL of the CCI with this carrier.
std::uint32_t command_effects_log_size(const CommandSet& commands, Carrier carrier);

/// Writes bytes [offset, offset + space.size()) of it, which must lie inside it.
void read_command_effects_log(const CommandSet& commands, Carrier carrier, std::uint32_t offset, MutableBytes space);

}  // namespace cxlemu::cci
