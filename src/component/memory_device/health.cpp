#include "component/memory_device/health.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu {
namespace {

AlertWarnings initial_warnings(const MemoryDeviceConfig& config) {
  return {.enabled = Alerts::kAll,
          .life_used = config.life_used_warning,
          .over_temperature = config.over_temperature_warning,
          .under_temperature = config.under_temperature_warning,
          .corrected_volatile = config.corrected_volatile_errors_warning,
          .corrected_persistent = config.corrected_persistent_errors_warning};
}

// Bits of Additional Status (CXL r3.2 8.2.10.9.3.1).
using LifeUsed = Bits<1, 0>;
using Temperature = Bits<3, 2>;
using CorrectedVolatile = Bits<4>;
using CorrectedPersistent = Bits<5>;
constexpr std::uint64_t kNormal = 0;
constexpr std::uint64_t kWarning = 1;
constexpr std::uint64_t kCritical = 2;
constexpr std::uint8_t kLifeUsedNotImplemented = 0xFF;
constexpr std::int16_t kTemperatureNotImplemented = 0x7FFF;

bool is_enabled(const HealthState& state, std::uint8_t alert) { return (state.warnings.enabled & alert) != 0; }

std::uint64_t life_used_level(const HealthState& state, const MemoryDeviceConfig& config) {
  if (state.life_used == kLifeUsedNotImplemented) return kNormal;
  if (state.life_used > config.life_used_critical) return kCritical;
  return is_enabled(state, Alerts::kLifeUsed) && state.life_used >= state.warnings.life_used ? kWarning : kNormal;
}

std::uint64_t temperature_level(const HealthState& state, const MemoryDeviceConfig& config) {
  if (state.temperature == kTemperatureNotImplemented) return kNormal;
  if (state.temperature >= config.over_temperature_critical) return kCritical;
  if (state.temperature <= config.under_temperature_critical) return kCritical;
  const bool over = is_enabled(state, Alerts::kOverTemperature) && state.temperature >= state.warnings.over_temperature;
  const bool under =
      is_enabled(state, Alerts::kUnderTemperature) && state.temperature <= state.warnings.under_temperature;
  return over || under ? kWarning : kNormal;
}

std::uint8_t additional_status(const HealthState& state, const MemoryDeviceConfig& config) {
  const bool volatile_errors = is_enabled(state, Alerts::kCorrectedVolatile) &&
                               state.corrected_volatile_error_count >= state.warnings.corrected_volatile;
  const bool persistent_errors = is_enabled(state, Alerts::kCorrectedPersistent) &&
                                 state.corrected_persistent_error_count >= state.warnings.corrected_persistent;
  std::uint8_t status = LifeUsed::set(std::uint8_t{0}, life_used_level(state, config));
  status = Temperature::set(status, temperature_level(state, config));
  status = CorrectedVolatile::set(status, volatile_errors ? 1 : 0);
  return CorrectedPersistent::set(status, persistent_errors ? 1 : 0);
}

GetHealthInfoOut info_of(const HealthState& state) {
  GetHealthInfoOut out{};
  out.health_status = state.health_status;
  out.media_status = state.media_status;
  out.additional_status = state.additional_status;
  out.life_used = state.life_used;
  out.device_temperature = state.temperature;
  out.dirty_shutdown_count = state.dirty_shutdown_count;
  out.corrected_volatile_error_count = state.corrected_volatile_error_count;
  out.corrected_persistent_error_count = state.corrected_persistent_error_count;
  return out;
}

// Device Event Type of a Memory Module Event (CXL r3.2 8.2.10.2.1.3).
enum class EventType : std::uint8_t { health_status = 0, media_status = 1, life_used = 2, temperature = 3 };

void log(MemoryDevice& device, EventLogId log, EventType type) {
  MemoryModuleEventData data{};
  data.device_event_type = static_cast<std::uint8_t>(type);
  data.device_health_information = info_of(device.health());
  EventRecord record{};
  record.event_record_identifier = kMemoryModuleEventRecord;
  record.event_record_flags = static_cast<std::uint32_t>(log);
  std::memcpy(record.event_record_data.data(), &data, sizeof data);
  device.log_event(log, record);
}

// The events of a change of the levels of Additional Status.
void log_levels(MemoryDevice& device, std::uint8_t before, std::uint8_t after) {
  const auto rise = [&](auto bits, EventType type) {
    const auto from = bits.get(before);
    const auto to = bits.get(after);
    if (to <= from) return;
    log(device, to == kCritical ? EventLogId::failure : EventLogId::warning, type);
  };
  rise(LifeUsed{}, EventType::life_used);
  rise(Temperature{}, EventType::temperature);
  if (Temperature::get(before) != kNormal && Temperature::get(after) == kNormal) {
    log(device, EventLogId::informational, EventType::temperature);
  }
  // SILENT: the type of the event of a corrected error count.
  rise(CorrectedVolatile{}, EventType::health_status);
  rise(CorrectedPersistent{}, EventType::health_status);
}

// What became worse in Health Status, one event each; any change of Media Status but that of becoming ready.
void log_status(MemoryDevice& device, const HealthState& before) {
  constexpr std::uint8_t kHardwareReplacementNeeded = 1 << 2;
  constexpr std::uint8_t kMediaNotReady = 1;
  const HealthState& after = device.health();
  for (const NamedValue& bit : kHealthStatus) {
    const auto mask = static_cast<std::uint8_t>(bit.value);
    if ((after.health_status & ~before.health_status & mask) == 0) continue;
    log(device, mask == kHardwareReplacementNeeded ? EventLogId::failure : EventLogId::warning,
        EventType::health_status);
  }
  const bool became_ready = before.media_status == kMediaNotReady && after.media_status == 0;
  if (after.media_status != before.media_status && !became_ready) {
    log(device, EventLogId::failure, EventType::media_status);
  }
}

// Takes over a state in which something may have changed, works out what follows from it, and tells of it.
void take_over(MemoryDevice& device, HealthState wanted) {
  const HealthState before = device.health();
  wanted.additional_status = additional_status(wanted, device.config());
  if (wanted == before) return;
  device.health() = wanted;
  device.changes().mark(StateKey::health);
  log_status(device, before);
  log_levels(device, before.additional_status, wanted.additional_status);
}

}  // namespace

HealthState initial_health(const MemoryDeviceConfig& config) {
  HealthState state;
  state.life_used = config.life_used_percent;
  state.temperature = config.temperature_celsius;
  state.dirty_shutdown_count = config.dirty_shutdowns;
  state.warnings = initial_warnings(config);
  state.additional_status = additional_status(state, config);
  return state;
}

namespace health {

cci::Result<GetHealthInfoOut> get_health_info(MemoryDevice& device, cci::Cci&) { return info_of(device.health()); }

cci::Result<GetAlertConfigurationOut> get_alert_configuration(MemoryDevice& device, cci::Cci&) {
  const MemoryDeviceConfig& config = device.config();
  const AlertWarnings& warnings = device.health().warnings;
  GetAlertConfigurationOut out{};
  out.valid_alerts = warnings.enabled;
  out.programmable_alerts = Alerts::kAll;
  out.life_used_critical_alert_threshold = config.life_used_critical;
  out.life_used_warning_threshold = warnings.life_used;
  out.over_temperature_critical_alert_threshold = config.over_temperature_critical;
  out.under_temperature_critical_alert_threshold = config.under_temperature_critical;
  out.over_temperature_warning_threshold = warnings.over_temperature;
  out.under_temperature_warning_threshold = warnings.under_temperature;
  out.corrected_volatile_error_warning_threshold = warnings.corrected_volatile;
  out.corrected_persistent_error_warning_threshold = warnings.corrected_persistent;
  return out;
}

cci::Result<void> set_alert_configuration(MemoryDevice& device, cci::Cci&, const SetAlertConfigurationIn& in) {
  const MemoryDeviceConfig& config = device.config();
  const std::uint8_t valid = in.valid_alert_actions & Alerts::kAll;
  const std::uint8_t enabled = in.enable_alert_actions & valid;
  const auto enables = [enabled](std::uint8_t alert) { return (enabled & alert) != 0; };
  // SILENT: the threshold of a warning that is disabled is not looked at.
  if (enables(Alerts::kLifeUsed) && in.life_used_warning_threshold >= config.life_used_critical) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  if (enables(Alerts::kOverTemperature) && in.over_temperature_warning_threshold >= config.over_temperature_critical) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  if (enables(Alerts::kUnderTemperature) &&
      in.under_temperature_warning_threshold <= config.under_temperature_critical) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  HealthState& state = device.health();
  HealthState wanted = state;
  AlertWarnings& warnings = wanted.warnings;
  warnings.enabled = static_cast<std::uint8_t>((warnings.enabled & ~valid) | enabled);
  if (enables(Alerts::kLifeUsed)) warnings.life_used = in.life_used_warning_threshold;
  if (enables(Alerts::kOverTemperature)) warnings.over_temperature = in.over_temperature_warning_threshold;
  if (enables(Alerts::kUnderTemperature)) warnings.under_temperature = in.under_temperature_warning_threshold;
  if (enables(Alerts::kCorrectedVolatile)) warnings.corrected_volatile = in.corrected_volatile_error_warning_threshold;
  if (enables(Alerts::kCorrectedPersistent)) {
    warnings.corrected_persistent = in.corrected_persistent_error_warning_threshold;
  }
  // A warning that is newly programmed and met already is told of at once, though it had been told of before.
  if (enables(Alerts::kLifeUsed) && LifeUsed::get(state.additional_status) == kWarning) {
    state.additional_status = LifeUsed::set(state.additional_status, kNormal);
  }
  if ((enables(Alerts::kOverTemperature) || enables(Alerts::kUnderTemperature)) &&
      Temperature::get(state.additional_status) == kWarning && temperature_level(wanted, config) == kWarning) {
    state.additional_status = Temperature::set(state.additional_status, kNormal);
  }
  if (enables(Alerts::kCorrectedVolatile)) state.additional_status = CorrectedVolatile::set(state.additional_status, 0);
  if (enables(Alerts::kCorrectedPersistent)) {
    state.additional_status = CorrectedPersistent::set(state.additional_status, 0);
  }
  // CXL r3.2 8.2.10.9.11.3: one of the two has thresholds.
  if (enables(Alerts::kCorrectedVolatile)) media_errors::disable_cvme_thresholds(device);
  device.changes().mark(StateKey::health);
  take_over(device, wanted);
  return {};
}

cci::Result<ShutdownState> get_shutdown_state(MemoryDevice& device, cci::Cci&) {
  return ShutdownState{device.health().shutdown_is_dirty ? ShutdownState::kDirty : std::uint8_t{0}};
}

cci::Result<void> set_shutdown_state(MemoryDevice& device, cci::Cci&, const ShutdownState& in) {
  device.health().shutdown_is_dirty = (in.state & ShutdownState::kDirty) != 0;
  device.changes().mark(StateKey::health);
  return {};
}

void set(MemoryDevice& device, const HealthState& wanted) { take_over(device, wanted); }

void count_corrected_errors(MemoryDevice& device, bool of_volatile, std::uint32_t errors) {
  HealthState wanted = device.health();
  std::uint32_t& count = of_volatile ? wanted.corrected_volatile_error_count : wanted.corrected_persistent_error_count;
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
  count = errors > kMost - count ? kMost : count + errors;
  take_over(device, wanted);
}

void reset(MemoryDevice& device) {
  HealthState wanted = device.health();
  wanted.corrected_volatile_error_count = 0;
  wanted.corrected_persistent_error_count = 0;
  wanted.warnings = initial_warnings(device.config());
  if (std::exchange(wanted.shutdown_is_dirty, false)) ++wanted.dirty_shutdown_count;
  take_over(device, wanted);
}

}  // namespace health
}  // namespace cxlemu
