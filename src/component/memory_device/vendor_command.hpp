// Vendor opcodes of a device (CXL r3.2 8.2.10, C000h to FFFFh) that a user describes in a table: what they take, and
// what they answer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "wire/return_code.hpp"

namespace cxlemu {

enum class VendorAnswer : std::uint8_t {
  nothing,      ///< Success without payload
  payload,      ///< always the same bytes
  echo,         ///< what was sent
  return_code,  ///< always this refusal
  get,          ///< a register
  set,          ///< writes a register: its first bytes; those that are not sent become 0
};

struct VendorCommand {
  std::uint16_t opcode = 0xC000;
  std::string name;
  std::uint16_t effects = 0;  ///< bits of a Command Effect
  std::uint32_t minimum_length = 0;
  std::uint32_t maximum_length = 0;  ///< longer requests are 16h
  bool by_mailbox = true;
  bool by_mctp = true;
  VendorAnswer answer = VendorAnswer::nothing;
  Buffer payload;
  ReturnCode return_code = ReturnCode::success;
  std::string register_name;  ///< of get and set
};

/// Bytes that vendor commands read and write; kept over every reset.
struct VendorRegister {
  std::string name;
  Buffer value;
  bool operator==(const VendorRegister&) const = default;
};

/// LIMIT: bytes of a register, so that it fits every response.
inline constexpr std::size_t kMaximumVendorRegister = 256;
/// LIMIT: bytes of a fixed answer, what the largest response over MCTP holds.
inline constexpr std::size_t kMaximumVendorPayload = 1024;

class MemoryDevice;

namespace vendor {

/// Adds the commands of the device's configuration behind its rows.
void add_commands(MemoryDevice& device);
/// Takes over the saved values of registers that the device has, by name.
void restore(std::vector<VendorRegister>& registers, const std::vector<VendorRegister>& saved);

}  // namespace vendor
}  // namespace cxlemu
