#include "app/daemon.hpp"

#include <csignal>

#include "app/attach/qmp.hpp"
#include "app/exit_code.hpp"
#include "app/shim.hpp"
#include "options/topology_file.hpp"
#include "qmp/server.hpp"

namespace cxlemu::app {

Result<void> Daemon::start(const Topology& topology, options::LabClock clock) {
  machine_ = TRY(
      build_machine(topology, {.make_backing = [this](const auto& config) { return make_backing(config); },
                               .make_payload = [this](const auto& declaration) { return payloads_.make(declaration); },
                               .page = page_.page()}));
  clock_.emplace(clock, loop_, *machine_);
  gate_.emplace(*machine_, *clock_);
  qmp_.emplace(*machine_, qmp::ServerConfig{.lab_name = directory_.name(),
                                            .clock = std::string(name_of(clock)),
                                            .quit = [this] { loop_.stop(kSuccess); }});
  qmp_clients_ = TRY(attach_qmp(loop_, *gate_, *qmp_, directory_.path()));
  mctp_sockets_ = TRY(attach_mctp_sockets(loop_, *gate_, machine_->sockets(), page_, directory_.path()));
  attach_vfio_user_ = TRY(AttachVfioUser::open(loop_, topology, *machine_, *gate_, payloads_, directory_.path()));
  return loop_.on_signal({SIGINT, SIGTERM, SIGHUP}, [this](int) { end(); });
}

Result<void> Daemon::show_on_dbus(const std::string& where) {
  attach_dbus_ = TRY(AttachDbus::open(loop_, *machine_, where, directory_.path()));
  return {};
}

// The first time a program is asked to end, and the lab serves it meanwhile; the second time it is killed.
void Daemon::end() {
  if (!program_ || asked_to_end_) return loop_.stop(kSuccess);
  asked_to_end_ = true;
  program_->terminate();
}

Result<void> Daemon::start_program(const std::vector<std::string>& program) {
  auto environment = TRY(shim_environment(directory_.path()));
  environment.push_back({"CXLEMU_LAB", directory_.name()});
  TRY_VOID(loop_.on_signal({SIGCHLD}, [this](int) {
    // It may have been stopped and not ended.
    if (!program_) return;
    const auto status = program_->poll();
    if (!status) return loop_.stop(kNoLab);
    if (*status) loop_.stop(**status);
  }));
  program_.emplace(TRY(os::Child::start(program, environment)));
  return {};
}

Result<Backing> Daemon::make_backing(const MemoryBackendConfig& config) {
  if (config.mem_path.empty()) return Backing(config.size_bytes);
  const auto sharing = config.share ? os::Sharing::shared : os::Sharing::copied;
  auto& file =
      files_.emplace(config.id, TRY(os::MappedFile::open(config.mem_path, config.size_bytes, sharing))).first->second;
  return Backing(config.size_bytes,
                 {.read = [&file](std::uint64_t offset, MutableBytes to) { return file.read(offset, to).has_value(); },
                  .write = [&file](std::uint64_t offset, Bytes from) { return file.write(offset, from).has_value(); },
                  .discard = [&file](std::uint64_t offset,
                                     std::uint64_t length) { return file.discard(offset, length).has_value(); }});
}

}  // namespace cxlemu::app
