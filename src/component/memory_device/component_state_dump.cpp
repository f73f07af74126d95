#include "component/memory_device/component_state_dump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "component/memory_device/memory_device.hpp"
#include "component/state_json.hpp"

namespace cxlemu {
namespace {

struct Shortening {
  std::size_t elements;  ///< of a list
  std::size_t digits;    ///< of a string
};

Json shortened(const Json& json, const Shortening& limit) {
  if (json.is_object()) {
    Json object = Json::object();
    for (const auto& [name, member] : json.members()) object.set(name, shortened(member, limit));
    return object;
  }
  if (json.is_array()) {
    Json array = Json::array();
    const auto& elements = json.elements();
    for (std::size_t i = 0; i < std::min(elements.size(), limit.elements); ++i) {
      array.push_back(shortened(elements[i], limit));
    }
    if (elements.size() > limit.elements) {
      array.push_back(fmt::format("... {} more", elements.size() - limit.elements));
    }
    return array;
  }
  if (const auto string = json.string(); string && string->size() > limit.digits) {
    return fmt::format("{}... {} characters", string->substr(0, limit.digits), string->size());
  }
  return json;
}

// Who may read logs need not know passphrases.
void leave_out_passphrases(Json& state) {
  Json logical_device = state["logical-device"];
  Json security = logical_device["security"];
  for (const std::string_view name : {"user", "master"}) {
    Json passphrase = security[name];
    passphrase.set("value", passphrase["value"].is_null() ? "not set" : "set");
    security.set(name, std::move(passphrase));
  }
  logical_device.set("security", std::move(security));
  state.set("logical-device", std::move(logical_device));
}

// What may be large and is no news in a dump stands aside while the state is saved, so that it is not copied: images of
// firmware, and this log and the debug log themselves, which can be read as such.
class SavedWithoutBulk {
 public:
  explicit SavedWithoutBulk(MemoryDevice& device) : device_(&device) {
    exchange();
    state = device.save();
    exchange();
  }
  MemoryDeviceState state;

 private:
  void exchange() {
    FirmwareState& firmware = device_->firmware();
    for (std::size_t i = 0; i < images_.size(); ++i) std::swap(images_[i], firmware.slots[i].image);
    std::swap(transfer_, firmware.transfer.data);
    std::swap(debug_log_, device_->debug_log());
    std::swap(dump_, device_->component_state_dump().data);
    std::swap(poison_, device_->logical_device().state.poison.media);
    std::swap(listed_, device_->logical_device().state.poison.list);
    std::swap(scan_, device_->logical_device().state.poison.scan);
  }

  MemoryDevice* device_;
  std::array<Buffer, kMaximumFwSlots> images_;
  Buffer transfer_;
  DebugLogState debug_log_;
  Buffer dump_;
  PoisonMap poison_;
  PoisonMap listed_;
  ScanResults scan_;
};

void populate(MemoryDevice& device) {
  ComponentStateDumpState& dump = device.component_state_dump();
  dump.data.clear();
  dump.data = state_dump::text(device);
  dump.timestamp = device.component().device_time();
  ++dump.generation;
  device.changes().mark(StateKey::component_state_dump);
}

}  // namespace

namespace state_dump {

Buffer text(MemoryDevice& device) {
  const PoisonState& poison = device.logical_device().state.poison;
  Json state = state_json(SavedWithoutBulk(device).state);
  leave_out_passphrases(state);
  state.set("poisoned-lines", poison.media.lines());
  state.set("poison-list-records", poison.list.records());
  std::string text;
  // A state has few fields outside of its lists: the last of these always fits.
  for (const Shortening& limit : {Shortening{32, 512}, Shortening{8, 128}, Shortening{0, 32}}) {
    const Json dump =
        Json::object({{"device", device.id()}, {"time", device.now().count()}, {"state", shortened(state, limit)}});
    text = dump.text();
    if (text.size() <= kMaximumStateDump) break;
  }
  return to_buffer(bytes_of(std::string_view(text).substr(0, kMaximumStateDump)));
}

// Only the first trigger since the log was cleared makes data; the others are counted (Table 8-88).
void trigger(MemoryDevice& device, const std::map<cci::CciId, std::uint16_t>& handles) {
  ComponentStateDumpState& dump = device.component_state_dump();
  const bool is_first = dump.triggers == 0;
  if (dump.triggers == 0xFF) return;
  ++dump.triggers;
  if (is_first) {
    dump.automatic = true;
    dump.event_handles = handles;
    // "The component shall complete the Populate Log command with a return code of Interrupted."
    for (cci::Cci& cci : device.component().ccis) {
      if (!cci.background.running() || cci.background.state().opcode != kPopulateLog) continue;
      cci.background.interrupt(ReturnCode::interrupted);
      device.note({.kind = DebugLogKind::interrupted,
                   .by = cci.id,
                   .opcode = kPopulateLog.value,
                   .code = static_cast<std::uint16_t>(ReturnCode::interrupted),
                   .percent = cci.background.percent()});
      device.changes().mark(StateKey::background);
    }
    populate(device);
  } else {
    ++dump.generation;
    device.changes().mark(StateKey::component_state_dump);
  }
}

}  // namespace state_dump

// -------------------------------------------------------------------------------------------------------- as a log row

namespace {

// What the log says to one CCI: handles are those of its own event logs.
ComponentStateDumpHeader header_for(const cci::Cci& cci) {
  const ComponentStateDumpState& dump = cci.subject<MemoryDevice>().component_state_dump();
  ComponentStateDumpHeader header{};
  header.component_state_dump_data_length = static_cast<std::uint32_t>(dump.data.size());
  header.auto_populate_trigger_count_since_clear = dump.triggers;
  if (dump.data.empty()) return header;
  header.timestamp = dump.timestamp;
  header.component_state_dump_format_uuid = kComponentStateDumpFormat;
  if (!dump.automatic) return header;
  header.flags = ComponentStateDumpHeader::kAutoPopulateData;
  header.event_log = EventLogId::fatal;
  // "If there was an associated Event Record, but it is no longer in the Event Log, this field shall be cleared."
  const auto handle = dump.event_handles.find(cci.id);
  if (handle == dump.event_handles.end()) return header;
  const bool is_there = std::ranges::any_of(cci.events->log(EventLogId::fatal).records, [&](const EventRecord& record) {
    return record.event_record_handle == handle->second;
  });
  header.associated_event_record_handle = is_there ? handle->second : std::uint16_t{0};
  return header;
}

// SILENT: whether two CCIs share a fetch sequence; here each has its own.
std::optional<ReturnCode> admit_read(const cci::Cci& cci, std::uint32_t offset) {
  const ComponentStateDumpState& dump = cci.subject<MemoryDevice>().component_state_dump();
  if (offset == 0) {
    const bool is_being_populated = cci.component->operations_running(kPopulateLog) != 0;
    return is_being_populated ? std::optional(ReturnCode::retry_required) : std::nullopt;
  }
  const auto began_with = dump.fetching.find(cci.id);
  if (began_with == dump.fetching.end()) return ReturnCode::invalid_input;
  if (began_with->second != dump.generation) return ReturnCode::interrupted;
  return std::nullopt;
}

void clear(MemoryDevice& device) {
  ComponentStateDumpState& dump = device.component_state_dump();
  dump = {.generation = dump.generation + 1, .fetching = dump.fetching};
  device.changes().mark(StateKey::component_state_dump);
}

Nanoseconds populate_duration(const MemoryDeviceConfig& config) {
  using namespace std::chrono_literals;
  if (config.populate_duration) return *config.populate_duration;
  return config.timing == Timing::real ? 1s : 10ms;
}

bool populates_in_background(const cci::Cci& cci, const cci::Request& request) {
  return request.forced_background || populate_duration(cci.subject<MemoryDevice>().config()) != Nanoseconds{};
}

cci::Result<cci::Outcome> populate_by_command(const cci::Cci& cci, const cci::Request& request) {
  auto& device = cci.subject<MemoryDevice>();
  const bool is_being_populated = device.component().operations_running(kPopulateLog) != 0;
  if (is_being_populated && device.config().busy_across == BusyAcross::conflicting)
    return cci::refuse(ReturnCode::busy);
  clear(device);
  if (populates_in_background(cci, request)) {
    device.changes().mark(StateKey::background);
    return cci::Background{populate_duration(device.config())};
  }
  populate(device);
  return cci::Outcome{};
}

}  // namespace

const cci::LogRow& component_state_dump_row() {
  using Out = GetLogCapabilitiesOut;
  static constexpr cci::LogRow kRow{
      .identifier = kComponentStateDumpLog,
      .name = "Component State Dump Log",
      .capabilities = Out::kClearLogSupported | Out::kPopulateLogSupported | Out::kAutoPopulateSupported |
                      Out::kPersistentAcrossColdReset,
      .size =
          [](const cci::Cci& cci) {
            return static_cast<std::uint32_t>(sizeof(ComponentStateDumpHeader) +
                                              cci.subject<MemoryDevice>().component_state_dump().data.size());
          },
      .read =
          [](const cci::Cci& cci, std::uint32_t offset, MutableBytes to) {
            const ComponentStateDumpHeader header = header_for(cci);
            const Bytes data = cci.subject<MemoryDevice>().component_state_dump().data;
            for (std::size_t i = 0; i < to.size(); ++i) {
              const std::size_t at = offset + i;
              to[i] = at < sizeof header ? bytes_of(header)[at] : data[at - sizeof header];
            }
          },
      .admit_read = admit_read,
      .was_read =
          [](const cci::Cci& cci, std::uint32_t offset) {
            ComponentStateDumpState& dump = cci.subject<MemoryDevice>().component_state_dump();
            if (offset == 0) dump.fetching[cci.id] = dump.generation;
          },
      .clear = [](const cci::Cci& cci) { clear(cci.subject<MemoryDevice>()); },
      .populate = populate_by_command,
      .populated =
          [](const cci::Cci& cci) {
            // An operation of the other CCI may have made data meanwhile (busy-across=never): the last one counts.
            cci.subject<MemoryDevice>().component_state_dump().automatic = false;
            populate(cci.subject<MemoryDevice>());
            return ReturnCode::success;
          },
      .populates_in_background = populates_in_background};
  return kRow;
}

}  // namespace cxlemu
