#include "app/attach/mctp_sockets.hpp"

#include <new>

namespace cxlemu::app {

Result<SharedRoutePage> SharedRoutePage::create() {
  auto memory = TRY(os::SharedMemory::create("cxlemu-routes", sizeof(lab::RoutePage)));
  // The memory is zero-filled, which is what an empty page is.
  auto* page = new (memory.bytes().data()) lab::RoutePage;
  return SharedRoutePage(std::move(memory), page);
}

Result<std::unique_ptr<Connections>> attach_mctp_sockets(os::EventLoop& loop, Gate& gate, SocketTable& sockets,
                                                         const SharedRoutePage& page,
                                                         const std::filesystem::path& directory) {
  // Sockets and the short control connections that go with them.
  os::ListenerLimits limits;
  limits.connections = 2 * lab::kSocketsMax;
  auto connections = TRY(Connections::listen(
      loop, gate, SourceKind::mctp_socket, directory / "mctp.sock", os::SocketKind::seqpacket,
      [&gate](Connections::Kept&, Source source) -> os::Connection::Callbacks {
        return {.on_message = [&gate, source](Bytes bytes, bool) {
          gate.turn([&](Machine& machine) { machine.input(source, bytes); });
        }};
      },
      limits));
  gate.on_output(SourceKind::mctp_socket, [all = connections.get(), &sockets, &page](Output&& output) {
    auto* kept = all->find(output.to);
    if (kept == nullptr) return;
    os::Connection& connection = kept->connection;
    const bool sent = output.with_route_page ? connection.send_with_descriptor(output.bytes, page.descriptor())
                                             : connection.send(output.bytes);
    if (!sent) sockets.count_undelivered();
    if (output.then_close) connection.close_after_flush();
  });
  return connections;
}

}  // namespace cxlemu::app
