// CXL r3.2 8.2.10.9.5.2 Secure Erase (Opcode 4401h) and 8.2.10.9.5.3 Media Operations (Opcode 4402h)
#pragma once

#include "component/logical_device/logical_device.hpp"

namespace cxlemu {

/// How long Media Operations on so many bytes take on the device's time.
Nanoseconds media_operation_duration(const LogicalDeviceConfig& config, std::uint64_t bytes);

/// The smallest range of Media Operations.
inline constexpr std::uint64_t kMediaOperationGranularity = kCacheLine;

namespace logical {

// CXL r3.2 8.2.10.9.5.2 Secure Erase (Opcode 4401h)
cci::Result<void> secure_erase(LogicalDevice& device, cci::Cci&);

// CXL r3.2 8.2.10.9.5.3 Media Operations (Opcode 4402h)
cci::Result<cci::Outcome> media_operations(LogicalDevice& device, cci::Cci& cci, const MediaOperationsIn& in,
                                           cci::Tail<std::byte> rest,
                                           cci::Answer<MediaOperationsDiscoveryOut, SupportedMediaOperation>& out);

ReturnCode complete_media_operations(LogicalDevice& device, cci::Cci&, Bytes request);

/// What had been reached is overwritten; media was and is enabled.
void interrupt_media_operations(LogicalDevice& device, cci::Cci&, Bytes request, std::uint8_t percent,
                                cci::Interruption);

bool media_operations_run_in_background(const LogicalDevice&, const cci::Cci&, const cci::Request& request);

}  // namespace logical
}  // namespace cxlemu
