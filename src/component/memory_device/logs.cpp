// The logs of a memory device, one row each (CXL r3.2 8.2.10.5.2).
#include <cstring>

#include "cci/command_effects_log.hpp"
#include "component/memory_device/memory_device.hpp"

namespace cxlemu {
namespace {

using Row = cci::LogRow;

void copy_part(Bytes log, std::uint32_t offset, MutableBytes to) {
  if (!to.empty()) std::memcpy(to.data(), log.data() + offset, to.size());
}

// ---------------------------------------------------------------------------------------------------- Vendor Debug Log

constexpr Row kVendorDebug{
    .identifier = kVendorDebugLog,
    .name = "Vendor Debug Log",
    .capabilities = GetLogCapabilitiesOut::kClearLogSupported,
    .size =
        [](const cci::Cci& cci) {
          auto& device = cci.subject<MemoryDevice>();
          return static_cast<std::uint32_t>(debug_log::text(device.debug_log(), device.commands()).size());
        },
    .read =
        [](const cci::Cci& cci, std::uint32_t offset, MutableBytes to) {
          auto& device = cci.subject<MemoryDevice>();
          const std::string text = debug_log::text(device.debug_log(), device.commands());
          copy_part(bytes_of(std::string_view(text)), offset, to);
        },
    .clear =
        [](const cci::Cci& cci) {
          DebugLogState& log = cci.subject<MemoryDevice>().debug_log();
          log = {.media_disabled = log.media_disabled};
        }};

// -------------------------------------------------------------------------------------------------------- DDR5 ECS Log

struct EcsLog {
  Ddr5EcsLogHeader header;
  std::array<Ddr5EcsLogEntry, kMemoryMediaFrus> entries;
};
static_assert(Wire<EcsLog> && sizeof(EcsLog) == 4 + kMemoryMediaFrus * 0x22);

EcsLog ecs_log(MemoryDevice& device) {
  EcsLog log{};
  const std::uint32_t per_fru =
      Ddr5EcsLogHeader::EntryType::set(std::uint32_t{0}, Ddr5EcsLogHeader::kPerMemoryMediaFru);
  log.header.common_header = Ddr5EcsLogHeader::TotalNumberOfEntries::set(per_fru, kMemoryMediaFrus);
  constexpr std::uint64_t kGigabit = 128ULL << 20;  // in bytes
  const std::uint64_t gigabits = (device.logical_device().capacity() / kMemoryMediaFrus + kGigabit - 1) / kGigabit;
  for (std::size_t i = 0; i < kMemoryMediaFrus; ++i) {
    const EcsFru& fru = device.ecs().frus[i];
    Ddr5EcsLogEntry& entry = log.entries[i];
    constexpr std::string_view kName = "FRU";
    std::memcpy(entry.component_identifier.data(), kName.data(), kName.size());
    entry.component_identifier[kName.size()] = static_cast<std::byte>('0' + i);
    entry.ddr5_ecs_configurations = fru.configuration;
    // "The count is subject to the ECS Threshold count per Gbit, which masks error counts less than the Threshold."
    if (fru.error_count < ecs::threshold(fru, gigabits)) continue;
    entry.flags = Ddr5EcsLogEntry::kErrorFound;
    entry.error_count = fru.error_count;
    entry.maximum_row_error_count = fru.maximum_row_error_count;
    entry.address_with_maximum_errors = fru.address_with_maximum_errors;
  }
  return log;
}

constexpr Row kEcs{.identifier = kDdr5EcsLog,
                   .name = "DDR5 Error Check Scrub (ECS) Log",
                   .size = [](const cci::Cci&) { return static_cast<std::uint32_t>(sizeof(EcsLog)); },
                   .read =
                       [](const cci::Cci& cci, std::uint32_t offset, MutableBytes to) {
                         const EcsLog log = ecs_log(cci.subject<MemoryDevice>());
                         copy_part(bytes_of(log), offset, to);
                       }};

// ----------------------------------------------------------------------------------------------------- media test logs

// There is no built-in media test (CXL r3.2 8.2.10.7.1.5), and the logs say so.
constexpr MediaTestCapabilityLogHeader kMediaTestCapability{.number_of_supported_tests = 0,
                                                            .total_number_of_error_signatures = 0,
                                                            .media_test_result_long_log_version = 1,
                                                            .media_test_result_short_log_version = 1,
                                                            .capabilities = 0,
                                                            .reserved = {}};
constexpr MediaTestResultsLogHeader kNoTestsExecuted{
    .number_of_tests_executed = 0, .version = 1, .result = 0, .reserved = {}};

template <auto& log>
constexpr Row constant_row(const Uuid& identifier, std::string_view name) {
  return {.identifier = identifier,
          .name = name,
          .size = [](const cci::Cci&) { return static_cast<std::uint32_t>(sizeof log); },
          .read = [](const cci::Cci&, std::uint32_t offset, MutableBytes to) { copy_part(bytes_of(log), offset, to); }};
}

// Clear Log clears the results of tests, of which there are none.
template <auto& log>
constexpr Row clearable_row(const Uuid& identifier, std::string_view name) {
  Row row = constant_row<log>(identifier, name);
  row.capabilities = GetLogCapabilitiesOut::kClearLogSupported;
  row.clear = [](const cci::Cci&) {};
  return row;
}

}  // namespace

std::span<const Row> memory_device_logs() {
  using enum cci::LogContents;
  constexpr Layout kEntries{"CommandEffectsLog", 0, {}, "entries", &LayoutOf<CommandEffectsLogEntry>::value};
  constexpr Layout kEcsLayout{"Ddr5EcsLog", sizeof(Ddr5EcsLogHeader), Describe<Ddr5EcsLogHeader>::fields, "entries",
                              &LayoutOf<Ddr5EcsLogEntry>::value};
  // COMPAT(libcxlmi): seven, and it asks for no other number of them.
  static const auto rows = std::to_array<Row>({
      cci::kCommandEffectsLogRow.shown_as("command-effects", command_effects, kEntries),
      kVendorDebug.shown_as("vendor-debug", lines_of_text),
      component_state_dump_row().shown_as("component-state-dump", header_and_json,
                                          LayoutOf<ComponentStateDumpHeader>::value),
      kEcs.shown_as("ddr5-ecs", fields, kEcsLayout),
      constant_row<kMediaTestCapability>(kMediaTestCapabilityLog, "Media Test Capability Log")
          .shown_as("media-test-capability", fields, LayoutOf<MediaTestCapabilityLogHeader>::value),
      clearable_row<kNoTestsExecuted>(kMediaTestResultsShortLog, "Media Test Results Short Log")
          .shown_as("media-test-results-short", fields, LayoutOf<MediaTestResultsLogHeader>::value),
      clearable_row<kNoTestsExecuted>(kMediaTestResultsLongLog, "Media Test Results Long Log")
          .shown_as("media-test-results-long", fields, LayoutOf<MediaTestResultsLogHeader>::value),
  });
  return rows;
}

}  // namespace cxlemu
