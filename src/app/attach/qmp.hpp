// Attaches QMP clients to a lab: `qmp.sock` in its directory.
#pragma once

#include <map>
#include <memory>

#include "app/clock.hpp"
#include "control/qmp_server.hpp"
#include "os/unix_socket.hpp"

namespace cxlemu::app {

class AttachQmp {
 public:
  static Result<std::unique_ptr<AttachQmp>> open(os::EventLoop& loop, Machine& machine,
                                                 const control::QmpServer& server, Clock& clock,
                                                 const std::filesystem::path& directory);
  /// What the machine says to one of these connections.
  void output(Output&& output);

 private:
  /// A client, and whether it has to read before it is served further.
  struct Client {
    os::Connection connection;
    bool must_read = false;
  };

  AttachQmp(Machine& machine, const control::QmpServer& server, Clock& clock)
      : machine_(machine), server_(server), clock_(clock) {}
  void accepted(os::Connection connection);
  void input(Source source, Bytes bytes);

  Machine& machine_;
  const control::QmpServer& server_;
  Clock& clock_;
  std::optional<os::Listener> listener_;
  std::map<std::uint32_t, Client> clients_;
  std::uint32_t next_id_ = 0;
};

}  // namespace cxlemu::app
