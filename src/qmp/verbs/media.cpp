// What QMP does to the media of a device: reading and writing it as a host would, poison.
#include <fmt/format.h>

#include "base/hex.hpp"
#include "decode/payload_text.hpp"
#include "qmp/arguments.hpp"
#include "qmp/targets.hpp"
#include "qmp/verbs/verbs.hpp"

namespace cxlemu::qmp {
namespace {

using decode::capacity_text;
using enum ArgumentKind;

constexpr auto kReadMedia =
    std::to_array<Argument>({kPath, {"dpa", size, "first byte"}, {"length", size, "bytes, at most 1 MiB"}});
constexpr auto kWriteMedia = std::to_array<Argument>({
    kPath,
    {"dpa", size, "first byte"},
    {"data", hex, "what to write, or what to repeat over `length` bytes"},
    {"length", size, "bytes, at most 1 MiB; absent: as long as data", true},
});

std::string media_error(const DeviceTarget& node, MediaError error) {
  if (error == MediaError::disabled) {
    return fmt::format("media of {} is disabled; a Sanitize that succeeds enables it", node.device->id());
  }
  if (error == MediaError::locked) {
    const auto& id = node.device->id();
    const SecurityState& security = node.device->logical_device().state.security;
    const bool cold_reset = security.frozen || security.user.attempt_count_reached();
    return fmt::format("persistent memory of {} is locked; {}`cxlemu cci {} unlock current_passphrase=...` opens it",
                       id, cold_reset ? "after a cold reset " : "", id);
  }
  if (error == MediaError::storage) {
    return fmt::format("the file behind media of {} could not be read or written; is its disk full?",
                       node.device->id());
  }
  if (error == MediaError::poison) {
    return fmt::format(
        "a cache line there is poisoned; cxlemu-query-poison shows which of {} are, and writing whole lines "
        "clears them",
        node.device->id());
  }
  return fmt::format("outside of the capacity of {} ({})", node.device->id(),
                     capacity_text(node.device->logical_device().capacity()));
}

Result<Json> read_media(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const auto length = number_of(arguments["length"]);
  if (length > kMaximumMediaAccess) return failure("parameter \"length\" is at most 1 MiB");
  Buffer bytes(length);
  if (const auto read = node.device->read_media(Dpa{number_of(arguments["dpa"])}, bytes); !read) {
    return failure(media_error(node, read.error()));
  }
  return Json::object({{"data", to_hex(bytes)}});
}

Result<Json> write_media(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const Buffer pattern = hex_of(arguments["data"]);
  const auto length = number_of(arguments, "length", pattern.size());
  if (length > kMaximumMediaAccess) return failure("parameter \"length\" is at most 1 MiB");
  if (pattern.empty() && length > 0) return failure("parameter \"data\" is empty");
  Buffer bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = pattern[i % pattern.size()];
  if (const auto written = node.device->write_media(Dpa{number_of(arguments["dpa"])}, bytes); !written) {
    return failure(media_error(node, written.error()));
  }
  return Json::object();
}

// -------------------------------------------------------------------------------------------------------------- poison

constexpr auto kSources = std::to_array<std::string_view>({"unknown", "external", "internal", "injected", "vendor"});
constexpr auto kSourceValues =
    std::to_array<PoisonSource>({PoisonSource::unknown, PoisonSource::external, PoisonSource::internal,
                                 PoisonSource::injected, PoisonSource::vendor_specific});
constexpr auto kInjectPoison = std::to_array<Argument>({
    kPath,
    {"start", u64, "first DPA, a multiple of 64"},
    {"length", size, "bytes, a multiple of 64"},
    {"source", choice, "Error Source of its records; default internal, as of media that fails", true, kSources},
    {"latent", boolean, "true: the device does not know of it before a host's read, a scan or a scrub comes upon it",
     true},
    {"permanent", boolean, "true: the media is broken there: Clear Poison is 11h, and writing does not clear it", true},
});
constexpr auto kClearPoison = std::to_array<Argument>(
    {kPath, {"start", u64, "first DPA, a multiple of 64"}, {"length", size, "bytes, a multiple of 64"}});

/// LIMIT: ranges that one answer of cxlemu-query-poison shows.
constexpr std::uint64_t kMaximumRangesShown = 65'536;
constexpr auto kQueryPoison = std::to_array<Argument>({
    kPath,
    {"start", u64, "DPA from which ranges are shown; default 0", true},
    {"limit", u32, "ranges to show of the media and of the list, at most 65536; default 256", true},
});

std::string_view name_of(PoisonSource source) {
  const auto at = std::ranges::find(kSourceValues, source) - kSourceValues.begin();
  return static_cast<std::size_t>(at) < kSources.size() ? kSources[static_cast<std::size_t>(at)] : "reserved";
}

// COMPAT(qemu): the words in which QEMU refuses the same.
Result<void> check_poison_range(const DeviceTarget& node, std::uint64_t start, std::uint64_t length) {
  if (length == 0 || length % kCacheLine != 0) return failure("Poison injection must be in multiples of 64 bytes");
  if (start % kCacheLine != 0) return failure("Poison start address must be 64 byte aligned");
  const LogicalDevice& media = node.device->logical_device();
  if (media.contains(Dpa{start}, length)) return {};
  return failure(fmt::format("outside of the capacity of {} ({})", node.device->id(), capacity_text(media.capacity())));
}

Result<Json> inject_poison(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const std::uint64_t start = number_of(arguments["start"]);
  const std::uint64_t length = number_of(arguments["length"]);
  TRY_VOID(check_poison_range(node, start, length));
  PoisonKind kind{.source = PoisonSource::internal};
  if (const auto source = arguments["source"].string()) {
    kind.source = kSourceValues[static_cast<std::size_t>(std::ranges::find(kSources, *source) - kSources.begin())];
  }
  kind.detected = !arguments["latent"].boolean().value_or(false);
  kind.permanent = arguments["permanent"].boolean().value_or(false);
  node.device->poison_media(Dpa{start}, length, kind);
  return Json::object();
}

Result<Json> clear_poison(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const std::uint64_t start = number_of(arguments["start"]);
  const std::uint64_t length = number_of(arguments["length"]);
  TRY_VOID(check_poison_range(node, start, length));
  node.device->repair_media(Dpa{start}, length);
  return Json::object();
}

Json ranges_of(const PoisonMap& map, std::uint64_t start, std::uint64_t limit) {
  Json ranges = Json::array();
  map.visit(start, ~std::uint64_t{0} - start, [&](const PoisonRange& range) {
    if (ranges.elements().size() == limit) return false;
    Json one = Json::object({{"start", range.dpa}, {"length", range.length}, {"source", name_of(range.kind.source)}});
    if (!range.kind.detected) one.set("latent", true);
    if (range.kind.permanent) one.set("permanent", true);
    ranges.push_back(std::move(one));
    return true;
  });
  return ranges;
}

Result<Json> query_poison(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const PoisonState& state = node.device->logical_device().state.poison;
  const std::uint64_t start = number_of(arguments, "start", 0);
  const std::uint64_t limit = number_of(arguments, "limit", 256);
  if (limit > kMaximumRangesShown)
    return failure(fmt::format("parameter \"limit\" is at most {}", kMaximumRangesShown));
  const auto summary = [&](const PoisonMap& map) {
    return Json::object({{"records", map.records()}, {"lines", map.lines()}, {"ranges", ranges_of(map, start, limit)}});
  };
  Json list = summary(state.list);
  list.set("limit", node.device->config().poison_list_size);
  list.set("overflow", state.overflow);
  if (state.overflow) list.set("overflow-timestamp", state.overflow_timestamp);
  Json scan = Json::object({{"available", state.scan.available}});
  if (state.scan.available) {
    scan.set("records", state.scan.records.size());
    scan.set("stopped-prematurely", state.scan.restart_length != 0);
  }
  return Json::object({{"media", summary(state.media)}, {"list", std::move(list)}, {"scan", std::move(scan)}});
}

constexpr std::string_view kNothing = "nothing";
constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxl-inject-poison",
     "Poisons media, as an error of the device's own unless `source` says otherwise (CXL r3.2 "
     "8.2.10.9.4.1). What is poisoned already stays as it is.",
     kNothing, kInjectPoison, inject_poison},
    {"cxlemu-clear-poison", "Makes media whole again, also where it is permanently broken; its bytes stay.", kNothing,
     kClearPoison, clear_poison},
    {"cxlemu-query-poison", "What is poisoned, what the device reports, and what a scan has found.",
     "`media` and `list`, each with `records`, `lines` and the first `ranges`; `list` with `limit` and `overflow`; "
     "`scan`",
     kQueryPoison, query_poison},
    {"cxlemu-read-media",
     "Reads device memory as a host would; refused where it is poisoned, and while media is disabled or "
     "locked.",
     "`data` in hexadecimal", kReadMedia, read_media},
    {"cxlemu-write-media",
     "Writes device memory as a host would, which clears poison of whole lines; refused while media is "
     "disabled or locked.",
     kNothing, kWriteMedia, write_media},
});

}  // namespace

std::span<const QmpCommand> media_commands() { return kRows; }

}  // namespace cxlemu::qmp
