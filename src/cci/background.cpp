#include "cci/background.hpp"

#include <algorithm>

namespace cxlemu::cci {

std::uint8_t BackgroundSlot::percent() const {
  if (!state_.running) return state_.final_percent;
  const Nanoseconds elapsed = timeline_->now() - state_.start;
  // Divided first, so that days of device time do not overflow; the last percent is shown only by complete().
  const auto step = std::max<Nanoseconds::rep>(state_.duration.count() / 100, 1);
  const auto percent = std::clamp<Nanoseconds::rep>(elapsed.count() / step, 0, 99);
  return std::min(static_cast<std::uint8_t>(percent), state_.stalled_at_percent.value_or(99));
}

std::optional<Time> BackgroundSlot::deadline() const {
  if (!state_.running || state_.stalled_at_percent) return std::nullopt;
  return state_.start + state_.duration;
}

void BackgroundSlot::start(Opcode opcode, Bytes request, Nanoseconds duration,
                           std::optional<std::uint8_t> stalled_at_percent) {
  state_ = State{.running = true,
                 .opcode = opcode,
                 .request = to_buffer(request),
                 .start = timeline_->now(),
                 .duration = duration,
                 .stalled_at_percent = stalled_at_percent};
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
  if (const auto end = deadline()) {
    timer_ = timeline_->at(*end, [this] { finish_(); });
  }
}

}  // namespace cxlemu::cci
