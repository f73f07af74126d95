// CXL r3.2 8.2.10.9.5.1 Sanitize (Opcode 4400h). Media is disabled from its start; only a Sanitize that succeeds
// enables it again, across aborts, resets and power loss.
#pragma once

#include "component/logical_device/logical_device.hpp"

namespace cxlemu {

/// How long a Sanitize of so many bytes takes on the device's time.
Nanoseconds sanitize_duration(const LogicalDeviceConfig& config, std::uint64_t capacity_bytes);

namespace logical {

inline constexpr Opcode kSanitize{0x4400};

cci::Result<cci::Outcome> sanitize(LogicalDevice& device, cci::Cci&);

ReturnCode complete_sanitize(LogicalDevice& device, cci::Cci&, Bytes);

/// What had been reached is overwritten; media stays disabled.
void interrupt_sanitize(LogicalDevice& device, cci::Cci&, Bytes, std::uint8_t percent, cci::Interruption);

}  // namespace logical
}  // namespace cxlemu
