#include "machine/event_notifier.hpp"

#include <algorithm>

#include "wire/cci_message.hpp"
#include "wire/events.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu {

EventNotifier::EventNotifier(Timeline& timeline, mctp::Endpoint& endpoint, cci::EventNotifications& notifications)
    : timeline_(timeline), endpoint_(endpoint), notifications_(notifications) {
  notifications_.on_change([this] { changed(); });
  changed();
}

EventNotifier::~EventNotifier() {
  notifications_.on_change({});
  timeline_.cancel(timer_);
}

// The tag and the timer follow the state, whatever changed it: a command, a reset, or a restore.
void EventNotifier::changed() {
  const auto& state = notifications_.state();
  std::optional<Held> wanted;
  if (state.transport_tag) wanted = Held{state.destination.endpoint_id, *state.transport_tag};
  if (held_ != wanted) {
    if (held_) endpoint_.release_tag(held_->peer, held_->tag);
    // Already claimed where the endpoint was restored with it.
    if (wanted) endpoint_.claim_tag(wanted->peer, wanted->tag, true);
    held_ = wanted;
  }
  timeline_.cancel(timer_);
  const auto deadline = notifications_.deadline();
  if (!deadline) return;
  timer_ = timeline_.at(std::max(*deadline, timeline_.now()), [this] { send_due(); });
  if (*deadline <= timeline_.now() && on_due) on_due();
}

void EventNotifier::send_due() {
  while (const auto transmission = notifications_.take_due(timeline_.now())) send(*transmission);
}

// Kept, not for one response: after an error the notification goes on with the same tag.
bool EventNotifier::take_tag(Eid peer) {
  for (std::uint8_t tag = 0; tag < mctp::kTagCount; ++tag) {
    if (!endpoint_.claim_tag(peer, tag, true)) continue;
    held_ = Held{peer, tag};
    notifications_.set_transport_tag(tag);
    return true;
  }
  return false;
}

void EventNotifier::send(const cci::EventNotifications::Transmission& transmission) {
  const Eid peer = transmission.destination.endpoint_id;
  // Without a free tag this transmission is lost, like one on a link; the next may find one.
  if (!held_ && !take_tag(peer)) return;
  CciMessageHeader header{};
  header.category = static_cast<std::uint8_t>(CciMessageCategory::request);
  header.cci_tag = transmission.message_tag;
  header.opcode = kEventNotification.value;
  header.payload_length_and_background_operation = static_cast<std::uint32_t>(sizeof(EventNotificationIn));
  mctp::Message message;
  message.destination = peer;
  message.type = static_cast<mctp::MessageType>(transmission.destination.message_type);
  message.tag = {held_->tag, true};
  message.body = to_buffer(bytes_of(header));
  append(message.body, bytes_of(EventNotificationIn{transmission.event}));
  if (before_send) before_send();
  endpoint_.send(message);
}

bool EventNotifier::received(const mctp::Message& response) {
  const auto& destination = notifications_.state().destination;
  if (!held_ || response.source != held_->peer || response.tag.value != held_->tag ||
      static_cast<std::uint8_t>(response.type) != destination.message_type) {
    return false;
  }
  const auto header = Reader(response.body).take<CciMessageHeader>();
  if (!header || header->opcode.value() != kEventNotification.value ||
      CciMessageHeader::Category::get(header->category.value()) !=
          static_cast<std::uint64_t>(CciMessageCategory::response)) {
    return false;
  }
  return notifications_.answered(header->cci_tag, header->return_code);
}

}  // namespace cxlemu
