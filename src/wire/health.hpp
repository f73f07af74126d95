// CXL r3.2 8.2.10.9.3 Health Information and Alerts (Opcodes 4200h to 4204h) and 8.2.10.9.8 SLD QoS Telemetry (Opcodes
// 4700h to 4702h)
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

// CXL r3.2 8.2.10.9.3.1 Get Health Info (Opcode 4200h), output payload
struct GetHealthInfoOut {
  U8 health_status;
  U8 media_status;
  U8 additional_status;
  U8 life_used;
  LeS16 device_temperature;
  Le32 dirty_shutdown_count;
  Le32 corrected_volatile_error_count;
  Le32 corrected_persistent_error_count;
};
static_assert(sizeof(GetHealthInfoOut) == 18);

inline constexpr auto kHealthStatus = std::to_array<NamedValue>({{1, "Maintenance Needed"},
                                                                 {2, "Performance Degraded"},
                                                                 {4, "Hardware Replacement Needed"},
                                                                 {8, "Memory Capacity Degraded"}});
inline constexpr auto kMediaStatus = std::to_array<NamedValue>({
    {0, "Normal"},
    {1, "Not Ready"},
    {2, "Write Persistency Lost"},
    {3, "All Data Lost"},
    {4, "Write Persistency Loss in the Event of Power Loss"},
    {5, "Write Persistency Loss in Event of Shutdown"},
    {6, "Write Persistency Loss Imminent"},
    {7, "All Data Loss in the Event of Power Loss"},
    {8, "All Data Loss in the Event of Shutdown"},
    {9, "All Data Loss Imminent"},
});

CXLEMU_DESCRIBE(
    GetHealthInfoOut, CXLEMU_FIELD(GetHealthInfoOut, health_status, flags, "Health Status", kHealthStatus),
    CXLEMU_FIELD(GetHealthInfoOut, media_status, choice, "Media Status", kMediaStatus),
    CXLEMU_FIELD(GetHealthInfoOut, additional_status, hex,
                 "bits 1:0 life used, 3:2 temperature (0 normal, 1 warning, 2 critical), 4 corrected volatile errors, "
                 "5 corrected persistent errors"),
    CXLEMU_FIELD(GetHealthInfoOut, life_used, number, "percent of the factory expected life; 255: not implemented"),
    CXLEMU_FIELD(GetHealthInfoOut, device_temperature, signed_number, "degrees Celsius; 32767: not implemented"),
    CXLEMU_FIELD(GetHealthInfoOut, dirty_shutdown_count, number, "Dirty Shutdown Count"),
    CXLEMU_FIELD(GetHealthInfoOut, corrected_volatile_error_count, number, "Corrected Volatile Error Count"),
    CXLEMU_FIELD(GetHealthInfoOut, corrected_persistent_error_count, number, "Corrected Persistent Error Count"));

/// The five alerts, as bits of the masks of 4201h and 4202h.
struct Alerts {
  static constexpr std::uint8_t kLifeUsed = 1 << 0;
  static constexpr std::uint8_t kOverTemperature = 1 << 1;
  static constexpr std::uint8_t kUnderTemperature = 1 << 2;
  static constexpr std::uint8_t kCorrectedVolatile = 1 << 3;
  static constexpr std::uint8_t kCorrectedPersistent = 1 << 4;
  static constexpr std::uint8_t kAll = 0x1F;
};
inline constexpr auto kAlerts = std::to_array<NamedValue>({{1, "Life Used"},
                                                           {2, "Device Over-Temperature"},
                                                           {4, "Device Under-Temperature"},
                                                           {8, "Corrected Volatile Memory Error"},
                                                           {16, "Corrected Persistent Memory Error"}});

// CXL r3.2 8.2.10.9.3.2 Get Alert Configuration (Opcode 4201h), output payload
struct GetAlertConfigurationOut {
  U8 valid_alerts;
  U8 programmable_alerts;
  U8 life_used_critical_alert_threshold;
  U8 life_used_warning_threshold;
  LeS16 over_temperature_critical_alert_threshold;
  LeS16 under_temperature_critical_alert_threshold;
  LeS16 over_temperature_warning_threshold;
  LeS16 under_temperature_warning_threshold;
  Le16 corrected_volatile_error_warning_threshold;
  Le16 corrected_persistent_error_warning_threshold;
};
static_assert(sizeof(GetAlertConfigurationOut) == 16);
CXLEMU_DESCRIBE(
    GetAlertConfigurationOut,
    CXLEMU_FIELD(GetAlertConfigurationOut, valid_alerts, flags, "warnings that are enabled", kAlerts),
    CXLEMU_FIELD(GetAlertConfigurationOut, programmable_alerts, flags, "warnings that can be set", kAlerts),
    CXLEMU_FIELD(GetAlertConfigurationOut, life_used_critical_alert_threshold, number, "percent"),
    CXLEMU_FIELD(GetAlertConfigurationOut, life_used_warning_threshold, number, "percent"),
    CXLEMU_FIELD(GetAlertConfigurationOut, over_temperature_critical_alert_threshold, signed_number, "degrees Celsius"),
    CXLEMU_FIELD(GetAlertConfigurationOut, under_temperature_critical_alert_threshold, signed_number,
                 "degrees Celsius"),
    CXLEMU_FIELD(GetAlertConfigurationOut, over_temperature_warning_threshold, signed_number, "degrees Celsius"),
    CXLEMU_FIELD(GetAlertConfigurationOut, under_temperature_warning_threshold, signed_number, "degrees Celsius"),
    CXLEMU_FIELD(GetAlertConfigurationOut, corrected_volatile_error_warning_threshold, number, "errors"),
    CXLEMU_FIELD(GetAlertConfigurationOut, corrected_persistent_error_warning_threshold, number, "errors"));

// CXL r3.2 8.2.10.9.3.3 Set Alert Configuration (Opcode 4202h), input payload
struct SetAlertConfigurationIn {
  U8 valid_alert_actions;
  U8 enable_alert_actions;
  U8 life_used_warning_threshold;
  Reserved<1> reserved;
  LeS16 over_temperature_warning_threshold;
  LeS16 under_temperature_warning_threshold;
  Le16 corrected_volatile_error_warning_threshold;
  Le16 corrected_persistent_error_warning_threshold;
};
static_assert(sizeof(SetAlertConfigurationIn) == 12);
CXLEMU_DESCRIBE(
    SetAlertConfigurationIn,
    CXLEMU_FIELD(SetAlertConfigurationIn, valid_alert_actions, flags, "warnings that this request is about", kAlerts),
    CXLEMU_FIELD(SetAlertConfigurationIn, enable_alert_actions, flags, "of these, the ones to enable", kAlerts),
    CXLEMU_FIELD(SetAlertConfigurationIn, life_used_warning_threshold, number, "percent, below the critical one"),
    CXLEMU_RESERVED(SetAlertConfigurationIn, reserved),
    CXLEMU_FIELD(SetAlertConfigurationIn, over_temperature_warning_threshold, signed_number,
                 "degrees Celsius, below the critical one"),
    CXLEMU_FIELD(SetAlertConfigurationIn, under_temperature_warning_threshold, signed_number,
                 "degrees Celsius, above the critical one"),
    CXLEMU_FIELD(SetAlertConfigurationIn, corrected_volatile_error_warning_threshold, number, "errors"),
    CXLEMU_FIELD(SetAlertConfigurationIn, corrected_persistent_error_warning_threshold, number, "errors"));

// CXL r3.2 8.2.10.9.3.4 Get Shutdown State (Opcode 4203h), output payload, and
// CXL r3.2 8.2.10.9.3.5 Set Shutdown State (Opcode 4204h), input payload
struct ShutdownState {
  U8 state;
  static constexpr std::uint8_t kDirty = 1 << 0;
};
static_assert(sizeof(ShutdownState) == 1);
inline constexpr auto kShutdownStates = std::to_array<NamedValue>({{1, "Dirty"}});
CXLEMU_DESCRIBE(ShutdownState, CXLEMU_FIELD(ShutdownState, state, flags, "Shutdown State; 0: clean", kShutdownStates));

// CXL r3.2 8.2.10.9.8.1 Get SLD QoS Control (Opcode 4700h), output payload, and
// CXL r3.2 8.2.10.9.8.2 Set SLD QoS Control (Opcode 4701h), input payload
struct SldQosControl {
  U8 qos_telemetry_control;
  U8 egress_moderate_percentage;
  U8 egress_severe_percentage;
  U8 backpressure_sample_interval;

  static constexpr std::uint8_t kEgressPortCongestion = 1 << 0;
  static constexpr std::uint8_t kTemporaryThroughputReduction = 1 << 1;
};
static_assert(sizeof(SldQosControl) == 4);
inline constexpr auto kQosTelemetryControl =
    std::to_array<NamedValue>({{1, "Egress Port Congestion Enable"}, {2, "Temporary Throughput Reduction Enable"}});
CXLEMU_DESCRIBE(SldQosControl,
                CXLEMU_FIELD(SldQosControl, qos_telemetry_control, flags, "QoS Telemetry Control",
                             kQosTelemetryControl),
                CXLEMU_FIELD(SldQosControl, egress_moderate_percentage, number, "1 to 100"),
                CXLEMU_FIELD(SldQosControl, egress_severe_percentage, number, "1 to 100"),
                CXLEMU_FIELD(SldQosControl, backpressure_sample_interval, number,
                             "nanoseconds, 0 to 15; a hundred of them are looked at; 0: not measured"));

// CXL r3.2 8.2.10.9.8.3 Get SLD QoS Status (Opcode 4702h), output payload
struct GetSldQosStatusOut {
  U8 backpressure_average_percentage;
};
static_assert(sizeof(GetSldQosStatusOut) == 1);
CXLEMU_DESCRIBE(GetSldQosStatusOut, CXLEMU_FIELD(GetSldQosStatusOut, backpressure_average_percentage, number,
                                                 "how busy the device was with accesses"));

}  // namespace cxlemu
