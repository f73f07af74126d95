// Capabilities of configuration space as lists of registers, and the chains that link them (PCIe 7.5.1.1.11, 7.6).
#pragma once

#include <cstdint>
#include <vector>

#include "pci/register_table.hpp"

namespace cxlemu::pci {

inline constexpr std::uint16_t kConfigurationSpaceSize = 4096;
inline constexpr std::uint16_t kFirstCapability = 0x40;
/// Where the extended capabilities begin (PCIe 7.6.1).
inline constexpr std::uint16_t kFirstExtendedCapability = 0x100;
/// DVSEC Vendor ID of CXL (CXL r3.2 8.1.1).
inline constexpr std::uint16_t kCxlVendorId = 0x1E98;

/// Capability IDs (PCI Code and ID Assignment).
enum class CapabilityId : std::uint16_t { power_management = 0x01, msi = 0x05, pci_express = 0x10, msi_x = 0x11 };
enum class ExtendedCapabilityId : std::uint16_t {
  advanced_error_reporting = 0x0001,
  device_serial_number = 0x0003,
  designated_vendor_specific = 0x0023,
  data_object_exchange = 0x002E,
};
/// CXL r3.2 Table 8-2, what an SLD has.
enum class DvsecId : std::uint16_t { cxl_device = 0x0, gpf_device = 0x5, flex_bus_port = 0x7, register_locator = 0x8 };

/// One capability: registers by their offset in it, without its header, which chain() adds.
struct Capability {
  std::uint16_t id = 0;
  std::uint8_t version = 0;  ///< extended ones only
  std::uint16_t length = 0;  ///< bytes
  const char* section = "";
  std::vector<Register> registers{};
};

Capability capability(CapabilityId id, std::uint16_t length, const char* section, std::vector<Register> registers);
Capability capability(ExtendedCapabilityId id, std::uint8_t version, std::uint16_t length, const char* section,
                      std::vector<Register> registers);
/// A Designated Vendor-Specific Extended Capability of CXL (PCIe 7.9.6, CXL r3.2 8.1.1) with its two headers.
Capability dvsec(DvsecId id, std::uint8_t revision, std::uint16_t length, const char* section,
                 std::vector<Register> registers);

/// Where each capability came to lie, in the order given.
using Placement = std::vector<std::uint16_t>;
/// Where chain() would put them: one behind the other, aligned to 4 bytes.
Placement place(const std::vector<Capability>& capabilities, std::uint16_t first);
/// Moves the registers behind `rows`, with headers that link one to the next. Locks are moved with their registers.
void chain(std::vector<Capability> capabilities, std::uint16_t first, std::vector<Register>& rows);

}  // namespace cxlemu::pci
