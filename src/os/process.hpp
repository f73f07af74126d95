// Other programs, and the terminal this one has.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/timeline.hpp"
#include "os/descriptor.hpp"

namespace cxlemu::os {

/// A variable that a started program sees otherwise than we do; without a value it is not set there.
struct EnvironmentChange {
  std::string name;
  std::optional<std::string> value;
};

using Arguments = std::span<const std::string>;
using EnvironmentChanges = std::span<const EnvironmentChange>;

/// Runs a program found by PATH and waits. Its exit status, or 128 + N where signal N ended it, as shells have it.
/// Meanwhile an interrupt from the terminal is for the program alone.
Result<int> spawn_and_wait(Arguments arguments, EnvironmentChanges changes = {});

/// Becomes the program; returns only where that failed.
[[nodiscard]] Error exec_program(Arguments arguments, EnvironmentChanges changes = {});

enum class Output {
  inherited,  ///< where ours goes
  captured,   ///< standard output and standard error together, in the order they were written
  discarded,
};

/// Whom the keys of the terminal that end or stop programs reach.
enum class Group {
  shared,  ///< it and us
  own,     ///< us alone
};

/// A running program. It is killed and waited for when this goes. Its standard input is empty unless inherited.
class Child {
 public:
  static Result<Child> start(Arguments arguments, EnvironmentChanges changes = {}, Output output = Output::inherited,
                             Group group = Group::shared);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child() { kill(); }

  [[nodiscard]] int pid() const { return pid_; }
  /// Where captured output is read; -1 for other outputs.
  [[nodiscard]] int output() const { return output_.get(); }
  /// Reads captured output to its end. Past `limit` bytes the rest is read and dropped.
  Result<std::string> read_output(std::size_t limit);
  /// Asks it to end (SIGTERM).
  void terminate();
  /// As spawn_and_wait(); may be asked again.
  Result<int> wait();
  /// The status if it has ended; does not wait. A program that is stopped has not ended.
  Result<std::optional<int>> poll();

 private:
  Child(int pid, OwnedDescriptor output) : pid_(pid), output_(std::move(output)) {}
  void kill();

  int pid_ = -1;
  std::optional<int> status_;
  OwnedDescriptor output_;
};

/// Waits; for the command line alone, the event loop never does.
void sleep_for(Nanoseconds duration);
/// From now on it may have as many descriptors open as the system allows it (RLIMIT_NOFILE), and so may what it starts.
void raise_descriptor_limit();
/// Its process ID, for names that no other process uses.
int own_process();
/// The path of the program that runs.
std::string own_executable();

bool is_terminal(int descriptor);
/// Columns of the terminal, or `otherwise` where it is none or does not know.
unsigned terminal_width(int descriptor, unsigned otherwise = 80);

}  // namespace cxlemu::os
