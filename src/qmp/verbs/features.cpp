// What QMP shows of features and maintenance, and the corrected errors that it puts into the media.
#include <fmt/format.h>

#include "base/hex.hpp"
#include "decode/payload_text.hpp"
#include "qmp/arguments.hpp"
#include "qmp/lab_query.hpp"
#include "qmp/targets.hpp"
#include "qmp/verbs/verbs.hpp"

namespace cxlemu::qmp {
namespace {

using decode::capacity_text;
using enum ArgumentKind;

constexpr auto kDevice = std::to_array<Argument>({kPath});
constexpr auto kInjectCorrectedErrors = std::to_array<Argument>({
    kPath,
    {"dpa", size, "a byte of the cache line"},
    {"count", u32, "errors; default 1", true},
});

// What Get Feature returns for a value.
std::string readable(const FeatureRow& row, const MemoryDeviceConfig& config, Bytes value) {
  Buffer data(row.get_feature_size);
  row.read(config, value, data);
  return to_hex(data);
}

Json feature_of(const MemoryDevice& device, std::size_t index) {
  const FeatureRow& row = feature_rows()[index];
  const FeatureValue& value = device.features().values[index];
  Json one = Json::object({{"index", index},
                           {"name", row.name},
                           {"identifier", row.identifier.text()},
                           {"current", readable(row, device.config(), value.current)},
                           {"default", readable(row, device.config(), features::default_value(row, device.config()))}});
  if (row.has(feature_attribute::saved_selection)) one.set("saved", readable(row, device.config(), value.saved));
  return one;
}

Json transfer_of(const FeatureTransfer& transfer) {
  Json one = Json::object({{"in-progress", transfer.in_progress}});
  if (!transfer.in_progress) return one;
  one.set("by", cci::name_of(transfer.by));
  one.set("feature", feature_rows()[transfer.feature].name);
  one.set("received", transfer.data.size());
  return one;
}

Json scrub_of(const MemoryDevice& device) {
  const PatrolScrubState& state = device.media_errors().patrol_scrub;
  const auto scrub = features::current<PatrolScrubWritable>(device.features(), FeatureIndex::patrol_scrub);
  const bool enabled = (scrub.device_patrol_scrub_flags & PatrolScrubWritable::kEnabled) != 0;
  return Json::object({{"enabled", enabled},
                       {"cycle-hours", scrub.configured_patrol_scrub_cycle_hours.value()},
                       {"corrected", state.corrected},
                       {"uncorrected", state.uncorrected}});
}

Json ecs_of(const EcsState& state) {
  Json frus = Json::array();
  for (const EcsFru& fru : state.frus) {
    frus.push_back(Json::object({{"configuration", fru.configuration},
                                 {"error-count", fru.error_count},
                                 {"maximum-row-error-count", fru.maximum_row_error_count},
                                 {"address-with-maximum-errors", fru.address_with_maximum_errors}}));
  }
  return frus;
}

Json errors_of(const MediaErrorsState& state) {
  std::uint64_t errors = 0;
  for (const CorrectedErrors& one : state.corrected) errors += one.count;
  return Json::object({{"lines", state.corrected.size()}, {"errors", errors}});
}

Result<Json> query_features(QmpContext& context, const Json& arguments) {
  const MemoryDevice& device = *TRY(find_device(context, arguments)).device;
  Json all = Json::array();
  for (std::size_t i = 0; i < kFeatures; ++i) all.push_back(feature_of(device, i));
  return Json::object({{"features", std::move(all)},
                       {"transfer", transfer_of(device.features().transfer)},
                       {"patrol-scrub", scrub_of(device)},
                       {"ecs", ecs_of(device.ecs())},
                       {"waiting-corrected-errors", errors_of(device.media_errors())}});
}

constexpr auto kRepairNames = std::to_array<std::string_view>(
    {"soft-ppr", "hard-ppr", "cacheline-sparing", "row-sparing", "bank-sparing", "rank-sparing"});
static_assert(kRepairNames.size() == kRepairKinds);

Result<Json> query_maintenance(QmpContext& context, const Json& arguments) {
  const MemoryDevice& device = *TRY(find_device(context, arguments)).device;
  Json spares = Json::object();
  for (std::size_t i = 0; i < kRepairKinds; ++i) {
    const auto kind = static_cast<RepairKind>(i);
    spares.set(kRepairNames[i], Json::object({{"spares", maintenance::resources(device.config(), kind)},
                                              {"left", maintenance::resources_left(device, kind)}}));
  }
  Json repairs = Json::array();
  for (const Repair& repair : device.maintenance().repairs) {
    repairs.push_back(Json::object({{"operation", kRepairNames[static_cast<std::size_t>(repair.kind)]},
                                    {"hard", repair.hard},
                                    {"start", repair.dpa},
                                    {"length", repair.length}}));
  }
  return Json::object({{"resources", std::move(spares)}, {"repairs", std::move(repairs)}});
}

Result<Json> inject_corrected_errors(QmpContext& context, const Json& arguments) {
  MemoryDevice& device = *TRY(find_device(context, arguments)).device;
  const std::uint64_t dpa = number_of(arguments["dpa"]);
  const auto count = static_cast<std::uint32_t>(number_of(arguments, "count", 1));
  if (!device.logical_device().contains(Dpa{dpa}, 1)) {
    return failure(fmt::format("outside of the capacity of {} ({})", device.id(),
                               capacity_text(device.logical_device().capacity())));
  }
  if (count == 0) return failure("parameter \"count\" counts from 1");
  if (!media_errors::inject(device, dpa / kCacheLine * kCacheLine, count)) {
    return failure(
        fmt::format("{} cache lines have corrected errors that nothing has come upon yet", kMaximumCorrectedErrors));
  }
  return Json::object();
}

constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxlemu-inject-corrected-errors",
     "Puts errors into a cache line that the media can correct. Nobody knows of them before "
     "patrol scrub, ECS or a host's read comes upon them.",
     "nothing", kInjectCorrectedErrors, inject_corrected_errors},
    {"cxlemu-query-features", "Features of a device with their values, and what scrubbing has found.",
     "`features` with `index`, `name`, `identifier` and, as Get Feature returns them, `current`, `default` and perhaps "
     "`saved`; "
     "`transfer`; `patrol-scrub`; `ecs`, one for each memory media FRU; `waiting-corrected-errors`",
     kDevice, query_features},
    {"cxlemu-query-maintenance", "Spares of a device, and the repairs that are in effect.",
     "`resources` with `spares` and `left` of each operation; `repairs` with `operation`, `hard`, `start` and `length`",
     kDevice, query_maintenance},
});

}  // namespace

std::span<const QmpCommand> feature_commands() { return kRows; }

}  // namespace cxlemu::qmp
