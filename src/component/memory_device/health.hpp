// CXL r3.2 8.2.10.9.3 Health Information and Alerts: what the device's condition is, and what it says when that
// changes.
#pragma once

#include "cci/command.hpp"
#include "component/memory_device/config.hpp"
#include "wire/health.hpp"

namespace cxlemu {

class MemoryDevice;

/// The programmable warnings; enabled ones are bits of Alerts.
struct AlertWarnings {
  std::uint8_t enabled = Alerts::kAll;
  std::uint8_t life_used = 0;
  std::int16_t over_temperature = 0;
  std::int16_t under_temperature = 0;
  std::uint16_t corrected_volatile = 0;
  std::uint16_t corrected_persistent = 0;
  bool operator==(const AlertWarnings&) const = default;
};

struct HealthState {
  std::uint8_t health_status = 0;
  std::uint8_t media_status = 0;
  std::uint8_t additional_status = 0;  ///< as it was told last; follows from the rest
  std::uint8_t life_used = 0;
  std::int16_t temperature = 0;
  std::uint32_t dirty_shutdown_count = 0;
  std::uint32_t corrected_volatile_error_count = 0;
  std::uint32_t corrected_persistent_error_count = 0;
  bool shutdown_is_dirty = false;
  AlertWarnings warnings;
  bool operator==(const HealthState&) const = default;
};

HealthState initial_health(const MemoryDeviceConfig& config);

namespace health {

// CXL r3.2 8.2.10.9.3.1 Get Health Info (Opcode 4200h)
cci::Result<GetHealthInfoOut> get_health_info(MemoryDevice& device, cci::Cci& cci);
// CXL r3.2 8.2.10.9.3.2 Get Alert Configuration (Opcode 4201h)
cci::Result<GetAlertConfigurationOut> get_alert_configuration(MemoryDevice& device, cci::Cci& cci);
// CXL r3.2 8.2.10.9.3.3 Set Alert Configuration (Opcode 4202h)
cci::Result<void> set_alert_configuration(MemoryDevice& device, cci::Cci& cci, const SetAlertConfigurationIn& in);
// CXL r3.2 8.2.10.9.3.4 Get Shutdown State (Opcode 4203h)
cci::Result<ShutdownState> get_shutdown_state(MemoryDevice& device, cci::Cci& cci);
// CXL r3.2 8.2.10.9.3.5 Set Shutdown State (Opcode 4204h)
cci::Result<void> set_shutdown_state(MemoryDevice& device, cci::Cci& cci, const ShutdownState& in);

/// What changes a device's condition, with the events that the change makes.
void set(MemoryDevice& device, const HealthState& wanted);
/// Corrected errors of the media; the counts saturate.
void count_corrected_errors(MemoryDevice& device, bool of_volatile, std::uint32_t errors);
/// Any Conventional Reset: counts, warnings and the shutdown state begin anew.
void reset(MemoryDevice& device);

}  // namespace health
}  // namespace cxlemu
