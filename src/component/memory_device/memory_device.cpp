#include "component/memory_device/memory_device.hpp"

#include <algorithm>
#include <utility>

#include "component/generic/ccis.hpp"

namespace cxlemu {
namespace {

IdentifyOut identity_of(const MemoryDeviceConfig& config) {
  IdentifyOut out{};
  out.pcie_vendor_id = config.vendor_id;
  out.pcie_device_id = config.device_id;
  out.pcie_subsystem_vendor_id = config.subsystem_vendor_id;
  out.pcie_subsystem_id = config.subsystem_id;
  out.device_serial_number = config.serial_number;
  out.maximum_supported_message_size = config.message_limit;
  out.component_type = ComponentType::type3_device;
  return out;
}

}  // namespace

MemoryDevice::MemoryDevice(std::string id, MemoryDeviceConfig config, Timeline& timeline,
                           LogicalDeviceBackings backings)
    : config_(std::move(config)),
      component_(std::move(id), timeline),
      logical_device_(component_, config_, backings),
      firmware_(initial_firmware(config_)),
      health_(initial_health(config_)),
      ras_(ras::reset_state(config_.ras_unmasked)),
      vendor_registers_(config_.vendor_registers),
      features_(initial_features(config_)),
      media_errors_(initial_media_errors(features_, timeline.now())) {
  component_.commands.rows = memory_device_commands(config_.profile);
  vendor::add_commands(*this);
  component_.identity = identity_of(config_);
  component_.logs = memory_device_logs();
  component_.profile = config_.profile;
  component_.abort_when_idle = config_.abort_when_idle;
  component_.refuse_surplus_payload = config_.surplus_payload == SurplusPayload::refuse;
  component_.admit = &MemoryDevice::admit;
  component_.note = &MemoryDevice::note;
  component_.abort_threshold = [](const cci::Cci& cci) {
    const auto& device = cci.subject<MemoryDevice>();
    return features::current<DeviceSettings>(device.features(), FeatureIndex::device_settings).abort_threshold.value();
  };
  component_.on_reset_request = [this](ResetKind kind) { reset(kind); };
  logical_device_.on_event = [this](EventLogId log, const EventRecord& record) { log_event(log, record); };
  add_ccis();
}

void MemoryDevice::add_ccis() {
  const auto& mailbox = generic::add_cci(component_, cci::kMailbox, config_.mailbox_payload_size);
  if (config_.secondary_mailbox) {
    generic::add_cci(component_, cci::kSecondaryMailbox, config_.mailbox_payload_size, mailbox.events);
  }
  for (std::uint8_t i = 0; i < config_.mctp_ccis; ++i) {
    generic::add_cci(component_, {cci::Role::mctp, i}, 1U << config_.message_limit);
  }
  for (cci::Cci& cci : component_.ccis) {
    cci.subjects[static_cast<std::size_t>(cci::Subject::device)] = this;
    cci.subjects[static_cast<std::size_t>(cci::Subject::logical_device)] = &logical_device_;
    cci.events->set_limit(config_.event_log_size);
  }
}

MemoryDeviceState MemoryDevice::save() const {
  return {component_.timestamp,
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
          component_.save_ccis()};
}

std::optional<ReturnCode> MemoryDevice::admit(const cci::Cci& cci, const cci::Command& command) {
  const auto& device = cci.subject<MemoryDevice>();
  const bool disabled = device.logical_device_.state.media_disabled;
  const SecurityState& security = device.logical_device_.state.security;
  switch (command.when) {
    case cci::When::always:
      break;
    case cci::When::security_not_frozen:
      if (security.frozen) return ReturnCode::invalid_security_state;
      break;
    case cci::When::security_not_frozen_and_media_enabled:
      if (security.frozen) return ReturnCode::invalid_security_state;
      if (disabled) return ReturnCode::media_disabled;
      break;
    case cci::When::media_unlocked_and_enabled:
      if (security.locked) return ReturnCode::invalid_security_state;
      [[fallthrough]];
    case cci::When::media_enabled:
      if (disabled) return ReturnCode::media_disabled;
      if (command.holds_media && device.logical_device_.media_operation_elsewhere(cci)) return ReturnCode::busy;
      break;
    case cci::When::media_enabled_by_property:
      if (disabled && device.config_.media_disabled_refuses == MediaDisabledRefuses::all) {
        return ReturnCode::media_disabled;
      }
      break;
    case cci::When::starts_media_operation:
      if (device.logical_device_.media_operation_elsewhere(cci)) return ReturnCode::busy;
      break;
  }
  return std::nullopt;
}

void MemoryDevice::note(DebugLogEntry entry) {
  debug_log::add(debug_log_, entry, now());
  const bool disabled = logical_device_.state.media_disabled;
  if (disabled == debug_log_.media_disabled) return;
  debug_log_.media_disabled = disabled;
  debug_log::add(debug_log_, {.kind = DebugLogKind::media, .code = static_cast<std::uint16_t>(disabled)}, now());
}

void MemoryDevice::note(const cci::Cci& cci, const cci::Note& note) {
  DebugLogEntry entry{.by = cci.id,
                      .opcode = note.opcode.value,
                      .code = static_cast<std::uint16_t>(note.code),
                      .percent = note.percent};
  switch (note.what) {
    case cci::Note::What::refused:
      entry.kind = DebugLogKind::refused;
      break;
    case cci::Note::What::started:
      entry.kind = DebugLogKind::started;
      break;
    case cci::Note::What::ended:
      entry.kind = DebugLogKind::ended;
      break;
    case cci::Note::What::interrupted:
      entry.kind = DebugLogKind::interrupted;
      break;
  }
  auto& device = cci.subject<MemoryDevice>();
  const bool has_ended = note.what == cci::Note::What::ended || note.what == cci::Note::What::interrupted;
  if (has_ended && cci.id == cci::kMailbox) ++device.mailbox_completions_;
  device.note(entry);
}

void MemoryDevice::restore(MemoryDeviceState state) {
  component_.timestamp = state.timestamp;
  logical_device_.state = state.logical_device;
  // Of a device with another configuration it could lie outside.
  logical_device_.state.partitioned_volatile =
      std::min(state.logical_device.partitioned_volatile, logical_device_.partitionable_capacity());
  firmware_ = std::move(state.firmware);
  health_ = state.health;
  qos_ = state.qos;
  debug_log_ = std::move(state.debug_log);
  component_state_dump_ = std::move(state.component_state_dump);
  ecs_ = state.ecs;
  ras_ = std::move(state.ras);
  vendor::restore(vendor_registers_, state.vendor_registers);
  features_ = std::move(state.features);
  media_errors_ = std::move(state.media_errors);
  maintenance_ = std::move(state.maintenance);
  component_.restore_ccis(std::move(state.ccis));
  // What a CCI began that this device does not have cannot go on.
  if (component_.find(firmware_.transfer.by) == nullptr) firmware_.transfer = {};
  if (component_.find(features_.transfer.by) == nullptr) features_.transfer = {};
  // What was saved by a device of another capacity has no errors here.
  std::erase_if(media_errors_.corrected, [this](const CorrectedErrors& errors) {
    return !logical_device_.contains(Dpa{errors.dpa}, kCacheLine);
  });
  rearm_media_errors();
}

void MemoryDevice::rearm_media_errors() {
  component_.timeline->cancel(media_errors_timer_);
  const auto next = media_errors::next_deadline(*this);
  if (!next) return;
  media_errors_timer_ = component_.timeline->at(*next, [this] {
    media_errors::deadline_reached(*this);
    rearm_media_errors();
  });
}

void MemoryDevice::log_event(EventLogId log, const EventRecord& record) {
  const auto handles = component_.log_event(log, record);
  changes().mark(StateKey::event_logs);
  note({.kind = DebugLogKind::event, .code = static_cast<std::uint16_t>(log)});
  if (log == EventLogId::fatal) state_dump::trigger(*this, handles);
}

void MemoryDevice::poison_media(Dpa dpa, std::uint64_t length, PoisonKind kind) {
  const auto finding = poison::add(logical_device_.state.poison, logical_device_.poison_limits(), dpa.value, length,
                                   kind, component_.device_time());
  if (!finding) return;
  changes().mark(StateKey::poison);
  if (!kind.detected) return media_errors::note_latent_poison(*this);
  const bool is_test = kind.source == PoisonSource::injected;
  logical_device_.log_poison(*finding, is_test ? MediaTransaction::inject_poison : MediaTransaction::unknown,
                             is_test ? EventLogId::informational : EventLogId::failure);
}

void MemoryDevice::repair_media(Dpa dpa, std::uint64_t length) {
  poison::repair(logical_device_.state.poison, logical_device_.poison_limits(), dpa.value, length,
                 component_.device_time());
  changes().mark(StateKey::poison);
}

std::expected<void, MediaError> MemoryDevice::read_media(Dpa dpa, MutableBytes to) {
  qos::count_access(*this, to.size());
  const auto read = logical_device_.read(dpa, to);
  if (read) media_errors::host_read(*this, dpa.value, to.size());
  if (read || read.error() != MediaError::poison) return read;
  const std::uint64_t first = dpa.value / kCacheLine * kCacheLine;
  const std::uint64_t end = (dpa.value + to.size() + kCacheLine - 1) / kCacheLine * kCacheLine;
  const auto findings = poison::detect(logical_device_.state.poison, logical_device_.poison_limits(), first,
                                       end - first, component_.device_time());
  for (const PoisonFinding& finding : findings) {
    logical_device_.log_poison(finding, MediaTransaction::host_read, EventLogId::failure);
    changes().mark(StateKey::poison);
  }
  return read;
}

std::expected<void, MediaError> MemoryDevice::write_media(Dpa dpa, Bytes from) {
  qos::count_access(*this, from.size());
  const bool was_clean = logical_device_.state.poison.is_clean();
  const auto written = logical_device_.write(dpa, from, component_.device_time());
  if (written) changes().mark(StateKey::media);
  if (written && !was_clean) changes().mark(StateKey::poison);
  return written;
}

}  // namespace cxlemu
