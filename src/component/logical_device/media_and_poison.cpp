#include "component/logical_device/media_and_poison.hpp"

#include <algorithm>
#include <cstring>

#include "component/state_keys.hpp"

namespace cxlemu::logical {
namespace {

// The range that a command names by a DPA, of which bits 5:0 are reserved, and a length in units of 64 bytes; nothing
// where it is empty (02h) or not inside the capacity (0Fh).
cci::Result<PoisonRange> range_of(const LogicalDevice& device, std::uint64_t physical_address,
                                  std::uint64_t length_64b) {
  const std::uint64_t dpa = physical_address & ~(kCacheLine - 1);
  // SILENT: a range without addresses.
  if (length_64b == 0) return cci::refuse(ReturnCode::invalid_input);
  if (length_64b > device.capacity() / kCacheLine || !device.contains(Dpa{dpa}, length_64b * kCacheLine)) {
    return cci::refuse(ReturnCode::invalid_physical_address);
  }
  return PoisonRange{dpa, length_64b * kCacheLine, {}};
}

// What a CCI is at is in the map; where it is at nothing there is no entry, so that equal states are equal.
template <typename T>
T remembered(const std::map<cci::CciId, T>& map, cci::CciId cci) {
  const auto found = map.find(cci);
  return found == map.end() ? T{} : found->second;
}
template <typename T>
void remember(std::map<cci::CciId, T>& map, cci::CciId cci, const T& value) {
  if (value == T{}) {
    map.erase(cci);
  } else {
    map[cci] = value;
  }
}

ScanMediaIn scan_of(Bytes request) { return Reader(request).take<ScanMediaIn>().value_or(ScanMediaIn{}); }

}  // namespace

cci::Result<void> get_poison_list(LogicalDevice& device, cci::Cci& cci, const GetPoisonListIn& in,
                                  cci::Answer<GetPoisonListOut, MediaErrorRecord>& out) {
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  if (!range) return cci::refuse(range.error());
  PoisonState& state = device.state.poison;
  const PoisonListCursor before = remembered(state.cursors, cci.id);
  PoisonListCursor cursor = before;
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
  if (device.component().operations_running(kScanMedia) != 0) flags |= GetPoisonListOut::kScanMediaInProgress;
  head.poison_list_flags = flags;
  head.overflow_timestamp = state.overflow_timestamp;
  head.media_error_record_count = count;
  std::memcpy(at_head.data(), &head, sizeof head);
  if (cursor == before) return {};
  remember(state.cursors, cci.id, cursor);
  device.mark(StateKey::poison);
  return {};
}

cci::Result<void> inject_poison(LogicalDevice& device, cci::Cci&, const InjectPoisonIn& in) {
  const std::uint64_t dpa = in.physical_address & ~(kCacheLine - 1);
  if (!device.contains(Dpa{dpa}, kCacheLine)) return cci::refuse(ReturnCode::invalid_physical_address);
  PoisonState& state = device.state.poison;
  const std::uint16_t limit = device.inject_poison_limit();
  const bool is_new = !state.media.first(dpa, kCacheLine).has_value();
  if (is_new && limit != 0 && state.media.lines(PoisonSource::injected) >= limit) {
    return cci::refuse(ReturnCode::inject_poison_limit_reached);
  }
  const auto finding = poison::add(state, device.poison_limits(), dpa, kCacheLine, {.source = PoisonSource::injected},
                                   device.device_time());
  // Poison that is there already is no new poison.
  if (!finding) return {};
  device.mark(StateKey::poison);
  device.log_poison(*finding, MediaTransaction::inject_poison, EventLogId::informational);
  return {};
}

cci::Result<void> clear_poison(LogicalDevice& device, cci::Cci&, const ClearPoisonIn& in) {
  const Dpa dpa{in.physical_address & ~(kCacheLine - 1)};
  if (!device.contains(dpa, kCacheLine)) return cci::refuse(ReturnCode::invalid_physical_address);
  const auto found = device.state.poison.media.first(dpa.value, kCacheLine);
  if (found && found->kind.permanent) return cci::refuse(ReturnCode::permanent_media_failure);
  if (!device.state.poison.is_clean()) device.mark(StateKey::poison);
  if (!device.write(dpa, in.write_data, device.device_time())) {
    return cci::refuse(ReturnCode::internal_error);
  }
  device.mark(StateKey::media);
  return {};
}

cci::Result<GetScanMediaCapabilitiesOut> get_scan_media_capabilities(LogicalDevice& device, cci::Cci&,
                                                                     const GetScanMediaCapabilitiesIn& in) {
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  if (!range) return cci::refuse(range.error());
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(scan_duration(device.config(), range->length));
  // 0 would say that the device cannot tell.
  const auto milliseconds = std::clamp<std::int64_t>(time.count(), 1, 0xFFFF'FFFF);
  return GetScanMediaCapabilitiesOut{static_cast<std::uint32_t>(milliseconds)};
}

cci::Result<cci::Outcome> scan_media(LogicalDevice& device, cci::Cci&, const ScanMediaIn& in) {
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  if (!range) return cci::refuse(range.error());
  device.state.poison.scan = {};
  for (const auto key : {StateKey::poison, StateKey::background}) device.mark(key);
  return cci::Background{scan_duration(device.config(), range->length)};
}

ReturnCode complete_scan_media(LogicalDevice& device, cci::Cci&, Bytes request) {
  const ScanMediaIn in = scan_of(request);
  device.mark(StateKey::background);
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  // Only a state that was restored, or capacity that changed meanwhile, can be so.
  if (!range) return range.error();
  const auto findings = poison::scan(device.state.poison, device.poison_limits(), range->dpa, range->length,
                                     device.capacity(), device.device_time());
  device.mark(StateKey::poison);
  if ((in.scan_media_flags & ScanMediaIn::kNoEventLog) != 0) return ReturnCode::success;
  for (const PoisonFinding& finding : findings) {
    const auto log = finding.range.kind.detected ? EventLogId::informational : EventLogId::failure;
    device.log_poison(finding, MediaTransaction::scan_media, log);
  }
  return ReturnCode::success;
}

void interrupt_scan_media(LogicalDevice& device, cci::Cci&, Bytes request, std::uint8_t percent,
                          cci::Interruption why) {
  for (const auto key : {StateKey::poison, StateKey::background}) device.mark(key);
  const ScanMediaIn in = scan_of(request);
  const auto range = range_of(device, in.physical_address, in.physical_address_length_64b);
  if (why != cci::Interruption::abort || !range) return;
  const std::uint64_t scanned = range->length / kCacheLine * percent / 100 * kCacheLine;
  poison::keep_results_of_aborted_scan(device.state.poison, device.poison_limits(), range->dpa, scanned);
}

cci::Result<void> get_scan_media_results(LogicalDevice& device, cci::Cci& cci,
                                         cci::Answer<GetScanMediaResultsOut, MediaErrorRecord>& out) {
  if (device.component().operations_running(kScanMedia) != 0) return cci::refuse(ReturnCode::busy);
  ScanResults& results = device.state.poison.scan;
  if (!results.available) return cci::refuse(ReturnCode::unsupported);
  const std::uint32_t next = remembered(results.next, cci.id);
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
  const std::uint32_t after = more ? static_cast<std::uint32_t>(next + count) : 0U;
  if (after == next) return {};
  remember(results.next, cci.id, after);
  device.mark(StateKey::poison);
  return {};
}

}  // namespace cxlemu::logical
