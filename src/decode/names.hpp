// Opcodes and return codes as people write them.
#pragma once

#include <optional>
#include <string_view>

#include "base/ids.hpp"
#include "wire/return_code.hpp"

namespace cxlemu::decode {

/// "0x4400", "17408" or "sanitize" (a command of a memory device).
std::optional<Opcode> parse_opcode(std::string_view text);
/// "busy", "Invalid Input", "0x0f" or "15".
std::optional<ReturnCode> parse_return_code(std::string_view text);

}  // namespace cxlemu::decode
