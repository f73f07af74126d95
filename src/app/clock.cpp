#include "app/clock.hpp"

#include <algorithm>

#include "options/topology_file.hpp"

namespace cxlemu::app {

using options::LabClock;

std::string_view name_of(LabClock clock) {
  switch (clock) {
    case LabClock::real:
      return "real";
    case LabClock::by_hand:
      return "virtual";
    case LabClock::automatic:
      return "auto";
  }
  return "";
}

Clock::Clock(LabClock kind, os::EventLoop& loop, Machine& machine)
    : kind_(kind), loop_(loop), machine_(machine), origin_(os::EventLoop::monotonic_now()) {
  loop_.on_idle([this] {
    if (const auto next = machine_.next_deadline()) machine_.advance_to(*next);
    after_input();
  });
}

Time Clock::device_now() const { return std::min<Time>(os::EventLoop::monotonic_now() - origin_, kMaximumDuration); }

void Clock::before_input() {
  if (kind_ != LabClock::by_hand) machine_.advance_to(device_now());
}

void Clock::after_input() {
  if (kind_ == LabClock::by_hand) return;
  // Device time that was moved ahead goes on from there.
  origin_ = std::min(origin_, os::EventLoop::monotonic_now() - machine_.now());
  auto next = machine_.next_deadline();
  // Device time ends: what is due later never comes.
  if (next && *next > kMaximumDuration) next.reset();
  // A program that waits for a response, or has to give one, does so by its own clock: neither may be over by a jump.
  const bool jumps =
      kind_ == LabClock::automatic && !machine_.sockets().awaits_responses() && !machine_.awaits_event_responses();
  if (kind_ == LabClock::automatic) loop_.set_idle_enabled(jumps && next.has_value());
  if (next && !jumps) {
    loop_.set_deadline(origin_ + *next, [this] {
      before_input();
      after_input();
    });
  } else {
    loop_.set_deadline(std::nullopt);
  }
}

}  // namespace cxlemu::app
