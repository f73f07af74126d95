// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "os/descriptor.hpp"
#include "os/event_loop.hpp"

namespace cxlemu::os {

/// An empty directory of the test's own.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cxlemu-os-XXXXXX").native();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline EventLoop make_loop() { return EventLoop::create().value(); }

/// Turns the loop until `condition` holds; false where nothing happens any more.
inline bool run_until(EventLoop& loop, auto condition) {
  while (!condition()) {
    if (!loop.turn(std::chrono::seconds(10))) return condition();
  }
  return true;
}

/// Runs what is ready now.
inline void run_ready(EventLoop& loop) {
  while (loop.turn(Nanoseconds{})) {
  }
}

inline std::pair<OwnedDescriptor, OwnedDescriptor> socket_pair(int type = SOCK_STREAM) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) < 0) std::abort();
  return {OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1])};
}

}  // namespace cxlemu::os
