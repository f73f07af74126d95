// The Command Effects Log of the device under test, as its bytes stand on the wire: one line a command.
#pragma once

#include "support/lab.hpp"

namespace cxlemu {

struct CelLine {
  std::string_view mailbox;  ///< opcode and Command Effect, each little-endian; empty: not on these CCIs
  std::string_view mctp;
};
// Bits: 0 after cold reset, 1 immediate configuration, 2 data, 3 policy, 4 log change, 5 security state change,
// 6 background operation, 7 on the secondary mailbox, too, 8 abort supported, 9 bits 11:10 valid, 10 after
// conventional, 11 after CXL reset.
inline constexpr auto kCelLines = std::to_array<CelLine>({
    {"", "0100 0000"},           // Identify
    {"", "0200 0000"},           // Background Operation Status
    {"", "0300 0000"},           // Get Response Message Limit
    {"", "0400 0000"},           // Set Response Message Limit
    {"0500 0000", "0500 0000"},  // Request Abort Background Operation
    {"0001 8000", "0001 0000"},  // Get Event Records
    {"0101 9000", "0101 1000"},  // Clear Event Records
    {"0201 8000", ""},           // Get Event Interrupt Policy
    {"0301 8800", ""},           // Set Event Interrupt Policy
    {"", "0401 0000"},           // Get MCTP Event Interrupt Policy
    {"", "0501 0800"},           // Set MCTP Event Interrupt Policy
    {"0002 0000", "0002 0000"},  // Get FW Info
    {"0102 410f", "0102 410f"},  // Transfer FW
    {"0202 430f", "0202 430f"},  // Activate FW
    {"0003 0000", "0003 0000"},  // Get Timestamp
    {"0103 0800", "0103 0800"},  // Set Timestamp
    {"0004 8000", "0004 0000"},  // Get Supported Logs
    {"0104 8000", "0104 0000"},  // Get Log
    {"0204 8000", "0204 0000"},  // Get Log Capabilities
    {"0304 9000", "0304 1000"},  // Clear Log
    {"0404 5001", "0404 5001"},  // Populate Log
    {"0504 8000", "0504 0000"},  // Get Supported Logs Sub-List
    {"0005 0000", "0005 0000"},  // Get Supported Features
    {"0105 0000", "0105 0000"},  // Get Feature
    {"0205 1a00", "0205 1a00"},  // Set Feature
    {"0006 5401", "0006 5401"},  // Perform Maintenance
    {"0040 8000", "0040 0000"},  // Identify Memory Device
    {"0041 0000", "0041 0000"},  // Get Partition Info
    {"0141 070e", "0141 070e"},  // Set Partition Info
    {"0241 0000", "0241 0000"},  // Get LSA
    {"0341 0600", "0341 0600"},  // Set LSA
    {"0042 0000", "0042 0000"},  // Get Health Info
    {"0142 0000", "0142 0000"},  // Get Alert Configuration
    {"0242 0800", "0242 0800"},  // Set Alert Configuration
    {"0342 0000", "0342 0000"},  // Get Shutdown State
    {"0442 0800", ""},           // Set Shutdown State
    {"0043 0000", "0043 0000"},  // Get Poison List
    {"0143 0400", ""},           // Inject Poison
    {"0243 0400", "0243 0400"},  // Clear Poison
    {"0343 0000", "0343 0000"},  // Get Scan Media Capabilities
    {"0443 4001", "0443 4001"},  // Scan Media
    {"0543 0000", "0543 0000"},  // Get Scan Media Results
    {"0044 6401", "0044 6401"},  // Sanitize
    {"0144 2400", "0144 2400"},  // Secure Erase
    {"0244 4400", ""},           // Media Operations
    {"0045 0000", "0045 0000"},  // Get Security State
    {"0145 2000", "0145 2000"},  // Set Passphrase
    {"0245 2000", "0245 2000"},  // Disable Passphrase
    {"0345 2000", "0345 2000"},  // Unlock
    {"0445 2000", "0445 2000"},  // Freeze Security State
    {"0545 2400", "0545 2400"},  // Passphrase Secure Erase
    {"0046 2000", "0046 2000"},  // Security Send
    {"0146 0000", "0146 0000"},  // Security Receive
    {"0047 0000", "0047 0000"},  // Get SLD QoS Control
    {"0147 0800", "0147 0800"},  // Set SLD QoS Control
    {"0247 0000", "0247 0000"},  // Get SLD QoS Status
});

/// All of it, as hex.
inline std::string whole_cel(cci::CciId via) {
  std::string hex;
  for (const CelLine& line : kCelLines) hex += via.role == cci::Role::mctp ? line.mctp : line.mailbox;
  return to_hex(from_hex(hex).value());
}
/// Its bytes, and a number as the wire has it.
inline std::uint32_t cel_bytes(cci::CciId via) { return static_cast<std::uint32_t>(whole_cel(via).size() / 2); }
inline std::string hex32(std::uint32_t value) { return to_hex(bytes_of(Le32{value})); }

}  // namespace cxlemu
