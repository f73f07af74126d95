#include "os/lab_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>

#include "base/bytes.hpp"
#include "os/system.hpp"

namespace cxlemu::os {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "lock";
constexpr const char* kPidFile = "pid";
// Files that a lab writes beside its sockets: dbus.hpp, app/shim.hpp.
constexpr std::array<std::string_view, 3> kOurFiles = {kPidFile, "dbus.conf", "dbus.address"};
// How often a claim begins again because a lab that ends removes the directory under its hands.
constexpr int kClaimAttempts = 100;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_lab_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaximumLabName && name.front() != '.' &&
         std::ranges::all_of(name, is_name_character);
}

Result<void> check_name(std::string_view name) {
  if (is_lab_name(name)) return {};
  return failure(
      fmt::format("\"{}\" cannot name a lab: use up to {} letters, digits, '-', '_' and '.', not beginning "
                  "with '.'",
                  name, kMaximumLabName));
}

std::optional<fs::path> path_from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return fs::path(value);
}

Result<fs::path> runtime_root() {
  if (auto path = path_from_environment("CXLEMU_RUNTIME_DIR")) return *path;
  if (::geteuid() == 0) return "/run/cxlemu";
  if (auto path = path_from_environment("XDG_RUNTIME_DIR")) return *path / "cxlemu";
  return failure(
      "there is no place for the sockets of a lab: set XDG_RUNTIME_DIR or CXLEMU_RUNTIME_DIR to a directory");
}

Result<void> make_directories(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT || path.parent_path() == path || path.parent_path().empty()) {
    return system_failure(errno, "cannot make directory {}", path.native());
  }
  TRY_VOID(make_directories(path.parent_path()));
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return system_failure(errno, "cannot make directory {}", path.native());
}

// Locks of open file descriptions (fcntl) rather than flock(): they can be looked at without being taken, so that a
// client that looks never makes a lab that starts believe that another one runs.
struct flock whole_file_lock() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::optional<int> read_pid(int directory) {
  const OwnedDescriptor file(::openat(directory, kPidFile, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  std::array<char, 16> text{};
  const auto length = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (length <= 0) return std::nullopt;
  int pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + length, pid);
  return parsed.ec == std::errc{} ? std::optional(pid) : std::nullopt;
}

Result<void> write_pid(int directory, const fs::path& path) {
  const OwnedDescriptor file(
      ::openat(directory, kPidFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const auto text = fmt::format("{}\n", ::getpid());
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return system_failure(errno, "cannot write {}", (path / kPidFile).native());
  }
  return {};
}

struct DirectoryClose {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

std::vector<std::string> entries_of(int directory) {
  std::vector<std::string> names;
  OwnedDescriptor copy(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, DirectoryClose> stream(copy ? ::fdopendir(copy.get()) : nullptr);
  if (!stream) return names;
  (void)copy.release();
  while (const dirent* entry = ::readdir(stream.get())) names.emplace_back(entry->d_name);
  return names;
}

// Sockets and those files; what else there is was put there by somebody else.
void remove_our_files(int directory) {
  for (const auto& name : entries_of(directory)) {
    struct stat status{};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
    const bool is_named = std::ranges::find(kOurFiles, name) != kOurFiles.end();
    const bool is_ours = S_ISSOCK(status.st_mode) || (is_named && S_ISREG(status.st_mode));
    if (is_ours) ::unlinkat(directory, name.c_str(), 0);
  }
}

Result<OwnedDescriptor> open_directory(const fs::path& path) {
  OwnedDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory && errno == ENOENT) return directory;
  if (!directory) return system_failure(errno, "cannot use {} for the sockets of a lab", path.native());
  struct stat status{};
  if (::fstat(directory.get(), &status) < 0 || status.st_uid != ::geteuid()) {
    return failure(fmt::format("cannot use {} for the sockets of a lab: it belongs to another user", path.native()));
  }
  if (::fchmod(directory.get(), 0700) < 0) return system_failure(errno, "cannot protect {}", path.native());
  return directory;
}

std::optional<RunningLab> running_lab(const fs::path& root, std::string_view name) {
  const fs::path path = root / name;
  const OwnedDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return std::nullopt;
  const OwnedDescriptor lock(::openat(directory.get(), kLockFile, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  auto state = whole_file_lock();
  if (!lock || ::fcntl(lock.get(), F_OFD_GETLK, &state) < 0 || state.l_type == F_UNLCK) return std::nullopt;
  return RunningLab{std::string(name), path, read_pid(directory.get())};
}

}  // namespace

Result<LabDirectory> LabDirectory::claim(std::string_view name) {
  TRY_VOID(check_name(name));
  const auto root = TRY(runtime_root());
  TRY_VOID(make_directories(root));
  for (int attempt = 0; attempt < kClaimAttempts; ++attempt) {
    LabDirectory lab(name, root / name);
    const bool is_taken = TRY(lab.take());
    if (!is_taken) continue;
    remove_our_files(lab.directory_.get());
    TRY_VOID(write_pid(lab.directory_.get(), lab.path_));
    return lab;
  }
  return failure(fmt::format("cannot claim {}: it is removed again and again", (root / name).native()));
}

// False where a lab that ends has removed what we were about to lock: begin again.
Result<bool> LabDirectory::take() {
  if (::mkdir(path_.c_str(), 0700) < 0 && errno != EEXIST) {
    return system_failure(errno, "cannot make directory {}", path_.native());
  }
  auto directory = TRY(open_directory(path_));
  if (!directory) return false;
  OwnedDescriptor lock(::openat(directory.get(), kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock && errno == ENOENT) return false;
  if (!lock) return system_failure(errno, "cannot open {}", (path_ / kLockFile).native());
  const auto wanted = whole_file_lock();
  if (::fcntl(lock.get(), F_OFD_SETLK, &wanted) < 0) {
    if (errno != EAGAIN && errno != EACCES) return system_failure(errno, "cannot lock {}", path_.native());
    const auto pid = read_pid(directory.get());
    return failure(fmt::format("lab \"{}\" is already running (pid {}); stop it or choose another --name", name_,
                               pid ? fmt::to_string(*pid) : "unknown"));
  }
  struct stat ours{};
  struct stat there{};
  const bool is_same = ::fstat(lock.get(), &ours) == 0 &&
                       ::fstatat(directory.get(), kLockFile, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
  if (!is_same) return false;
  directory_ = std::move(directory);
  lock_ = std::move(lock);
  return true;
}

// The lock file goes while it is still locked, so that nobody takes a lab that is half removed.
LabDirectory::~LabDirectory() {
  if (!lock_) return;
  remove_our_files(directory_.get());
  ::unlinkat(directory_.get(), kLockFile, 0);
  ::rmdir(path_.c_str());
}

Result<fs::path> LabDirectory::find(std::string_view name) {
  TRY_VOID(check_name(name));
  if (auto lab = running_lab(TRY(runtime_root()), name)) return lab->path;
  std::string others;
  for (const auto& lab : TRY(list())) others += (others.empty() ? "" : ", ") + lab.name;
  if (others.empty()) {
    return failure(fmt::format("no lab \"{0}\" is running; start it: cxlemu run --name {0} lab.toml", name));
  }
  return failure(
      fmt::format("no lab \"{0}\" is running, but: {1}; name one by --lab, or start it: cxlemu run --name "
                  "{0} lab.toml",
                  name, others));
}

Result<std::vector<RunningLab>> LabDirectory::list() {
  const auto root = TRY(runtime_root());
  std::vector<RunningLab> labs;
  const OwnedDescriptor directory(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return labs;
  for (const auto& name : entries_of(directory.get())) {
    if (!is_lab_name(name)) continue;
    if (auto lab = running_lab(root, name)) labs.push_back(*std::move(lab));
  }
  std::ranges::sort(labs, {}, &RunningLab::name);
  return labs;
}

}  // namespace cxlemu::os
