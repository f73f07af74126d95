#include "mctp/endpoint.hpp"

#include <algorithm>

#include "mctp/fragmenter.hpp"
#include "mctp/network.hpp"

namespace cxlemu::mctp {

Endpoint::Endpoint(Timeline& timeline, Configuration configuration)
    : timeline_(timeline),
      configuration_(std::move(configuration)),
      state_{.assignment = {.eid = configuration_.static_eid},
             .tags = {},
             .reassembler = Reassembler({.assemblies = configuration_.maximum_assemblies,
                                         .kept_body = std::min(configuration_.maximum_body, kMaximumMessageBody),
                                         .timeout = configuration_.assembly_timeout}),
             .counters = {}} {}

Endpoint::~Endpoint() {
  if (network_ != nullptr) network_->detach(*this);
  cancel_timer();
}

void Endpoint::receive(Bytes packet, PhysicalSource physical_source) {
  ++state_.counters.packets_received;
  state_.counters.bytes_received += packet.size();
  const auto view = parse_packet(packet);
  if (!view) return drop(view.error());
  if (const auto reason = refusal(*view, physical_source)) return drop(*reason);
  if (view->start_of_message && view->message_type() == MessageType::control) {
    return receive_control(*view, physical_source);
  }
  auto message = state_.reassembler.accept(*view, physical_source, timeline_.now(), state_.counters.dropped);
  if (assemblies_in_progress() != 0) {
    wake_by(timeline_.now() + configuration_.assembly_timeout);
  } else if (!is_waiting()) {
    cancel_timer();
  }
  if (message) deliver(std::move(*message));
}

// DSP0236 8.7 and Table 11: what this endpoint refuses before the packet can touch an assembly.
std::optional<DropReason> Endpoint::refusal(const PacketView& packet, PhysicalSource physical_source) const {
  const bool is_control_start = packet.start_of_message && packet.message_type() == MessageType::control;
  if (packet.destination == kBroadcastEid) {
    if (!is_control_start || !packet.tag.owner) return DropReason::broadcast_not_allowed;
  } else if (packet.destination != kNullEid && packet.destination != eid()) {
    return DropReason::unknown_destination_eid;
  }
  if (packet.start_of_message) {
    if (is_control_start && !packet.end_of_message) return DropReason::control_not_single_packet;
    if (!is_control_start && !supports(packet.message_type())) return DropReason::unsupported_message_type;
    if (!packet.tag.owner && !state_.tags.match(packet.source, packet.tag.value)) return DropReason::unknown_tag;
    return std::nullopt;
  }
  // An assembly of a response ends with its tag, so where there is one, there is a tag.
  if (packet.tag.owner || state_.reassembler.is_assembling(packet, physical_source)) return std::nullopt;
  if (!state_.tags.match(packet.source, packet.tag.value)) return DropReason::unknown_tag;
  return std::nullopt;
}

bool Endpoint::supports(MessageType type) const {
  return std::ranges::find(configuration_.message_types, type, &SupportedMessageType::type) !=
         configuration_.message_types.end();
}

void Endpoint::receive_control(PacketView packet, PhysicalSource physical_source) {
  if (packet.tag.owner) return answer_control(packet, physical_source);
  const Bytes body = packet.payload.subspan(1);
  if (!is_control_response(body)) return drop(DropReason::malformed_control_message);
  deliver({.source = packet.source,
           .destination = packet.destination,
           .type = MessageType::control,
           .tag = packet.tag,
           .body = to_buffer(body),
           .physical = physical_source});
}

void Endpoint::answer_control(const PacketView& packet, PhysicalSource physical_source) {
  EidAssignment assignment = state_.assignment;
  ControlContext context{.configuration = configuration_,
                         .assignment = assignment,
                         .requester = packet.source,
                         .requester_address = physical_source};
  std::array<std::byte, kMaximumControlBody> space;
  const auto answer = answer_control_request(kEndpointControlCommands, context, packet.payload.subspan(1),
                                             packet.destination == kBroadcastEid, space);
  if (!answer) return drop(answer.error());
  ++state_.counters.messages_received;
  if (assignment != state_.assignment) set_assignment(assignment);
  if (answer->empty()) return;
  // DSP0236 12.4: from the EID that was addressed, also where Set Endpoint ID has just replaced it. For the null EID
  // the text gives no rule; the EID that is valid now is what requesters expect.
  send({.source = packet.destination == kBroadcastEid ? kNullEid : packet.destination,
        .destination = packet.source,
        .type = MessageType::control,
        .tag = {packet.tag.value, false},
        .body = to_buffer(*answer),
        .physical = physical_source});
}

void Endpoint::deliver(Message&& message) {
  ++state_.counters.messages_received;
  std::optional<OutstandingTag> answered;
  if (!message.tag.owner) answered = state_.tags.match(message.source, message.tag.value);
  if (on_message) on_message(std::move(message));
  state_.reassembler.recycle(std::move(message.body));
  // The owner may have released the tag meanwhile, and may even have it again for another request.
  if (!answered || answered->preallocated() || !state_.tags.release(*answered)) return;
  state_.reassembler.abandon_response(answered->peer, answered->value, state_.counters.dropped);
  if (!is_waiting()) cancel_timer();
  if (on_tag_released) on_tag_released(answered->peer, answered->value);
}

void Endpoint::send(const Message& message) {
  if (!to_link || message.body.size() > kMaximumMessageBody) {
    ++state_.counters.messages_not_sent;
    return;
  }
  ++state_.counters.messages_sent;
  Fragmenter fragmenter(message, message.source == kNullEid ? eid() : message.source, configuration_.transmission_unit,
                        configuration_.first_sequence & 3);
  // On the stack and not a member, because to_link() may come back here before this packet is out.
  std::array<std::byte, kMaximumPacketSize> space;
  while (!fragmenter.done()) {
    const Bytes packet = fragmenter.next(space);
    ++state_.counters.packets_sent;
    state_.counters.bytes_sent += packet.size();
    link_destination_ = message.physical;
    to_link(packet);
  }
}

std::optional<Tag> Endpoint::allocate_tag(Eid peer) {
  const Time deadline = timeline_.now() + configuration_.tag_lifetime;
  const auto value = state_.tags.allocate(peer, deadline);
  if (!value) return std::nullopt;
  wake_by(deadline);
  return Tag{*value, true};
}

bool Endpoint::claim_tag(Eid peer, std::uint8_t value, bool preallocated) {
  const Time deadline = preallocated ? kNoDeadline : timeline_.now() + configuration_.tag_lifetime;
  if (!state_.tags.claim(peer, value, deadline)) return false;
  if (!preallocated) wake_by(deadline);
  return true;
}

bool Endpoint::release_tag(Eid peer, std::uint8_t value) {
  if (!state_.tags.release(peer, value)) return false;
  state_.reassembler.abandon_response(peer, value, state_.counters.dropped);
  if (!is_waiting()) cancel_timer();
  return true;
}

void Endpoint::reset() {
  state_.reassembler.abandon_all(DropReason::endpoint_reset, state_.counters.dropped);
  const auto tags = state_.tags.all();
  for (const auto& tag : tags) state_.tags.release(tag);
  cancel_timer();
  set_assignment({.eid = configuration_.static_eid});
  if (!on_tag_released) return;
  for (const auto& tag : tags) on_tag_released(tag.peer, tag.value);
}

void Endpoint::restore(State state) {
  set_assignment(state.assignment);
  state_ = std::move(state);
  rearm();
}

void Endpoint::set_assignment(const EidAssignment& assignment) {
  const Eid old = eid();
  state_.assignment = assignment;
  if (old == eid()) return;
  if (network_ != nullptr) network_->eid_changed(*this, old);
  if (on_eid_changed) on_eid_changed(old);
}

bool Endpoint::is_waiting() const { return assemblies_in_progress() != 0 || state_.tags.any_expiring(); }

void Endpoint::set_timer(Time deadline) {
  timeline_.cancel(timer_);
  timer_deadline_ = deadline;
  timer_ = timeline_.at(deadline, [this] { on_timer(); });
}

void Endpoint::cancel_timer() {
  if (!timer_deadline_) return;
  timeline_.cancel(timer_);
  timer_deadline_.reset();
}

void Endpoint::rearm() {
  cancel_timer();
  for (const auto deadline : {state_.reassembler.next_deadline(), state_.tags.next_deadline()}) {
    if (deadline) wake_by(*deadline);
  }
}

void Endpoint::on_timer() {
  timer_deadline_.reset();
  const Time now = timeline_.now();
  state_.reassembler.expire(now, state_.counters.dropped);
  std::vector<OutstandingTag> released;
  for (const auto& tag : state_.tags.due(now)) {
    // A slow response that still comes may come to its end.
    if (const auto deadline = state_.reassembler.response_deadline(tag.peer, tag.value)) {
      state_.tags.extend(tag, *deadline);
    } else {
      state_.tags.release(tag);
      released.push_back(tag);
    }
  }
  rearm();
  if (!on_tag_released) return;
  for (const auto& tag : released) on_tag_released(tag.peer, tag.value);
}

}  // namespace cxlemu::mctp
