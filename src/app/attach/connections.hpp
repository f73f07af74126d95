// A listening socket of a lab and its connections, each of them a source of the machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "app/attach/gate.hpp"
#include "os/unix_socket.hpp"

namespace cxlemu::app {

class Connections {
 public:
  struct Kept {
    os::Connection connection;
    bool must_read = false;  ///< the transport has more for it than it takes
  };
  /// What a transport does with one of them, which never goes while a turn runs. That it has come and gone the machine
  /// hears from here: `on_close` stays empty.
  using Callbacks = std::move_only_function<os::Connection::Callbacks(Kept&, Source)>;

  static Result<std::unique_ptr<Connections>> listen(os::EventLoop& loop, Gate& gate, SourceKind kind,
                                                     const std::filesystem::path& path, os::SocketKind socket,
                                                     Callbacks callbacks, os::ListenerLimits limits = {});
  /// Null: it has gone.
  [[nodiscard]] Kept* find(Source source);

 private:
  Connections(Gate& gate, SourceKind kind, Callbacks callbacks)
      : gate_(gate), kind_(kind), callbacks_(std::move(callbacks)) {}
  void accepted(os::Connection connection);

  Gate& gate_;
  SourceKind kind_;
  Callbacks callbacks_;
  std::optional<os::Listener> listener_;
  std::map<std::uint32_t, Kept> kept_;
  std::uint32_t next_id_ = 0;
};

}  // namespace cxlemu::app
