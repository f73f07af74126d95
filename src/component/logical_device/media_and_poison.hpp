// CXL r3.2 8.2.10.9.4 Media and Poison Management command sets: Get Poison List, Inject Poison, Clear Poison, Scan
// Media
#pragma once

#include <bit>
#include <utility>

#include "component/generic/concepts.hpp"
#include "component/logical_device/logical_device.hpp"

namespace cxlemu {

/// How long Scan Media of so many bytes takes on the device's time.
Nanoseconds scan_duration(const MemoryDeviceConfig& config, std::uint64_t bytes);

namespace logical {

inline constexpr Opcode kScanMedia{0x4304};

/// The component tells of poison in its event logs.
template <typename C>
concept ReportsPoison = HasLogicalDevice<C> && HasTimestamp<C> && requires(C& component, const PoisonFinding& finding) {
  { component.config() } -> std::same_as<const MemoryDeviceConfig&>;
  component.log_poison(finding, MediaTransaction::unknown, EventLogId::failure);
  { component.inject_poison_limit() } -> std::same_as<std::uint16_t>;
  { component.operations_running(kScanMedia) } -> std::convertible_to<std::size_t>;
};

/// The range that a command names by a DPA, of which bits 5:0 are reserved, and a length in units of 64 bytes; nothing
/// where it is empty (02h) or not inside the capacity (0Fh).
inline cci::Result<PoisonRange> range_of(const LogicalDevice& device, std::uint64_t physical_address,
                                         std::uint64_t length_64b) {
  const std::uint64_t dpa = physical_address & ~(kCacheLine - 1);
  // SILENT: a range without addresses.
  if (length_64b == 0) return cci::refuse(ReturnCode::invalid_input);
  if (length_64b > device.capacity() / kCacheLine || !device.contains(Dpa{dpa}, length_64b * kCacheLine)) {
    return cci::refuse(ReturnCode::invalid_physical_address);
  }
  return PoisonRange{dpa, length_64b * kCacheLine, {}};
}

inline std::size_t reader_of(const cci::Context& context) {
  return static_cast<std::size_t>(std::countr_zero(static_cast<std::uint8_t>(context.carrier)));
}

// CXL r3.2 8.2.10.9.4.1 Get Poison List (Opcode 4300h)
template <ReportsPoison C>
cci::Result<void> get_poison_list(C& component, cci::Context& context, const GetPoisonListIn& in,
                                  cci::Answer<GetPoisonListOut, MediaErrorRecord>& out) {
  LogicalDevice& device = component.logical_device();
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  if (!range) return cci::refuse(range.error());
  PoisonState& state = device.state.poison;
  PoisonListCursor& cursor = state.cursors[reader_of(context)];
  const PoisonListCursor before = cursor;
  const bool restart = (in.physical_address & GetPoisonListIn::kRestartRequest) != 0;
  if (restart || cursor.dpa != range->dpa || cursor.length != range->length) {
    cursor = {.dpa = range->dpa, .length = range->length, .next = range->dpa};
  }
  GetPoisonListOut head{};
  MutableBytes at_head = out.reserve(sizeof head);
  std::uint8_t flags = restart ? GetPoisonListOut::kRestartAck : std::uint8_t{0};
  std::uint16_t count = 0;
  state.list.visit(cursor.next, range->end() - cursor.next, [&](const PoisonRange& found) {
    if (count == 0xFFFF || !out.put(poison::record_of(found))) {
      flags |= GetPoisonListOut::kMoreMediaErrorRecords;
      cursor.next = found.dpa;
      return false;
    }
    ++count;
    return true;
  });
  if ((flags & GetPoisonListOut::kMoreMediaErrorRecords) == 0) cursor = {};
  if (state.overflow) flags |= GetPoisonListOut::kPoisonListOverflow;
  if (component.operations_running(kScanMedia) != 0) flags |= GetPoisonListOut::kScanMediaInProgress;
  head.poison_list_flags = flags;
  head.overflow_timestamp = state.overflow_timestamp;
  head.media_error_record_count = count;
  std::memcpy(at_head.data(), &head, sizeof head);
  if (cursor != before) component.changes().mark(StateKey::poison);
  return {};
}

// CXL r3.2 8.2.10.9.4.2 Inject Poison (Opcode 4301h)
template <ReportsPoison C>
cci::Result<void> inject_poison(C& component, cci::Context&, const InjectPoisonIn& in) {
  LogicalDevice& device = component.logical_device();
  const std::uint64_t dpa = in.physical_address & ~(kCacheLine - 1);
  if (!device.contains(Dpa{dpa}, kCacheLine)) return cci::refuse(ReturnCode::invalid_physical_address);
  PoisonState& state = device.state.poison;
  const std::uint16_t limit = component.inject_poison_limit();
  const bool is_new = !state.media.first(dpa, kCacheLine).has_value();
  if (is_new && limit != 0 && state.media.lines(PoisonSource::injected) >= limit) {
    return cci::refuse(ReturnCode::inject_poison_limit_reached);
  }
  const auto finding = poison::add(state, device.poison_limits(), dpa, kCacheLine, {.source = PoisonSource::injected},
                                   component.timestamp().at(component.now()));
  // Poison that is there already is no new poison.
  if (!finding) return {};
  component.changes().mark(StateKey::poison);
  component.log_poison(*finding, MediaTransaction::inject_poison, EventLogId::informational);
  return {};
}

// CXL r3.2 8.2.10.9.4.3 Clear Poison (Opcode 4302h)
template <ReportsPoison C>
cci::Result<void> clear_poison(C& component, cci::Context&, const ClearPoisonIn& in) {
  LogicalDevice& device = component.logical_device();
  const Dpa dpa{in.physical_address & ~(kCacheLine - 1)};
  if (!device.contains(dpa, kCacheLine)) return cci::refuse(ReturnCode::invalid_physical_address);
  const auto found = device.state.poison.media.first(dpa.value, kCacheLine);
  if (found && found->kind.permanent) return cci::refuse(ReturnCode::permanent_media_failure);
  if (!device.state.poison.is_clean()) component.changes().mark(StateKey::poison);
  if (!device.write(dpa, in.write_data, component.timestamp().at(component.now()))) {
    return cci::refuse(ReturnCode::internal_error);
  }
  component.changes().mark(StateKey::media);
  return {};
}

// CXL r3.2 8.2.10.9.4.4 Get Scan Media Capabilities (Opcode 4303h)
template <ReportsPoison C>
cci::Result<GetScanMediaCapabilitiesOut> get_scan_media_capabilities(C& component, cci::Context&,
                                                                     const GetScanMediaCapabilitiesIn& in) {
  const auto range = range_of(component.logical_device(), in.physical_address, in.physical_address_length_64b);
  if (!range) return cci::refuse(range.error());
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(scan_duration(component.config(), range->length));
  // 0 would say that the device cannot tell.
  const auto milliseconds = std::clamp<std::int64_t>(time.count(), 1, 0xFFFF'FFFF);
  return GetScanMediaCapabilitiesOut{static_cast<std::uint32_t>(milliseconds)};
}

// CXL r3.2 8.2.10.9.4.5 Scan Media (Opcode 4304h)
template <ReportsPoison C>
cci::Result<cci::Outcome> scan_media(C& component, cci::Context&, const ScanMediaIn& in) {
  LogicalDevice& device = component.logical_device();
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  if (!range) return cci::refuse(range.error());
  device.state.poison.scan = {};
  for (const auto key : {StateKey::poison, StateKey::background}) component.changes().mark(key);
  return cci::Background{scan_duration(component.config(), range->length)};
}

inline ScanMediaIn scan_of(Bytes request) { return Reader(request).take<ScanMediaIn>().value_or(ScanMediaIn{}); }

template <ReportsPoison C>
ReturnCode complete_scan_media(C& component, cci::Context&, Bytes request) {
  LogicalDevice& device = component.logical_device();
  const ScanMediaIn in = scan_of(request);
  component.changes().mark(StateKey::background);
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  // Only a state that was restored, or capacity that changed meanwhile, can be so.
  if (!range) return range.error();
  const auto findings = poison::scan(device.state.poison, device.poison_limits(), range->dpa, range->length,
                                     device.capacity(), component.timestamp().at(component.now()));
  component.changes().mark(StateKey::poison);
  if ((in.scan_media_flags & ScanMediaIn::kNoEventLog) != 0) return ReturnCode::success;
  for (const PoisonFinding& finding : findings) {
    const auto log = finding.range.kind.detected ? EventLogId::informational : EventLogId::failure;
    component.log_poison(finding, MediaTransaction::scan_media, log);
  }
  return ReturnCode::success;
}

/// SILENT: the results hold what was found until then; the Poison List and the event logs are as they were.
template <ReportsPoison C>
void interrupt_scan_media(C& component, cci::Context&, Bytes request, std::uint8_t percent, cci::Interruption why) {
  LogicalDevice& device = component.logical_device();
  for (const auto key : {StateKey::poison, StateKey::background}) component.changes().mark(key);
  const ScanMediaIn in = scan_of(request);
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  if (why != cci::Interruption::abort || !range) return;
  const std::uint64_t scanned = range->length / kCacheLine * percent / 100 * kCacheLine;
  poison::keep_results_of_aborted_scan(device.state.poison, device.poison_limits(), range->dpa, scanned);
}

// CXL r3.2 8.2.10.9.4.6 Get Scan Media Results (Opcode 4305h)
template <ReportsPoison C>
cci::Result<void> get_scan_media_results(C& component, cci::Context& context,
                                         cci::Answer<GetScanMediaResultsOut, MediaErrorRecord>& out) {
  if (component.operations_running(kScanMedia) != 0) return cci::refuse(ReturnCode::busy);
  ScanResults& results = component.logical_device().state.poison.scan;
  if (!results.available) return cci::refuse(ReturnCode::unsupported);
  std::uint32_t& next = results.next[reader_of(context)];
  const std::size_t room =
      std::min<std::size_t>((out.room() - sizeof(GetScanMediaResultsOut)) / sizeof(MediaErrorRecord), 0xFFFF);
  const std::size_t count = std::min(results.records.size() - next, room);
  const bool more = next + count < results.records.size();
  GetScanMediaResultsOut head{};
  head.scan_media_restart_physical_address = results.restart_dpa;
  head.scan_media_restart_physical_address_length_64b = results.restart_length / kCacheLine;
  head.scan_media_flags =
      static_cast<std::uint8_t>((more ? GetScanMediaResultsOut::kMoreMediaErrorRecords : 0) |
                                (results.restart_length != 0 ? GetScanMediaResultsOut::kScanStoppedPrematurely : 0));
  head.media_error_record_count = static_cast<std::uint16_t>(count);
  out.put(head);
  for (std::size_t i = 0; i < count; ++i) out.put(poison::record_of(results.records[next + i]));
  // SILENT: after the last page comes the first one again.
  const std::uint32_t before = std::exchange(next, more ? static_cast<std::uint32_t>(next + count) : 0U);
  if (next != before) component.changes().mark(StateKey::poison);
  return {};
}

}  // namespace logical
}  // namespace cxlemu
