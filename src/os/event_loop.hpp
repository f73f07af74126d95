// The one event loop of the program: sd-event behind an interface of our own, so that no other file includes systemd.
// One thread; a callback runs to its end, must not block and must not throw.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "base/timeline.hpp"

namespace cxlemu::os {

/// What a watch waits for. With neither it is off and reports nothing, not even a hang-up.
struct Interest {
  bool read = true;
  bool write = false;
  bool operator==(const Interest&) const = default;
};

/// What a watch saw. A hang-up or error is reported whatever the interest is, again and again until it is dealt with.
struct Ready {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;
};

/// What is ready at once is served in this order: a peer that closes one connection and opens another is seen to do so.
enum class Turn { first, second };

/// One watched descriptor; watching ends when it goes. Destroy it before its descriptor is closed; destroying it inside
/// its own callback is fine.
class Watch {
 public:
  using Callback = std::move_only_function<void(Ready)>;

  Watch() = default;
  Watch(Watch&&) noexcept = default;
  Watch& operator=(Watch&& other) noexcept;
  ~Watch() { stop(); }

  void set_interest(Interest interest);
  [[nodiscard]] Interest interest() const;
  explicit operator bool() const { return state_ != nullptr; }

 private:
  friend class EventLoop;
  struct State;
  explicit Watch(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void stop();

  std::shared_ptr<State> state_;
};

/// Do not move a loop once something watches through it: listeners keep its address.
class EventLoop {
 public:
  using Callback = std::move_only_function<void()>;
  /// What run() returns where the loop itself failed (the number of EX_SOFTWARE).
  static constexpr int kLoopFailed = 70;

  static Result<EventLoop> create();
  EventLoop(EventLoop&&) noexcept;
  EventLoop& operator=(EventLoop&&) noexcept;
  ~EventLoop();

  /// Fails for what cannot be waited for (regular files, /dev/null) and for a descriptor that is watched already.
  Result<Watch> watch(int descriptor, Interest interest, Watch::Callback callback, Turn turn = Turn::first);

  /// The loop's one deadline: `callback` runs once, at or up to a few microseconds after `deadline` on the clock of
  /// monotonic_now(). Setting it again replaces it, nothing clears it.
  void set_deadline(std::optional<Nanoseconds> deadline, Callback callback = {});

  /// Runs `callback` in every turn in which no input, deadline or signal is ready, for as long as it is enabled: leave
  /// it enabled only while it has something to do, or the loop never sleeps. It begins disabled.
  void on_idle(Callback callback);
  void set_idle_enabled(bool enabled);

  /// From now on these signals arrive as callbacks instead of ending the process.
  Result<void> on_signal(std::initializer_list<int> signals, std::move_only_function<void(int signal)> callback);

  /// Runs until stop() and returns its code. It may run again after that.
  int run();
  /// Ends run() after the callback that is running.
  void stop(int code = 0);
  /// Waits for at most `wait` and runs at most one callback; false where none was ready.
  bool turn(Nanoseconds wait);

  /// The sd_event*, for what plugs into it (sd-bus).
  [[nodiscard]] void* native() const;
  /// CLOCK_MONOTONIC.
  static Nanoseconds monotonic_now();

 private:
  struct Impl;
  explicit EventLoop(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace cxlemu::os
