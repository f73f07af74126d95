#include "component/memory_device/media_errors.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu {
namespace {

template <std::unsigned_integral T>
void add_saturated(T& to, std::uint64_t more, std::uint64_t most = std::numeric_limits<T>::max()) {
  to = static_cast<T>(std::min<std::uint64_t>(most, std::uint64_t{to} + more));
}

Nanoseconds cycle_of(const PatrolScrubWritable& scrub) {
  return std::chrono::hours(scrub.configured_patrol_scrub_cycle_hours.value());
}
bool is_enabled(const PatrolScrubWritable& scrub) {
  return (scrub.device_patrol_scrub_flags & PatrolScrubWritable::kEnabled) != 0;
}

// The first end of a cycle behind `now`.
void roll(Time& end, Nanoseconds cycle, Time now) {
  if (end <= now) end += ((now - end) / cycle + 1) * cycle;
}

}  // namespace

MediaErrorsState initial_media_errors(const FeaturesState& features, Time now) {
  MediaErrorsState state;
  const auto scrub = features::current<PatrolScrubWritable>(features, FeatureIndex::patrol_scrub);
  if (is_enabled(scrub)) state.patrol_scrub.cycle_end = now + cycle_of(scrub);
  roll(state.ecs_cycle_end, kEcsCycle, now);
  return state;
}

namespace media_errors {
namespace {

PatrolScrubWritable patrol_scrub(const MemoryDevice& device) {
  return features::current<PatrolScrubWritable>(device.features(), FeatureIndex::patrol_scrub);
}
CvmeThresholdWritable cvme_thresholds(const MemoryDevice& device) {
  return features::current<CvmeThresholdWritable>(device.features(), FeatureIndex::cvme_threshold);
}

bool has_work(const MediaErrorsState& state) { return state.latent_poison || !state.corrected.empty(); }

// Cycles that would have found nothing have gone by.
void catch_up(MemoryDevice& device) {
  MediaErrorsState& state = device.media_errors();
  const PatrolScrubWritable scrub = patrol_scrub(device);
  if (is_enabled(scrub)) roll(state.patrol_scrub.cycle_end, cycle_of(scrub), device.now());
  roll(state.ecs_cycle_end, kEcsCycle, device.now());
}

// ------------------------------------------------------------------------------------------------------------- events

constexpr std::uint8_t kUncorrectableEvent = 1 << 0;
constexpr std::uint8_t kThresholdEvent = 1 << 1;
constexpr std::uint8_t kPoisonListOverflowEvent = 1 << 2;
constexpr std::uint8_t kMediaEccError = 0;
constexpr std::uint8_t kScrubMediaEccError = 1;
constexpr std::uint8_t kCvmeCounterExpiration = 5;

bool is_scrub(MediaTransaction transaction) {
  return transaction == MediaTransaction::patrol_scrub ||
         transaction == MediaTransaction::internal_media_error_check_scrub;
}

DramEventData dram_event(MemoryDevice& device, std::uint64_t dpa, MediaTransaction transaction) {
  constexpr std::uint16_t kChannelToColumnWithoutNibbles = 0x7B;
  const DramAddress address = device.dram().address_of(dpa);
  DramEventData data{};
  data.physical_address = dpa | (device.logical_device().is_volatile(Dpa{dpa}) ? 1U : 0U);
  data.memory_event_type = is_scrub(transaction) ? kScrubMediaEccError : kMediaEccError;
  data.transaction_type = static_cast<std::uint8_t>(transaction);
  data.validity_flags = kChannelToColumnWithoutNibbles;
  data.channel = address.channel;
  data.rank = address.rank;
  data.bank_group = address.bank_group;
  data.bank = address.bank;
  data.row = address.row;
  data.column = address.column;
  return data;
}

void log(MemoryDevice& device, EventLogId log, const DramEventData& data, EventRecord record = {}) {
  record.event_record_identifier = kDramEventRecord;
  record.event_record_flags = record.event_record_flags | static_cast<std::uint32_t>(log);
  std::memcpy(record.event_record_data.data(), &data, sizeof data);
  device.log_event(log, record);
}

// Poison that a scrub came upon. What is broken for good asks for a repair while there is something to repair it with.
void log_uncorrected(MemoryDevice& device, const PoisonFinding& finding) {
  constexpr std::uint64_t kNotRepairable = 1 << 1;
  DramEventData data = dram_event(device, finding.range.dpa, MediaTransaction::patrol_scrub);
  data.memory_event_descriptor =
      static_cast<std::uint8_t>(kUncorrectableEvent | (finding.in_list ? 0 : kPoisonListOverflowEvent));
  EventRecord record{};
  if (finding.range.kind.permanent) {
    std::uint32_t flags = EventRecord::PermanentCondition::set(std::uint32_t{0}, 1);
    if (maintenance::resources_left(device, RepairKind::soft_ppr) != 0) {
      flags = EventRecord::MaintenanceNeeded::set(flags, 1);
      flags = EventRecord::MaintenanceOperationSubclassValid::set(flags, 1);
      record.maintenance_operation_class = kMaintenancePpr;
    } else {
      data.physical_address = data.physical_address | kNotRepairable;
    }
    record.event_record_flags = flags;
  }
  log(device, EventLogId::failure, data, record);
}

// --------------------------------------------------------------------------------------------------- corrected errors

std::size_t unit_of(const MemoryDevice& device, CvmeGranularity granularity, std::uint64_t dpa) {
  const DramAddress address = device.dram().address_of(dpa);
  switch (granularity) {
    case CvmeGranularity::memory_media_fru:
      return address.channel;
    case CvmeGranularity::rank:
      return address.channel * DramGeometry::kRanks + address.rank;
    default:
      return 0;
  }
}

bool has_bit(std::uint32_t flags, unsigned bit) { return (flags >> bit & 1U) != 0; }

bool any_enabled(const CvmeThresholds& thresholds) {
  for (unsigned i = 0; i < thresholds.event_thresholds.size(); ++i) {
    if (has_bit(thresholds.event_records_flags, i) && thresholds.event_thresholds[i] != 0) return true;
  }
  return false;
}

// The flags of an event that counters are the reason of.
std::uint8_t cvme_event_flags(const CvmeCounter& counter, bool exceeded) {
  constexpr std::uint8_t kMoreThanOneComponent = 1 << 0;
  constexpr std::uint8_t kThresholdExceeded = 1 << 1;
  return static_cast<std::uint8_t>((std::popcount(counter.components) > 1 ? kMoreThanOneComponent : 0) |
                                   (exceeded ? kThresholdExceeded : 0));
}

// Counts errors of volatile memory, and logs each threshold that they reach.
void count_cvme(MemoryDevice& device, const CorrectedErrors& errors, MediaTransaction transaction,
                const CvmeThresholds& thresholds, CvmeGranularity granularity, CvmeCounters& counters) {
  constexpr std::uint32_t kMost = 0xFF'FFFF;
  CvmeCounter& counter = counters[unit_of(device, granularity, errors.dpa)];
  const std::uint32_t before = counter.count;
  add_saturated(counter.count, errors.count, kMost);
  counter.components =
      static_cast<std::uint8_t>(counter.components | 1U << device.dram().address_of(errors.dpa).channel);
  counter.last_dpa = errors.dpa;
  for (unsigned i = 0; i < thresholds.event_thresholds.size(); ++i) {
    const std::uint32_t threshold = thresholds.event_thresholds[i];
    const bool enabled = has_bit(thresholds.event_records_flags, i) && threshold != 0;
    if (!enabled || before >= threshold || counter.count < threshold) continue;
    DramEventData data = dram_event(device, errors.dpa, transaction);
    data.memory_event_descriptor = kThresholdEvent;
    data.cvme_threshold_event_flags = cvme_event_flags(counter, true);
    data.corrected_volatile_memory_error_count_at_event = threshold;
    EventRecord record{};
    const bool replace =
        i != 0 && has_bit(thresholds.event_records_flags, i + CvmeThresholds::kHardwareReplacementBits);
    record.event_record_flags = EventRecord::HardwareReplacementNeeded::set(std::uint32_t{0}, replace ? 1 : 0);
    log(device, static_cast<EventLogId>(i), data, record);
  }
}

void note_cvme_expiration(MemoryDevice& device) {
  MediaErrorsState& state = device.media_errors();
  const CvmeThresholdWritable cvme = cvme_thresholds(device);
  const std::uint32_t seconds = cvme.counter_expiration_timer;
  const bool expires = (cvme.configuration_flags & CvmeThresholdWritable::kCounterExpiration) != 0 && seconds != 0;
  // SILENT: time begins to run with the first error that is counted.
  if (expires && state.cvme_expiration == Time{}) state.cvme_expiration = device.now() + std::chrono::seconds(seconds);
}

// Errors are corrected in the controller: health counts them all, the thresholds those of volatile memory.
// `scrub_counters` are those of this patrol scrub cycle, null for a host's read.
void correct(MemoryDevice& device, const CorrectedErrors& errors, MediaTransaction transaction,
             CvmeCounters* scrub_counters) {
  MediaErrorsState& state = device.media_errors();
  const bool is_volatile = device.logical_device().is_volatile(Dpa{errors.dpa});
  health::count_corrected_errors(device, is_volatile, errors.count);
  const CvmeThresholdWritable cvme = cvme_thresholds(device);
  const bool own =
      scrub_counters != nullptr && (cvme.configuration_flags & CvmeThresholdWritable::kPatrolScrubThreshold) != 0;
  const CvmeThresholds& thresholds = own ? cvme.patrol_scrub : cvme.accesses;
  if (is_volatile) {
    count_cvme(device, errors, transaction, thresholds, cvme.granularity, own ? *scrub_counters : state.cvme);
    if (!own) note_cvme_expiration(device);
  }
  // SILENT: an event for each line where no threshold says when one is due.
  if (is_volatile && any_enabled(thresholds)) return;
  log(device, EventLogId::informational, dram_event(device, errors.dpa, transaction));
}

// Errors that a scrub found, by row of the DRAM.
class RowErrors {
 public:
  explicit RowErrors(const MemoryDevice& device) : row_(device.dram().size_of(DramUnit::row)), dram_(device.dram()) {}

  void add(std::uint64_t dpa, std::uint64_t errors) { rows_[dpa / row_] += errors; }
  // Each cache line of poison is an error.
  void add(const PoisonRange& range) {
    const std::uint64_t end = range.dpa + range.length;
    // LIMIT: a counter saturates, so more rows of an FRU than that are not looked at.
    constexpr std::uint64_t kMostRows = std::numeric_limits<std::uint16_t>::max();
    std::array<std::uint64_t, kMemoryMediaFrus> seen{};
    for (std::uint64_t dpa = range.dpa; dpa < end;) {
      const std::uint64_t next = std::min(end, (dpa / row_ + 1) * row_);
      if (++seen[dram_.address_of(dpa).channel] <= kMostRows) add(dpa, (next - dpa) / kCacheLine);
      dpa = next;
    }
  }
  // An FRU counts rows or codewords, by its mode.
  void count(MemoryDevice& device) const {
    if (rows_.empty()) return;
    for (const auto& [row, errors] : rows_) {
      const std::uint64_t dpa = row * row_;
      const std::uint8_t fru = dram_.address_of(dpa).channel;
      const bool codewords = ecs_configuration::CountsCodewords::get(device.ecs().frus[fru].configuration) != 0;
      ecs::count(device.ecs(), fru,
                 {.errors = static_cast<std::uint16_t>(codewords ? std::min<std::uint64_t>(errors, 0xFFFF) : 1),
                  .row_errors = static_cast<std::uint8_t>(std::min<std::uint64_t>(errors, 0xFF)),
                  .dpa = dpa});
    }
    device.changes().mark(StateKey::ecs);
  }

 private:
  std::uint64_t row_;  ///< bytes
  DramGeometry dram_;
  std::map<std::uint64_t, std::uint64_t> rows_;
};

// SILENT: the controller scrubs with the ECS operations of the DRAM, so that its FRUs count what is found.
void run_patrol_scrub(MemoryDevice& device) {
  MediaErrorsState& state = device.media_errors();
  LogicalDevice& media = device.logical_device();
  RowErrors rows(device);
  const auto found =
      poison::detect(media.state.poison, media.poison_limits(), 0, media.capacity(), device.component().device_time());
  for (const PoisonFinding& finding : found) {
    add_saturated(state.patrol_scrub.uncorrected, finding.range.length / kCacheLine);
    log_uncorrected(device, finding);
    rows.add(finding.range);
  }
  if (!found.empty()) device.changes().mark(StateKey::poison);
  CvmeCounters of_this_cycle{};
  for (const CorrectedErrors& errors : std::exchange(state.corrected, {})) {
    add_saturated(state.patrol_scrub.corrected, errors.count);
    correct(device, errors, MediaTransaction::patrol_scrub, &of_this_cycle);
    rows.add(errors.dpa, errors.count);
  }
  rows.count(device);
  state.latent_poison = false;
}

// Errors that are corrected inside the DRAM.
void run_ecs(MemoryDevice& device) {
  RowErrors rows(device);
  for (const CorrectedErrors& errors : std::exchange(device.media_errors().corrected, {})) {
    const bool is_volatile = device.logical_device().is_volatile(Dpa{errors.dpa});
    health::count_corrected_errors(device, is_volatile, errors.count);
    log(device, EventLogId::informational,
        dram_event(device, errors.dpa, MediaTransaction::internal_media_error_check_scrub));
    rows.add(errors.dpa, errors.count);
  }
  rows.count(device);
}

void restart_cvme_counters(MemoryDevice& device) {
  MediaErrorsState& state = device.media_errors();
  if (state.cvme == CvmeCounters{} && state.cvme_expiration == Time{}) return;
  state.cvme = {};
  state.cvme_expiration = {};
  device.changes().mark(StateKey::media_errors);
}

void expire_cvme_counters(MemoryDevice& device) {
  MediaErrorsState& state = device.media_errors();
  const CvmeThresholdWritable cvme = cvme_thresholds(device);
  state.cvme_expiration = {};
  for (CvmeCounter& counter : state.cvme) {
    const CvmeCounter expired = std::exchange(counter, {});
    const bool reports = (cvme.configuration_flags & CvmeThresholdWritable::kCounterExpirationReporting) != 0;
    if (expired.count == 0 || !reports) continue;
    DramEventData data = dram_event(device, expired.last_dpa, MediaTransaction::unknown);
    data.memory_event_type = kCvmeCounterExpiration;
    data.memory_event_descriptor = kThresholdEvent;
    data.cvme_threshold_event_flags = cvme_event_flags(expired, false);
    data.corrected_volatile_memory_error_count_at_event = expired.count;
    log(device, EventLogId::informational, data);
  }
}

}  // namespace

void note_latent_poison(MemoryDevice& device) {
  catch_up(device);
  device.media_errors().latent_poison = true;
  device.changes().mark(StateKey::media_errors);
  device.rearm_media_errors();
}

bool inject(MemoryDevice& device, std::uint64_t dpa, std::uint32_t count) {
  MediaErrorsState& state = device.media_errors();
  const auto place = std::ranges::lower_bound(state.corrected, dpa, {}, &CorrectedErrors::dpa);
  const bool known = place != state.corrected.end() && place->dpa == dpa;
  if (!known && state.corrected.size() >= kMaximumCorrectedErrors) return false;
  if (known) {
    add_saturated(place->count, count);
  } else {
    state.corrected.insert(place, {dpa, count});
  }
  // Patrol scrub and ECS wait for different work: the cycle of the one may have gone by while the other had some.
  catch_up(device);
  device.changes().mark(StateKey::media_errors);
  device.rearm_media_errors();
  return true;
}

void host_read(MemoryDevice& device, std::uint64_t dpa, std::uint64_t length) {
  MediaErrorsState& state = device.media_errors();
  if (state.corrected.empty() || length == 0) return;
  const auto first =
      std::ranges::lower_bound(state.corrected, dpa / kCacheLine * kCacheLine, {}, &CorrectedErrors::dpa);
  const auto last = std::ranges::lower_bound(state.corrected, dpa + length, {}, &CorrectedErrors::dpa);
  if (first == last) return;
  const std::vector<CorrectedErrors> met(first, last);
  state.corrected.erase(first, last);
  for (const CorrectedErrors& errors : met) correct(device, errors, MediaTransaction::host_read, nullptr);
  device.changes().mark(StateKey::media_errors);
  device.rearm_media_errors();
}

void patrol_scrub_set(MemoryDevice& device, const PatrolScrubWritable& value) {
  const PatrolScrubWritable before = patrol_scrub(device);
  const bool goes_on = is_enabled(before) && cycle_of(before) == cycle_of(value);
  if (is_enabled(value) && goes_on) return;
  // SILENT: another cycle begins when scrubbing is enabled or its cycle is changed.
  device.media_errors().patrol_scrub.cycle_end = is_enabled(value) ? device.now() + cycle_of(value) : Time{};
  device.changes().mark(StateKey::media_errors);
}

void cvme_threshold_set(MemoryDevice& device, const CvmeThresholdWritable& value) {
  restart_cvme_counters(device);
  const bool of_patrol_scrub = (value.configuration_flags & CvmeThresholdWritable::kPatrolScrubThreshold) != 0;
  if (!any_enabled(value.accesses) && !(of_patrol_scrub && any_enabled(value.patrol_scrub))) return;
  HealthState health = device.health();
  health.warnings.enabled = static_cast<std::uint8_t>(health.warnings.enabled & ~Alerts::kCorrectedVolatile);
  health::set(device, health);
}

void disable_cvme_thresholds(MemoryDevice& device) {
  Buffer& value = device.features().values[static_cast<std::size_t>(FeatureIndex::cvme_threshold)].current;
  CvmeThresholdWritable cvme = cvme_thresholds(device);
  for (CvmeThresholds* thresholds : {&cvme.accesses, &cvme.patrol_scrub}) {
    thresholds->event_records_flags =
        static_cast<std::uint8_t>(thresholds->event_records_flags & ~CvmeThresholds::kEnables);
  }
  value = to_buffer(bytes_of(cvme));
  device.changes().mark(StateKey::features);
}

bool scrubs_periodically(const MemoryDevice& device) { return is_enabled(patrol_scrub(device)); }

std::optional<Time> next_deadline(const MemoryDevice& device) {
  const MediaErrorsState& state = device.media_errors();
  std::optional<Time> next;
  const auto also = [&next](Time time) { next = std::min(next.value_or(time), time); };
  if (has_work(state) && is_enabled(patrol_scrub(device))) also(state.patrol_scrub.cycle_end);
  if (!state.corrected.empty()) also(state.ecs_cycle_end);
  if (state.cvme_expiration != Time{}) also(state.cvme_expiration);
  return next;
}

void deadline_reached(MemoryDevice& device) {
  MediaErrorsState& state = device.media_errors();
  const bool scrubs = has_work(state) && is_enabled(patrol_scrub(device));
  if (scrubs && state.patrol_scrub.cycle_end <= device.now()) run_patrol_scrub(device);
  if (!state.corrected.empty() && state.ecs_cycle_end <= device.now()) run_ecs(device);
  if (state.cvme_expiration != Time{} && state.cvme_expiration <= device.now()) expire_cvme_counters(device);
  catch_up(device);
  device.changes().mark(StateKey::media_errors);
}

// Counters begin anew where those of health do (CXL r3.2 8.2.10.9.3.1).
void reset(MemoryDevice& device, ResetKind kind) {
  MediaErrorsState& state = device.media_errors();
  if (kind == ResetKind::cxl) return;
  restart_cvme_counters(device);
  if (kind == ResetKind::conventional) return;
  // Volatile memory has other contents now; DRAM counts anew.
  const auto ended = std::erase_if(state.corrected, [&](const CorrectedErrors& errors) {
    return device.logical_device().is_volatile(Dpa{errors.dpa});
  });
  if (ended != 0) device.changes().mark(StateKey::media_errors);
  const EcsState before = device.ecs();
  for (EcsFru& fru : device.ecs().frus) ecs::reset_counters(fru);
  if (device.ecs() != before) device.changes().mark(StateKey::ecs);
}

}  // namespace media_errors
}  // namespace cxlemu
