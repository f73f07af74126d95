// A Type 3 memory device: one logical device (SLD) and what belongs to the device as a whole, reached by its mailboxes
// and by an MCTP CCI for each of its endpoints.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "cci/dispatch.hpp"
#include "component/logical_device/logical_device.hpp"
#include "component/memory_device/component_state_dump.hpp"
#include "component/memory_device/config.hpp"
#include "component/memory_device/debug_log.hpp"
#include "component/memory_device/ecs.hpp"
#include "component/memory_device/features.hpp"
#include "component/memory_device/firmware.hpp"
#include "component/memory_device/health.hpp"
#include "component/memory_device/maintenance.hpp"
#include "component/memory_device/media_errors.hpp"
#include "component/memory_device/qos.hpp"
#include "component/memory_device/ras.hpp"
#include "component/state_keys.hpp"
#include "wire/information_and_status.hpp"
#include "wire/memory_device.hpp"

namespace cxlemu {

/// Faults of firmware that a user sets.
struct FirmwareFaults {
  /// The next activation, online or at a reset, fails with this: 0Ch or 0Dh.
  std::optional<ReturnCode> activation;
};

/// Everything about a memory device that changes, but for the bytes of its capacities. state_fields.hpp lists it.
struct MemoryDeviceState {
  TimestampState timestamp;
  LogicalDeviceState logical_device;
  FirmwareState firmware;
  HealthState health;
  QosState qos;
  DebugLogState debug_log;
  ComponentStateDumpState component_state_dump;
  EcsState ecs;
  RasState ras;
  std::vector<VendorRegister> vendor_registers;
  FeaturesState features;
  MediaErrorsState media_errors;
  MaintenanceState maintenance;
  std::vector<cci::CciState> ccis;
  bool operator==(const MemoryDeviceState&) const = default;
};

inline constexpr Opcode kPopulateLog{0x0404};

class MemoryDevice {
 public:
  static constexpr cci::Subject kSubject = cci::Subject::device;

  MemoryDevice(std::string id, MemoryDeviceConfig config, Timeline& timeline, LogicalDeviceBackings backings);
  MemoryDevice(const MemoryDevice&) = delete;
  MemoryDevice& operator=(const MemoryDevice&) = delete;
  ~MemoryDevice() { component_.timeline->cancel(media_errors_timer_); }

  [[nodiscard]] const std::string& id() const { return component_.id; }
  [[nodiscard]] const MemoryDeviceConfig& config() const { return config_; }

  /// Its CCIs, commands, faults and changes.
  [[nodiscard]] cci::Component& component() { return component_; }
  [[nodiscard]] const cci::Component& component() const { return component_; }
  /// One that it has.
  [[nodiscard]] cci::Cci& cci(cci::CciId id) { return *component_.find(id); }

  /// Of the device itself; what else belongs to it is reset by who asks for a reset of everything.
  void reset(ResetKind kind);
  [[nodiscard]] MemoryDeviceState save() const;
  /// Goes on from a state of a device with the same configuration; deadlines are set again, those that have passed fire
  /// at the next advance.
  void restore(MemoryDeviceState state);
  /// Logs an event on every CCI (CXL r3.2 9.20.1). The handle and the timestamp are the log's.
  void log_event(EventLogId log, const EventRecord& record);
  /// Puts something into the Vendor Debug Log.
  void note(DebugLogEntry entry);
  /// Media fails: whole cache lines inside the capacity are poisoned. Known poison is told of.
  void poison_media(Dpa dpa, std::uint64_t length, PoisonKind kind);
  /// Media is whole again there.
  void repair_media(Dpa dpa, std::uint64_t length);
  /// A host's access through CXL.mem. Poison that it comes upon is known from then on, and told of (8.2.10.9.4.1).
  std::expected<void, MediaError> read_media(Dpa dpa, MutableBytes to);
  std::expected<void, MediaError> write_media(Dpa dpa, Bytes from);

  [[nodiscard]] cci::CommandSet& commands() { return component_.commands; }
  [[nodiscard]] cci::Faults& faults() { return component_.faults; }
  [[nodiscard]] Changes& changes() { return component_.changes; }
  [[nodiscard]] LogicalDevice& logical_device() { return logical_device_; }
  [[nodiscard]] const LogicalDevice& logical_device() const { return logical_device_; }
  [[nodiscard]] TimestampState& timestamp() { return component_.timestamp; }
  [[nodiscard]] FirmwareState& firmware() { return firmware_; }
  [[nodiscard]] const FirmwareState& firmware() const { return firmware_; }
  [[nodiscard]] DebugLogState& debug_log() { return debug_log_; }
  [[nodiscard]] ComponentStateDumpState& component_state_dump() { return component_state_dump_; }
  [[nodiscard]] EcsState& ecs() { return ecs_; }
  [[nodiscard]] const EcsState& ecs() const { return ecs_; }
  [[nodiscard]] RasState& ras() { return ras_; }
  [[nodiscard]] const RasState& ras() const { return ras_; }
  [[nodiscard]] std::vector<VendorRegister>& vendor_registers() { return vendor_registers_; }
  [[nodiscard]] FeaturesState& features() { return features_; }
  [[nodiscard]] const FeaturesState& features() const { return features_; }
  [[nodiscard]] MediaErrorsState& media_errors() { return media_errors_; }
  [[nodiscard]] const MediaErrorsState& media_errors() const { return media_errors_; }
  [[nodiscard]] MaintenanceState& maintenance() { return maintenance_; }
  [[nodiscard]] const MaintenanceState& maintenance() const { return maintenance_; }
  [[nodiscard]] DramGeometry dram() const { return DramGeometry(logical_device_.capacity()); }
  /// To be called after what media_errors::next_deadline() looks at has changed.
  void rearm_media_errors();
  [[nodiscard]] FirmwareFaults& firmware_faults() { return firmware_faults_; }
  [[nodiscard]] Time now() const { return component_.now(); }
  [[nodiscard]] Profile profile() const { return config_.profile; }
  [[nodiscard]] HealthState& health() { return health_; }
  [[nodiscard]] const HealthState& health() const { return health_; }
  [[nodiscard]] QosState& qos() { return qos_; }
  /// Background operations of the mailbox CCI that have ended, for the function that tells of it.
  [[nodiscard]] std::uint64_t mailbox_completions() const { return mailbox_completions_; }

 private:
  static std::optional<ReturnCode> admit(const cci::Cci& cci, const cci::Command& command);
  static void note(const cci::Cci& cci, const cci::Note& note);
  void add_ccis();
  void end_mailbox_operation(cci::Interruption why);
  void reset_firmware(ResetKind kind);
  void reset_partitions();
  void reset_poison(ResetKind kind);
  void reset_security(ResetKind kind);
  void reset_logs_and_errors(ResetKind kind);
  void reset_features(ResetKind kind);

  MemoryDeviceConfig config_;
  cci::Component component_;
  LogicalDevice logical_device_;
  FirmwareState firmware_;
  FirmwareFaults firmware_faults_;
  HealthState health_;
  QosState qos_;
  DebugLogState debug_log_;
  ComponentStateDumpState component_state_dump_;
  EcsState ecs_;
  RasState ras_;
  std::vector<VendorRegister> vendor_registers_;
  FeaturesState features_;
  MediaErrorsState media_errors_;
  MaintenanceState maintenance_;
  Timeline::Key media_errors_timer_;
  std::uint64_t mailbox_completions_ = 0;
};

/// The row of the Component State Dump Log.
const cci::LogRow& component_state_dump_row();

/// What Get Supported Logs lists.
std::span<const cci::LogRow> memory_device_logs();

/// The rows of every command of a memory device, sorted by opcode.
std::span<const cci::Command> memory_device_commands(Profile profile = Profile::strict);
/// The requests that a memory device sends.
std::span<const cci::Command> memory_device_sent_commands();

}  // namespace cxlemu
