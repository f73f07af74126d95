// Attaches QMP clients to a lab: `qmp.sock` in its directory.
#pragma once

#include <map>
#include <memory>

#include "app/clock.hpp"
#include "os/unix_socket.hpp"

namespace cxlemu::app {

class AttachQmp {
 public:
  static Result<std::unique_ptr<AttachQmp>> open(os::EventLoop& loop, Machine& machine, Clock& clock,
                                                 const std::filesystem::path& directory);
  /// What the machine says to one of these connections.
  void output(Output&& output);

 private:
  AttachQmp(Machine& machine, Clock& clock) : machine_(machine), clock_(clock) {}
  void accepted(os::Connection connection);

  Machine& machine_;
  Clock& clock_;
  std::optional<os::Listener> listener_;
  std::map<std::uint32_t, os::Connection> connections_;
  std::uint32_t next_id_ = 0;
};

}  // namespace cxlemu::app
