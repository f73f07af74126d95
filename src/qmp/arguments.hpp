// Values of QMP arguments, checked against their row before a verb runs and read by it afterwards.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "qmp/commands.hpp"

namespace cxlemu::qmp {

/// Are these the arguments that the rows allow? The error names the argument and what it must be.
Result<void> check_arguments(std::span<const Argument> rows, const Json& arguments);

/// Readers of a checked argument.
std::uint64_t number_of(const Json& value);
std::uint64_t number_of(const Json& arguments, std::string_view name, std::uint64_t otherwise);
Nanoseconds duration_of(const Json& value);
Opcode opcode_of(const Json& value);
Buffer hex_of(const Json& value);

}  // namespace cxlemu::qmp
