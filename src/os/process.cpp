#include "os/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <thread>

#include "os/system.hpp"

namespace cxlemu::os {
namespace {

// Strings as exec takes them.
class StringVector {
 public:
  explicit StringVector(std::vector<std::string> strings) : strings_(std::move(strings)) {
    for (auto& string : strings_) pointers_.push_back(string.data());
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

std::vector<std::string> changed_environment(EnvironmentChanges changes) {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    const bool is_changed = std::ranges::any_of(changes, [&](const auto& change) { return change.name == name; });
    if (!is_changed) variables.emplace_back(text);
  }
  for (const auto& change : changes) {
    if (change.value) variables.push_back(change.name + "=" + *change.value);
  }
  return variables;
}

Error program_error(std::string_view program, int error) {
  // EACCES is also what a search gives that met a directory it may not read.
  if ((error == ENOENT || error == EACCES) && program.find('/') == std::string_view::npos) {
    return {fmt::format("cannot run {}: PATH has no such program that may be run", program)};
  }
  return {fmt::format("cannot run {}: {}", program, std::generic_category().message(error))};
}

int exit_status(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

Result<int> wait_for(int pid) {
  int status = 0;
  if (retry([&] { return ::waitpid(pid, &status, 0); }) < 0) {
    return system_failure(errno, "cannot wait for process {}", pid);
  }
  return exit_status(status);
}

// The signals that the event loop blocks must reach the program.
sigset_t no_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  return set;
}

// posix_spawn() and not fork(): it does not copy the address space of a large lab, and it tells why exec failed.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    const auto mask = no_signals();
    ::posix_spawnattr_setsigmask(&attributes_, &mask);
    ::sigemptyset(&defaults_);
    set_default(SIGPIPE);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }

  void set_default(int signal) { ::sigaddset(&defaults_, signal); }
  void set_own_group() {
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    flags_ |= POSIX_SPAWN_SETPGROUP;
  }
  void replace(int descriptor, int by) { ::posix_spawn_file_actions_adddup2(&actions_, by, descriptor); }
  void replace_by_null(int descriptor) {
    ::posix_spawn_file_actions_addopen(&actions_, descriptor, "/dev/null", O_RDWR, 0);
  }

  Result<int> start(Arguments arguments, EnvironmentChanges changes) {
    if (arguments.empty()) return failure("no program was given");
    const StringVector argv({arguments.begin(), arguments.end()});
    const StringVector environment(changed_environment(changes));
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults_);
    ::posix_spawnattr_setflags(&attributes_, flags_);
    pid_t pid = -1;
    const int error =
        ::posix_spawnp(&pid, arguments[0].c_str(), &actions_, &attributes_, argv.get(), environment.get());
    if (error != 0) return std::unexpected(program_error(arguments[0], error));
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  sigset_t defaults_{};
  short flags_ = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
};

// Ignores a signal for as long as it lives.
class IgnoredSignal {
 public:
  explicit IgnoredSignal(int signal) : signal_(signal) {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(signal_, &ignore, &before_);
  }
  IgnoredSignal(const IgnoredSignal&) = delete;
  IgnoredSignal& operator=(const IgnoredSignal&) = delete;
  ~IgnoredSignal() { ::sigaction(signal_, &before_, nullptr); }

  /// A program under nohup goes on ignoring what it was told to ignore.
  [[nodiscard]] bool was_ignored() const { return before_.sa_handler == SIG_IGN; }

 private:
  int signal_;
  struct sigaction before_{};
};

}  // namespace

Result<int> spawn_and_wait(Arguments arguments, EnvironmentChanges changes) {
  const IgnoredSignal interrupt(SIGINT);
  const IgnoredSignal quit(SIGQUIT);
  Spawn spawn;
  if (!interrupt.was_ignored()) spawn.set_default(SIGINT);
  if (!quit.was_ignored()) spawn.set_default(SIGQUIT);
  return wait_for(TRY(spawn.start(arguments, changes)));
}

Error exec_program(Arguments arguments, EnvironmentChanges changes) {
  if (arguments.empty()) return {"no program was given"};
  const StringVector argv({arguments.begin(), arguments.end()});
  const StringVector environment(changed_environment(changes));
  const auto none = no_signals();
  sigset_t before;
  ::sigprocmask(SIG_SETMASK, &none, &before);
  ::execvpe(arguments[0].c_str(), argv.get(), environment.get());
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return program_error(arguments[0], error);
}

Result<Child> Child::start(Arguments arguments, EnvironmentChanges changes, Output output, Group group) {
  Spawn spawn;
  if (group == Group::own) spawn.set_own_group();
  OwnedDescriptor ours;
  OwnedDescriptor theirs;
  if (output != Output::inherited) spawn.replace_by_null(STDIN_FILENO);
  if (output == Output::captured) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) return system_failure(errno, "cannot make a pipe");
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
    spawn.replace(STDOUT_FILENO, theirs.get());
    spawn.replace(STDERR_FILENO, theirs.get());
  } else if (output == Output::discarded) {
    spawn.replace_by_null(STDOUT_FILENO);
    spawn.replace_by_null(STDERR_FILENO);
  }
  const int pid = TRY(spawn.start(arguments, changes));
  return Child(pid, std::move(ours));
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      status_(std::exchange(other.status_, std::nullopt)),
      output_(std::move(other.output_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    status_ = std::exchange(other.status_, std::nullopt);
    output_ = std::move(other.output_);
  }
  return *this;
}

Result<std::string> Child::read_output(std::size_t limit) {
  std::string text;
  if (!output_) return text;
  std::array<char, 4096> part{};
  for (;;) {
    const auto got = retry([&] { return ::read(output_.get(), part.data(), part.size()); });
    if (got < 0) return system_failure(errno, "cannot read what process {} prints", pid_);
    if (got == 0) return text;
    text.append(part.data(), std::min(static_cast<std::size_t>(got), limit - text.size()));
  }
}

void Child::terminate() {
  if (pid_ > 0 && !status_) ::kill(pid_, SIGTERM);
}

Result<int> Child::wait() {
  if (!status_) status_ = TRY(wait_for(pid_));
  return *status_;
}

Result<std::optional<int>> Child::poll() {
  if (!status_) {
    int status = 0;
    const auto ended = retry([&] { return ::waitpid(pid_, &status, WNOHANG); });
    if (ended < 0) return system_failure(errno, "cannot wait for process {}", pid_);
    if (ended == pid_) status_ = exit_status(status);
  }
  return status_;
}

void Child::kill() {
  if (pid_ <= 0 || status_) return;
  ::kill(pid_, SIGKILL);
  (void)wait();
}

void sleep_for(Nanoseconds duration) { std::this_thread::sleep_for(duration); }

void raise_descriptor_limit() {
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

int own_process() { return getpid(); }

std::string own_executable() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "/proc/self/exe" : path.native();
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

unsigned terminal_width(int descriptor, unsigned otherwise) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return otherwise;
  return size.ws_col;
}

}  // namespace cxlemu::os
