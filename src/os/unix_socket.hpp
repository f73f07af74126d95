// AF_UNIX sockets that have a path: a listener on the event loop, and blocking helpers for the command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/socket_path.hpp"
#include "os/connection.hpp"
#include "os/descriptor.hpp"
#include "os/event_loop.hpp"

namespace cxlemu::os {

/// LIMIT: connections of one listener at a time; a further one is accepted, closed at once and counted.
inline constexpr std::size_t kMaximumConnections = 1024;

struct ListenerLimits {
  std::size_t connections = kMaximumConnections;
  ConnectionLimits connection;
};

/// A socket that only its user may connect to (mode 0600). A path of any length will do, except for its last component.
class Listener {
 public:
  using Accept = std::move_only_function<void(Connection)>;

  /// Takes the place of a socket that nobody listens on any more; refuses anything else that stands at `path`.
  static Result<Listener> open(EventLoop& loop, const std::filesystem::path& path, SocketKind kind, Accept on_accept,
                               ListenerLimits limits = {});
  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&& other) noexcept;
  /// Removes the socket's path. Connections live on. It may happen inside the accept callback.
  ~Listener() { close(); }

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] std::size_t open_connections() const;
  /// Connections closed at once: past the limit, or for want of descriptors.
  [[nodiscard]] std::uint64_t refused_connections() const;

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void close();

  std::shared_ptr<State> state_;
};

/// A connected, blocking socket.
Result<OwnedDescriptor> connect_to(const std::filesystem::path& path, SocketKind kind);
inline Result<OwnedDescriptor> connect_stream(const std::filesystem::path& path) {
  return connect_to(path, SocketKind::stream);
}

/// Waits for bytes and gives how many came; 0 at the end.
Result<std::size_t> read_some(int descriptor, MutableBytes bytes);
/// Waits until all bytes are written; a peer that has gone is an error and not a signal.
Result<void> write_all(int descriptor, Bytes bytes);

}  // namespace cxlemu::os
