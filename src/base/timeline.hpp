// Device time. It moves only in advance_to(); the daemon calls that from the monotonic clock, a test calls it by hand.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace cxlemu {

using Nanoseconds = std::chrono::nanoseconds;
/// Device time: nanoseconds since the lab was started.
using Time = std::chrono::nanoseconds;
/// LIMIT: how far device time goes, and how long anything in it takes; the sum of both still is a time.
inline constexpr Nanoseconds kMaximumDuration = Nanoseconds::max() / 2;

/// Pending actions in the order of their deadlines. Equal deadlines fire in the order they were set.
class Timeline {
 public:
  using Action = std::move_only_function<void()>;
  /// Names one pending action; a default key names none.
  struct Key {
    Time deadline{};
    std::uint64_t sequence = 0;
    auto operator<=>(const Key&) const = default;
  };

  /// A timeline that begins at `start`, for a machine that is rebuilt from saved state.
  explicit Timeline(Time start = Time{}) : now_(start) {}
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  [[nodiscard]] Time now() const { return now_; }
  /// Runs `action` when time reaches `deadline`; one in the past fires at the next advance.
  Key at(Time deadline, Action action);
  Key after(Nanoseconds delay, Action action) { return at(now_ + delay, std::move(action)); }
  /// Cancelling what has fired or was never set does nothing.
  void cancel(Key key) { pending_.erase(key); }
  [[nodiscard]] std::optional<Time> next() const;
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }
  /// Fires every action due up to `time`, each with now() at its own deadline, then stands at `time`.
  /// Time never goes back: an earlier `time` only fires what is due now.
  void advance_to(Time time);

 private:
  Time now_;
  std::uint64_t sequence_ = 0;
  std::map<Key, Action> pending_;
};

}  // namespace cxlemu
