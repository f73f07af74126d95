// CXL r3.2 8.2.10.9.8 SLD QoS Telemetry. The egress port is a queue: an access keeps it busy for as long as the media
// needs for its bytes (`qos-bandwidth`), and what comes meanwhile waits behind it.
#pragma once

#include "base/timeline.hpp"
#include "cci/command.hpp"
#include "wire/health.hpp"

namespace cxlemu {

class MemoryDevice;

struct QosState {
  std::uint8_t control = 0;  ///< QoS Telemetry Control
  std::uint8_t egress_moderate_percentage = 10;
  std::uint8_t egress_severe_percentage = 25;
  std::uint8_t backpressure_sample_interval = 8;  ///< nanoseconds
  /// Since when, and until when, the port is busy without a pause.
  Time busy_from{};
  Time busy_until{};
  bool operator==(const QosState&) const = default;
};

namespace qos {

// CXL r3.2 8.2.10.9.8.1 Get SLD QoS Control (Opcode 4700h)
cci::Result<SldQosControl> get_sld_qos_control(MemoryDevice& device, cci::Cci& cci);
// CXL r3.2 8.2.10.9.8.2 Set SLD QoS Control (Opcode 4701h)
cci::Result<void> set_sld_qos_control(MemoryDevice& device, cci::Cci& cci, const SldQosControl& in);
// CXL r3.2 8.2.10.9.8.3 Get SLD QoS Status (Opcode 4702h)
cci::Result<GetSldQosStatusOut> get_sld_qos_status(MemoryDevice& device, cci::Cci& cci);

/// QoS Telemetry Capabilities of Identify Memory Device, and what may be enabled.
std::uint8_t capabilities(const MemoryDevice& device);
/// A host's access of so many bytes.
void count_access(MemoryDevice& device, std::uint64_t bytes);

}  // namespace qos
}  // namespace cxlemu
