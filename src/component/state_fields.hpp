// The fields of every state struct, by name: what a store writes and reads, and what is not here can be made again.
// visit_fields(state, visit) calls visit(name, field) for each; state may be const.
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu {

template <typename State, typename Of>
concept StateOf = std::same_as<std::remove_const_t<State>, Of>;

void visit_fields(StateOf<TimestampState> auto& state, auto&& visit) {
  visit("is-set", state.is_set);
  visit("value-set", state.value_set);
  visit("set-at", state.set_at);
}

void visit_fields(StateOf<PoisonRange> auto& range, auto&& visit) {
  visit("dpa", range.dpa);
  visit("length", range.length);
  visit("source", range.kind.source);
  visit("detected", range.kind.detected);
  visit("permanent", range.kind.permanent);
}

void visit_fields(StateOf<PoisonListCursor> auto& cursor, auto&& visit) {
  visit("dpa", cursor.dpa);
  visit("length", cursor.length);
  visit("next", cursor.next);
}

void visit_fields(StateOf<ScanResults> auto& results, auto&& visit) {
  visit("available", results.available);
  visit("records", results.records);
  visit("restart-dpa", results.restart_dpa);
  visit("restart-length", results.restart_length);
  visit("next", results.next);
}

void visit_fields(StateOf<PoisonState> auto& state, auto&& visit) {
  visit("media", state.media);
  visit("list", state.list);
  visit("overflow", state.overflow);
  visit("overflow-timestamp", state.overflow_timestamp);
  visit("scanned-since-overflow", state.scanned_since_overflow);
  visit("cursors", state.cursors);
  visit("scan", state.scan);
}

void visit_fields(StateOf<PassphraseState> auto& state, auto&& visit) {
  visit("value", state.value);
  visit("wrong-tries", state.wrong_tries);
}

void visit_fields(StateOf<SecurityState> auto& state, auto&& visit) {
  visit("user", state.user);
  visit("master", state.master);
  visit("locked", state.locked);
  visit("frozen", state.frozen);
}

void visit_fields(StateOf<LogicalDeviceState> auto& state, auto&& visit) {
  visit("media-disabled", state.media_disabled);
  visit("poison", state.poison);
  visit("partitioned-volatile", state.partitioned_volatile);
  visit("next-partitioned-volatile", state.next_partitioned_volatile);
  visit("security", state.security);
}

void visit_fields(StateOf<FirmwareSlot> auto& slot, auto&& visit) {
  visit("filled", slot.filled);
  visit("revision", slot.revision);
  visit("image", slot.image);
}

void visit_fields(StateOf<FirmwareTransfer> auto& transfer, auto&& visit) {
  visit("in-progress", transfer.in_progress);
  visit("by", transfer.by);
  visit("data", transfer.data);
  visit("last-offset", transfer.last_offset);
  visit("last-length", transfer.last_length);
  visit("part-is-running", transfer.part_is_running);
  visit("last-part-ended", transfer.last_part_ended);
}

void visit_fields(StateOf<FirmwareState> auto& state, auto&& visit) {
  visit("slots", state.slots);
  visit("active-slot", state.active_slot);
  visit("staged-slot", state.staged_slot);
  visit("cold-reset-required", state.cold_reset_required);
  visit("transfer", state.transfer);
}

void visit_fields(StateOf<DebugLogEntry> auto& entry, auto&& visit) {
  visit("kind", entry.kind);
  visit("by", entry.by);
  visit("opcode", entry.opcode);
  visit("code", entry.code);
  visit("percent", entry.percent);
  visit("count", entry.count);
  visit("first", entry.first);
  visit("last", entry.last);
}

void visit_fields(StateOf<DebugLogState> auto& state, auto&& visit) {
  visit("entries", state.entries);
  visit("lost", state.lost);
  visit("media-disabled", state.media_disabled);
}

void visit_fields(StateOf<ComponentStateDumpState> auto& state, auto&& visit) {
  visit("data", state.data);
  visit("automatic", state.automatic);
  visit("triggers", state.triggers);
  visit("event-handles", state.event_handles);
  visit("timestamp", state.timestamp);
  visit("generation", state.generation);
  visit("fetching", state.fetching);
}

void visit_fields(StateOf<FeatureValue> auto& value, auto&& visit) {
  visit("current", value.current);
  visit("saved", value.saved);
}

void visit_fields(StateOf<FeatureTransfer> auto& transfer, auto&& visit) {
  visit("in-progress", transfer.in_progress);
  visit("by", transfer.by);
  visit("feature", transfer.feature);
  visit("save", transfer.save);
  visit("data", transfer.data);
  visit("last-offset", transfer.last_offset);
}

void visit_fields(StateOf<FeaturesState> auto& state, auto&& visit) {
  visit("values", state.values);
  visit("transfer", state.transfer);
}

void visit_fields(StateOf<CorrectedErrors> auto& errors, auto&& visit) {
  visit("dpa", errors.dpa);
  visit("count", errors.count);
}

void visit_fields(StateOf<PatrolScrubState> auto& state, auto&& visit) {
  visit("cycle-end", state.cycle_end);
  visit("corrected", state.corrected);
  visit("uncorrected", state.uncorrected);
}

void visit_fields(StateOf<CvmeCounter> auto& counter, auto&& visit) {
  visit("count", counter.count);
  visit("components", counter.components);
  visit("last-dpa", counter.last_dpa);
}

void visit_fields(StateOf<MediaErrorsState> auto& state, auto&& visit) {
  visit("corrected", state.corrected);
  visit("latent-poison", state.latent_poison);
  visit("patrol-scrub", state.patrol_scrub);
  visit("ecs-cycle-end", state.ecs_cycle_end);
  visit("cvme", state.cvme);
  visit("cvme-expiration", state.cvme_expiration);
}

void visit_fields(StateOf<EcsFru> auto& fru, auto&& visit) {
  visit("configuration", fru.configuration);
  visit("error-count", fru.error_count);
  visit("maximum-row-error-count", fru.maximum_row_error_count);
  visit("address-with-maximum-errors", fru.address_with_maximum_errors);
}

void visit_fields(StateOf<EcsState> auto& state, auto&& visit) { visit("frus", state.frus); }

void visit_fields(StateOf<RasHeader> auto& header, auto&& visit) {
  visit("error", header.error);
  visit("header", header.header);
}

void visit_fields(StateOf<RasState> auto& state, auto&& visit) {
  visit("uncorrectable-mask", state.uncorrectable_mask);
  visit("uncorrectable-severity", state.uncorrectable_severity);
  visit("correctable-status", state.correctable_status);
  visit("correctable-mask", state.correctable_mask);
  visit("headers", state.headers);
}

void visit_fields(StateOf<VendorRegister> auto& known, auto&& visit) {
  visit("name", known.name);
  visit("value", known.value);
}

void visit_fields(StateOf<Repair> auto& repair, auto&& visit) {
  visit("kind", repair.kind);
  visit("hard", repair.hard);
  visit("dpa", repair.dpa);
  visit("length", repair.length);
  visit("taken", repair.taken);
}

void visit_fields(StateOf<MaintenanceState> auto& state, auto&& visit) { visit("repairs", state.repairs); }

void visit_fields(StateOf<cci::Disturbance> auto& disturbance, auto&& visit) {
  visit("stall-at-percent", disturbance.stall_at_percent);
  visit("result", disturbance.result);
  visit("break-at-percent", disturbance.break_at_percent);
  visit("break-kind", disturbance.break_kind);
}

void visit_fields(StateOf<cci::BackgroundSlot::State> auto& state, auto&& visit) {
  visit("running", state.running);
  visit("opcode", state.opcode.value);
  visit("request", state.request);
  visit("start", state.start);
  visit("duration", state.duration);
  visit("disturbance", state.disturbance);
  visit("final-percent", state.final_percent);
  visit("return-code", state.return_code);
  visit("vendor-specific-extended-status", state.vendor_specific_extended_status);
  visit("result-was-read", state.result_was_read);
}

void visit_fields(StateOf<cci::EventLog> auto& log, auto&& visit) {
  visit("records", log.records);
  visit("next-handle", log.next_handle);
  visit("overflow", log.overflow);
  visit("overflow-error-count", log.overflow_error_count);
  visit("first-overflow-event-timestamp", log.first_overflow_event_timestamp);
  visit("last-overflow-event-timestamp", log.last_overflow_event_timestamp);
}

void visit_fields(StateOf<cci::EventLogs::State> auto& state, auto&& visit) {
  visit("logs", state.logs);
  visit("policy", state.policy);
  visit("interrupts", state.interrupts);
}

void visit_fields(StateOf<cci::Requester> auto& requester, auto&& visit) {
  visit("network", requester.network.value);
  visit("endpoint-id", requester.endpoint_id.value);
  visit("message-type", requester.message_type);
}

void visit_fields(StateOf<cci::EventNotifications::State> auto& state, auto&& visit) {
  visit("settings", state.settings);
  visit("destination", state.destination);
  visit("waiting", state.waiting);
  visit("under-way", state.under_way);
  visit("message-tag", state.message_tag);
  visit("transport-tag", state.transport_tag);
  visit("transmissions", state.transmissions);
  visit("next-transmission", state.next_transmission);
  visit("responded", state.responded);
  visit("silent", state.silent);
}

void visit_fields(StateOf<cci::CciState> auto& state, auto&& visit) {
  visit("cci", state.id);
  visit("response-limit", state.response_limit);
  visit("background", state.background);
  visit("events", state.events);
  visit("notifications", state.notifications);
}

void visit_fields(StateOf<AlertWarnings> auto& warnings, auto&& visit) {
  visit("enabled", warnings.enabled);
  visit("life-used", warnings.life_used);
  visit("over-temperature", warnings.over_temperature);
  visit("under-temperature", warnings.under_temperature);
  visit("corrected-volatile", warnings.corrected_volatile);
  visit("corrected-persistent", warnings.corrected_persistent);
}

void visit_fields(StateOf<HealthState> auto& state, auto&& visit) {
  visit("health-status", state.health_status);
  visit("media-status", state.media_status);
  visit("additional-status", state.additional_status);
  visit("life-used", state.life_used);
  visit("temperature", state.temperature);
  visit("dirty-shutdown-count", state.dirty_shutdown_count);
  visit("corrected-volatile-error-count", state.corrected_volatile_error_count);
  visit("corrected-persistent-error-count", state.corrected_persistent_error_count);
  visit("shutdown-is-dirty", state.shutdown_is_dirty);
  visit("warnings", state.warnings);
}

void visit_fields(StateOf<QosState> auto& state, auto&& visit) {
  visit("control", state.control);
  visit("egress-moderate-percentage", state.egress_moderate_percentage);
  visit("egress-severe-percentage", state.egress_severe_percentage);
  visit("backpressure-sample-interval", state.backpressure_sample_interval);
  visit("busy-from", state.busy_from);
  visit("busy-until", state.busy_until);
}

void visit_fields(StateOf<MemoryDeviceState> auto& state, auto&& visit) {
  visit("timestamp", state.timestamp);
  visit("logical-device", state.logical_device);
  visit("firmware", state.firmware);
  visit("health", state.health);
  visit("qos", state.qos);
  visit("debug-log", state.debug_log);
  visit("component-state-dump", state.component_state_dump);
  visit("ecs", state.ecs);
  visit("ras", state.ras);
  visit("vendor-registers", state.vendor_registers);
  visit("features", state.features);
  visit("media-errors", state.media_errors);
  visit("maintenance", state.maintenance);
  visit("ccis", state.ccis);
}

}  // namespace cxlemu
