// What the benchmarks of whole processes share: one CPU for everybody, a clock, and a lab of their own.
#pragma once

#include <fmt/format.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "os/event_loop.hpp"
#include "os/process.hpp"

namespace cxlemu::bench {

/// Unwinds to run_program(), so that whatever was started ends with us.
[[noreturn]] inline void fail(const std::string& what) { throw std::runtime_error(what); }

/// The body of main().
template <typename Program>
int run_program(Program&& program) {
  try {
    return program();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

template <typename T>
T must(Result<T> result) {
  if (!result) fail(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// The same clock in every process.
inline double microseconds_now() {
  return std::chrono::duration<double, std::micro>(os::EventLoop::monotonic_now()).count();
}

/// This process and those that it starts stay on the last CPU that it may use; with `taskset -c 1` that is 1.
inline void stay_on_one_cpu() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) fail("cannot ask for the CPUs");
  std::size_t last = CPU_SETSIZE - 1;
  while (last > 0 && !CPU_ISSET(last, &allowed)) --last;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  if (::sched_setaffinity(0, sizeof one, &one) != 0) fail("cannot stay on one CPU");
}

/// A directory for labs that no other program sees; $CXLEMU_RUNTIME_DIR names it to those that are started.
class RuntimeDirectory {
 public:
  RuntimeDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "cxlemu-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail("cannot make a directory for the lab");
    path_ = name;
    ::setenv("CXLEMU_RUNTIME_DIR", name.c_str(), 1);
  }
  RuntimeDirectory(const RuntimeDirectory&) = delete;
  RuntimeDirectory& operator=(const RuntimeDirectory&) = delete;
  ~RuntimeDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// `cxlemu run` with one device at 1:8 that has every kind of capacity.
inline std::vector<std::string> run_one_device() {
  return {CXLEMU_PROGRAM, "run",
          "-object",      "memory-backend-ram,id=ram0,size=512M",
          "-object",      "memory-backend-ram,id=pmem0,size=512M",
          "-object",      "memory-backend-ram,id=labels0,size=256k",
          "-device",      "cxl-type3,id=mem0,volatile-memdev=ram0,persistent-memdev=pmem0,lsa=labels0"};
}

/// Waits until a program has printed its first line; for `cxlemu run`, until the lab is up.
inline void wait_for_line(const os::Child& child) {
  char letter = 0;
  while (letter != '\n') {
    if (::read(child.output(), &letter, 1) != 1) fail("the program ended before it said anything");
  }
}

}  // namespace cxlemu::bench
