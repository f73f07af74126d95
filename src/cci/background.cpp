#include "cci/background.hpp"

#include <algorithm>

namespace cxlemu::cci {

std::uint8_t BackgroundSlot::percent() const {
  if (!state_.running) return state_.final_percent;
  const Nanoseconds elapsed = timeline_->now() - state_.start;
  // Divided first, so that days of device time do not overflow; the last percent is shown only by complete().
  const auto percent = std::clamp<Nanoseconds::rep>(elapsed / step(), 0, 99);
  return std::min(static_cast<std::uint8_t>(percent), state_.disturbance.stall_at_percent.value_or(99));
}

Nanoseconds BackgroundSlot::step() const { return std::max(state_.duration / 100, Nanoseconds{1}); }

std::optional<Time> BackgroundSlot::break_time() const {
  const auto& disturbance = state_.disturbance;
  if (!state_.running || !disturbance.break_at_percent) return std::nullopt;
  if (*disturbance.break_at_percent > disturbance.stall_at_percent.value_or(100)) return std::nullopt;
  return state_.start + step() * *disturbance.break_at_percent;
}

std::optional<Time> BackgroundSlot::deadline() const {
  if (!state_.running || state_.disturbance.stall_at_percent) return std::nullopt;
  return state_.start + state_.duration;
}

void BackgroundSlot::start(Opcode opcode, Bytes request, Nanoseconds duration, const Disturbance& disturbance) {
  state_ = State{.running = true,
                 .opcode = opcode,
                 .request = to_buffer(request),
                 .start = timeline_->now(),
                 .duration = duration,
                 .disturbance = disturbance};
  rearm();
}

void BackgroundSlot::complete(ReturnCode result) {
  timeline_->cancel(timer_);
  state_.running = false;
  state_.final_percent = 100;
  state_.return_code = result;
}

void BackgroundSlot::interrupt(ReturnCode result) {
  state_.final_percent = percent();
  timeline_->cancel(timer_);
  state_.running = false;
  state_.return_code = result;
}

void BackgroundSlot::clear() {
  timeline_->cancel(timer_);
  state_ = State{};
}

void BackgroundSlot::restore(State state) {
  timeline_->cancel(timer_);
  state_ = std::move(state);
  rearm();
}

void BackgroundSlot::rearm() {
  timeline_->cancel(timer_);
  const auto end = deadline();
  const auto broken = break_time();
  if (!end && !broken) return;
  timer_ = timeline_->at(std::min(end.value_or(Time::max()), broken.value_or(Time::max())), [this] { fire(); });
}

void BackgroundSlot::fire() {
  if (const auto broken = break_time(); broken && *broken <= timeline_->now()) {
    state_.disturbance.break_at_percent.reset();
    rearm();
    break_(state_.disturbance.break_kind);
    return;
  }
  finish_();
}

}  // namespace cxlemu::cci
