#include "machine/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cci/message.hpp"

namespace cxlemu {
namespace {

// Programs may speak any message type; what they reach decides which it hears.
std::vector<mctp::SupportedMessageType> every_message_type() {
  std::vector<mctp::SupportedMessageType> types;
  for (std::uint8_t type = 1; type < 0x80; ++type) types.push_back({static_cast<mctp::MessageType>(type)});
  return types;
}

}  // namespace

Machine::Machine() = default;
Machine::~Machine() = default;

EndpointNode* ComponentNode::endpoint_of(cci::CciId cci) {
  const auto found = std::ranges::find(endpoints, cci, &EndpointNode::cci);
  return found == endpoints.end() ? nullptr : &*found;
}

Result<std::unique_ptr<Machine>> Machine::create(std::unique_ptr<Timeline> timeline,
                                                 std::vector<BuiltComponent> components, lab::RoutePage* page) {
  std::unique_ptr<Machine> machine(new Machine);
  machine->timeline_ = std::move(timeline);
  if (page == nullptr) {
    machine->own_page_ = std::make_unique<lab::RoutePage>();
    page = machine->own_page_.get();
  }
  machine->page_ = page;
  machine->sockets_ = std::make_unique<SocketTable>(*machine->timeline_, *page);
  // Network 1 is the default one and is there even without endpoints.
  machine->add_network(NetworkId{1});
  for (BuiltComponent& built : components) TRY_VOID(machine->add(std::move(built)));
  machine->settle();
  return machine;
}

Result<void> Machine::add(BuiltComponent&& built) {
  ComponentNode& node = components_.emplace_back();
  node.id = ComponentId{static_cast<std::uint32_t>(components_.size() - 1)};
  node.built = std::move(built);
  if (!by_name_.emplace(node.name(), &node).second) {
    return failure(fmt::format("device \"{}\" is declared twice", node.name()));
  }
  node.component().changes.on_first_mark([this, &node] { changed_.push_back(&node); });
  node.component().on_reset_request = [this, &node](ResetKind kind) { reset(node, kind); };
  for (std::size_t i = 0; i < node.built.functions.size(); ++i) {
    node.functions.emplace_back(static_cast<std::uint32_t>(functions_.size()));
    functions_.push_back({&node, i});
  }
  node.endpoints.reserve(node.built.endpoints.size());  // callbacks keep the address of an endpoint
  for (const BuiltEndpoint& endpoint : node.built.endpoints) TRY_VOID(add_endpoint(node, endpoint));
  return {};
}

Result<void> Machine::add_endpoint(ComponentNode& node, const BuiltEndpoint& built) {
  NetworkNode* network = add_network(built.network);
  if (network == nullptr) {
    return failure(fmt::format("{}: a lab has at most {} MCTP networks", node.name(), lab::kNetworksMax));
  }
  if (built.eid < kFirstEid || built.eid > kLastEid || network->network->find(built.eid) != nullptr) {
    return failure(fmt::format("{}: EID {} of network {} is not free; give mctp={}:EID with another EID from {} to {}",
                               node.name(), built.eid.value, built.network.value, built.network.value, kFirstEid.value,
                               kLastEid.value));
  }
  cci::Cci* cci = node.component().find(built.cci);
  if (cci == nullptr) return failure(fmt::format("{} has no CCI {}", node.name(), cci::name_of(built.cci)));
  EndpointNode& endpoint = node.endpoints.emplace_back();
  endpoint.cci = built.cci;
  endpoint.network = built.network;
  mctp::EndpointConfiguration configuration;
  configuration.static_eid = built.eid;
  configuration.uuid = built.uuid;
  configuration.transmission_unit = built.transmission_unit;
  // Whole requests up to the advertised limit; of a longer one the header, so that it can be answered.
  configuration.maximum_body = sizeof(CciMessageHeader) + cci->request_limit;
  endpoint.endpoint = std::make_unique<mctp::Endpoint>(*timeline_, std::move(configuration));
  endpoint.endpoint->on_message = [this, &node, &endpoint](mctp::Message&& message) {
    answer(node, endpoint, message);
  };
  endpoint.endpoint->on_eid_changed = [this, &node, &endpoint](Eid old) { eid_changed(node, endpoint, old); };
  endpoint.notifier = std::make_unique<EventNotifier>(*timeline_, *endpoint.endpoint, cci->notifications);
  endpoint.notifier->on_due = [this, &endpoint] {
    if (notifying_.empty() || notifying_.back() != &endpoint) notifying_.push_back(&endpoint);
  };
  endpoint.notifier->before_send = [this, &node] { commit(node.component()); };
  network->network->attach(*endpoint.endpoint);
  sockets_->add_route(built.network, built.eid);
  return {};
}

// Programs find the endpoint at its new EID and nobody at the old one.
void Machine::eid_changed(ComponentNode& node, EndpointNode& endpoint, Eid old) {
  NetworkNode* network = find_network(endpoint.network);
  if (network->network->find(old) == nullptr) sockets_->remove_route(network->id, old);
  if (endpoint.endpoint->eid() != kNullEid) sockets_->add_route(network->id, endpoint.endpoint->eid());
  node.component().changes.mark(StateKey::endpoint_id);
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
  node.host = std::make_unique<mctp::Endpoint>(*timeline_, std::move(configuration));
  node.host->on_message = [this, &node](mctp::Message&& message) { host_received(node, std::move(message)); };
  node.host->on_tag_released = [this, &node](Eid peer, std::uint8_t tag) { sockets_->release_tag(node.id, peer, tag); };
  node.network->attach(*node.host);
  return &node;
}

ComponentNode* Machine::find(std::string_view path) {
  if (const auto slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  const auto found = by_name_.find(path);
  return found == by_name_.end() ? nullptr : found->second;
}

bool Machine::is_reached(const EndpointNode& node) const {
  const auto network = std::ranges::find(networks_, node.network, &NetworkNode::id);
  return network != networks_.end() && network->network->find(node.endpoint->eid()) == node.endpoint.get();
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
  timeline_->advance_to(time);
  settle();
}

void Machine::commit(cci::Component& component) {
  const auto keys = component.changes.take();
  if (keys.empty()) return;
  // There is no store yet: what would be written is counted.
  ++commits_.commits;
  for (const StateKey key : keys) ++commits_.keys[static_cast<std::size_t>(key)];
}

void Machine::read_registers(FunctionId function, FunctionRegion region, std::uint64_t offset, MutableBytes to) {
  const FunctionNode& known = functions_[function.value];
  known.node->built.functions[known.index].read(region, offset, to);
}

void Machine::write_registers(FunctionId function, FunctionRegion region, std::uint64_t offset, Bytes from) {
  const FunctionNode& known = functions_[function.value];
  known.node->built.functions[known.index].write(region, offset, from);
  // A command that changed nothing may have asked for an interrupt, too.
  take_interrupts(function);
  settle();
}

bool Machine::awaits_event_responses() const {
  return std::ranges::any_of(components_, [](const ComponentNode& node) {
    return std::ranges::any_of(node.endpoints,
                               [](const EndpointNode& endpoint) { return endpoint.notifier->awaits_response(); });
  });
}

void Machine::take_interrupts(FunctionId function) {
  const FunctionNode& known = functions_[function.value];
  for (const std::uint8_t message : known.node->built.functions[known.index].take_interrupts()) {
    say({.to = {SourceKind::pcie_function, function.value}, .bytes = {std::byte{message}}});
  }
}

void Machine::settle() {
  for (ComponentNode* node : std::exchange(changed_, {})) {
    commit(node->component());
    for (const FunctionId function : node->functions) take_interrupts(function);
  }
  for (EndpointNode* endpoint : std::exchange(notifying_, {})) endpoint->notifier->send_due();
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

void Machine::answer(ComponentNode& node, EndpointNode& endpoint, const mctp::Message& request) {
  if (!request.tag.owner) {
    const bool taken = endpoint.notifier->received(request);
    if (!taken) ++endpoint.dropped_messages[static_cast<std::size_t>(cci::MessageDrop::not_a_request)];
    return;
  }
  const auto by = request.type == mctp::MessageType::cxl_fm_api ? cci::MessageClass::fm_api : cci::MessageClass::cci;
  const cci::Requester from{endpoint.network, request.source, static_cast<std::uint8_t>(request.type)};
  const std::size_t whole = std::max(request.body.size(), request.oversized_length);
  auto result = cci::handle_message(*node.component().find(endpoint.cci), by, from, request.body, whole);
  if (result.drop != cci::MessageDrop::none) {
    ++endpoint.dropped_messages[static_cast<std::size_t>(result.drop)];
    return;
  }
  commit(node.component());
  mctp::Message response = mctp::response_to(request);
  response.body = std::move(result.response);
  endpoint.endpoint->send(response);
}

std::optional<CommandResult> Machine::send_command(ComponentNode& node, cci::CciId id, Opcode opcode, Bytes payload) {
  cci::Cci* cci = node.component().find(id);
  if (cci == nullptr) return std::nullopt;
  if (id.role == cci::Role::mctp) {
    EndpointNode* endpoint = node.endpoint_of(id);
    return endpoint == nullptr ? std::nullopt : send_message(*endpoint, opcode, payload);
  }
  Buffer space(cci->response_limit);
  const auto reply = cci::dispatch(*cci, {.opcode = opcode, .payload = payload, .by = cci::Way::mailbox}, space);
  space.resize(reply.payload_size);
  return CommandResult{.return_code = reply.return_code,
                       .vendor_specific_extended_status = reply.vendor_specific_extended_status,
                       .background_operation = reply.background_operation,
                       .payload = std::move(space)};
}

std::optional<CommandResult> Machine::send_message(EndpointNode& endpoint, Opcode opcode, Bytes payload) {
  NetworkNode* network = find_network(endpoint.network);
  const Eid peer = endpoint.endpoint->eid();
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
  return CommandResult{.return_code = answer->return_code,
                       .vendor_specific_extended_status = answer->vendor_specific_extended_status,
                       .background_operation = CciMessageHeader::BackgroundOperation::get(
                                                   answer->payload_length_and_background_operation.value()) != 0,
                       .payload = to_buffer(reader.rest())};
}

void Machine::reset(ComponentNode& node, ResetKind kind) {
  if (node.built.reset) node.built.reset(kind);
  if (kind != ResetKind::power_loss) return;
  for (EndpointNode& endpoint : node.endpoints) endpoint.endpoint->reset();
}

}  // namespace cxlemu
