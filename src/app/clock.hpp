// How the time of a lab follows the clock of the machine it runs on (`--clock`).
#pragma once

#include <functional>

#include "machine/machine.hpp"
#include "options/topology_file.hpp"
#include "os/event_loop.hpp"

namespace cxlemu::app {

std::string_view name_of(options::LabClock clock);

/// real: device time is the time since the start. virtual (by_hand): only cxlemu-advance-clock moves it. automatic: as
/// real, and it jumps to the next deadline whenever no input is ready and no program waits for a response.
class Clock {
 public:
  Clock(options::LabClock kind, os::EventLoop& loop, Machine& machine);

 private:
  friend class Gate;
  /// Before an input: device time is brought up to now.
  void before_input();
  /// After anything that may have changed the next deadline.
  void after_input();
  [[nodiscard]] Time device_now() const;

  options::LabClock kind_;
  os::EventLoop& loop_;
  Machine& machine_;
  /// Monotonic time at which device time was 0; it moves back when device time jumps ahead.
  Nanoseconds origin_;
};

}  // namespace cxlemu::app
