#include "component/state_json.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "base/hex.hpp"
#include "component/state_fields.hpp"

namespace cxlemu {
namespace {

template <typename T>
concept Fielded = requires(T& state) { visit_fields(state, [](std::string_view, auto&) {}); };
template <typename T>
concept Integer = std::unsigned_integral<T> && !std::same_as<T, bool>;

// ------------------------------------------------------------------------------------------------------------- writing

Json to_json(bool value) { return value; }
Json to_json(const Integer auto& value) { return value; }
Json to_json(ReturnCode value) { return static_cast<std::uint16_t>(value); }
Json to_json(const Nanoseconds& value) { return value.count(); }
Json to_json(std::int16_t value) { return static_cast<std::int64_t>(value); }
Json to_json(const std::optional<std::uint64_t>& value) { return value ? Json(*value) : Json(); }
Json to_json(const std::optional<std::uint8_t>& value) { return value ? Json(*value) : Json(); }
Json to_json(const Buffer& value) { return to_hex(value); }
Json to_json(const FwRevision& value) { return to_hex(value); }
Json to_json(const std::optional<Passphrase>& value) { return value ? Json(to_hex(*value)) : Json(); }
Json to_json(const std::string& value) { return value; }
Json to_json(DebugLogKind value) { return static_cast<std::uint8_t>(value); }
Json to_json(cci::CciId value) { return cci::name_of(value); }
Json to_json(PoisonSource value) { return static_cast<std::uint8_t>(value); }
Json to_json(RepairKind value) { return static_cast<std::uint8_t>(value); }
Json to_json(const EventRecord& value) { return to_hex(bytes_of(value)); }
Json to_json(const EventInterruptPolicy& value) { return to_hex(bytes_of(value)); }
Json to_json(const PoisonMap& map);
template <Fielded T>
Json to_json(const T& state);
template <typename T>
Json to_json(const std::map<cci::CciId, T>& map) {
  Json object = Json::object();
  for (const auto& [cci, value] : map) object.set(cci::name_of(cci), to_json(value));
  return object;
}
template <typename Range>
  requires requires(const Range& range) { range.begin(); } && (!std::same_as<Range, Buffer>) &&
           (!std::same_as<Range, std::string>)
Json to_json(const Range& range) {
  Json array = Json::array();
  for (const auto& element : range) array.push_back(to_json(element));
  return array;
}
template <Fielded T>
Json to_json(const T& state) {
  Json object = Json::object();
  visit_fields(state, [&](std::string_view name, const auto& field) { object.set(name, to_json(field)); });
  return object;
}

Json to_json(const PoisonMap& map) {
  Json array = Json::array();
  map.visit(0, ~std::uint64_t{0}, [&](const PoisonRange& range) {
    array.push_back(to_json(range));
    return true;
  });
  return array;
}

// ------------------------------------------------------------------------------------------------------------- reading

bool from_json(const Json& json, bool& value) {
  const auto read = json.boolean();
  value = read.value_or(false);
  return read.has_value();
}
template <Integer T>
bool from_json(const Json& json, T& value) {
  const auto read = json.unsigned_integer();
  value = static_cast<T>(read.value_or(0));
  return read && *read <= std::numeric_limits<T>::max();
}
bool from_json(const Json& json, ReturnCode& value) {
  std::uint16_t code = 0;
  const bool good = from_json(json, code);
  value = static_cast<ReturnCode>(code);
  return good;
}
bool from_json(const Json& json, Nanoseconds& value) {
  const auto read = json.signed_integer();
  value = Nanoseconds{read.value_or(0)};
  return read && *read >= 0;
}
bool from_json(const Json& json, std::int16_t& value) {
  const auto read = json.signed_integer();
  value = static_cast<std::int16_t>(read.value_or(0));
  return read && *read == value;
}
bool from_json(const Json& json, std::optional<std::uint64_t>& value) {
  value.reset();
  return json.is_null() || from_json(json, value.emplace());
}
bool from_json(const Json& json, std::optional<std::uint8_t>& value) {
  value.reset();
  return json.is_null() || from_json(json, value.emplace());
}
bool from_json(const Json& json, Buffer& value) {
  auto read = json.string() ? from_hex(*json.string()) : std::nullopt;
  value = read.value_or(Buffer{});
  return read.has_value();
}
bool from_json(const Json& json, FwRevision& value) {
  Buffer bytes;
  if (!from_json(json, bytes) || bytes.size() != value.size()) return false;
  std::ranges::copy(bytes, value.begin());
  return true;
}
bool from_json(const Json& json, std::optional<Passphrase>& value) {
  value.reset();
  if (json.is_null()) return true;
  Buffer bytes;
  if (!from_json(json, bytes) || bytes.size() != sizeof(Passphrase)) return false;
  std::ranges::copy(bytes, value.emplace().begin());
  return true;
}
bool from_json(const Json& json, cci::CciId& value) {
  const auto id = cci::parse_cci_id(json.string().value_or(""));
  value = id.value_or(cci::CciId{});
  return id.has_value();
}
bool from_json(const Json& json, PoisonSource& value) {
  std::uint8_t source = 0;
  const bool good = from_json(json, source);
  value = static_cast<PoisonSource>(source);
  return good && source < kPoisonSources;
}
// What no map holds: no whole lines, nothing, more than one record counts, or an address that does not exist.
bool is_possible(const PoisonRange& range) {
  constexpr std::uint64_t kEnd = std::uint64_t{1} << 60;
  return range.dpa % kCacheLine == 0 && range.length % kCacheLine == 0 && range.length != 0 &&
         range.length <= PoisonMap::kMaximumRange && range.dpa < kEnd;
}
bool from_json(const Json& json, PoisonRange& range) {
  bool good = true;
  visit_fields(range, [&](std::string_view name, auto& field) { good = good && from_json(json[name], field); });
  return good && is_possible(range);
}
bool from_json(const Json& json, std::vector<PoisonRange>& ranges) {
  ranges.clear();
  return json.is_array() && json.elements().size() <= kMaximumScanResults &&
         std::ranges::all_of(json.elements(), [&](const Json& one) { return from_json(one, ranges.emplace_back()); });
}
bool from_json(const Json& json, std::string& value) {
  value = json.string().value_or("");
  return json.is_string();
}
bool from_json(const Json& json, RepairKind& value) {
  std::uint8_t kind = 0;
  const bool good = from_json(json, kind);
  value = static_cast<RepairKind>(kind);
  return good && kind < kRepairKinds;
}
bool from_json(const Json& json, DebugLogKind& value) {
  std::uint8_t kind = 0;
  const bool good = from_json(json, kind);
  value = static_cast<DebugLogKind>(kind);
  return good && kind < kDebugLogKinds;
}
template <Integer T, std::size_t N>
bool from_json(const Json& json, std::array<T, N>& values) {
  const auto& elements = json.elements();
  if (elements.size() != N) return false;
  for (std::size_t i = 0; i < N; ++i) {
    if (!from_json(elements[i], values[i])) return false;
  }
  return true;
}
template <Fielded T>
bool fields_from_json(const Json& json, T& state) {
  bool good = true;
  visit_fields(state, [&](std::string_view name, auto& field) { good = good && from_json(json[name], field); });
  return good;
}
template <Integer T>
bool fields_from_json(const Json& json, T& value) {
  return from_json(json, value);
}
// What belongs to CCIs, by their names: none but names of CCIs, each once.
template <typename T>
bool from_json(const Json& json, std::map<cci::CciId, T>& map) {
  map.clear();
  return json.is_object() && std::ranges::all_of(json.members(), [&](const auto& member) {
           const auto cci = cci::parse_cci_id(member.first);
           return cci && fields_from_json(member.second, map[*cci]);
         });
}
// Lists of structs, each with the length that a device keeps to.
template <Fielded T, template <typename...> typename List>
bool list_from_json(const Json& json, List<T>& list, std::size_t limit) {
  list.clear();
  return json.is_array() && json.elements().size() <= limit &&
         std::ranges::all_of(json.elements(),
                             [&](const Json& one) { return fields_from_json(one, list.emplace_back()); });
}
bool from_json(const Json& json, std::deque<DebugLogEntry>& entries) {
  return list_from_json(json, entries, kMaximumDebugLogEntries);
}
bool from_json(const Json& json, std::deque<RasHeader>& headers) {
  return list_from_json(json, headers, kMaximumRasHeaders);
}
bool from_json(const Json& json, std::vector<VendorRegister>& registers) {
  return list_from_json(json, registers, cci::kMaximumRuntimeCommands);
}
bool from_json(const Json& json, std::vector<CorrectedErrors>& list) {
  return list_from_json(json, list, kMaximumCorrectedErrors);
}
bool from_json(const Json& json, std::vector<Repair>& list) {
  return list_from_json(json, list, kRepairKinds * kMaximumSpares);
}
bool from_json(const Json& json, PoisonMap& map) {
  map.clear();
  return json.is_array() && std::ranges::all_of(json.elements(), [&](const Json& one) {
           PoisonRange range;
           if (!from_json(one, range) || map.first(range.dpa, range.length)) return false;
           map.add(range.dpa, range.length, range.kind);
           return true;
         });
}
template <Wire T>
  requires std::same_as<T, EventRecord> || std::same_as<T, EventInterruptPolicy>
bool from_json(const Json& json, T& value) {
  Buffer bytes;
  if (!from_json(json, bytes) || bytes.size() != sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  return true;
}
bool from_json(const Json& json, std::deque<EventRecord>& records) {
  records.clear();
  return json.is_array() && json.elements().size() <= cci::kMaximumEventLogSize &&
         std::ranges::all_of(json.elements(), [&](const Json& one) { return from_json(one, records.emplace_back()); });
}

bool from_json(const Json& json, std::vector<std::uint16_t>& numbers) {
  numbers.clear();
  return json.is_array() && json.elements().size() <= cci::kMaximumWaitingNotifications &&
         std::ranges::all_of(json.elements(), [&](const Json& one) { return from_json(one, numbers.emplace_back()); });
}

/// Reads fields until one is wrong, and remembers which.
class FieldReader {
 public:
  template <Fielded T>
  void read(const Json& json, T& state, const std::string& prefix) {
    visit_fields(
        state, [&](std::string_view name, auto& field) { read_field(json[name], field, prefix + std::string(name)); });
  }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  template <typename T>
  void read_field(const Json& json, T& field, const std::string& name) {
    if (!wrong_.empty()) return;
    if constexpr (Fielded<T>) {
      read(json, field, name + ".");
    } else {
      if (!from_json(json, field)) wrong_ = name;
    }
  }
  template <typename T, std::size_t N>
    requires(!std::same_as<std::array<T, N>, FwRevision>)
  void read_field(const Json& json, std::array<T, N>& fields, const std::string& name) {
    if (!wrong_.empty()) return;
    if (json.elements().size() != N) {
      wrong_ = name;
      return;
    }
    for (std::size_t i = 0; i < N; ++i) read_field(json.elements()[i], fields[i], name + "." + std::to_string(i));
  }

  // Each CCI is named by what it is, and there once.
  void read_field(const Json& json, std::vector<cci::CciState>& states, const std::string& name) {
    if (!wrong_.empty()) return;
    if (!json.is_array() || json.elements().size() > std::size_t{cci::kRoles} * cci::kMaximumCcisOfARole) {
      wrong_ = name;
      return;
    }
    for (const Json& one : json.elements()) {
      cci::CciState state;
      read(one, state, name + "." + std::string(one["cci"].string().value_or("")) + ".");
      if (wrong_.empty() && std::ranges::find(states, state.id, &cci::CciState::id) != states.end()) wrong_ = name;
      states.push_back(std::move(state));
    }
  }

  std::string wrong_;
};

// What no device of any configuration can be in.
std::string_view impossible(const SecurityState& state) {
  if (state.user.wrong_tries > kMaximumWrongTries) return "user.wrong-tries";
  if (state.master.wrong_tries > kMaximumWrongTries) return "master.wrong-tries";
  return state.locked && !state.user.value ? "locked" : "";
}

constexpr Nanoseconds kEnd = Nanoseconds::max() / 2;

std::string_view impossible(const cci::EventNotifications::State& state) {
  // One event, and one that is told of.
  const auto is_told_of = [&](std::uint16_t event) {
    return std::has_single_bit(event) && (event & state.settings) != 0;
  };
  if ((state.settings & ~kMctpEvents) != 0) return "notifications.settings";
  if (!std::ranges::all_of(state.waiting, is_told_of)) return "notifications.waiting";
  if (state.under_way != 0 && !is_told_of(state.under_way)) return "notifications.under-way";
  if (state.transport_tag.value_or(0) > 7) return "notifications.transport-tag";
  if (state.transmissions > 1 + cci::EventNotifications::kMaximumRetries) return "notifications.transmissions";
  if (state.next_transmission > kEnd) return "notifications.next-transmission";
  const bool idle = state.under_way == 0;
  if (idle && (state.transport_tag || state.silent)) return "notifications.under-way";
  return {};
}

std::string_view impossible(const RasState& state) {
  if ((state.uncorrectable_mask & ~kUncorrectableErrorBits) != 0) return "uncorrectable-mask";
  if ((state.uncorrectable_severity & ~kUncorrectableErrorBits) != 0) return "uncorrectable-severity";
  if ((state.correctable_status & ~kCorrectableErrorBits) != 0) return "correctable-status";
  if ((state.correctable_mask & ~kCorrectableErrorBits) != 0) return "correctable-mask";
  const bool good = std::ranges::all_of(state.headers, [](const RasHeader& header) {
    return std::ranges::count(kUncorrectableErrors, header.error, &RasError::bit) == 1;
  });
  return good ? "" : "headers";
}

std::string_view impossible(const MediaErrorsState& state) {
  const auto out_of_order = [](const CorrectedErrors& one, const CorrectedErrors& next) { return one.dpa >= next.dpa; };
  if (std::ranges::adjacent_find(state.corrected, out_of_order) != state.corrected.end() ||
      std::ranges::any_of(state.corrected, [](const auto& errors) { return errors.dpa % kCacheLine != 0; })) {
    return "corrected";
  }
  if (state.patrol_scrub.cycle_end > kEnd) return "patrol-scrub.cycle-end";
  if (state.ecs_cycle_end > kEnd || state.ecs_cycle_end == Time{}) return "ecs-cycle-end";
  return state.cvme_expiration > kEnd ? "cvme-expiration" : "";
}

std::string_view impossible(const cci::CciState& state) {
  const auto& slot = state.background;
  if (state.response_limit < 256 || !std::has_single_bit(state.response_limit)) return "response-limit";
  const auto& disturbance = slot.disturbance;
  if (slot.final_percent > 100 || disturbance.stall_at_percent.value_or(0) > 99) return "background";
  if (disturbance.break_at_percent.value_or(0) > 99) return "background.disturbance";
  if (slot.start > kEnd || slot.duration > kEnd) return "background";
  return impossible(state.notifications);
}

}  // namespace

Json state_json(const MemoryDeviceState& state) { return to_json(state); }

Result<MemoryDeviceState> parse_state(const Json& json) {
  MemoryDeviceState state;
  FieldReader reader;
  reader.read(json, state, "");
  if (!reader.wrong().empty()) return failure("the state's field \"" + reader.wrong() + "\" is missing or wrong");
  for (const cci::CciState& cci : state.ccis) {
    if (const auto field = impossible(cci); !field.empty()) {
      return failure("the state's field \"ccis." + cci::name_of(cci.id) + "." + std::string(field) +
                     "\" has an impossible value");
    }
  }
  const ScanResults& scan = state.logical_device.poison.scan;
  if (std::ranges::any_of(scan.next, [&](const auto& next) { return next.second > scan.records.size(); })) {
    return failure("the state's field \"logical-device.poison.scan.next\" has an impossible value");
  }
  for (const auto& [cci, cursor] : state.logical_device.poison.cursors) {
    if (cursor.next < cursor.dpa || cursor.next - cursor.dpa > cursor.length) {
      return failure("the state's field \"logical-device.poison.cursors\" has an impossible value");
    }
  }
  if (const auto field = impossible(state.logical_device.security); !field.empty()) {
    return failure("the state's field \"logical-device.security." + std::string(field) + "\" has an impossible value");
  }
  if (const auto field = impossible(state.ras); !field.empty()) {
    return failure("the state's field \"ras." + std::string(field) + "\" has an impossible value");
  }
  if (state.component_state_dump.data.size() > kMaximumStateDump) {
    return failure("the state's field \"component-state-dump.data\" has an impossible value");
  }
  if (std::ranges::any_of(state.vendor_registers,
                          [](const VendorRegister& one) { return one.value.size() > kMaximumVendorRegister; })) {
    return failure("the state's field \"vendor-registers\" has an impossible value");
  }
  if (const auto field = impossible(state.features); !field.empty()) {
    return failure("the state's field \"features." + std::string(field) + "\" has an impossible value");
  }
  if (const auto field = impossible(state.media_errors); !field.empty()) {
    return failure("the state's field \"media-errors." + std::string(field) + "\" has an impossible value");
  }
  const FirmwareState& firmware = state.firmware;
  if (firmware.active_slot < 1 || firmware.active_slot > kMaximumFwSlots) {
    return failure("the state's field \"firmware.active-slot\" is missing or wrong");
  }
  if (firmware.staged_slot > kMaximumFwSlots) {
    return failure("the state's field \"firmware.staged-slot\" is missing or wrong");
  }
  return state;
}

}  // namespace cxlemu
