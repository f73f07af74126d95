// The features of a memory device, one row each: CXL r3.2 8.2.10.7.2, 8.2.10.9.11, and one of our own.
#include <algorithm>
#include <cstring>

#include "component/memory_device/maintenance.hpp"
#include "component/memory_device/memory_device.hpp"

namespace cxlemu {
namespace {

using namespace feature_attribute;
using Config = MemoryDeviceConfig;

template <Wire T>
T as(Bytes bytes) {
  return *Reader(bytes).take<T>();
}
template <Wire T>
void put(MutableBytes to, const T& value) {
  std::memcpy(to.data(), &value, sizeof value);
}

// ------------------------------------------------------------------------------ patrol scrub (CXL r3.2 8.2.10.9.11.1)

void default_patrol_scrub(const Config& config, MutableBytes value) {
  const std::uint8_t hours = std::max(config.patrol_scrub_hours, config.patrol_scrub_minimum_hours);
  put(value, PatrolScrubWritable{hours, config.patrol_scrub ? PatrolScrubWritable::kEnabled : std::uint8_t{0}});
}
bool admit_patrol_scrub(const Config& config, MutableBytes value) {
  auto scrub = as<PatrolScrubWritable>(value);
  if (scrub.configured_patrol_scrub_cycle_hours < config.patrol_scrub_minimum_hours) return false;
  scrub.device_patrol_scrub_flags =
      static_cast<std::uint8_t>(scrub.device_patrol_scrub_flags & PatrolScrubWritable::kEnabled);
  put(value, scrub);
  return true;
}
void read_patrol_scrub(const Config& config, Bytes value, MutableBytes data) {
  const auto scrub = as<PatrolScrubWritable>(value);
  // Events are logged at the end of a cycle: not Real-time Reporting Capable.
  put(data, PatrolScrubReadable{PatrolScrubReadable::kCycleChangeCapable, scrub.configured_patrol_scrub_cycle_hours,
                                config.patrol_scrub_minimum_hours, scrub.device_patrol_scrub_flags});
}
void apply_patrol_scrub(MemoryDevice& device, MutableBytes value) {
  media_errors::patrol_scrub_set(device, as<PatrolScrubWritable>(value));
}

// ---------------------------------------------------------------------------------- DDR5 ECS (CXL r3.2 8.2.10.9.11.2)

constexpr std::uint16_t kEcsWritableSize = 1 + 2 * kMemoryMediaFrus;
constexpr std::uint16_t kEcsReadableSize = 1 + sizeof(EcsReadable) * kMemoryMediaFrus;

// A byte for all memory media FRUs, then one of these for each.
using EcsConfigurations = Le16;
constexpr std::array<Field, 1> kEcsCommon = {
    Field{"ddr5_ecs_log_capabilities", 0, 1, FieldKind::hex, "bits 1:0: Log Entry Type"}};
constexpr std::array<Field, 1> kEcsConfigurations = {
    Field{"ecs_configurations", 0, sizeof(EcsConfigurations), FieldKind::hex, ""}};
constexpr Layout kEcsWritableFru{"EcsWritable", sizeof(EcsConfigurations), kEcsConfigurations};

std::uint16_t ecs_configuration_of(Bytes value, std::size_t fru) { return as<Le16>(value.subspan(1 + 2 * fru)); }

void default_ecs(const Config&, MutableBytes value) {
  put(value, U8(kEcsLogPerMemoryMediaFru));
  for (std::size_t i = 0; i < kMemoryMediaFrus; ++i) put(value.subspan(1 + 2 * i), Le16(EcsFru{}.configuration));
}
bool admit_ecs(const Config&, MutableBytes value) {
  // SILENT: the log of this device has an entry for each FRU, and cannot have one for each DRAM.
  const auto type = EcsLogEntryType::get(as<U8>(value).value());
  if (type != kEcsLogPerMemoryMediaFru) return false;
  put(value, U8(static_cast<std::uint8_t>(type)));
  for (std::size_t i = 0; i < kMemoryMediaFrus; ++i) {
    const std::uint16_t configuration = ecs_configuration_of(value, i) & ecs_configuration::kDefined;
    const auto threshold = ecs_configuration::ThresholdCount::get(configuration);
    if (threshold < 3 || threshold > 5) return false;
    put(value.subspan(1 + 2 * i), Le16(configuration));
  }
  return true;
}
void read_ecs(const Config&, Bytes value, MutableBytes data) {
  put(data, as<U8>(value));
  for (std::size_t i = 0; i < kMemoryMediaFrus; ++i) {
    // Never Real-time Reporting Capable (JESD79-5).
    put(data.subspan(1 + sizeof(EcsReadable) * i), EcsReadable{0, ecs_configuration_of(value, i), 0});
  }
}
void apply_ecs(MemoryDevice& device, MutableBytes value) {
  for (std::size_t i = 0; i < kMemoryMediaFrus; ++i) {
    const std::uint16_t configuration = ecs_configuration_of(value, i);
    EcsFru& fru = device.ecs().frus[i];
    fru.configuration = ecs_configuration::ResetCounter::set(configuration, 0);
    if (ecs_configuration::ResetCounter::get(configuration) != 0) ecs::reset_counters(fru);
    put(value.subspan(1 + 2 * i), Le16(fru.configuration));
  }
  device.changes().mark(StateKey::ecs);
}

// --------------------------------------------------------------------- PPR and sparing (CXL r3.2 8.2.10.7.2.1 to .2.3)

// Table 8-126: a number of 4 bits in units of 1 us, 10 us and so on to 10 s; rounded up.
std::uint8_t latency_of(Nanoseconds duration) {
  std::uint8_t scale = 0;
  Nanoseconds::rep unit = 1'000;
  constexpr std::uint8_t kLargestScale = 7;
  for (; scale < kLargestScale && duration.count() > 15 * unit; ++scale) unit *= 10;
  const auto count = std::clamp<Nanoseconds::rep>((duration.count() + unit - 1) / unit, 1, 15);
  return static_cast<std::uint8_t>(count << 4 | scale);
}

void default_ppr(const Config&, MutableBytes value) {
  put(value, PprWritable{0, PprWritable::kMemorySparingEventRecordEnable});
}
bool admit_ppr(const Config&, MutableBytes value) {
  // The device initiates nothing, neither later nor at boot: these bits are reserved.
  auto ppr = as<PprWritable>(value);
  ppr.operation_mode = 0;
  ppr.ppr_operation_mode =
      static_cast<std::uint8_t>(ppr.ppr_operation_mode & PprWritable::kMemorySparingEventRecordEnable);
  put(value, ppr);
  return true;
}
template <std::uint8_t subclass>
void read_ppr(const Config& config, Bytes value, MutableBytes data) {
  PprReadable ppr{};
  ppr.maximum_maintenance_operation_latency = latency_of(maintenance_duration(config, kMaintenancePpr));
  ppr.maintenance_operation_class = kMaintenancePpr;
  ppr.maintenance_operation_subclass = subclass;
  ppr.ppr_flags = PprReadable::kDpaSupport | PprReadable::kMemorySparingEventRecordCapability;
  ppr.ppr_operation_mode = as<PprWritable>(value).ppr_operation_mode;
  put(data, ppr);
}

void default_sparing(const Config&, MutableBytes) {}
bool admit_sparing(const Config&, MutableBytes value) {
  put(value, SparingWritable{0});
  return true;
}
template <std::uint8_t subclass>
void read_sparing(const Config& config, Bytes, MutableBytes data) {
  SparingReadable sparing{};
  sparing.maximum_maintenance_operation_latency = latency_of(maintenance_duration(config, kMaintenanceMemorySparing));
  sparing.maintenance_operation_class = kMaintenanceMemorySparing;
  sparing.maintenance_operation_subclass = subclass;
  sparing.restriction_flags = SparingReadable::kHardSparing | SparingReadable::kSoftSparing;
  put(data, sparing);
}

// --------------------------------------------------------------------------- thresholds (CXL r3.2 8.2.10.9.11.3)

void default_cvme(const Config&, MutableBytes) {}
bool admit_cvme(const Config&, MutableBytes value) {
  using Cvme = CvmeThresholdWritable;
  auto cvme = as<Cvme>(value);
  // Corrected errors are of one kind here: they cannot be filtered by it.
  if (cvme.granularity > CvmeGranularity::rank || (cvme.configuration_flags & Cvme::kErrorTypeMasks) != 0) return false;
  cvme.configuration_flags = static_cast<std::uint8_t>(cvme.configuration_flags & Cvme::kDefinedFlags);
  for (CvmeThresholds* thresholds : {&cvme.accesses, &cvme.patrol_scrub}) {
    thresholds->event_records_flags =
        static_cast<std::uint8_t>(thresholds->event_records_flags & CvmeThresholds::kDefinedFlags);
  }
  cvme.reserved = {};
  put(value, cvme);
  return true;
}
void read_cvme(const Config&, Bytes value, MutableBytes data) {
  const auto cvme = as<CvmeThresholdWritable>(value);
  CvmeThresholdReadable out{};
  out.supported_granularity_flags = CvmeThresholdReadable::kFruAndRank;
  out.granularity = cvme.granularity;
  out.supported_configuration_flags = CvmeThresholdReadable::kPatrolScrubThresholdSupported;
  out.configuration_flags = cvme.configuration_flags;
  out.counter_expiration_timer = cvme.counter_expiration_timer;
  out.accesses = cvme.accesses;
  out.patrol_scrub = cvme.patrol_scrub;
  put(data, out);
}
void apply_cvme(MemoryDevice& device, MutableBytes value) {
  media_errors::cvme_threshold_set(device, as<CvmeThresholdWritable>(value));
}

// ---------------------------------------------------------------------------------------------------------- our own

void default_settings(const Config& config, MutableBytes value) {
  DeviceSettings settings{};
  settings.abort_threshold = config.abort_threshold;
  put(value, settings);
}
bool admit_settings(const Config&, MutableBytes value) {
  auto settings = as<DeviceSettings>(value);
  const auto is_printable = [](std::byte byte) { return byte >= std::byte{0x20} && byte <= std::byte{0x7E}; };
  const auto end = std::ranges::find(settings.asset_tag, std::byte{0});
  const bool printable = std::all_of(settings.asset_tag.begin(), end, is_printable);
  const bool padded = std::all_of(end, settings.asset_tag.end(), [](std::byte byte) { return byte == std::byte{0}; });
  if (settings.abort_threshold > 100 || !printable || !padded) return false;
  settings.reserved = {};
  put(value, settings);
  return true;
}
void read_settings(const Config&, Bytes value, MutableBytes data) { std::ranges::copy(value, data.begin()); }

// --------------------------------------------------------------------------------------------------------------- rows

// "Any reset will restore the default value."
constexpr std::uint32_t kUntilReset = changeable | default_selection;
constexpr std::uint32_t kSavedAtHotReset = kUntilReset | persists_to_hot_reset | saved_selection;

// clang-format off
constexpr FeatureRow sparing(const Uuid& identifier, std::string_view name, std::string_view short_name,
                             void (*read)(const Config&, Bytes, MutableBytes)) {
  return {identifier, name, sizeof(SparingReadable), sizeof(SparingWritable), sizeof(SparingWritable), kUntilReset,
          1, 1, kFeatureEffects, default_sparing, admit_sparing, read, nullptr,
          short_name, LayoutOf<SparingReadable>::value, LayoutOf<SparingWritable>::value};
}
constexpr FeatureRow ppr(const Uuid& identifier, std::string_view name, std::string_view short_name,
                         void (*read)(const Config&, Bytes, MutableBytes)) {
  return {identifier, name, sizeof(PprReadable), sizeof(PprWritable), PprWritable::kMinimumFeatureDataSize,
          kSavedAtHotReset, 3, 3, kFeatureEffects, default_ppr, admit_ppr, read, nullptr,
          short_name, LayoutOf<PprReadable>::value, LayoutOf<PprWritable>::value};
}

constexpr auto kRows = std::to_array<FeatureRow>({
    {kPatrolScrubFeature, "Device Patrol Scrub Control", sizeof(PatrolScrubReadable), sizeof(PatrolScrubWritable),
     sizeof(PatrolScrubWritable), kUntilReset, 1, 1, kFeatureEffects,
     default_patrol_scrub, admit_patrol_scrub, read_patrol_scrub, apply_patrol_scrub, "patrol-scrub",
     LayoutOf<PatrolScrubReadable>::value, LayoutOf<PatrolScrubWritable>::value},
    {kDdr5EcsFeature, "DDR5 Error Check Scrub Control", kEcsReadableSize, kEcsWritableSize, kEcsWritableSize,
     kUntilReset, 1, 1, kEcsEffects, default_ecs, admit_ecs, read_ecs, apply_ecs, "ddr5-ecs",
     {"EcsReadable", 1, kEcsCommon, "frus", &LayoutOf<EcsReadable>::value},
     {"EcsWritable", 1, kEcsCommon, "ecs_configurations", &kEcsWritableFru}},
    ppr(kSoftPprFeature, "sPPR", "soft-ppr", read_ppr<0>),
    ppr(kHardPprFeature, "hPPR", "hard-ppr", read_ppr<1>),
    sparing(kCachelineSparingFeature, "Cacheline Memory Sparing", "cacheline-sparing", read_sparing<0>),
    sparing(kRowSparingFeature, "Row Memory Sparing", "row-sparing", read_sparing<1>),
    sparing(kBankSparingFeature, "Bank Memory Sparing", "bank-sparing", read_sparing<2>),
    sparing(kRankSparingFeature, "Rank Memory Sparing", "rank-sparing", read_sparing<3>),
    {kCvmeThresholdFeature, "Advanced Programmable Corrected Volatile Memory Error Threshold",
     sizeof(CvmeThresholdReadable), sizeof(CvmeThresholdWritable), sizeof(CvmeThresholdWritable), kUntilReset, 1, 1,
     kFeatureEffects, default_cvme, admit_cvme, read_cvme, apply_cvme, "cvme-threshold",
     LayoutOf<CvmeThresholdReadable>::value, LayoutOf<CvmeThresholdWritable>::value},
    {kDeviceSettingsFeature, "Device Settings", sizeof(DeviceSettings), sizeof(DeviceSettings), sizeof(DeviceSettings),
     kUntilReset | saved_selection | persists_to_cold_reset | persists_across_firmware_update, 1, 1,
     kDeviceSettingsEffects, default_settings, admit_settings, read_settings, nullptr, "device-settings",
     LayoutOf<DeviceSettings>::value, LayoutOf<DeviceSettings>::value},
});
// clang-format on
static_assert(kRows.size() == kFeatures);
static_assert(kRows[static_cast<std::size_t>(FeatureIndex::device_settings)].identifier == kDeviceSettingsFeature);

constexpr std::uint16_t united_effects() {
  std::uint16_t all = 0;
  for (const FeatureRow& row : kRows) all |= row.set_feature_effects;
  return all & 0x3F;
}
static_assert(kSetFeatureEffects == united_effects());

}  // namespace

std::span<const FeatureRow> feature_rows() { return kRows; }

}  // namespace cxlemu
