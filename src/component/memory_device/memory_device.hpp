// A Type 3 memory device: one logical device (SLD) and what belongs to the device as a whole, reached by a mailbox CCI
// and, where it has an endpoint, an MCTP CCI.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "cci/dispatch.hpp"
#include "component/changes.hpp"
#include "component/generic/log_row.hpp"
#include "component/generic/timestamp_state.hpp"
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
#include "wire/information_and_status.hpp"
#include "wire/memory_device.hpp"

namespace cxlemu {

/// What a reset reaches (CXL r3.2 9.5, 9.7, 9.8; spec-check (n)).
enum class ResetKind : std::uint8_t {
  conventional,  ///< hot or warm: the PCIe hierarchy, main power stays
  cold,          ///< main power cycled; MCTP CCIs live on auxiliary power
  cxl,           ///< CXL Reset of this logical device
  flr,           ///< Function Level Reset
  power_loss,    ///< main and auxiliary power gone, as when the process is killed
};

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
  cci::ContextState mailbox;
  cci::ContextState mctp;
  bool operator==(const MemoryDeviceState&) const = default;
};

inline constexpr Opcode kPopulateLog{0x0404};

class MemoryDevice {
 public:
  MemoryDevice(std::string id, MemoryDeviceConfig config, Timeline& timeline, LogicalDeviceBackings backings);
  MemoryDevice(const MemoryDevice&) = delete;
  MemoryDevice& operator=(const MemoryDevice&) = delete;
  ~MemoryDevice() { timeline_->cancel(media_errors_timer_); }

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const MemoryDeviceConfig& config() const { return config_; }

  [[nodiscard]] cci::Context& mailbox() { return mailbox_; }
  [[nodiscard]] cci::Context& mctp() { return mctp_; }
  /// The CCI of this context, for dispatch.
  [[nodiscard]] cci::Target target(cci::Context& context);

  void reset(ResetKind kind);
  /// Who carries out a reset that a fault asks for; unset: the device itself.
  void on_reset_fault(std::move_only_function<void(ResetKind)> reset) { reset_fault_ = std::move(reset); }
  [[nodiscard]] MemoryDeviceState save() const {
    return {timestamp_,
            logical_device_.state,
            firmware_,
            health_,
            qos_,
            debug_log_,
            component_state_dump_,
            ecs_,
            ras_,
            vendor_registers_,
            features_,
            media_errors_,
            maintenance_,
            mailbox_.save(),
            mctp_.save()};
  }
  /// Goes on from a state of a device with the same configuration; deadlines are set again, those that have passed fire
  /// at the next advance.
  void restore(MemoryDeviceState state);
  /// Logs an event on every CCI (CXL r3.2 9.20.1). The handle and the timestamp are the log's.
  void log_event(EventLogId log, const EventRecord& record);
  /// Puts something into the Vendor Debug Log.
  void note(DebugLogEntry entry);
  /// Tells of poison by a General Media Event.
  void log_poison(const PoisonFinding& finding, MediaTransaction transaction, EventLogId log);
  /// Media fails: whole cache lines inside the capacity are poisoned. Known poison is told of.
  void poison_media(Dpa dpa, std::uint64_t length, PoisonKind kind);
  /// Media is whole again there.
  void repair_media(Dpa dpa, std::uint64_t length);
  /// A host's access through CXL.mem. Poison that it comes upon is known from then on, and told of (8.2.10.9.4.1).
  std::expected<void, MediaError> read_media(Dpa dpa, MutableBytes to);
  std::expected<void, MediaError> write_media(Dpa dpa, Bytes from);

  [[nodiscard]] cci::CommandSet& commands() { return commands_; }
  [[nodiscard]] cci::Faults& faults() { return faults_; }
  [[nodiscard]] Changes& changes() { return changes_; }
  [[nodiscard]] LogicalDevice& logical_device() { return logical_device_; }
  [[nodiscard]] const LogicalDevice& logical_device() const { return logical_device_; }
  [[nodiscard]] TimestampState& timestamp() { return timestamp_; }
  [[nodiscard]] FirmwareState& firmware() { return firmware_; }
  [[nodiscard]] const FirmwareState& firmware() const { return firmware_; }
  [[nodiscard]] DebugLogState& debug_log() { return debug_log_; }
  [[nodiscard]] ComponentStateDumpState& component_state_dump() { return component_state_dump_; }
  [[nodiscard]] EcsState& ecs() { return ecs_; }
  [[nodiscard]] const EcsState& ecs() const { return ecs_; }
  [[nodiscard]] RasState& ras() { return ras_; }
  [[nodiscard]] const RasState& ras() const { return ras_; }
  [[nodiscard]] std::vector<VendorRegister>& vendor_registers() { return vendor_registers_; }
  /// What Get Supported Logs lists.
  [[nodiscard]] static std::span<const generic::LogRow<MemoryDevice>> log_rows();
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
  [[nodiscard]] Time now() const { return timeline_->now(); }
  [[nodiscard]] Profile profile() const { return config_.profile; }
  [[nodiscard]] bool refuses_surplus_payload() const { return config_.surplus_payload == SurplusPayload::refuse; }
  // COMPAT(libcxlmi): its programs read a limit of 0 as "cannot inject".
  [[nodiscard]] std::uint16_t inject_poison_limit() const {
    return config_.inject_poison_limit.value_or(profile() == Profile::libcxlmi ? 0xFFFF : 0);
  }
  [[nodiscard]] std::uint8_t abort_threshold() const {
    return features::current<DeviceSettings>(features_, FeatureIndex::device_settings).abort_threshold;
  }
  [[nodiscard]] AbortWhenIdle abort_when_idle() const { return config_.abort_when_idle; }
  [[nodiscard]] IdentifyOut identity() const;
  [[nodiscard]] HealthState& health() { return health_; }
  [[nodiscard]] const HealthState& health() const { return health_; }
  [[nodiscard]] QosState& qos() { return qos_; }
  void erase_event_logs();
  /// An operation that has the media to itself runs on another CCI, and that makes this one busy (CXL r3.2 9.20.1:
  /// permitted, not required).
  [[nodiscard]] bool media_operation_elsewhere(const cci::Context& context) const;
  /// Such an operation runs on any of its CCIs.
  [[nodiscard]] bool media_operation_running() const { return holds_media(mailbox_) || holds_media(mctp_); }
  /// Background operations of the mailbox CCI that have ended, for whoever tells of it.
  [[nodiscard]] std::uint64_t mailbox_completions() const { return mailbox_completions_; }
  /// CCIs whose background operation of this opcode is running.
  [[nodiscard]] std::size_t operations_running(Opcode opcode) const;

 private:
  static std::optional<ReturnCode> admit(const void* object, const cci::Context& context, const cci::Command& command);
  static void note(void* object, const cci::Context& context, const cci::Note& note);
  void end_mailbox_operation(cci::Interruption why);
  [[nodiscard]] bool holds_media(const cci::Context& context) const;
  void reset_firmware(ResetKind kind);
  void reset_partitions();
  void reset_poison(ResetKind kind);
  void reset_security(ResetKind kind);
  void reset_logs_and_errors(ResetKind kind);
  void reset_features(ResetKind kind);

  std::string id_;
  MemoryDeviceConfig config_;
  Timeline* timeline_;
  LogicalDevice logical_device_;
  cci::CommandSet commands_;
  cci::Faults faults_;
  Changes changes_;
  TimestampState timestamp_;
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
  std::move_only_function<void(ResetKind)> reset_fault_;
  cci::Context mailbox_;
  cci::Context mctp_;
  std::uint64_t mailbox_completions_ = 0;
};

/// The row of the Component State Dump Log.
const generic::LogRow<MemoryDevice>& component_state_dump_row();

/// The rows of every command of a memory device, sorted by opcode.
std::span<const cci::Command> memory_device_commands(Profile profile = Profile::strict);
/// The requests that a memory device sends.
std::span<const cci::Command> memory_device_sent_commands();

}  // namespace cxlemu
