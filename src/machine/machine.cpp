#include "machine/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cci/message.hpp"

namespace cxlemu {
namespace {

// A UUID that is the same on every start and differs from device to device (mctpd recognises endpoints by it).
Uuid uuid_of(const MemoryDeviceConfig& config) {
  Uuid uuid = "00000000-0000-8000-8000-000000000000"_uuid;  // RFC 9562 version 8: of our own making
  uuid.bytes[0] = static_cast<std::byte>(config.vendor_id >> 8);
  uuid.bytes[1] = static_cast<std::byte>(config.vendor_id & 0xFF);
  uuid.bytes[2] = static_cast<std::byte>(config.device_id >> 8);
  uuid.bytes[3] = static_cast<std::byte>(config.device_id & 0xFF);
  for (std::size_t i = 0; i < 8; ++i) uuid.bytes[8 + i] = static_cast<std::byte>(config.serial_number >> (56 - 8 * i));
  // The variant takes the place of two bits of the serial number, which go where there is room.
  uuid.bytes[4] = uuid.bytes[8] >> 6;
  uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  return uuid;
}

// Programs may speak any message type; what they reach decides which it hears.
std::vector<mctp::SupportedMessageType> every_message_type() {
  std::vector<mctp::SupportedMessageType> types;
  for (std::uint8_t type = 1; type < 0x80; ++type) types.push_back({static_cast<mctp::MessageType>(type)});
  return types;
}

}  // namespace

Machine::Machine() = default;
Machine::~Machine() = default;

Result<std::unique_ptr<Machine>> Machine::create(const Topology& topology, BackingFactory make_backing,
                                                 lab::RoutePage* page, PayloadFactory make_payload) {
  std::unique_ptr<Machine> machine(new Machine);
  if (page == nullptr) {
    machine->own_page_ = std::make_unique<lab::RoutePage>();
    page = machine->own_page_.get();
  }
  machine->page_ = page;
  machine->sockets_ = std::make_unique<SocketTable>(machine->timeline_, *page);
  TRY_VOID(machine->build(topology, make_backing, make_payload));
  return machine;
}

Result<void> Machine::build(const Topology& topology, BackingFactory& make_backing, PayloadFactory& make_payload) {
  for (const auto& config : topology.backends) {
    Backing backing = make_backing ? TRY(make_backing(config)) : Backing(config.size_bytes);
    if (!backings_.emplace(config.id, std::move(backing)).second) {
      return failure(fmt::format("memory backend \"{}\" is declared twice", config.id));
    }
  }
  // Network 1 is the default one and is there even without endpoints.
  add_network(NetworkId{1});
  devices_.reserve(topology.memory_devices.size());
  for (const auto& declaration : topology.memory_devices) TRY_VOID(add_memory_device(declaration, make_payload));
  settle();
  return {};
}

Result<void> Machine::add_memory_device(const MemoryDeviceDeclaration& declaration, PayloadFactory& make_payload) {
  const auto backing = [&](const std::string& id) -> Result<Backing*> {
    if (id.empty()) return nullptr;
    const auto found = backings_.find(id);
    if (found == backings_.end()) return failure(fmt::format("{}: no memory backend \"{}\"", declaration.id, id));
    return &found->second;
  };
  const LogicalDeviceBackings backings{.volatile_capacity = TRY(backing(declaration.volatile_memdev)),
                                       .persistent_capacity = TRY(backing(declaration.persistent_memdev)),
                                       .labels = TRY(backing(declaration.lsa)),
                                       .partitionable_capacity = TRY(backing(declaration.partitionable_memdev))};
  const std::size_t index = devices_.size();
  if (!by_id_.emplace(declaration.id, index).second) {
    return failure(fmt::format("device \"{}\" is declared twice", declaration.id));
  }
  MemoryDeviceNode& node = devices_.emplace_back();
  node.declaration = declaration;
  node.device = std::make_unique<MemoryDevice>(declaration.id, declaration.config, timeline_, backings);
  node.device->changes().on_first_mark([this, index] { changed_.push_back(index); });
  node.device->on_reset_fault([this, index](ResetKind kind) { reset(devices_[index], kind); });
  const MutableBytes payload = make_payload ? TRY(make_payload(declaration)) : MutableBytes{};
  node.function = std::make_unique<PcieFunction>(*node.device, payload);
  node.function->on_reset([this, index](ResetKind kind) { reset(devices_[index], kind); });
  if (declaration.mctp.kind == MctpPlacement::Kind::none) return {};
  return add_endpoint(index);
}

Result<void> Machine::add_endpoint(std::size_t index) {
  MemoryDeviceNode& node = devices_[index];
  MctpPlacement& place = node.declaration.mctp;
  NetworkNode* network = add_network(place.network);
  if (network == nullptr) {
    return failure(fmt::format("{}: a lab has at most {} MCTP networks", node.declaration.id, lab::kNetworksMax));
  }
  if (place.kind == MctpPlacement::Kind::automatic) {
    std::uint8_t eid = 8;
    while (eid < kHostEid.value && network->network->find(Eid{eid}) != nullptr) ++eid;
    place = {MctpPlacement::Kind::fixed, place.network, Eid{eid}};
  }
  if (place.eid < Eid{8} || place.eid >= kHostEid || network->network->find(place.eid) != nullptr) {
    return failure(fmt::format("{}: EID {} of network {} is not free; give mctp={}:EID with another EID from 8 to 253",
                               node.declaration.id, place.eid.value, place.network.value, place.network.value));
  }
  mctp::EndpointConfiguration configuration;
  configuration.static_eid = place.eid;
  configuration.uuid = uuid_of(node.device->config());
  configuration.transmission_unit = node.declaration.transmission_unit;
  // Whole requests up to the advertised limit; of a longer one the header, so that it can be answered.
  configuration.maximum_body = sizeof(CciMessageHeader) + node.device->mctp().request_limit;
  node.endpoint = std::make_unique<mctp::Endpoint>(timeline_, std::move(configuration));
  node.endpoint->on_message = [this, index](mctp::Message&& message) { answer(index, message); };
  node.endpoint->on_eid_changed = [this, index](Eid old) { eid_changed(index, old); };
  node.notifier = std::make_unique<EventNotifier>(timeline_, *node.endpoint, node.device->mctp().notifications);
  node.notifier->on_due = [this, index] {
    if (notifying_.empty() || notifying_.back() != index) notifying_.push_back(index);
  };
  node.notifier->before_send = [this, index] { commit(*devices_[index].device); };
  network->network->attach(*node.endpoint);
  sockets_->add_route(place.network, place.eid);
  return {};
}

// Programs find the endpoint at its new EID and nobody at the old one.
void Machine::eid_changed(std::size_t index, Eid old) {
  MemoryDeviceNode& node = devices_[index];
  NetworkNode* network = find_network(node.declaration.mctp.network);
  if (network->network->find(old) == nullptr) sockets_->remove_route(network->id, old);
  if (node.endpoint->eid() != kNullEid) sockets_->add_route(network->id, node.endpoint->eid());
  node.device->changes().mark(StateKey::endpoint_id);
  if (endpoint_changed_) endpoint_changed_();
}

Machine::NetworkNode* Machine::find_network(NetworkId id) {
  const auto found = std::ranges::find(networks_, id, &NetworkNode::id);
  return found == networks_.end() ? nullptr : &*found;
}

Machine::NetworkNode* Machine::add_network(NetworkId id) {
  if (NetworkNode* there = find_network(id)) return there;
  if (!sockets_->add_network(id, kHostEid)) return nullptr;
  networks_.reserve(lab::kNetworksMax);  // callbacks keep the address of a node
  NetworkNode& node = networks_.emplace_back();
  node.id = id;
  node.network = std::make_unique<mctp::Network>();
  mctp::EndpointConfiguration configuration;
  configuration.static_eid = kHostEid;
  configuration.message_types = every_message_type();
  node.host = std::make_unique<mctp::Endpoint>(timeline_, std::move(configuration));
  node.host->on_message = [this, &node](mctp::Message&& message) { host_received(node, std::move(message)); };
  node.host->on_tag_released = [this, &node](Eid peer, std::uint8_t tag) { sockets_->release_tag(node.id, peer, tag); };
  node.network->attach(*node.host);
  return &node;
}

MemoryDeviceNode* Machine::find(std::string_view path) {
  if (const auto slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  const auto found = by_id_.find(path);
  return found == by_id_.end() ? nullptr : &devices_[found->second];
}

bool Machine::is_reached(const MemoryDeviceNode& node) const {
  const auto network = std::ranges::find(networks_, node.declaration.mctp.network, &NetworkNode::id);
  return node.endpoint != nullptr && network != networks_.end() &&
         network->network->find(node.endpoint->eid()) == node.endpoint.get();
}

// ------------------------------------------------------------------------------------------------------ input, output

void Machine::open(Source source) {
  if (source.kind == SourceKind::mctp_socket) {
    socket_opened(source);
  } else if (qmp_.opened) {
    qmp_.opened(source);
  }
  settle();
}

void Machine::close(Source source) {
  if (source.kind == SourceKind::mctp_socket) {
    if (const auto found = connections_.find(source); found != connections_.end()) {
      sockets_->close(found->second);
      sources_.erase(found->second);
      connections_.erase(found);
    }
  } else if (qmp_.closed) {
    qmp_.closed(source);
  }
  settle();
}

void Machine::input(Source source, Bytes bytes) {
  if (source.kind == SourceKind::mctp_socket) {
    socket_input(source, bytes);
  } else if (qmp_.input) {
    qmp_.input(source, bytes);
  }
  settle();
}

void Machine::advance_to(Time time) {
  timeline_.advance_to(time);
  settle();
}

void Machine::commit(MemoryDevice& device) {
  const auto keys = device.changes().take();
  if (keys.empty()) return;
  // There is no store yet: what would be written is counted.
  ++commits_.commits;
  for (const StateKey key : keys) ++commits_.keys[static_cast<std::size_t>(key)];
}

void Machine::read_registers(MemoryDeviceNode& node, PcieFunction::Region region, std::uint64_t offset,
                             MutableBytes to) {
  node.function->read(region, offset, to);
}

void Machine::write_registers(MemoryDeviceNode& node, PcieFunction::Region region, std::uint64_t offset, Bytes from) {
  node.function->write(region, offset, from);
  // A command that changed nothing may have asked for an interrupt, too.
  look_at_function(static_cast<std::size_t>(&node - devices_.data()));
  settle();
}

bool Machine::awaits_event_responses() const {
  return std::ranges::any_of(
      devices_, [](const auto& node) { return node.notifier != nullptr && node.notifier->awaits_response(); });
}

// Whatever it tells of is a change of the device.
void Machine::look_at_function(std::size_t index) {
  PcieFunction& function = *devices_[index].function;
  function.look();
  for (const std::uint8_t message : function.take_interrupts()) {
    say({.to = {SourceKind::pcie_function, static_cast<std::uint32_t>(index)}, .bytes = {std::byte{message}}});
  }
}

void Machine::settle() {
  for (const std::size_t index : std::exchange(changed_, {})) {
    commit(*devices_[index].device);
    look_at_function(index);
  }
  for (const std::size_t index : std::exchange(notifying_, {})) devices_[index].notifier->send_due();
  for (Output& output : std::exchange(outbox_, {})) {
    if (sink_) sink_(std::move(output));
  }
}

// ----------------------------------------------------------------------------------------------------- AF_MCTP sockets

void Machine::socket_opened(Source source) {
  const auto opened = sockets_->open();
  if (opened.connection) {
    connections_.emplace(source, *opened.connection);
    sources_.emplace(*opened.connection, source);
  }
  say({.to = source,
       .bytes = to_buffer(bytes_of(opened.hello)),
       .with_route_page = opened.connection.has_value(),
       .then_close = !opened.connection.has_value()});
}

void Machine::socket_input(Source source, Bytes datagram) {
  const auto connection = connections_.find(source);
  if (connection == connections_.end()) return;
  auto outcome = sockets_->input(connection->second, datagram);
  if (outcome.delivery) deliver(std::move(*outcome.delivery));
  if (!outcome.message) return;
  NetworkNode* network = find_network(outcome.message->network);
  if (network == nullptr) return;
  const mctp::Message& message = outcome.message->message;
  if (message.tag.owner) {
    // The socket table has the truth about tags; what the endpoint still holds under this one is no longer waited for.
    network->host->release_tag(message.destination, message.tag.value);
    network->host->claim_tag(message.destination, message.tag.value, outcome.message->preallocated);
  }
  network->host->send(message);
}

void Machine::deliver(SocketTable::Delivery&& delivery) {
  const auto source = sources_.find(delivery.connection);
  if (source != sources_.end()) say({.to = source->second, .bytes = std::move(delivery.datagram)});
}

void Machine::host_received(NetworkNode& network, mctp::Message&& message) {
  if (awaited_ != nullptr && !message.tag.owner && network.id == awaited_->network &&
      message.source == awaited_->peer && message.tag.value == awaited_->tag) {
    awaited_->response = std::move(message.body);
    return;
  }
  if (auto delivery = sockets_->deliver(network.id, message)) deliver(std::move(*delivery));
}

// ------------------------------------------------------------------------------------------------------------ commands

void Machine::answer(std::size_t index, const mctp::Message& request) {
  MemoryDeviceNode& node = devices_[index];
  if (!request.tag.owner) {
    const bool taken = node.notifier->received(request);
    if (!taken) ++node.dropped_messages[static_cast<std::size_t>(cci::MessageDrop::not_a_request)];
    return;
  }
  const auto by = request.type == mctp::MessageType::cxl_fm_api ? cci::MessageClass::fm_api : cci::MessageClass::cci;
  node.device->mctp().requester = {node.declaration.mctp.network, request.source,
                                   static_cast<std::uint8_t>(request.type)};
  const std::size_t whole = std::max(request.body.size(), request.oversized_length);
  auto result = cci::handle_message(node.device->target(node.device->mctp()), by, request.body, whole);
  if (result.drop != cci::MessageDrop::none) {
    ++node.dropped_messages[static_cast<std::size_t>(result.drop)];
    return;
  }
  commit(*node.device);
  mctp::Message response = mctp::response_to(request);
  response.body = std::move(result.response);
  node.endpoint->send(response);
}

std::optional<CommandResult> Machine::send_command(MemoryDeviceNode& node, Via via, Opcode opcode, Bytes payload) {
  CommandResult result{.via = via};
  if (via == Via::mailbox) {
    Buffer space(node.device->mailbox().response_limit);
    const auto reply =
        cci::dispatch(node.device->target(node.device->mailbox()), opcode, payload, payload.size(), space);
    space.resize(reply.payload_size);
    result.return_code = reply.return_code;
    result.vendor_specific_extended_status = reply.vendor_specific_extended_status;
    result.background_operation = reply.background_operation;
    result.payload = std::move(space);
    return result;
  }
  if (node.endpoint == nullptr) return std::nullopt;
  NetworkNode* network = find_network(node.declaration.mctp.network);
  const Eid peer = node.endpoint->eid();
  // Tags that programs have given up since.
  for (std::uint8_t value = 0; value < lab::kTagsPerPeer; ++value) {
    if (!sockets_->holds_tag(network->id, peer, value)) network->host->release_tag(peer, value);
  }
  const auto tag = network->host->allocate_tag(peer);
  if (!tag) return std::nullopt;
  CciMessageHeader header{};
  header.cci_tag = next_cci_tag_++;
  header.opcode = opcode.value;
  header.payload_length_and_background_operation =
      static_cast<std::uint32_t>(CciMessageHeader::PayloadLength::set(std::uint32_t{0}, payload.size()));
  mctp::Message request;
  request.destination = peer;
  request.type = cci::is_fm_api(opcode) ? mctp::MessageType::cxl_fm_api : mctp::MessageType::cxl_cci;
  request.tag = *tag;
  request.body = to_buffer(bytes_of(header));
  append(request.body, payload);
  Awaited awaited{network->id, peer, tag->value, {}};
  awaited_ = &awaited;
  network->host->send(request);
  awaited_ = nullptr;
  network->host->release_tag(peer, tag->value);
  if (!awaited.response) return std::nullopt;
  Reader reader(*awaited.response);
  const auto answer = reader.take<CciMessageHeader>();
  if (!answer) return std::nullopt;
  result.return_code = answer->return_code;
  result.vendor_specific_extended_status = answer->vendor_specific_extended_status;
  result.background_operation =
      CciMessageHeader::BackgroundOperation::get(answer->payload_length_and_background_operation.value()) != 0;
  result.payload = to_buffer(reader.rest());
  return result;
}

void Machine::reset(MemoryDeviceNode& node, ResetKind kind) {
  node.device->reset(kind);
  node.function->reset(kind);
  if (kind == ResetKind::power_loss && node.endpoint != nullptr) node.endpoint->reset();
}

}  // namespace cxlemu
