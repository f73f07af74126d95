#include "qmp/lab_query.hpp"

#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "cci/message.hpp"
#include "component/memory_device/firmware_package.hpp"
#include "decode/payload_text.hpp"

namespace cxlemu::qmp {
namespace {

using decode::command_name;
using decode::decode_payload;

Json drops_of(const mctp::DropCounters& counters) {
  Json drops = Json::object();
  for (const auto& row : mctp::kDropReasons) {
    if (counters[row.reason] != 0) drops.set(row.name, counters[row.reason]);
  }
  return drops;
}

Json counters_of(const mctp::Endpoint& endpoint) {
  const auto& counters = endpoint.counters();
  return Json::object({{"packets-received", counters.packets_received},
                       {"packets-sent", counters.packets_sent},
                       {"bytes-received", counters.bytes_received},
                       {"bytes-sent", counters.bytes_sent},
                       {"messages-received", counters.messages_received},
                       {"messages-sent", counters.messages_sent},
                       {"dropped", drops_of(counters.dropped)}});
}

Json background_of(const cci::BackgroundSlot& slot) {
  const auto& state = slot.state();
  Json background = Json::object({{"running", state.running}});
  if (state.opcode.value == 0) return background;
  background.set("opcode", state.opcode.value);
  background.set("percent", slot.percent());
  if (!state.running) {
    background.set("return-code", static_cast<std::uint16_t>(state.return_code));
    background.set("return-code-name", cxlemu::name_of(state.return_code));
  }
  return background;
}

Json events_of(const cci::EventLogs& logs) {
  Json events = Json::object();
  for (const NamedValue& named : kEventLogNames) {
    const auto& log = logs.log(static_cast<EventLogId>(named.value));
    Json one = Json::object({{"records", log.records.size()}, {"overflow", log.overflow}});
    if (log.overflow) one.set("lost", log.overflow_error_count);
    events.set(command_name(named.name), std::move(one));
  }
  return events;
}

Json names_of_events(std::uint16_t events) {
  Json names = Json::array();
  for (const NamedValue& named : kMctpEventNames) {
    if ((events & named.value) != 0) names.push_back(command_name(named.name));
  }
  return names;
}

// What Set MCTP Event Interrupt Policy asked for, and how far telling it is.
Json notifications_of(const cci::EventNotifications::State& state) {
  Json json = Json::object({{"events", names_of_events(state.settings)}});
  if (state.settings == 0) return json;
  json.set("network", state.destination.network.value);
  json.set("eid", state.destination.endpoint_id.value);
  json.set("message-type", state.destination.message_type);
  json.set("waiting", state.waiting.size());
  json.set("under-way", names_of_events(state.under_way));
  json.set("transmissions", state.transmissions);
  json.set("silent", state.silent);
  return json;
}

Json cci_of(const cci::Cci& cci) {
  Json json = Json::object({{"request-limit", cci.request_limit},
                            {"response-limit", cci.response_limit},
                            {"background", background_of(cci.background)},
                            {"events", events_of(*cci.events)}});
  if (cci.id.role == cci::Role::mctp) json.set("notifications", notifications_of(cci.notifications.state()));
  return json;
}

// The bits of Get Security State by their names (CXL r3.2 8.2.10.9.6.1).
Json security_of(const SecurityState& state) {
  Json security = Json::object();
  const std::uint32_t bits = security::state_bits(state);
  for (const NamedValue& named : kSecurityState) security.set(command_name(named.name), (bits & named.value) != 0);
  return security;
}

Json endpoint_of(const EndpointNode& node) {
  Json endpoint = Json::object({{"cci", cci::name_of(node.cci)},
                                {"network", node.network.value},
                                {"eid", node.endpoint->eid().value},
                                {"transmission-unit", node.endpoint->configuration().transmission_unit},
                                {"uuid", node.endpoint->configuration().uuid.text()},
                                {"assemblies", node.endpoint->assemblies_in_progress()}});
  endpoint.set("counters", counters_of(*node.endpoint));
  Json dropped = Json::object();
  for (const auto& [drop, name] : {std::pair{cci::MessageDrop::too_short, "too-short"},
                                   std::pair{cci::MessageDrop::not_a_request, "not-a-request"},
                                   std::pair{cci::MessageDrop::event_notification, "event-notification"}}) {
    const auto count = node.dropped_messages[static_cast<std::size_t>(drop)];
    if (count != 0) dropped.set(name, count);
  }
  endpoint.set("dropped-cci-messages", std::move(dropped));
  return endpoint;
}

}  // namespace

Json query_device(const DeviceTarget& target) {
  const ComponentNode& node = *target.node;
  MemoryDevice& device = *target.device;
  const LogicalDevice& media = device.logical_device();
  Json json = Json::object({{"id", device.id()},
                            {"type", "cxl-type3"},
                            {"volatile-capacity", media.volatile_capacity()},
                            {"persistent-capacity", media.persistent_capacity()},
                            {"partitionable-capacity", media.partitionable_capacity()},
                            {"lsa-size", media.label_storage_area_size()},
                            {"serial-number", device.config().serial_number},
                            {"profile", device.profile() == Profile::strict ? "strict" : "libcxlmi"},
                            {"media", media.state.media_disabled ? "disabled" : "enabled"},
                            {"security", security_of(media.state.security)}});
  Json endpoints = Json::array();
  for (const EndpointNode& one : node.endpoints) endpoints.push_back(endpoint_of(one));
  // The first one alone, for those that know of one.
  json.set("endpoint", node.endpoints.empty() ? Json() : endpoints.elements().front());
  json.set("endpoints", std::move(endpoints));
  Json ccis = Json::object();
  for (const cci::Cci& cci : device.component().ccis) ccis.set(cci::name_of(cci.id), cci_of(cci));
  json.set("ccis", std::move(ccis));
  return json;
}

Json query_device_commands(MemoryDevice& device) {
  Json commands = Json::array();
  const auto add = [&](Opcode opcode, std::string_view title, cci::Roles roles, bool is_vendor) {
    Json by = Json::array();
    for (const cci::Cci& cci : device.component().ccis) {
      if (roles.has(cci.id.role)) by.push_back(cci::name_of(cci.id));
    }
    Json one = Json::object(
        {{"opcode", opcode.value}, {"name", command_name(title)}, {"title", title}, {"by", std::move(by)}});
    if (is_vendor) one.set("vendor", true);
    commands.push_back(std::move(one));
  };
  for (const cci::Command& row : device.commands().rows) add(row.opcode, row.title, row.roles, false);
  for (const cci::RuntimeCommand& row : device.commands().runtime) add(row.opcode, row.title, row.roles, true);
  return commands;
}

Json query_background(const DeviceTarget& target) {
  MemoryDevice& device = *target.device;
  const auto one = [&](const cci::BackgroundSlot& slot) {
    Json json = background_of(slot);
    const auto& state = slot.state();
    if (const cci::Command* row = device.commands().find(state.opcode)) json.set("command", command_name(row->title));
    if (state.running) {
      json.set("started", state.start.count());
      if (const auto end = slot.deadline()) json.set("ends", end->count());
    }
    return json;
  };
  Json json = Json::object();
  for (const cci::Cci& cci : device.component().ccis) {
    // A secondary mailbox runs nothing.
    if (cci.id.role != cci::Role::secondary_mailbox) json.set(cci::name_of(cci.id), one(cci.background));
  }
  return json;
}

Json query_health(MemoryDevice& device) {
  const auto shown = [&](const auto& answered) {
    using Out = std::remove_cvref_t<decltype(*answered)>;
    return answered ? decode_payload(LayoutOf<Out>::value, bytes_of(*answered)) : Json();
  };
  cci::Cci& cci = device.cci(cci::kMailbox);
  return Json::object({{"health", shown(health::get_health_info(device, cci))},
                       {"alerts", shown(health::get_alert_configuration(device, cci))},
                       {"shutdown", device.health().shutdown_is_dirty ? "dirty" : "clean"},
                       {"qos", shown(qos::get_sld_qos_status(device, cci))}});
}

Json query_event_log(const cci::EventLog& log) {
  Json records = Json::array();
  for (const EventRecord& record : log.records) {
    records.push_back(decode_payload(LayoutOf<EventRecord>::value, bytes_of(record)));
  }
  Json json = Json::object({{"records", std::move(records)}, {"overflow", log.overflow}});
  if (log.overflow) {
    json.set("lost", log.overflow_error_count);
    json.set("first-lost", log.first_overflow_event_timestamp);
    json.set("last-lost", log.last_overflow_event_timestamp);
  }
  return json;
}

Json query_firmware(const MemoryDevice& device) {
  const FirmwareState& firmware = device.firmware();
  Json slots = Json::array();
  for (std::size_t i = 0; i < device.config().fw_slots; ++i) {
    const FirmwareSlot& slot = firmware.slots[i];
    Json one = Json::object({{"slot", i + 1}});
    if (slot.filled) {
      one.set("revision", revision_text(slot.revision));
      one.set("bytes", slot.image.size());
      // What the device was made with is a revision alone.
      if (!slot.image.empty()) one.set("sha256", to_hex(sha256({slot.image})));
    }
    slots.push_back(std::move(one));
  }
  const bool in_progress = firmware::transfer_in_progress(device);
  Json transfer = Json::object({{"in-progress", in_progress}});
  if (in_progress) {
    transfer.set("by", cci::name_of(firmware.transfer.by));
    transfer.set("received", firmware.transfer.data.size());
  }
  return Json::object({{"slots", std::move(slots)},
                       {"active", firmware.active_slot},
                       {"staged", firmware.staged_slot},
                       {"cold-reset-required", firmware.cold_reset_required},
                       {"transfer", std::move(transfer)}});
}

Json query_lab(Machine& machine, std::string_view lab_name, std::string_view clock) {
  Json devices = Json::array();
  for (ComponentNode& node : machine.components()) {
    if (const auto* kind = std::get_if<MemoryDeviceKind>(&node.built.kind)) {
      devices.push_back(query_device({&node, kind->device}));
    }
  }
  Json networks = Json::array();
  for (const auto& network : machine.networks()) {
    networks.push_back(Json::object({{"network", network.id.value},
                                     {"requesters-eid", network.host->eid().value},
                                     {"counters", counters_of(*network.host)},
                                     {"unroutable-packets", network.network->counters().unroutable}}));
  }
  Json socket_drops = Json::object();
  for (const auto& row : kSocketDrops) {
    const auto count = machine.sockets().dropped()[row.reason];
    if (count != 0) socket_drops.set(row.name, count);
  }
  Json commits = Json::object();
  for (std::size_t i = 0; i < kStateKeys; ++i) {
    const auto count = machine.commits().keys[i];
    if (count != 0) commits.set(cxlemu::name_of(static_cast<StateKey>(i)), count);
  }
  return Json::object({{"name", lab_name},
                       {"clock", clock},
                       {"time", machine.now().count()},
                       {"devices", std::move(devices)},
                       {"networks", std::move(networks)},
                       {"sockets", Json::object({{"open", machine.sockets().open_sockets()},
                                                 {"tags-in-use", machine.sockets().tags_in_use()},
                                                 {"dropped", std::move(socket_drops)}})},
                       {"commits", std::move(commits)}});
}

}  // namespace cxlemu::qmp
