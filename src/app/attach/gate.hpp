// The one way of the transports into the machine and out of it.
#pragma once

#include <concepts>
#include <functional>
#include <map>

#include "app/clock.hpp"

namespace cxlemu::app {

class Gate {
 public:
  /// It becomes the machine's output. Both must outlive it.
  Gate(Machine& machine, Clock& clock);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Whatever a transport does to the machine, it does in a turn: device time is brought up to now before it; behind it
  /// what the machine says is released, and the loop waits for the next deadline. So no transport can forget a step.
  template <std::invocable<Machine&> Act>
  void turn(Act&& act) {
    clock_.before_input();
    act(machine_);
    machine_.settle();
    clock_.after_input();
  }

  /// Who takes what goes to sources of this kind. A transport says so when it is opened.
  void on_output(SourceKind kind, std::move_only_function<void(Output&&)> sink) { sinks_[kind] = std::move(sink); }

 private:
  Machine& machine_;
  Clock& clock_;
  std::map<SourceKind, std::move_only_function<void(Output&&)>> sinks_;
};

}  // namespace cxlemu::app
