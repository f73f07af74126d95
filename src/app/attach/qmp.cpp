#include "app/attach/qmp.hpp"

namespace cxlemu::app {

Result<std::unique_ptr<AttachQmp>> AttachQmp::open(os::EventLoop& loop, Machine& machine,
                                                   const control::QmpServer& server, Clock& clock,
                                                   const std::filesystem::path& directory) {
  std::unique_ptr<AttachQmp> attach(new AttachQmp(machine, server, clock));
  attach->listener_ = TRY(
      os::Listener::open(loop, directory / "qmp.sock", os::SocketKind::stream,
                         [self = attach.get()](os::Connection connection) { self->accepted(std::move(connection)); }));
  return attach;
}

void AttachQmp::accepted(os::Connection connection) {
  const std::uint32_t id = next_id_++;
  const Source source{SourceKind::control, id};
  auto& client = clients_.emplace(id, Client{std::move(connection)}).first->second;
  client.connection.start({.on_bytes = [this, source](Bytes bytes) { input(source, bytes); },
                           .on_drained =
                               [this, source, &client] {
                                 client.must_read = false;
                                 input(source, {});
                               },
                           .on_close =
                               [this, source](const std::string&) {
                                 machine_.close(source);
                                 clients_.erase(source.id);
                               }});
  machine_.open(source);
}

// One batch of answers after the other, for as long as the client takes them.
void AttachQmp::input(Source source, Bytes bytes) {
  clock_.before_input();
  machine_.input(source, bytes);
  for (auto client = clients_.find(source.id);
       client != clients_.end() && !client->second.must_read && server_.has_pending(source);
       client = clients_.find(source.id)) {
    machine_.input(source, {});
  }
  clock_.after_input();
}

void AttachQmp::output(Output&& output) {
  const auto found = clients_.find(output.to.id);
  if (found == clients_.end()) return;
  if (!found->second.connection.send(output.bytes)) found->second.must_read = true;
}

}  // namespace cxlemu::app
