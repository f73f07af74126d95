#include "app/attach/mctp_sockets.hpp"

#include <new>

namespace cxlemu::app {

Result<SharedRoutePage> SharedRoutePage::create() {
  auto memory = TRY(os::SharedMemory::create("cxlemu-routes", sizeof(lab::RoutePage)));
  // The memory is zero-filled, which is what an empty page is.
  auto* page = new (memory.bytes().data()) lab::RoutePage;
  return SharedRoutePage(std::move(memory), page);
}

Result<std::unique_ptr<AttachMctpSockets>> AttachMctpSockets::open(os::EventLoop& loop, Machine& machine, Clock& clock,
                                                                   const SharedRoutePage& page,
                                                                   const std::filesystem::path& directory) {
  std::unique_ptr<AttachMctpSockets> attach(new AttachMctpSockets(machine, clock, page));
  // Sockets and the short control connections that go with them.
  os::ListenerLimits limits;
  limits.connections = 2 * lab::kSocketsMax;
  attach->listener_ = TRY(os::Listener::open(
      loop, directory / "mctp.sock", os::SocketKind::seqpacket,
      [self = attach.get()](os::Connection connection) { self->accepted(std::move(connection)); }, limits));
  return attach;
}

void AttachMctpSockets::accepted(os::Connection connection) {
  const std::uint32_t id = next_id_++;
  const Source source{SourceKind::mctp_socket, id};
  auto& kept = connections_.emplace(id, std::move(connection)).first->second;
  kept.start({.on_message =
                  [this, source](Bytes bytes, bool) {
                    clock_.before_input();
                    machine_.input(source, bytes);
                    clock_.after_input();
                  },
              .on_close =
                  [this, source](const std::string&) {
                    machine_.close(source);
                    clock_.after_input();
                    connections_.erase(source.id);
                  }});
  machine_.open(source);
}

void AttachMctpSockets::output(Output&& output) {
  const auto found = connections_.find(output.to.id);
  if (found == connections_.end()) return;
  os::Connection& connection = found->second;
  const bool sent = output.with_route_page ? connection.send_with_descriptor(output.bytes, page_.descriptor())
                                           : connection.send(output.bytes);
  if (!sent) machine_.sockets().count_undelivered();
  if (output.then_close) connection.close_after_flush();
}

}  // namespace cxlemu::app
