// CXL r3.2 8.2.10.9.4 Media and Poison Management command sets: Get Poison List, Inject Poison, Clear Poison, Scan
// Media
#pragma once

#include "component/logical_device/logical_device.hpp"

namespace cxlemu {

/// How long Scan Media of so many bytes takes on the device's time.
Nanoseconds scan_duration(const LogicalDeviceConfig& config, std::uint64_t bytes);

namespace logical {

inline constexpr Opcode kScanMedia{0x4304};

// CXL r3.2 8.2.10.9.4.1 Get Poison List (Opcode 4300h)
cci::Result<void> get_poison_list(LogicalDevice& device, cci::Cci& cci, const GetPoisonListIn& in,
                                  cci::Answer<GetPoisonListOut, MediaErrorRecord>& out);

// CXL r3.2 8.2.10.9.4.2 Inject Poison (Opcode 4301h)
cci::Result<void> inject_poison(LogicalDevice& device, cci::Cci&, const InjectPoisonIn& in);

// CXL r3.2 8.2.10.9.4.3 Clear Poison (Opcode 4302h)
cci::Result<void> clear_poison(LogicalDevice& device, cci::Cci&, const ClearPoisonIn& in);

// CXL r3.2 8.2.10.9.4.4 Get Scan Media Capabilities (Opcode 4303h)
cci::Result<GetScanMediaCapabilitiesOut> get_scan_media_capabilities(LogicalDevice& device, cci::Cci&,
                                                                     const GetScanMediaCapabilitiesIn& in);

// CXL r3.2 8.2.10.9.4.5 Scan Media (Opcode 4304h)
cci::Result<cci::Outcome> scan_media(LogicalDevice& device, cci::Cci&, const ScanMediaIn& in);

ReturnCode complete_scan_media(LogicalDevice& device, cci::Cci&, Bytes request);

/// SILENT: the results hold what was found until then; the Poison List and the event logs are as they were.
void interrupt_scan_media(LogicalDevice& device, cci::Cci&, Bytes request, std::uint8_t percent, cci::Interruption why);

// CXL r3.2 8.2.10.9.4.6 Get Scan Media Results (Opcode 4305h)
cci::Result<void> get_scan_media_results(LogicalDevice& device, cci::Cci& cci,
                                         cci::Answer<GetScanMediaResultsOut, MediaErrorRecord>& out);

}  // namespace logical
}  // namespace cxlemu
