#include "os/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "os/descriptor.hpp"
#include "os/system.hpp"

namespace cxlemu::os {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadStep = 64 * 1024;
// Left-over temporary files of killed processes with our number are stepped over.
constexpr int kTemporaryNames = 16;

struct Temporary {
  fs::path path;
  OwnedDescriptor descriptor;
};

// In the same directory, because rename() works within one file system.
Result<Temporary> open_temporary(const fs::path& path, unsigned mode) {
  for (int i = 0; i < kTemporaryNames; ++i) {
    auto name = path.parent_path() / fmt::format(".{}.{}-{}.tmp", path.filename().native(), ::getpid(), i);
    const int descriptor =
        retry([&] { return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode); });
    if (descriptor >= 0) return Temporary{std::move(name), OwnedDescriptor(descriptor)};
    if (errno != EEXIST) return system_failure(errno, "cannot create {}", name.native());
  }
  return failure(fmt::format("cannot create a temporary file beside {}: all {} names are taken; remove .{}.*.tmp",
                             path.native(), kTemporaryNames, path.filename().native()));
}

Result<void> fill(int descriptor, const fs::path& path, Bytes contents) {
  while (!contents.empty()) {
    const auto written = retry([&] { return ::write(descriptor, contents.data(), contents.size()); });
    if (written < 0) return system_failure(errno, "cannot write {}", path.native());
    contents = contents.subspan(static_cast<std::size_t>(written));
  }
  if (retry([&] { return ::fsync(descriptor); }) < 0) return system_failure(errno, "cannot write {}", path.native());
  return {};
}

Result<void> replace(const fs::path& path, const Temporary& temporary, Bytes contents) {
  TRY_VOID(fill(temporary.descriptor.get(), path, contents));
  if (::rename(temporary.path.c_str(), path.c_str()) < 0) {
    return system_failure(errno, "cannot replace {}", path.native());
  }
  return {};
}

}  // namespace

Result<Buffer> read_file(const fs::path& path, std::size_t limit) {
  const OwnedDescriptor file(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY); }));
  if (!file) return system_failure(errno, "cannot open {}", path.native());
  Buffer contents;
  // The size that stat() tells is not asked for: it is 0 for /proc files and pipes, and may change.
  for (;;) {
    const std::size_t have = contents.size();
    contents.resize(have + std::min(kReadStep, limit - have) + 1);
    const auto got = retry([&] { return ::read(file.get(), contents.data() + have, contents.size() - have); });
    if (got < 0) return system_failure(errno, "cannot read {}", path.native());
    contents.resize(have + static_cast<std::size_t>(got));
    if (got == 0) return contents;
    if (contents.size() > limit) {
      return failure(fmt::format("cannot read {}: it holds more than {} bytes", path.native(), limit));
    }
  }
}

Result<std::string> read_text_file(const fs::path& path, std::size_t limit) {
  return std::string(text_of(TRY(read_file(path, limit))));
}

Result<void> write_file_atomically(const fs::path& path, Bytes contents, unsigned mode) {
  const auto temporary = TRY(open_temporary(path, mode));
  if (auto replaced = replace(path, temporary, contents); !replaced) {
    ::unlink(temporary.path.c_str());
    return replaced;
  }
  // The new name is on the medium only when its directory is.
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const OwnedDescriptor directory(retry([&] { return ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!directory || retry([&] { return ::fsync(directory.get()); }) < 0) {
    return system_failure(errno, "cannot write {}", parent.native());
  }
  return {};
}

Result<void> write_output(const fs::path& path, Bytes contents) {
  struct stat status{};
  if (::stat(path.c_str(), &status) < 0) return write_file_atomically(path, contents);
  if (S_ISREG(status.st_mode)) {
    std::error_code error;
    const fs::path target = fs::canonical(path, error);
    return write_file_atomically(error ? path : target, contents, status.st_mode & 07777);
  }
  const OwnedDescriptor file(retry([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY); }));
  if (!file) return system_failure(errno, "cannot open {}", path.native());
  while (!contents.empty()) {
    const auto put = retry([&] { return ::write(file.get(), contents.data(), contents.size()); });
    if (put < 0) return system_failure(errno, "cannot write {}", path.native());
    contents = contents.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace cxlemu::os
