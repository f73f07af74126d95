// The background slot of a CCI (CXL r3.2 8.2.9.4.7 Background Command Status, 8.2.10.1.2): at most one operation, known
// by its opcode, request, start and duration, so that it can be saved and armed again from them.
#pragma once

#include <functional>
#include <optional>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/timeline.hpp"
#include "wire/return_code.hpp"

namespace cxlemu::cci {

/// What a user lets happen to one operation.
struct Disturbance {
  std::optional<std::uint8_t> stall_at_percent{};  ///< it stands still there for ever
  ReturnCode result = ReturnCode::success;         ///< not Success: it fails with this at its end
  std::optional<std::uint8_t> break_at_percent{};  ///< its owner is told once, there (BackgroundSlot::on_break)
  std::uint8_t break_kind = 0;                     ///< and with what; the owner's own number
  bool operator==(const Disturbance&) const = default;
};

class BackgroundSlot {
 public:
  /// Everything there is to know; what is not here (the timer) is made again by rearm().
  struct State {
    bool running = false;
    Opcode opcode;   ///< of the running or else the last operation; 0: none since Conventional Reset
    Buffer request;  ///< its input payload
    Time start{};
    Nanoseconds duration{};
    Disturbance disturbance;
    std::uint8_t final_percent = 0;  ///< of the last operation; 100 when it was completed
    ReturnCode return_code = ReturnCode::success;
    std::uint16_t vendor_specific_extended_status = 0;
    /// The result was read at 100 % (see Profile::libcxlmi).
    bool result_was_read = false;
    bool operator==(const State&) const = default;
  };
  using Finish = std::move_only_function<void()>;

  explicit BackgroundSlot(Timeline& timeline) : timeline_(&timeline) {}
  BackgroundSlot(const BackgroundSlot&) = delete;
  BackgroundSlot& operator=(const BackgroundSlot&) = delete;
  ~BackgroundSlot() { timeline_->cancel(timer_); }

  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] bool running() const { return state_.running; }
  /// 0 to 100; below 100 while the operation runs.
  [[nodiscard]] std::uint8_t percent() const;
  /// When the running operation ends; nothing where none runs or it never ends.
  [[nodiscard]] std::optional<Time> deadline() const;

  void start(Opcode opcode, Bytes request, Nanoseconds duration, const Disturbance& disturbance = {});
  /// Called when time has come; set once by the owner of the CCI, who ends the operation with complete().
  void on_deadline(Finish finish) { finish_ = std::move(finish); }
  /// Called at the percentage of a disturbance, which may end the operation; set once by the owner of the CCI.
  void on_break(std::move_only_function<void(std::uint8_t kind)> call) { break_ = std::move(call); }
  /// The operation reached 100 % with this result.
  void complete(ReturnCode result);
  /// The operation ends before 100 % with this result (12h where it was aborted); the slot is free at once.
  void interrupt(ReturnCode result);
  /// Conventional Reset of a mailbox CCI: nothing runs and nothing is remembered.
  void clear();
  void result_was_read() { state_.result_was_read = true; }

  /// Takes over a saved state; its deadline is armed again, at once where it has passed.
  void restore(State state);

 private:
  void rearm();
  void fire();
  [[nodiscard]] Nanoseconds step() const;
  [[nodiscard]] std::optional<Time> break_time() const;

  Timeline* timeline_;
  State state_;
  Timeline::Key timer_;
  Finish finish_;
  std::move_only_function<void(std::uint8_t)> break_;
};

}  // namespace cxlemu::cci
