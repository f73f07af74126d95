#include "pci/capability.hpp"

#include <utility>

#include "wire/le.hpp"

namespace cxlemu::pci {

Capability capability(CapabilityId id, std::uint16_t length, const char* section, std::vector<Register> registers) {
  return {static_cast<std::uint16_t>(id), 0, length, section, std::move(registers)};
}

Capability capability(ExtendedCapabilityId id, std::uint8_t version, std::uint16_t length, const char* section,
                      std::vector<Register> registers) {
  return {static_cast<std::uint16_t>(id), version, length, section, std::move(registers)};
}

Capability dvsec(DvsecId id, std::uint8_t revision, std::uint16_t length, const char* section,
                 std::vector<Register> registers) {
  std::uint32_t header1 = Bits<15, 0>::set(0U, kCxlVendorId);
  header1 = Bits<19, 16>::set(header1, revision);
  header1 = Bits<31, 20>::set(header1, length);
  registers.push_back(
      {.offset = 0x04, .name = "Designated Vendor-Specific Header 1", .section = section, .reset = header1});
  registers.push_back({.offset = 0x08,
                       .width = 2,
                       .name = "Designated Vendor-Specific Header 2",
                       .section = section,
                       .reset = static_cast<std::uint16_t>(id)});
  return capability(ExtendedCapabilityId::designated_vendor_specific, 1, length, section, std::move(registers));
}

Placement place(const std::vector<Capability>& capabilities, std::uint16_t first) {
  Placement placement;
  unsigned at = first;
  for (const Capability& capability : capabilities) {
    placement.push_back(static_cast<std::uint16_t>(at));
    at = (at + capability.length + 3U) & ~3U;
  }
  return placement;
}

void chain(std::vector<Capability> capabilities, std::uint16_t first, std::vector<Register>& rows) {
  const bool extended = first >= kFirstExtendedCapability;
  const Placement placement = place(capabilities, first);
  for (std::size_t i = 0; i < capabilities.size(); ++i) {
    Capability& capability = capabilities[i];
    const std::uint32_t next = i + 1 < capabilities.size() ? placement[i + 1] : 0;
    std::uint32_t header = capability.id;
    if (extended) {
      header = Bits<19, 16>::set(header, capability.version);
      header = Bits<31, 20>::set(header, next);
    } else {
      header = Bits<15, 8>::set(header, next);
    }
    rows.push_back({.offset = placement[i],
                    .width = static_cast<std::uint8_t>(extended ? 4 : 2),
                    .name = "Capability Header",
                    .section = capability.section,
                    .reset = header});
    for (Register& row : capability.registers) {
      row.offset += placement[i];
      row.lock.offset += placement[i];
      rows.push_back(std::move(row));
    }
  }
}

}  // namespace cxlemu::pci
