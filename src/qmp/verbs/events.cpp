// What is logged: QEMU's commands that inject event records (QEMU 11.1, qapi/cxl.json), and what shows them.
#include "wire/events.hpp"

#include <algorithm>
#include <cstring>

#include "qmp/arguments.hpp"
#include "qmp/lab_query.hpp"
#include "qmp/targets.hpp"
#include "qmp/verbs/verbs.hpp"
#include "wire/event_records.hpp"

namespace cxlemu::qmp {
namespace {

// All but that of Dynamic Capacity, whose records are not injected.
constexpr auto kLogs = std::span(kEventLogWords).first<4>();

using enum ArgumentKind;
constexpr Argument optional(std::string_view name, ArgumentKind kind, std::string_view meaning) {
  return {name, kind, meaning, true};
}

// What every event has.
constexpr Argument kLog{"log", choice, "event log", false, kLogs};
constexpr Argument kFlags{"flags", u24, "Event Record Flags; severity 0 is filled in from the log"};
constexpr auto kMaintOpClass = optional("maint-op-class", u8, "Maintenance Operation Class");
constexpr auto kMaintOpSubclass = optional("maint-op-subclass", u8, "Maintenance Operation Subclass");
constexpr auto kLdId = optional("ld-id", u16, "LD-ID");
constexpr auto kHeadId = optional("head-id", u8, "Head ID");
// COMPAT(qemu): mandatory in QEMU 11.1, absent before; scripts of both kinds work here.
constexpr auto kSubType = optional("sub-type", u8, "event sub-type");
constexpr auto kComponentId = optional("component-id", text, "Component Identifier, up to 16 characters");
constexpr auto kIsPldm = optional("is-comp-id-pldm", boolean, "the Component Identifier has PLDM format");

constexpr auto kGeneralMedia = std::to_array<Argument>({
    kPath,
    kLog,
    kFlags,
    kMaintOpClass,
    kMaintOpSubclass,
    kLdId,
    kHeadId,
    {"dpa", u64, "physical address with its bits 0 (volatile) and 1 (not repairable)"},
    {"descriptor", u8, "Memory Event Descriptor"},
    {"type", u8, "Memory Event Type"},
    {"transaction-type", u8, "Transaction Type"},
    optional("channel", u8, "Channel"),
    optional("rank", u8, "Rank"),
    optional("device", u24, "Device bit mask"),
    kComponentId,
    kIsPldm,
    optional("cme-ev-flags", u8, "threshold event flags"),
    optional("cme-count", u24, "Corrected Memory Error Count; sets the descriptor's threshold bit"),
    kSubType,
});
constexpr auto kDram = std::to_array<Argument>({
    kPath,
    kLog,
    kFlags,
    kMaintOpClass,
    kMaintOpSubclass,
    kLdId,
    kHeadId,
    {"dpa", u64, "physical address with its bits 0 (volatile) and 1 (not repairable)"},
    {"descriptor", u8, "Memory Event Descriptor"},
    {"type", u8, "Memory Event Type"},
    {"transaction-type", u8, "Transaction Type"},
    optional("channel", u8, "Channel"),
    optional("rank", u8, "Rank"),
    optional("nibble-mask", u24, "Nibble Mask"),
    optional("bank-group", u8, "Bank Group"),
    optional("bank", u8, "Bank"),
    optional("row", u24, "Row"),
    optional("column", u16, "Column"),
    optional("correction-mask", u64_list, "up to four Correction Masks"),
    kComponentId,
    kIsPldm,
    optional("sub-channel", u8, "Sub-channel"),
    optional("cme-ev-flags", u8, "threshold event flags"),
    optional("cvme-count", u24, "Corrected Volatile Memory Error Count; sets the descriptor's threshold bit"),
    kSubType,
});
constexpr auto kMemoryModule = std::to_array<Argument>({
    kPath,
    kLog,
    kFlags,
    kMaintOpClass,
    kMaintOpSubclass,
    kLdId,
    kHeadId,
    {"type", u8, "Device Event Type"},
    {"health-status", u8, "Health Status"},
    {"media-status", u8, "Media Status"},
    {"additional-status", u8, "Additional Status"},
    {"life-used", u8, "percent"},
    {"temperature", i16, "degrees Celsius"},
    {"dirty-shutdown-count", u32, "Dirty Shutdown Count"},
    {"corrected-volatile-error-count", u32, "Corrected Volatile Error Count"},
    {"corrected-persistent-error-count", u32, "Corrected Persistent Error Count"},
    kComponentId,
    kIsPldm,
    kSubType,
});

constexpr auto kMemorySparing = std::to_array<Argument>({
    kPath,
    kLog,
    kFlags,
    kMaintOpClass,
    kMaintOpSubclass,
    kLdId,
    kHeadId,
    {"sparing-flags", u8, "bit 0: query, bit 1: hard sparing, bit 2: device initiated"},
    {"result", u8, "0: success, 1: resources exhausted, 255: general failure"},
    {"spare-resource-available", u16, "resources left, from 0 to 3 (3 or more)"},
    optional("channel", u8, "Channel"),
    optional("rank", u8, "Rank"),
    optional("nibble-mask", u24, "Nibble Mask"),
    optional("bank-group", u8, "Bank Group"),
    optional("bank", u8, "Bank"),
    optional("row", u24, "Row"),
    optional("column", u16, "Column"),
    kComponentId,
    kIsPldm,
    optional("sub-channel", u8, "Sub-channel"),
});

std::uint8_t byte_of(const Json& arguments, std::string_view name) {
  return static_cast<std::uint8_t>(number_of(arguments, name, 0));
}
std::uint16_t word_of(const Json& arguments, std::string_view name) {
  return static_cast<std::uint16_t>(number_of(arguments, name, 0));
}
std::uint32_t dword_of(const Json& arguments, std::string_view name) {
  return static_cast<std::uint32_t>(number_of(arguments, name, 0));
}

// The validity bit of an optional argument that was given.
std::uint16_t valid(const Json& arguments, std::string_view name, unsigned bit) {
  return static_cast<std::uint16_t>(arguments.contains(name) ? 1U << bit : 0U);
}

std::array<std::byte, 16> component_id(const Json& arguments) {
  std::array<std::byte, 16> id{};
  if (const auto given = arguments["component-id"].string()) {
    std::memcpy(id.data(), given->data(), std::min(given->size(), id.size()));
  }
  return id;
}

bool is_pldm(const Json& arguments) {
  return arguments.contains("component-id") && arguments["is-comp-id-pldm"].boolean().value_or(false);
}

template <Wire Data>
Result<Json> inject(QmpContext& context, const Json& arguments, const Uuid& identifier, const Data& data) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const auto log = static_cast<EventLogId>(std::ranges::find(kLogs, *arguments["log"].string()) - kLogs.begin());
  auto flags = dword_of(arguments, "flags");
  if (EventRecord::Severity::get(flags) == 0)
    flags = EventRecord::Severity::set(flags, static_cast<std::uint64_t>(log));
  // CXL r3.2 8.2.10.2.1: bits 2 to 5 shall not be set in an informational event.
  constexpr std::uint32_t kNotInformational = 0x3CU;
  if (EventRecord::Severity::get(flags) == 0 && (flags & kNotInformational) != 0) {
    return failure(
        "an informational event cannot require maintenance or say that anything is permanent, degraded or "
        "to be replaced");
  }
  EventRecord record{};
  record.event_record_identifier = identifier;
  record.maintenance_operation_class = byte_of(arguments, "maint-op-class");
  record.maintenance_operation_subclass = byte_of(arguments, "maint-op-subclass");
  record.ld_id = word_of(arguments, "ld-id");
  record.head_id = byte_of(arguments, "head-id");
  flags |= (arguments.contains("maint-op-subclass") ? 1U << 6 : 0U) | (arguments.contains("ld-id") ? 1U << 7 : 0U) |
           (arguments.contains("head-id") ? 1U << 8 : 0U);
  record.event_record_flags = flags;
  std::memcpy(record.event_record_data.data(), &data, sizeof data);
  node.device->log_event(log, record);
  return Json::object();
}

// A corrected error count says that a threshold was reached.
std::uint8_t descriptor_of(const Json& arguments, std::string_view count) {
  constexpr unsigned kThresholdEvent = 1U << 1;
  return static_cast<std::uint8_t>(byte_of(arguments, "descriptor") |
                                   (arguments.contains(count) ? kThresholdEvent : 0U));
}

Result<Json> inject_general_media_event(QmpContext& context, const Json& arguments) {
  GeneralMediaEventData data{};
  data.physical_address = number_of(arguments["dpa"]);
  data.memory_event_descriptor = descriptor_of(arguments, "cme-count");
  data.memory_event_type = byte_of(arguments, "type");
  data.transaction_type = byte_of(arguments, "transaction-type");
  data.channel = byte_of(arguments, "channel");
  data.rank = byte_of(arguments, "rank");
  data.device = dword_of(arguments, "device");
  data.component_identifier = component_id(arguments);
  data.validity_flags = static_cast<std::uint16_t>(valid(arguments, "channel", 0) | valid(arguments, "rank", 1) |
                                                   valid(arguments, "device", 2) | valid(arguments, "component-id", 3) |
                                                   (is_pldm(arguments) ? 1U << 4 : 0U));
  data.cme_threshold_event_flags = byte_of(arguments, "cme-ev-flags");
  data.corrected_memory_error_count_at_event = dword_of(arguments, "cme-count");
  data.memory_event_sub_type = byte_of(arguments, "sub-type");
  return inject(context, arguments, kGeneralMediaEventRecord, data);
}

Result<Json> inject_dram_event(QmpContext& context, const Json& arguments) {
  DramEventData data{};
  data.physical_address = number_of(arguments["dpa"]);
  data.memory_event_descriptor = descriptor_of(arguments, "cvme-count");
  data.memory_event_type = byte_of(arguments, "type");
  data.transaction_type = byte_of(arguments, "transaction-type");
  data.channel = byte_of(arguments, "channel");
  data.rank = byte_of(arguments, "rank");
  data.nibble_mask = dword_of(arguments, "nibble-mask");
  data.bank_group = byte_of(arguments, "bank-group");
  data.bank = byte_of(arguments, "bank");
  data.row = dword_of(arguments, "row");
  data.column = word_of(arguments, "column");
  const auto& masks = arguments["correction-mask"].elements();
  for (std::size_t i = 0; i < std::min(masks.size(), data.correction_mask.size()); ++i) {
    data.correction_mask[i] = number_of(masks[i]);
  }
  data.component_identifier = component_id(arguments);
  data.sub_channel = byte_of(arguments, "sub-channel");
  data.validity_flags = static_cast<std::uint16_t>(
      valid(arguments, "channel", 0) | valid(arguments, "rank", 1) | valid(arguments, "nibble-mask", 2) |
      valid(arguments, "bank-group", 3) | valid(arguments, "bank", 4) | valid(arguments, "row", 5) |
      valid(arguments, "column", 6) | valid(arguments, "correction-mask", 7) | valid(arguments, "component-id", 8) |
      (is_pldm(arguments) ? 1U << 9 : 0U) | valid(arguments, "sub-channel", 10));
  data.cvme_threshold_event_flags = byte_of(arguments, "cme-ev-flags");
  data.corrected_volatile_memory_error_count_at_event = dword_of(arguments, "cvme-count");
  data.memory_event_sub_type = byte_of(arguments, "sub-type");
  return inject(context, arguments, kDramEventRecord, data);
}

Result<Json> inject_memory_module_event(QmpContext& context, const Json& arguments) {
  MemoryModuleEventData data{};
  data.device_event_type = byte_of(arguments, "type");
  GetHealthInfoOut health{};
  health.health_status = byte_of(arguments, "health-status");
  health.media_status = byte_of(arguments, "media-status");
  health.additional_status = byte_of(arguments, "additional-status");
  health.life_used = byte_of(arguments, "life-used");
  health.device_temperature = static_cast<std::int16_t>(number_of(arguments["temperature"]));
  health.dirty_shutdown_count = dword_of(arguments, "dirty-shutdown-count");
  health.corrected_volatile_error_count = dword_of(arguments, "corrected-volatile-error-count");
  health.corrected_persistent_error_count = dword_of(arguments, "corrected-persistent-error-count");
  data.device_health_information = health;
  data.component_identifier = component_id(arguments);
  data.validity_flags =
      static_cast<std::uint16_t>(valid(arguments, "component-id", 0) | (is_pldm(arguments) ? 1U << 1 : 0U));
  data.device_event_sub_type = byte_of(arguments, "sub-type");
  return inject(context, arguments, kMemoryModuleEventRecord, data);
}

// The record names the maintenance operation twice: in what every event has, and in its own data.
Result<Json> inject_memory_sparing_event(QmpContext& context, const Json& arguments) {
  MemorySparingEventData data{};
  data.maintenance_operation_class = byte_of(arguments, "maint-op-class");
  data.maintenance_operation_subclass = byte_of(arguments, "maint-op-subclass");
  data.flags = byte_of(arguments, "sparing-flags");
  data.result = byte_of(arguments, "result");
  data.spare_resource_available = word_of(arguments, "spare-resource-available");
  data.channel = byte_of(arguments, "channel");
  data.rank = byte_of(arguments, "rank");
  data.nibble_mask = dword_of(arguments, "nibble-mask");
  data.bank_group = byte_of(arguments, "bank-group");
  data.bank = byte_of(arguments, "bank");
  data.row = dword_of(arguments, "row");
  data.column = word_of(arguments, "column");
  data.component_identifier = component_id(arguments);
  data.sub_channel = byte_of(arguments, "sub-channel");
  data.validity_flags = static_cast<std::uint16_t>(
      valid(arguments, "channel", 0) | valid(arguments, "rank", 1) | valid(arguments, "nibble-mask", 2) |
      valid(arguments, "bank-group", 3) | valid(arguments, "bank", 4) | valid(arguments, "row", 5) |
      valid(arguments, "column", 6) | valid(arguments, "component-id", 7) | (is_pldm(arguments) ? 1U << 8 : 0U) |
      valid(arguments, "sub-channel", 9));
  return inject(context, arguments, kMemorySparingEventRecord, data);
}

constexpr auto kQueryEvents = std::to_array<Argument>({
    kPath,
    {"via", text, "of which CCI, named as cxlemu-query-lab does; default mailbox", true},
    {"log", choice, "one log; absent: all", true, kEventLogWords},
});

Result<Json> query_events_command(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const cci::CciId via = TRY(find_cci(node, arguments["via"].string().value_or("mailbox")));
  const cci::EventLogs& logs = *node.device->cci(via).events;
  Json answer = Json::object();
  for (std::size_t i = 0; i < kEventLogWords.size(); ++i) {
    if (const auto wanted = arguments["log"].string(); wanted && *wanted != kEventLogWords[i]) continue;
    answer.set(kEventLogWords[i], query_event_log(logs.log(static_cast<EventLogId>(i))));
  }
  return answer;
}

constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxl-inject-dram-event", "Logs a DRAM event on every CCI of a device (CXL r3.2 8.2.10.2.1.2).", "nothing", kDram,
     inject_dram_event},
    {"cxl-inject-general-media-event", "Logs a general media event on every CCI of a device (CXL r3.2 8.2.10.2.1.1).",
     "nothing", kGeneralMedia, inject_general_media_event},
    {"cxl-inject-memory-module-event", "Logs a memory module event on every CCI of a device (CXL r3.2 8.2.10.2.1.3).",
     "nothing", kMemoryModule, inject_memory_module_event},
    {"cxl-inject-memory-sparing-event",
     "Logs a memory sparing event on every CCI of a device (CXL r3.2 8.2.10.2.1.4). QEMU has no such command.",
     "nothing", kMemorySparing, inject_memory_sparing_event},
    {"cxlemu-query-events", "The event records of one CCI of a device, decoded; nothing is cleared.",
     "for each log `records`, `overflow`, and what was lost", kQueryEvents, query_events_command},
});

}  // namespace

std::span<const QmpCommand> event_commands() { return kRows; }

}  // namespace cxlemu::qmp
