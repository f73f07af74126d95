#include "component/memory_device/memory_device.hpp"

#include <algorithm>
#include <utility>

namespace cxlemu {

MemoryDevice::MemoryDevice(std::string id, MemoryDeviceConfig config, Timeline& timeline,
                           LogicalDeviceBackings backings)
    : id_(std::move(id)),
      config_(std::move(config)),
      timeline_(&timeline),
      logical_device_(backings,
                      {.list_records = config_.poison_list_size,
                       .scan_results = config_.scan_results_size,
                       .frozen_list_follows_clears = config_.frozen_poison_list == FrozenPoisonList::follows_clears}),
      commands_{memory_device_commands(config_.profile), {}, config_.secondary_mailbox},
      firmware_(initial_firmware(config_)),
      health_(initial_health(config_)),
      ras_(ras::reset_state(config_.ras_unmasked)),
      vendor_registers_(config_.vendor_registers),
      features_(initial_features(config_)),
      media_errors_(initial_media_errors(features_, timeline.now())),
      mailbox_(cci::Carrier::mailbox, timeline),
      mctp_(cci::Carrier::mctp, timeline) {
  vendor::add_commands(*this);
  logical_device_.state.partitioned_volatile =
      std::min(config_.partitioned_volatile, logical_device_.partitionable_capacity());
  mailbox_.request_limit = mailbox_.response_limit = config_.mailbox_payload_size;
  mctp_.request_limit = mctp_.response_limit = 1U << config_.message_limit;
  for (cci::Context* context : {&mailbox_, &mctp_}) {
    context->events.set_limit(config_.event_log_size);
    context->background.on_deadline([this, context] {
      changes_.mark(StateKey::background);
      cci::complete_background(target(*context));
    });
    context->background.on_break([this](std::uint8_t kind) {
      changes_.mark(StateKey::background);
      if (reset_fault_) {
        reset_fault_(static_cast<ResetKind>(kind));
      } else {
        reset(static_cast<ResetKind>(kind));
      }
    });
  }
}

cci::Target MemoryDevice::target(cci::Context& context) {
  return {.component = {.object = this,
                        .commands = &commands_,
                        .faults = &faults_,
                        .refuse_surplus_payload = refuses_surplus_payload(),
                        .admit = &MemoryDevice::admit,
                        .note = &MemoryDevice::note},
          .context = &context};
}

std::optional<ReturnCode> MemoryDevice::admit(const void* object, const cci::Context& context,
                                              const cci::Command& command) {
  const auto& device = *static_cast<const MemoryDevice*>(object);
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
      if (command.holds_media && device.media_operation_elsewhere(context)) return ReturnCode::busy;
      break;
    case cci::When::media_enabled_by_property:
      if (disabled && device.config_.media_disabled_refuses == MediaDisabledRefuses::all) {
        return ReturnCode::media_disabled;
      }
      break;
    case cci::When::starts_media_operation:
      if (device.media_operation_elsewhere(context)) return ReturnCode::busy;
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

void MemoryDevice::note(void* object, const cci::Context& context, const cci::Note& note) {
  DebugLogEntry entry{.by = context.carrier,
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
  auto& device = *static_cast<MemoryDevice*>(object);
  const bool has_ended = note.what == cci::Note::What::ended || note.what == cci::Note::What::interrupted;
  if (has_ended && context.carrier == cci::Carrier::mailbox) ++device.mailbox_completions_;
  device.note(entry);
}

void MemoryDevice::restore(MemoryDeviceState state) {
  timestamp_ = state.timestamp;
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
  mailbox_.restore(std::move(state.mailbox));
  mctp_.restore(std::move(state.mctp));
  // What was saved by a device of another capacity has no errors here.
  std::erase_if(media_errors_.corrected, [this](const CorrectedErrors& errors) {
    return !logical_device_.contains(Dpa{errors.dpa}, kCacheLine);
  });
  rearm_media_errors();
}

void MemoryDevice::rearm_media_errors() {
  timeline_->cancel(media_errors_timer_);
  const auto next = media_errors::next_deadline(*this);
  if (!next) return;
  media_errors_timer_ = timeline_->at(*next, [this] {
    media_errors::deadline_reached(*this);
    rearm_media_errors();
  });
}

void MemoryDevice::log_event(EventLogId log, const EventRecord& record) {
  std::array<std::uint16_t, kCcisOfADump> handles{};
  std::size_t index = 0;
  for (cci::Context* context : {&mailbox_, &mctp_}) {
    const auto& records = context->events.log(log).records;
    const std::size_t before = records.size();
    const bool was_empty = context->events.append(log, record, timestamp_.at(now()));
    handles[index++] = records.size() > before ? records.back().event_record_handle.value() : std::uint16_t{0};
    if (was_empty) context->notifications.log_has_records(log);
  }
  changes_.mark(StateKey::event_logs);
  note({.kind = DebugLogKind::event, .code = static_cast<std::uint16_t>(log)});
  if (log == EventLogId::fatal) state_dump::trigger(*this, handles);
}

void MemoryDevice::log_poison(const PoisonFinding& finding, MediaTransaction transaction, EventLogId log) {
  log_event(log, poison::event_of(finding, logical_device_.is_volatile(Dpa{finding.range.dpa}), transaction, log));
}

void MemoryDevice::poison_media(Dpa dpa, std::uint64_t length, PoisonKind kind) {
  const auto finding = poison::add(logical_device_.state.poison, logical_device_.poison_limits(), dpa.value, length,
                                   kind, timestamp_.at(now()));
  if (!finding) return;
  changes_.mark(StateKey::poison);
  if (!kind.detected) return media_errors::note_latent_poison(*this);
  const bool is_test = kind.source == PoisonSource::injected;
  log_poison(*finding, is_test ? MediaTransaction::inject_poison : MediaTransaction::unknown,
             is_test ? EventLogId::informational : EventLogId::failure);
}

void MemoryDevice::repair_media(Dpa dpa, std::uint64_t length) {
  poison::repair(logical_device_.state.poison, logical_device_.poison_limits(), dpa.value, length,
                 timestamp_.at(now()));
  changes_.mark(StateKey::poison);
}

std::expected<void, MediaError> MemoryDevice::read_media(Dpa dpa, MutableBytes to) {
  qos::count_access(*this, to.size());
  const auto read = logical_device_.read(dpa, to);
  if (read) media_errors::host_read(*this, dpa.value, to.size());
  if (read || read.error() != MediaError::poison) return read;
  const std::uint64_t first = dpa.value / kCacheLine * kCacheLine;
  const std::uint64_t end = (dpa.value + to.size() + kCacheLine - 1) / kCacheLine * kCacheLine;
  const auto findings = poison::detect(logical_device_.state.poison, logical_device_.poison_limits(), first,
                                       end - first, timestamp_.at(now()));
  for (const PoisonFinding& finding : findings) {
    log_poison(finding, MediaTransaction::host_read, EventLogId::failure);
    changes_.mark(StateKey::poison);
  }
  return read;
}

std::expected<void, MediaError> MemoryDevice::write_media(Dpa dpa, Bytes from) {
  qos::count_access(*this, from.size());
  const bool was_clean = logical_device_.state.poison.is_clean();
  const auto written = logical_device_.write(dpa, from, timestamp_.at(now()));
  if (written) changes_.mark(StateKey::media);
  if (written && !was_clean) changes_.mark(StateKey::poison);
  return written;
}

bool MemoryDevice::holds_media(const cci::Context& context) const {
  if (!context.background.running()) return false;
  const cci::Command* running = commands_.find(context.background.state().opcode);
  return running != nullptr && running->holds_media;
}

bool MemoryDevice::media_operation_elsewhere(const cci::Context& context) const {
  return config_.busy_across == BusyAcross::conflicting && holds_media(&context == &mailbox_ ? mctp_ : mailbox_);
}

IdentifyOut MemoryDevice::identity() const {
  IdentifyOut out{};
  out.pcie_vendor_id = config_.vendor_id;
  out.pcie_device_id = config_.device_id;
  out.pcie_subsystem_vendor_id = config_.subsystem_vendor_id;
  out.pcie_subsystem_id = config_.subsystem_id;
  out.device_serial_number = config_.serial_number;
  out.maximum_supported_message_size = config_.message_limit;
  out.component_type = ComponentType::type3_device;
  return out;
}

void MemoryDevice::erase_event_logs() {
  mailbox_.events.erase();
  mctp_.events.erase();
}

std::size_t MemoryDevice::operations_running(Opcode opcode) const {
  const auto runs = [opcode](const cci::Context& context) {
    return context.background.running() && context.background.state().opcode == opcode;
  };
  return static_cast<std::size_t>(runs(mailbox_)) + static_cast<std::size_t>(runs(mctp_));
}

}  // namespace cxlemu
