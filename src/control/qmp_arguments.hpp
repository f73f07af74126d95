// Values of QMP arguments, checked against their row before a verb runs and read by it afterwards.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "control/qmp_server.hpp"

namespace cxlemu::control {

/// Are these the arguments that the rows allow? The error names the argument and what it must be.
Result<void> check_arguments(std::span<const Argument> rows, const Json& arguments);

/// Readers of a checked argument.
std::uint64_t number_of(const Json& value);
std::uint64_t number_of(const Json& arguments, std::string_view name, std::uint64_t otherwise);
Nanoseconds duration_of(const Json& value);
Opcode opcode_of(const Json& value);
Buffer hex_of(const Json& value);

/// "0x4400", "17408" or "sanitize" (a command of a memory device).
std::optional<Opcode> parse_opcode(std::string_view text);
/// "busy", "Invalid Input", "0x0f" or "15".
std::optional<ReturnCode> parse_return_code(std::string_view text);

}  // namespace cxlemu::control
