#include "os/event_loop.hpp"

#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <limits>
#include <vector>

#include "os/system.hpp"

namespace cxlemu::os {
namespace {

// sd-event takes 0 for its default of 250 ms.
constexpr std::uint64_t kAccuracyMicroseconds = 1;
constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

struct SourceRelease {
  void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};
using Source = std::unique_ptr<sd_event_source, SourceRelease>;

struct EventRelease {
  void operator()(sd_event* event) const { sd_event_unref(event); }
};

std::uint32_t epoll_events(Interest interest) {
  return (interest.read ? std::uint32_t{EPOLLIN} : 0U) | (interest.write ? std::uint32_t{EPOLLOUT} : 0U);
}

// Rounded up, so that a deadline is never early.
std::uint64_t microseconds(Nanoseconds time) {
  return static_cast<std::uint64_t>(
      std::chrono::ceil<std::chrono::microseconds>(std::max(time, Nanoseconds{})).count());
}

}  // namespace

struct Watch::State : std::enable_shared_from_this<State> {
  Source source;
  Callback callback;
  Interest interest;

  static int on_ready(sd_event_source*, int, std::uint32_t events, void* data) noexcept {
    // The callback may destroy the watch: what is running must outlive that.
    const auto state = static_cast<State*>(data)->shared_from_this();
    state->callback({.readable = (events & EPOLLIN) != 0,
                     .writable = (events & EPOLLOUT) != 0,
                     .hung_up = (events & (EPOLLHUP | EPOLLERR)) != 0});
    return 0;
  }
};

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    stop();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Watch::stop() {
  if (state_) state_->source.reset();
  state_.reset();
}

void Watch::set_interest(Interest interest) {
  if (!state_ || state_->interest == interest) return;
  state_->interest = interest;
  const bool on = interest.read || interest.write;
  auto* source = state_->source.get();
  if (on) sd_event_source_set_io_events(source, epoll_events(interest));
  sd_event_source_set_enabled(source, on ? SD_EVENT_ON : SD_EVENT_OFF);
}

Interest Watch::interest() const { return state_ ? state_->interest : Interest{.read = false, .write = false}; }

struct EventLoop::Impl {
  struct SignalHandler {
    std::shared_ptr<std::move_only_function<void(int)>> callback;
    Source source;
  };

  std::unique_ptr<sd_event, EventRelease> event;
  Source deadline;
  Source idle;
  Callback deadline_callback;
  // Shared, because a callback may set another one while it runs.
  std::shared_ptr<Callback> idle_callback;
  std::vector<std::unique_ptr<SignalHandler>> signal_handlers;
  std::optional<int> stop_code;

  static int on_deadline(sd_event_source*, std::uint64_t, void* data) noexcept {
    auto callback = std::exchange(static_cast<Impl*>(data)->deadline_callback, nullptr);
    if (callback) callback();
    return 0;
  }
  static int on_idle(sd_event_source*, void* data) noexcept {
    const auto callback = static_cast<Impl*>(data)->idle_callback;
    if (callback && *callback) (*callback)();
    return 0;
  }
  static int on_signal(sd_event_source*, const signalfd_siginfo* info, void* data) noexcept {
    const auto callback = static_cast<SignalHandler*>(data)->callback;
    (*callback)(static_cast<int>(info->ssi_signo));
    return 0;
  }
};

EventLoop::EventLoop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventLoop::EventLoop(EventLoop&&) noexcept = default;
EventLoop& EventLoop::operator=(EventLoop&&) noexcept = default;
EventLoop::~EventLoop() = default;

// The timer and the idle source are made here, so that setting them later cannot fail.
Result<EventLoop> EventLoop::create() {
  auto impl = std::make_unique<Impl>();
  sd_event* event = nullptr;
  if (const int result = sd_event_new(&event); result < 0) return system_failure(-result, "cannot make an event loop");
  impl->event.reset(event);

  sd_event_source* source = nullptr;
  if (const int result =
          sd_event_add_time(event, &source, CLOCK_MONOTONIC, 0, kAccuracyMicroseconds, &Impl::on_deadline, impl.get());
      result < 0) {
    return system_failure(-result, "cannot make the timer of the event loop");
  }
  impl->deadline.reset(source);
  sd_event_source_set_enabled(source, SD_EVENT_OFF);

  if (const int result = sd_event_add_defer(event, &source, &Impl::on_idle, impl.get()); result < 0) {
    return system_failure(-result, "cannot make the idle source of the event loop");
  }
  impl->idle.reset(source);
  sd_event_source_set_enabled(source, SD_EVENT_OFF);
  sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IDLE);
  return EventLoop(std::move(impl));
}

Result<Watch> EventLoop::watch(int descriptor, Interest interest, Watch::Callback callback, Turn turn) {
  auto state = std::make_shared<Watch::State>();
  state->callback = std::move(callback);
  state->interest = interest;
  sd_event_source* source = nullptr;
  const int result = sd_event_add_io(impl_->event.get(), &source, descriptor, epoll_events(interest),
                                     &Watch::State::on_ready, state.get());
  if (result < 0) return system_failure(-result, "cannot wait for descriptor {}", descriptor);
  state->source.reset(source);
  // Still before the idle callback.
  constexpr int kSecondPriority = SD_EVENT_PRIORITY_NORMAL + 10;
  if (turn == Turn::second) sd_event_source_set_priority(source, kSecondPriority);
  if (!interest.read && !interest.write) sd_event_source_set_enabled(source, SD_EVENT_OFF);
  return Watch(std::move(state));
}

void EventLoop::set_deadline(std::optional<Nanoseconds> deadline, Callback callback) {
  impl_->deadline_callback = std::move(callback);
  auto* source = impl_->deadline.get();
  if (deadline) sd_event_source_set_time(source, microseconds(*deadline));
  sd_event_source_set_enabled(source, deadline ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void EventLoop::on_idle(Callback callback) { impl_->idle_callback = std::make_shared<Callback>(std::move(callback)); }

void EventLoop::set_idle_enabled(bool enabled) {
  sd_event_source_set_enabled(impl_->idle.get(), enabled ? SD_EVENT_ON : SD_EVENT_OFF);
}

Result<void> EventLoop::on_signal(std::initializer_list<int> signals, std::move_only_function<void(int)> callback) {
  const auto shared = std::make_shared<std::move_only_function<void(int)>>(std::move(callback));
  for (const int signal : signals) {
    // The flag has sd-event block the signal, and unblock it when the source goes.
    auto handler = std::make_unique<Impl::SignalHandler>();
    sd_event_source* source = nullptr;
    const int result = sd_event_add_signal(impl_->event.get(), &source, signal | SD_EVENT_SIGNAL_PROCMASK,
                                           &Impl::on_signal, handler.get());
    if (result < 0) return system_failure(-result, "cannot handle signal {}", signal);
    handler->callback = shared;
    handler->source.reset(source);
    impl_->signal_handlers.push_back(std::move(handler));
  }
  return {};
}

// Turn by turn and not sd_event_loop(), which can run only once.
int EventLoop::run() {
  auto* event = impl_->event.get();
  while (!impl_->stop_code) {
    if (sd_event_run(event, kForever) < 0) return kLoopFailed;
    // Whoever plugs into the native loop may end it there.
    int code = 0;
    if (sd_event_get_state(event) == SD_EVENT_FINISHED) return sd_event_get_exit_code(event, &code) < 0 ? 0 : code;
  }
  return *std::exchange(impl_->stop_code, std::nullopt);
}

void EventLoop::stop(int code) { impl_->stop_code = code; }

bool EventLoop::turn(Nanoseconds wait) { return sd_event_run(impl_->event.get(), microseconds(wait)) > 0; }

void* EventLoop::native() const { return impl_->event.get(); }

Nanoseconds EventLoop::monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace cxlemu::os
