// A lab and everything that is attached to it: loop, machine, clock and transports.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/attach/connections.hpp"
#include "app/attach/dbus.hpp"
#include "app/attach/mctp_sockets.hpp"
#include "app/attach/vfio_user.hpp"
#include "machine/build.hpp"
#include "options/topology_file.hpp"
#include "os/file.hpp"
#include "os/lab_directory.hpp"
#include "os/process.hpp"
#include "qmp/server.hpp"

namespace cxlemu::app {

class Daemon {
 public:
  Daemon(os::EventLoop loop, os::LabDirectory directory, SharedRoutePage page)
      : loop_(std::move(loop)), directory_(std::move(directory)), page_(std::move(page)) {}

  Result<void> start(const Topology& topology, options::LabClock clock);
  Result<void> show_on_dbus(const std::string& where);
  /// The lab ends with the program.
  Result<void> start_program(const std::vector<std::string>& program);
  /// The exit status.
  int run() { return loop_.run(); }

  [[nodiscard]] const os::LabDirectory& directory() const { return directory_; }
  [[nodiscard]] Machine& machine() { return *machine_; }
  [[nodiscard]] const std::filesystem::path& vfio_user_socket(FunctionId id) const {
    return attach_vfio_user_->socket(id);
  }
  [[nodiscard]] std::optional<std::string> dbus_address() const {
    return attach_dbus_ == nullptr ? std::nullopt : attach_dbus_->address();
  }

 private:
  void end();
  Result<Backing> make_backing(const MemoryBackendConfig& config);

  os::EventLoop loop_;
  os::LabDirectory directory_;
  SharedRoutePage page_;
  std::map<std::string, os::MappedFile> files_;
  MailboxPayloads payloads_;
  std::unique_ptr<Machine> machine_;
  std::optional<Clock> clock_;
  std::optional<Gate> gate_;
  std::optional<qmp::Server> qmp_;
  std::unique_ptr<Connections> qmp_clients_;
  std::unique_ptr<Connections> mctp_sockets_;
  std::unique_ptr<AttachVfioUser> attach_vfio_user_;
  std::unique_ptr<AttachDbus> attach_dbus_;
  std::optional<os::Child> program_;
  bool asked_to_end_ = false;
};

}  // namespace cxlemu::app
