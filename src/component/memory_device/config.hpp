// What a memory device is built with: its identity, its sizes, and every choice that the specification leaves open or
// that a client needs otherwise. Names, defaults and meanings for people stand in options/rows/memory_device.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cci/component.hpp"
#include "component/logical_device/config.hpp"
#include "component/memory_device/vendor_command.hpp"

namespace cxlemu {

enum class MediaDisabledRefuses : std::uint8_t { accessing, all };
enum class SurplusPayload : std::uint8_t { ignore, refuse };
enum class TimestampOnReset : std::uint8_t { keep, clear };

enum class QosTelemetry : std::uint8_t { off, congestion, throughput, both };

enum class FirmwareVerify : std::uint8_t { package, any };

/// LIMIT: spares of one kind that a device can be made with.
inline constexpr std::uint32_t kMaximumSpares = 255;

/// An SLD is one logical device: what that is built with are properties of the device itself.
struct MemoryDeviceConfig : LogicalDeviceConfig {
  // Identity (CXL r3.2 8.2.10.1.1).
  std::uint16_t vendor_id = 0x1AF4;
  std::uint16_t device_id = 0x0C81;
  std::uint16_t subsystem_vendor_id = 0x1AF4;
  std::uint16_t subsystem_id = 0x1100;
  std::uint64_t serial_number = 0;
  std::string firmware_revision = "cxlemu-1.0";  ///< at most 16 ASCII characters

  // Sizes.
  std::uint16_t event_log_size = 64;          ///< records in each of the five logs of each CCI, 1 to 4096
  std::uint32_t mailbox_payload_size = 8192;  ///< bytes, a power of two from 256 to 1 MiB
  std::uint8_t message_limit = 10;            ///< n of 2^n payload bytes over MCTP, 8 to 10

  std::uint8_t fw_slots = 2;                  ///< 2 to 4 (CXL r3.2 8.2.10.3.1)
  std::uint64_t fw_size_limit = 32ULL << 20;  ///< bytes of the largest FW package

  // Spares of each kind, at most kMaximumSpares (CXL r3.2 8.2.10.7.1).
  std::uint8_t soft_ppr_spares = 4;
  std::uint8_t hard_ppr_spares = 4;
  std::uint8_t cacheline_spares = 8;
  std::uint8_t row_spares = 4;
  std::uint8_t bank_spares = 2;
  std::uint8_t rank_spares = 1;

  // Behaviour.
  Profile profile = Profile::strict;
  std::uint8_t abort_threshold = 85;  ///< percentage from which an operation is let finish (0005h)
  AbortWhenIdle abort_when_idle = AbortWhenIdle::success;
  MediaDisabledRefuses media_disabled_refuses = MediaDisabledRefuses::accessing;
  SurplusPayload surplus_payload = SurplusPayload::ignore;
  TimestampOnReset timestamp_on_reset = TimestampOnReset::keep;
  std::optional<FirmwareVerify> firmware_verify;                  ///< absent: package, but any with profile=libcxlmi
  std::optional<std::chrono::milliseconds> fw_transfer_duration;  ///< of a part; overrides `timing` for 0201h
  bool fw_stage_on_transfer = false;
  bool fw_online_activation = true;
  bool fw_activates_in_background = false;
  std::optional<std::chrono::milliseconds> fw_activation_duration;  ///< overrides `timing` for 0202h
  std::optional<std::chrono::milliseconds> sparing_duration;        ///< overrides `timing` for 0600h, class 2
  bool sparing_completes_at_once = false;
  bool patrol_scrub = false;                    ///< enabled by default (CXL r3.2 8.2.10.9.11.1)
  std::uint8_t patrol_scrub_hours = 12;         ///< the default cycle; the minimum where that is longer
  std::uint8_t patrol_scrub_minimum_hours = 1;  ///< not 0
  bool cxl_reset_ends_background = false;
  bool flr_ends_background = false;

  std::optional<std::chrono::milliseconds> populate_duration;  ///< overrides `timing` for 0404h; 0: done at once
  bool ras_unmasked = false;  ///< what the masks of the RAS capability are after a cold reset

  std::vector<VendorCommand> vendor_commands;
  std::vector<VendorRegister> vendor_registers;  ///< with their first values

  /// MCTP CCIs, one for each endpoint; at most cci::kMaximumCcisOfARole.
  std::uint8_t mctp_ccis = 1;

  // PCIe function.
  bool msi_x = false;  ///< else MSI
  bool secondary_mailbox = false;
  std::uint8_t hdm_decoders = 4;   ///< 1, 2, 4, 6, 8 or 10 (CXL r3.2 8.2.4.20.1)
  bool strict_interrupts = false;  ///< as in pci::DeviceRegistersConfig

  // Health (CXL r3.2 8.2.10.9.3.1).
  std::int16_t temperature_celsius = 40;
  std::uint8_t life_used_percent = 1;
  std::uint32_t dirty_shutdowns = 0;
  std::uint8_t life_used_critical = 90;         ///< percent
  std::int16_t over_temperature_critical = 85;  ///< degrees Celsius
  std::int16_t under_temperature_critical = 0;
  // What the programmable warnings are after every Conventional Reset.
  std::uint8_t life_used_warning = 75;
  std::int16_t over_temperature_warning = 75;
  std::int16_t under_temperature_warning = 5;
  std::uint16_t corrected_volatile_errors_warning = 100;
  std::uint16_t corrected_persistent_errors_warning = 100;

  // Partitions and QoS telemetry (CXL r3.2 8.2.10.9.2.2, 8.2.10.9.8).
  QosTelemetry qos_telemetry = QosTelemetry::both;
  std::uint64_t qos_bandwidth = 0;  ///< bytes a second that the media can move; 0: any number
};

}  // namespace cxlemu
