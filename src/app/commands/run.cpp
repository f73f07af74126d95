#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>

#include "app/attach/dbus.hpp"
#include "app/attach/mctp_sockets.hpp"
#include "app/attach/qmp.hpp"
#include "app/attach/vfio_user.hpp"
#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/shim.hpp"
#include "app/text.hpp"
#include "control/payload_text.hpp"
#include "control/qemu_options.hpp"
#include "control/qmp_server.hpp"
#include "control/topology_builder.hpp"
#include "os/file.hpp"
#include "os/lab_directory.hpp"

namespace cxlemu::app {
namespace {

constexpr std::string_view kHelp = R"(Runs a lab: CXL devices with their management interface, until it is ended.

usage: cxlemu run [FILE.toml] [OPTIONS] [-object ...] [-device ...] [-- PROGRAM ARGS]

  FILE.toml             a topology file (examples/ has some)
  -object, -device      QEMU's options, as on a QEMU command line; docs/options.md has every property
  --name NAME           name of the lab (default: lab); clients say --lab NAME
  --clock real|virtual|auto
                        real: device time is wall time (default)
                        virtual: it moves only by `cxlemu qmp cxlemu-advance-clock by=DURATION`
                        auto: as real, and it jumps to the next deadline whenever nothing is to be done
  --dbus[=private|system|session|ADDRESS]
                        show the endpoints on a D-Bus as mctpd does; private (default): on a bus for this lab alone,
                        which programs of `cxlemu exec` and behind -- take for the system bus
  --json                say when the lab is up as one line of JSON
  -- PROGRAM ARGS       run this program with AF_MCTP sockets that reach the lab; the lab ends with it and has its exit
                        status

examples:
  cxlemu run examples/one-device.toml
  cxlemu run -object memory-backend-ram,id=m0,size=1G -device cxl-type3,id=mem0,volatile-memdev=m0
  cxlemu run examples/one-device.toml --clock=auto -- ./my-fabric-manager 1 8

exit status: 0 ended in order, 2 wrong options or topology file, 3 could not start; with a PROGRAM, its own
)";

/// LIMIT: bytes of a topology file, as the parser has it.
constexpr std::size_t kMaximumTopologyFile = control::kMaximumFileSize;

struct RunOptions {
  std::optional<std::string> file;
  std::optional<std::string> name;
  std::optional<control::LabClock> clock;
  std::optional<std::string> dbus;
  bool json = false;
  bool help = false;
  std::vector<control::Declaration> declarations;
  std::vector<std::string> without_effect;
  std::vector<std::string> program;
};

// "--name=x" and "--name x" alike.
Result<std::string> value_of(const std::vector<std::string>& words, std::size_t& at) {
  const auto equals = words[at].find('=');
  if (equals != std::string::npos) return words[at].substr(equals + 1);
  if (at + 1 >= words.size()) return failure(fmt::format("{} needs a value", words[at]));
  return words[++at];
}

Result<std::string> parse_bus(std::string text) {
  // Addresses are TRANSPORT:KEY=VALUE.
  if (text == "private" || text == "system" || text == "session" || text.find(':') != std::string::npos) return text;
  return failure(
      fmt::format("--dbus={}: say private, system, session or a D-Bus address such as unix:path=/tmp/bus", text));
}

Result<RunOptions> parse(std::vector<std::string> arguments) {
  RunOptions options;
  if (const auto dashes = std::ranges::find(arguments, "--"); dashes != arguments.end()) {
    options.program.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
    if (options.program.empty()) return failure("-- needs a program behind it");
  }
  static constexpr auto kOwn = std::to_array<control::OwnOption>(
      {{"--name", true}, {"--clock", true}, {"--dbus", false}, {"--json", false}, {"--help", false}});
  auto line = TRY(control::split_command_line(arguments, kOwn));
  options.declarations = std::move(line.declarations);
  options.without_effect = std::move(line.without_effect);
  for (std::size_t i = 0; i < line.own.size(); ++i) {
    const std::string& word = line.own[i];
    if (word == "--dbus") {
      options.dbus = "private";
    } else if (word.starts_with("--dbus=")) {
      options.dbus = TRY(parse_bus(word.substr(word.find('=') + 1)));
    } else if (word == "--json") {
      options.json = true;
    } else if (word == "--help") {
      options.help = true;
    } else if (word.starts_with("--json=") || word.starts_with("--help=")) {
      return failure(fmt::format("{} takes no value", word.substr(0, word.find('='))));
    } else if (word.starts_with("--name")) {
      options.name = TRY(value_of(line.own, i));
    } else if (word.starts_with("--clock")) {
      const auto clock = TRY(value_of(line.own, i));
      options.clock = TRY(control::parse_lab_clock(clock));
    } else if (options.file) {
      return failure(fmt::format("{}: one topology file is enough ({} is given already)", word, *options.file));
    } else {
      options.file = word;
    }
  }
  return options;
}

// A lab and everything that is attached to it. Reading the constructor shows the program.
class Daemon {
 public:
  Daemon(os::EventLoop loop, os::LabDirectory directory, SharedRoutePage page)
      : loop_(std::move(loop)), directory_(std::move(directory)), page_(std::move(page)) {}

  Result<void> start(const Topology& topology, control::LabClock clock) {
    machine_ = TRY(Machine::create(
        topology, [this](const auto& config) { return make_backing(config); }, page_.page(),
        [this](const auto& declaration) { return payloads_.make(declaration); }));
    clock_.emplace(clock, loop_, *machine_);
    qmp_.emplace(*machine_, control::QmpServerConfig{.lab_name = directory_.name(),
                                                     .clock = std::string(name_of(clock)),
                                                     .quit = [this] { loop_.stop(kSuccess); }});
    attach_qmp_ = TRY(AttachQmp::open(loop_, *machine_, *qmp_, *clock_, directory_.path()));
    attach_mctp_ = TRY(AttachMctpSockets::open(loop_, *machine_, *clock_, page_, directory_.path()));
    attach_vfio_user_ = TRY(AttachVfioUser::open(loop_, *machine_, *clock_, payloads_, directory_.path()));
    machine_->on_output([this](Output&& output) {
      switch (output.to.kind) {
        case SourceKind::control:
          return attach_qmp_->output(std::move(output));
        case SourceKind::mctp_socket:
          return attach_mctp_->output(std::move(output));
        case SourceKind::pcie_function:
          return attach_vfio_user_->output(output);
      }
    });
    return loop_.on_signal({SIGINT, SIGTERM, SIGHUP}, [this](int) { end(); });
  }

  Result<void> show_on_dbus(const std::string& where) {
    attach_dbus_ = TRY(AttachDbus::open(loop_, *machine_, where, directory_.path()));
    return {};
  }

  // The first time a program is asked to end, and the lab serves it meanwhile; the second time it is killed.
  void end() {
    if (!program_ || asked_to_end_) return loop_.stop(kSuccess);
    asked_to_end_ = true;
    program_->terminate();
  }

  // The lab ends with the program.
  Result<void> start_program(const std::vector<std::string>& program) {
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

  int run() { return loop_.run(); }
  [[nodiscard]] const os::LabDirectory& directory() const { return directory_; }
  [[nodiscard]] Machine& machine() { return *machine_; }
  [[nodiscard]] const std::filesystem::path& vfio_user_socket(std::size_t index) const {
    return attach_vfio_user_->socket(index);
  }
  [[nodiscard]] std::optional<std::string> dbus_address() const {
    return attach_dbus_ == nullptr ? std::nullopt : attach_dbus_->address();
  }

 private:
  Result<Backing> make_backing(const MemoryBackendConfig& config) {
    if (config.mem_path.empty()) return Backing(config.size_bytes);
    const auto sharing = config.share ? os::Sharing::shared : os::Sharing::copied;
    auto& file =
        files_.emplace(config.id, TRY(os::MappedFile::open(config.mem_path, config.size_bytes, sharing))).first->second;
    return Backing(
        config.size_bytes,
        {.read = [&file](std::uint64_t offset, MutableBytes to) { return file.read(offset, to).has_value(); },
         .write = [&file](std::uint64_t offset, Bytes from) { return file.write(offset, from).has_value(); },
         .discard = [&file](std::uint64_t offset,
                            std::uint64_t length) { return file.discard(offset, length).has_value(); }});
  }

  os::EventLoop loop_;
  os::LabDirectory directory_;
  SharedRoutePage page_;
  std::map<std::string, os::MappedFile> files_;
  MailboxPayloads payloads_;
  std::unique_ptr<Machine> machine_;
  std::optional<Clock> clock_;
  std::optional<control::QmpServer> qmp_;
  std::unique_ptr<AttachQmp> attach_qmp_;
  std::unique_ptr<AttachMctpSockets> attach_mctp_;
  std::unique_ptr<AttachVfioUser> attach_vfio_user_;
  std::unique_ptr<AttachDbus> attach_dbus_;
  std::optional<os::Child> program_;
  bool asked_to_end_ = false;
};

void say_up(Daemon& daemon, control::LabClock clock, bool json) {
  const auto& directory = daemon.directory();
  if (json) {
    Json devices = Json::array();
    Json sockets = Json::object();
    for (std::size_t i = 0; const auto& node : daemon.machine().memory_devices()) {
      devices.push_back(node.device->id());
      if (const auto& socket = daemon.vfio_user_socket(i++); !socket.empty()) {
        sockets.set(node.device->id(), socket.string());
      }
    }
    Json line = Json::object({{"lab", directory.name()},
                              {"directory", directory.path().string()},
                              {"clock", name_of(clock)},
                              {"devices", std::move(devices)},
                              {"vfio-user", std::move(sockets)}});
    if (const auto address = daemon.dbus_address()) line.set("dbus", *address);
    print_line(line.text());
  } else {
    print_line(
        fmt::format("lab \"{}\" is up in {} (clock {})", directory.name(), directory.path().string(), name_of(clock)));
    for (std::size_t i = 0; const auto& node : daemon.machine().memory_devices()) {
      const auto& socket = daemon.vfio_user_socket(i++);
      print_line(fmt::format(
          "  {}  {}{}{}", node.device->id(), control::capacity_text(node.device->logical_device().capacity()),
          node.endpoint == nullptr
              ? ""
              : fmt::format("  MCTP {}:{}", node.declaration.mctp.network.value, node.endpoint->eid().value),
          socket.empty() ? "" : fmt::format("  vfio-user {}", socket.native())));
    }
    if (const auto address = daemon.dbus_address()) print_line(fmt::format("  D-Bus  {}", *address));
  }
  std::fflush(stdout);
}

// What the command line and the topology file ask for.
struct Plan {
  control::Lab lab;
  std::string name;
  control::LabClock clock{};
};

Result<Plan> make_plan(const RunOptions& options) {
  std::vector<control::Declaration> declarations;
  control::LabSettings settings;
  if (options.file) {
    const auto text = TRY(os::read_text_file(*options.file, kMaximumTopologyFile));
    auto file = TRY(control::parse_topology_file(text, *options.file));
    settings = std::move(file.lab);
    declarations = std::move(file.declarations);
  }
  declarations.insert(declarations.end(), options.declarations.begin(), options.declarations.end());
  if (declarations.empty()) return failure("nothing to run; give a topology file or -device options (see --help)");
  return Plan{.lab = TRY(control::build_topology(declarations, options.without_effect)),
              .name = options.name.value_or(settings.name.value_or("lab")),
              .clock = options.clock.value_or(settings.clock.value_or(control::LabClock::real))};
}

Result<int> run_plan(const RunOptions& options, const Plan& plan) {
  for (const std::string& notice : plan.lab.notices) print_error(notice);
  // A device has several, and a shell gives a program 1024.
  os::raise_descriptor_limit();
  Daemon daemon(TRY(os::EventLoop::create()), TRY(os::LabDirectory::claim(plan.name)), TRY(SharedRoutePage::create()));
  // The shim lives in other programs and has the length of sun_path for its socket.
  constexpr std::size_t kMaximumSocketPath = 107;
  if (const auto& path = daemon.directory().path(); (path / "mctp.sock").native().size() > kMaximumSocketPath) {
    return failure(
        fmt::format("{} is too long a path for the sockets of programs; choose a shorter --name or "
                    "CXLEMU_RUNTIME_DIR",
                    path.native()));
  }
  TRY_VOID(daemon.start(plan.lab.topology, plan.clock));
  if (options.dbus) TRY_VOID(daemon.show_on_dbus(*options.dbus));
  if (options.program.empty()) {
    say_up(daemon, plan.clock, options.json);
  } else {
    TRY_VOID(daemon.start_program(options.program));
  }
  return daemon.run();
}

int run(std::vector<std::string> arguments) {
  const auto options = parse(std::move(arguments));
  if (!options) {
    print_error(options.error().message);
    return kUsage;
  }
  if (options->help) {
    print(kHelp);
    return kSuccess;
  }
  const auto plan = make_plan(*options);
  if (!plan) {
    print_error(plan.error().message);
    return kUsage;
  }
  const auto status = run_plan(*options, *plan);
  if (status) return *status;
  print_error(status.error().message);
  return kNoLab;
}

}  // namespace

constexpr Subcommand kRunCommand{.name = "run", .summary = "run a lab (cxlemu run --help)", .run_words = run};

}  // namespace cxlemu::app
