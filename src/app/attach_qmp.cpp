#include "app/attach_qmp.hpp"

namespace cxlemu::app {

Result<std::unique_ptr<AttachQmp>> AttachQmp::open(os::EventLoop& loop, Machine& machine, Clock& clock,
                                                   const std::filesystem::path& directory) {
  std::unique_ptr<AttachQmp> attach(new AttachQmp(machine, clock));
  attach->listener_ = TRY(os::Listener::open(
      loop, directory / "qmp.sock", os::SocketKind::stream,
      [self = attach.get()](os::Connection connection) { self->accepted(std::move(connection)); }));
  return attach;
}

void AttachQmp::accepted(os::Connection connection) {
  const std::uint32_t id = next_id_++;
  const Source source{SourceKind::control, id};
  auto& kept = connections_.emplace(id, std::move(connection)).first->second;
  kept.start({.on_bytes =
                  [this, source](Bytes bytes) {
                    clock_.before_input();
                    machine_.input(source, bytes);
                    clock_.after_input();
                  },
              .on_close =
                  [this, source](const std::string&) {
                    machine_.close(source);
                    connections_.erase(source.id);
                  }});
  machine_.open(source);
}

void AttachQmp::output(Output&& output) {
  const auto found = connections_.find(output.to.id);
  if (found != connections_.end()) found->second.send(output.bytes);
}

}  // namespace cxlemu::app
