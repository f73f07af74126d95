#include "mctp/reassembler.hpp"

#include <algorithm>

namespace cxlemu::mctp {
namespace {

// Room for the longest CXL message at its smallest response limit without growing.
constexpr std::size_t kFirstBodyCapacity = 1088;
// LIMIT: buffers kept for later messages, so that an endpoint that once received much is small again when idle.
constexpr std::size_t kMaximumSpareBytes = 2 * kMaximumMessageBody;
constexpr std::size_t kMaximumSpareBodies = 16;

bool answers(const Assembly& assembly, Eid peer, std::uint8_t tag_value) {
  const Message& message = assembly.message;
  return message.tag == Tag{tag_value, false} && (peer == kNullEid || message.source == peer);
}

Message finished(Assembly&& assembly) {
  if (assembly.length > assembly.message.body.size()) assembly.message.oversized_length = assembly.length;
  return std::move(assembly.message);
}

}  // namespace

std::optional<Message> Reassembler::start(PacketView packet, PhysicalSource physical, Time now, DropCounters& drops) {
  if (const auto old = find(packet, physical); old != assemblies_.end()) {
    drops.count(DropReason::assembly_restarted);
    end(old);
  }
  // The newcomer is refused, not the oldest one ended: whoever got a place keeps it. A message of one packet needs
  // none.
  if (!packet.end_of_message && assemblies_.size() >= limits_.assemblies) {
    drops.count(DropReason::too_many_assemblies);
    return std::nullopt;
  }
  Assembly assembly{
      .message = {.source = packet.source,
                  .destination = packet.destination,
                  .type = packet.message_type(),
                  .tag = packet.tag,
                  .body = empty_body(),
                  .physical = physical},
      .unit = packet.payload.size(),
      .next_sequence = static_cast<std::uint8_t>((packet.sequence + 1) & 3),
      .deadline = now + limits_.timeout,
  };
  keep(assembly, packet.payload.subspan(1));
  if (packet.end_of_message) return finished(std::move(assembly));
  assemblies_.push_back(std::move(assembly));
  return std::nullopt;
}

bool Reassembler::is_assembling(const PacketView& packet, PhysicalSource physical) const {
  return std::ranges::any_of(assemblies_, [&](const Assembly& one) { return one.is_of(packet, physical); });
}

void Reassembler::expire(Time now, DropCounters& drops) {
  end_where([&](const Assembly& one) { return one.deadline <= now; }, DropReason::assembly_timed_out, drops);
}

std::optional<Time> Reassembler::next_deadline() const {
  const auto first = std::ranges::min_element(assemblies_, {}, &Assembly::deadline);
  if (first == assemblies_.end()) return std::nullopt;
  return first->deadline;
}

std::optional<Time> Reassembler::response_deadline(Eid peer, std::uint8_t tag_value) const {
  const auto found = std::ranges::find_if(assemblies_, [&](const auto& one) { return answers(one, peer, tag_value); });
  if (found == assemblies_.end()) return std::nullopt;
  return found->deadline;
}

void Reassembler::abandon_response(Eid peer, std::uint8_t tag_value, DropCounters& drops) {
  end_where([&](const Assembly& one) { return answers(one, peer, tag_value); }, DropReason::tag_released, drops);
}

void Reassembler::abandon_all(DropReason reason, DropCounters& drops) {
  end_where([](const Assembly&) { return true; }, reason, drops);
}

void Reassembler::recycle(Buffer&& body) {
  const std::size_t capacity = body.capacity();
  // A body that the receiver took away has none.
  if (capacity == 0 || spare_bodies_.size() >= kMaximumSpareBodies) return;
  if (spare_bytes_ + capacity > kMaximumSpareBytes) return;
  spare_bytes_ += capacity;
  spare_bodies_.push_back(std::move(body));
}

Buffer Reassembler::empty_body() {
  Buffer body;
  if (spare_bodies_.empty()) {
    body.reserve(std::min(kFirstBodyCapacity, limits_.kept_body));
    return body;
  }
  body = std::move(spare_bodies_.back());
  spare_bodies_.pop_back();
  spare_bytes_ -= body.capacity();
  body.clear();
  return body;
}

std::nullopt_t Reassembler::give_up(Iterator assembly, DropReason reason, DropCounters& drops) {
  drops.count(reason);
  end(assembly);
  return std::nullopt;
}

Message Reassembler::finish(Iterator assembly) {
  Message message = finished(std::move(*assembly));
  end(assembly);
  return message;
}

void Reassembler::end(Iterator assembly) {
  recycle(std::move(assembly->message.body));
  if (assembly != assemblies_.end() - 1) *assembly = std::move(assemblies_.back());
  assemblies_.pop_back();
}

template <typename Predicate>
void Reassembler::end_where(Predicate predicate, DropReason reason, DropCounters& drops) {
  for (std::size_t i = 0; i < assemblies_.size();) {
    if (!predicate(assemblies_[i])) {
      ++i;
      continue;
    }
    drops.count(reason);
    end(assemblies_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace cxlemu::mctp
