#include "decode/names.hpp"

#include "component/memory_device/memory_device.hpp"
#include "decode/payload_text.hpp"
#include "text/size_text.hpp"

namespace cxlemu::decode {

using text::parse_unsigned;

std::optional<Opcode> parse_opcode(std::string_view text) {
  for (const cci::Command& row : memory_device_commands()) {
    if (command_name(row.title) == command_name(text)) return row.opcode;
  }
  const auto number = parse_unsigned(text);
  if (!number || *number > 0xFFFF) return std::nullopt;
  return Opcode{static_cast<std::uint16_t>(*number)};
}

std::optional<ReturnCode> parse_return_code(std::string_view text) {
  for (const auto& [value, name] : kReturnCodes) {
    if (command_name(name) == command_name(text)) return static_cast<ReturnCode>(value);
  }
  const auto number = parse_unsigned(text);
  if (!number || *number > 0xFFFF) return std::nullopt;
  return static_cast<ReturnCode>(*number);
}

}  // namespace cxlemu::decode
