#include "os/unix_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>

#include "os/system.hpp"

namespace cxlemu::os {
namespace {

namespace fs = std::filesystem;

int socket_type(SocketKind kind) { return kind == SocketKind::stream ? SOCK_STREAM : SOCK_SEQPACKET; }

struct Address {
  sockaddr_un address{};
  OwnedDescriptor directory;  // must stay open for as long as the address is used

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

static_assert(sizeof sockaddr_un::sun_path == kMaximumSocketPath + 1);

// A path that is too long for sun_path is reached through a descriptor of its directory.
Result<Address> address_of(const fs::path& path) {
  Address result;
  result.address.sun_family = AF_UNIX;
  std::string name = path.native();
  if (name.empty() || name.find('\0') != std::string::npos) return failure("a socket needs a path");
  if (name.size() > kMaximumSocketPath) {
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    result.directory.reset(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!result.directory) return system_failure(errno, "cannot open directory {}", parent.native());
    name = fmt::format("/proc/self/fd/{}/{}", result.directory.get(), path.filename().native());
  }
  if (name.size() > kMaximumSocketPath) {
    return failure(fmt::format("the socket name {} is too long; choose a shorter one", path.filename().native()));
  }
  std::memcpy(result.address.sun_path, name.c_str(), name.size());
  return result;
}

Result<OwnedDescriptor> make_socket(SocketKind kind, int flags) {
  OwnedDescriptor socket(::socket(AF_UNIX, socket_type(kind) | SOCK_CLOEXEC | flags, 0));
  if (!socket) return system_failure(errno, "cannot make a socket");
  return socket;
}

// A socket that refuses connections is what a killed process leaves; every other answer means that somebody is there.
Result<void> remove_stale_socket(const fs::path& path, const Address& address, SocketKind kind) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) < 0) {
    if (errno == ENOENT) return {};
    return system_failure(errno, "cannot make socket {}", path.native());
  }
  if (!S_ISSOCK(status.st_mode)) {
    return failure(
        fmt::format("cannot make socket {}: a file that is no socket stands there; remove it, or choose "
                    "another path",
                    path.native()));
  }
  const auto probe = TRY(make_socket(kind, SOCK_NONBLOCK));
  if (::connect(probe.get(), address.get(), sizeof address.address) == 0 || errno != ECONNREFUSED) {
    return failure(fmt::format("cannot make socket {}: another program listens there; stop it, or choose another path",
                               path.native()));
  }
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) {
    return system_failure(errno, "cannot remove the old socket {}", path.native());
  }
  return {};
}

Result<OwnedDescriptor> listen_at(const fs::path& path, SocketKind kind) {
  const auto address = TRY(address_of(path));
  TRY_VOID(remove_stale_socket(path, address, kind));
  auto socket = TRY(make_socket(kind, SOCK_NONBLOCK));
  // bind() makes the file with the mode of the socket, so that it is never open to others, not even for a moment.
  if (::fchmod(socket.get(), 0600) < 0) return system_failure(errno, "cannot make socket {}", path.native());
  if (::bind(socket.get(), address.get(), sizeof address.address) < 0) {
    return system_failure(errno, "cannot make socket {}", path.native());
  }
  if (::listen(socket.get(), SOMAXCONN) < 0) return system_failure(errno, "cannot listen on {}", path.native());
  return socket;
}

OwnedDescriptor spare_descriptor() { return OwnedDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

struct Listener::State : std::enable_shared_from_this<State> {
  OwnedDescriptor socket;
  Watch watch;  // after the socket, so that it goes first
  EventLoop* loop = nullptr;
  fs::path path;
  struct stat identity{};
  SocketKind kind{};
  Accept on_accept;
  ListenerLimits limits;
  std::shared_ptr<Buffer> read_buffer = std::make_shared<Buffer>(kMaximumMessage);
  std::shared_ptr<std::size_t> open = std::make_shared<std::size_t>(0);
  std::uint64_t refused = 0;
  OwnedDescriptor spare = spare_descriptor();

  void accept_one();
  void refuse_without_descriptors();
  std::shared_ptr<void> take_slot();
};

void Listener::State::accept_one() {
  const auto self = shared_from_this();
  OwnedDescriptor peer(::accept4(socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!peer) {
    if (errno == EMFILE || errno == ENFILE) refuse_without_descriptors();
    return;
  }
  if (*open >= limits.connections) {
    ++refused;
    return;
  }
  auto connection = Connection::make(*loop, std::move(peer), kind, limits.connection, {read_buffer, take_slot()});
  if (!connection) {
    ++refused;
    return;
  }
  on_accept(*std::move(connection));
}

// Left alone, a connection that cannot be accepted would wake the loop again and again: the spare descriptor is given
// up for a moment to take it and close it.
void Listener::State::refuse_without_descriptors() {
  spare.reset();
  if (const OwnedDescriptor peer(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)); peer) ++refused;
  spare = spare_descriptor();
}

// Counted for as long as somebody holds what this returns.
std::shared_ptr<void> Listener::State::take_slot() {
  ++*open;
  return {nullptr, [counter = open](void*) { --*counter; }};
}

Result<Listener> Listener::open(EventLoop& loop, const fs::path& path, SocketKind kind, Accept on_accept,
                                ListenerLimits limits) {
  auto state = std::make_shared<State>();
  state->socket = TRY(listen_at(path, kind));
  // From here on the path is ours to remove, also where the next steps fail.
  Listener listener(state);
  state->path = path;
  if (::lstat(path.c_str(), &state->identity) < 0) return system_failure(errno, "cannot look at {}", path.native());
  state->loop = &loop;
  state->kind = kind;
  state->on_accept = std::move(on_accept);
  state->limits = limits;
  auto* raw = state.get();
  state->watch = TRY(loop.watch(state->socket.get(), {}, [raw](Ready) { raw->accept_one(); }, Turn::second));
  return listener;
}

Listener& Listener::operator=(Listener&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Listener::close() {
  if (!state_) return;
  state_->watch = {};
  // Somebody may have put another socket in the place of ours.
  struct stat now{};
  if (::lstat(state_->path.c_str(), &now) == 0 && now.st_ino == state_->identity.st_ino &&
      now.st_dev == state_->identity.st_dev) {
    ::unlink(state_->path.c_str());
  }
  state_->socket.reset();
  state_.reset();
}

const fs::path& Listener::path() const { return state_->path; }
std::size_t Listener::open_connections() const { return *state_->open; }
std::uint64_t Listener::refused_connections() const { return state_->refused; }

Result<OwnedDescriptor> connect_to(const fs::path& path, SocketKind kind) {
  const auto address = TRY(address_of(path));
  auto socket = TRY(make_socket(kind, 0));
  if (retry([&] { return ::connect(socket.get(), address.get(), sizeof address.address); }) == 0) return socket;
  if (errno == ECONNREFUSED) {
    return failure(fmt::format("cannot connect to {}: nobody listens there any more; start the lab again: cxlemu run",
                               path.native()));
  }
  return system_failure(errno, "cannot connect to {}", path.native());
}

Result<std::size_t> read_some(int descriptor, MutableBytes bytes) {
  const auto got = retry([&] { return ::read(descriptor, bytes.data(), bytes.size()); });
  if (got < 0) return system_failure(errno, "cannot read from descriptor {}", descriptor);
  return static_cast<std::size_t>(got);
}

Result<void> write_all(int descriptor, Bytes bytes) {
  while (!bytes.empty()) {
    auto sent = retry([&] { return ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent < 0 && errno == ENOTSOCK) sent = retry([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (sent < 0) return system_failure(errno, "cannot write to descriptor {}", descriptor);
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return {};
}

}  // namespace cxlemu::os
