// What each kind of reset does to a memory device: the reset table of spec-check (n), from CXL
// r3.2 8.2.9.4, 8.2.10.2.5, 8.2.10.9.5.1, 8.2.10.9.6, 9.5, 9.7 and 9.20.2. A Sanitize that was interrupted leaves media
// disabled through all of them.
#include "component/memory_device/memory_device.hpp"

namespace cxlemu {

void MemoryDevice::end_mailbox_operation(cci::Interruption why) {
  cci::Cci& mailbox = cci(cci::kMailbox);
  if (!mailbox.background.running()) return;
  cci::interrupt_background(mailbox, why);
  changes().mark(StateKey::background);
}

// CXL r3.2 8.2.10.3: Conventional and CXL Reset end a transfer of the mailbox and activate what is staged.
void MemoryDevice::reset_firmware(ResetKind kind) {
  const FirmwareTransfer& transfer = firmware_.transfer;
  const bool ended = transfer.by.role != cci::Role::mctp || kind == ResetKind::power_loss;
  if (transfer.in_progress && ended) firmware::abort_transfer(*this);
  const bool is_cold = kind == ResetKind::cold || kind == ResetKind::power_loss;
  if (is_cold && firmware_.cold_reset_required) {
    firmware_.cold_reset_required = false;
    changes().mark(StateKey::firmware);
  }
  firmware::activate_staged(*this);
}

// CXL r3.2 8.2.10.9.1.1, 8.2.10.9.4.6: injected poison goes, unless it is persistent and the device says that it stays.
void MemoryDevice::reset_poison(ResetKind kind) {
  PoisonState& state = logical_device_.state.poison;
  if (state.is_clean() && !state.scan.available) return;
  const std::uint64_t reached =
      config_.injects_persistent_poison ? logical_device_.volatile_capacity() : logical_device_.capacity();
  poison::remove(state, logical_device_.poison_limits(), 0, reached, PoisonSource::injected, component_.device_time());
  if (kind != ResetKind::cxl) {
    state.scan = {};
    state.cursors = {};
  }
  changes().mark(StateKey::poison);
}

// CXL r3.2 8.2.10.9.6: every Conventional Reset locks what has a user passphrase; only a cold one thaws.
void MemoryDevice::reset_security(ResetKind kind) {
  SecurityState& state = logical_device_.state.security;
  const SecurityState before = state;
  security::lock(state);
  if (kind != ResetKind::conventional) security::thaw(state);
  if (state != before) changes().mark(StateKey::security);
}

// CXL r3.2 8.2.10.9.2.2: a pending partitioning becomes active at the resets that the CEL names.
void MemoryDevice::reset_partitions() {
  const auto next = logical_device_.state.next_partitioned_volatile;
  if (!next) return;
  (void)logical_device_.partition(*next, component_.device_time());
  for (const auto key : {StateKey::partitions, StateKey::media, StateKey::poison}) changes().mark(key);
}

// CXL r3.2 8.2.4.17: the RAS registers are sticky. 8.2.10.5.2.3: the dump outlasts every reset, who reads it begins
// anew.
void MemoryDevice::reset_logs_and_errors(ResetKind kind) {
  component_state_dump_.fetching = {};
  if (kind == ResetKind::conventional) return;
  debug_log_ = {.media_disabled = debug_log_.media_disabled};
  if (const RasState initial = ras::reset_state(config_.ras_unmasked); ras_ != initial) {
    ras_ = initial;
    changes().mark(StateKey::ras);
  }
}

// CXL r3.2 8.2.10.6.1 (Table 8-110), 8.2.10.6.3, 8.2.10.7.
void MemoryDevice::reset_features(ResetKind kind) {
  features::reset(*this, kind);
  media_errors::reset(*this, kind);
  maintenance::reset(*this, kind);
  rearm_media_errors();
}

void MemoryDevice::reset(ResetKind kind) {
  if (kind != ResetKind::cxl && kind != ResetKind::flr) reset_logs_and_errors(kind);
  note({.kind = DebugLogKind::reset, .code = static_cast<std::uint16_t>(kind)});
  // FLR leaves CXL.mem state and the memory controller alone, and no text lets it or CXL Reset end an operation.
  if (kind == ResetKind::flr || kind == ResetKind::cxl) {
    const bool ends = kind == ResetKind::flr ? config_.flr_ends_background : config_.cxl_reset_ends_background;
    if (ends) end_mailbox_operation(cci::Interruption::reset);
    if (kind == ResetKind::cxl) {
      reset_firmware(kind);
      reset_poison(kind);
      reset_partitions();
      reset_features(kind);
    }
    return;
  }
  end_mailbox_operation(cci::Interruption::reset);
  reset_firmware(kind);
  reset_poison(kind);
  reset_partitions();
  reset_security(kind);
  health::reset(*this);
  if (qos_ != QosState{}) changes().mark(StateKey::qos);
  qos_ = {};
  reset_features(kind);
  cci(cci::kMailbox).background.clear();
  cci(cci::kMailbox).events->set_interrupt_policy({});
  changes().mark(StateKey::background);
  changes().mark(StateKey::event_interrupt_policy);
  if (kind == ResetKind::conventional && config_.timestamp_on_reset == TimestampOnReset::keep) return;
  component_.timestamp = {};
  changes().mark(StateKey::timestamp);
  if (kind == ResetKind::conventional) return;

  // Without main power volatile capacity forgets; what goes on over MCTP does so on auxiliary power.
  logical_device_.lose_volatile_data(component_.device_time());
  changes().mark(StateKey::media);
  if (kind == ResetKind::cold) return;
  for (cci::Cci& cci : component_.ccis) {
    if (cci.id.role != cci::Role::mctp) continue;
    cci::interrupt_background(cci, cci::Interruption::power_loss);
    cci.background.clear();
    cci.notifications.clear();
    cci.response_limit = cci.request_limit;
  }
  changes().mark(StateKey::response_message_limit);
}

}  // namespace cxlemu
