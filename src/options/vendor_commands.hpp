// Vendor opcodes from a declaration: the properties vendor-command.N.KEY, as [[device.ID.vendor-command]] of a topology
// file or a list in a JSON option gives them. docs/vendor-commands.md has the keys.
#pragma once

#include "base/result.hpp"
#include "component/memory_device/config.hpp"
#include "options/option_grammar.hpp"

namespace cxlemu::options {

/// Fills vendor_commands and vendor_registers. An error is one line: the place, the key, what is wrong, the remedy.
Result<void> apply_vendor_commands(const Declaration& declaration, MemoryDeviceConfig& config);

/// LIMIT: letters of a vendor command's name.
inline constexpr std::size_t kMaximumVendorName = 64;

}  // namespace cxlemu::options
