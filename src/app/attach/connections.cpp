#include "app/attach/connections.hpp"

namespace cxlemu::app {

Result<std::unique_ptr<Connections>> Connections::listen(os::EventLoop& loop, Gate& gate, SourceKind kind,
                                                         const std::filesystem::path& path, os::SocketKind socket,
                                                         Callbacks callbacks, os::ListenerLimits limits) {
  std::unique_ptr<Connections> made(new Connections(gate, kind, std::move(callbacks)));
  made->listener_ = TRY(os::Listener::open(
      loop, path, socket, [self = made.get()](os::Connection connection) { self->accepted(std::move(connection)); },
      limits));
  return made;
}

void Connections::accepted(os::Connection connection) {
  const Source source{kind_, next_id_++};
  Kept& kept = kept_.emplace(source.id, Kept{std::move(connection)}).first->second;
  auto callbacks = callbacks_(kept, source);
  callbacks.on_close = [this, source](const std::string&) {
    gate_.turn([&](Machine& machine) { machine.close(source); });
    kept_.erase(source.id);
  };
  kept.connection.start(std::move(callbacks));
  gate_.turn([&](Machine& machine) { machine.open(source); });
}

Connections::Kept* Connections::find(Source source) {
  const auto found = kept_.find(source.id);
  return found == kept_.end() ? nullptr : &found->second;
}

}  // namespace cxlemu::app
