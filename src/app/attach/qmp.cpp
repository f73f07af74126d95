#include "app/attach/qmp.hpp"

#include "qmp/server.hpp"

namespace cxlemu::app {

Result<std::unique_ptr<Connections>> attach_qmp(os::EventLoop& loop, Gate& gate, const qmp::Server& server,
                                                const std::filesystem::path& directory) {
  auto connections =
      TRY(Connections::listen(loop, gate, SourceKind::qmp, directory / "qmp.sock", os::SocketKind::stream,
                              [&gate, &server](Connections::Kept& client, Source source) -> os::Connection::Callbacks {
                                // One batch of answers after the other, for as long as the client takes them.
                                const auto input = [&gate, &server, &client, source](Bytes bytes) {
                                  gate.turn([&](Machine& machine) {
                                    machine.input(source, bytes);
                                    while (!client.must_read && server.has_pending(source)) machine.input(source, {});
                                  });
                                };
                                return {.on_bytes = input, .on_drained = [&client, input] {
                                          client.must_read = false;
                                          input({});
                                        }};
                              }));
  gate.on_output(SourceKind::qmp, [all = connections.get()](Output&& output) {
    auto* client = all->find(output.to);
    if (client != nullptr && !client->connection.send(output.bytes)) client->must_read = true;
  });
  return connections;
}

}  // namespace cxlemu::app
