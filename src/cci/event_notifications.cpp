#include "cci/event_notifications.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace cxlemu::cci {

void EventNotifications::set(std::uint16_t settings, const Requester& requester) {
  // Events of before go on only where the text does not end them: still asked for, by the same one, who has not been
  // given up. SILENT: what ends the silence besides a response; a new 0105h does.
  const bool ends_all = state_.silent || requester != state_.destination;
  const auto ends = [&](std::uint16_t event) { return ends_all || (settings & event) == 0; };
  if (state_.under_way != 0 && ends(state_.under_way)) end();
  std::erase_if(state_.waiting, ends);
  state_.settings = settings;
  state_.destination = requester;
  changed();
}

void EventNotifications::add(std::uint16_t event) {
  if ((state_.settings & event) == 0 || state_.waiting.size() >= kMaximumWaitingNotifications) return;
  // A log is told of once, however often it was emptied meanwhile; every operation is told of.
  if (event != kBackgroundOperationCompleted && std::ranges::count(state_.waiting, event) != 0) return;
  state_.waiting.push_back(event);
  changed();
}

bool EventNotifications::answered(std::uint8_t message_tag, ReturnCode code) {
  if (state_.under_way == 0 || message_tag != state_.message_tag) return false;
  // After an error it is sent on; SILENT: that the next one may follow when its retries are over.
  state_.responded = true;
  if (code == ReturnCode::success || state_.silent) end();
  changed();
  return true;
}

std::optional<Time> EventNotifications::deadline() const {
  if (state_.silent) return std::nullopt;
  if (state_.under_way != 0) return state_.next_transmission;
  return state_.waiting.empty() ? std::nullopt : std::optional(Time{});
}

std::optional<EventNotifications::Transmission> EventNotifications::take_due(Time now) {
  if (state_.silent || (state_.under_way != 0 && now < state_.next_transmission)) return std::nullopt;
  if (state_.under_way != 0 && state_.transmissions > kMaximumRetries) {
    if (!state_.responded) {
      state_.silent = true;
      changed();
      return std::nullopt;
    }
    end();
  }
  if (state_.under_way == 0 && !begin_next()) {
    changed();
    return std::nullopt;
  }
  ++state_.transmissions;
  state_.next_transmission = now + kRetryInterval;
  const Transmission transmission{state_.destination, state_.under_way, state_.message_tag};
  changed();
  return transmission;
}

void EventNotifications::set_transport_tag(std::uint8_t tag) {
  state_.transport_tag = tag;
  changed();
}

void EventNotifications::restore(State state) {
  state_ = std::move(state);
  changed();
}

void EventNotifications::end() {
  state_.under_way = 0;
  ++state_.message_tag;
  state_.transport_tag.reset();
  state_.transmissions = 0;
  state_.responded = false;
  state_.silent = false;
}

bool EventNotifications::begin_next() {
  while (!state_.waiting.empty()) {
    const std::uint16_t event = state_.waiting.front();
    state_.waiting.erase(state_.waiting.begin());
    const bool is_operation = event == kBackgroundOperationCompleted;
    // A log that was emptied while its notification waited has nothing to tell.
    if (!is_operation && logs_->log(static_cast<EventLogId>(std::countr_zero(event))).records.empty()) continue;
    state_.under_way = event;
    return true;
  }
  return false;
}

}  // namespace cxlemu::cci
