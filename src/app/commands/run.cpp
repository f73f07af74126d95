#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "app/commands/subcommand.hpp"
#include "app/daemon.hpp"
#include "app/exit_code.hpp"
#include "app/text.hpp"
#include "decode/payload_text.hpp"
#include "options/option_grammar.hpp"
#include "options/qemu_options.hpp"
#include "options/topology_builder.hpp"
#include "options/topology_file.hpp"
#include "os/file.hpp"

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
constexpr std::size_t kMaximumTopologyFile = options::kMaximumFileSize;

struct RunOptions {
  std::optional<std::string> file;
  std::optional<std::string> name;
  std::optional<options::LabClock> clock;
  std::optional<std::string> dbus;
  bool json = false;
  bool help = false;
  std::vector<options::Declaration> declarations;
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
  static constexpr auto kOwn = std::to_array<options::OwnOption>(
      {{"--name", true}, {"--clock", true}, {"--dbus", false}, {"--json", false}, {"--help", false}});
  auto line = TRY(options::split_command_line(arguments, kOwn));
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
      options.clock = TRY(options::parse_lab_clock(clock));
    } else if (options.file) {
      return failure(fmt::format("{}: one topology file is enough ({} is given already)", word, *options.file));
    } else {
      options.file = word;
    }
  }
  return options;
}

void say_up(Daemon& daemon, options::LabClock clock, bool json) {
  const auto& directory = daemon.directory();
  if (json) {
    Json devices = Json::array();
    Json sockets = Json::object();
    for (const ComponentNode& node : daemon.machine().components()) {
      devices.push_back(node.name());
      for (const FunctionId function : node.functions) {
        if (const auto& socket = daemon.vfio_user_socket(function); !socket.empty()) {
          sockets.set(node.name(), socket.string());
        }
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
    for (const ComponentNode& node : daemon.machine().components()) {
      std::string line = fmt::format("  {}", node.name());
      if (const auto* kind = std::get_if<MemoryDeviceKind>(&node.built.kind)) {
        line += "  " + decode::capacity_text(kind->device->logical_device().capacity());
      }
      for (const EndpointNode& one : node.endpoints) {
        line += fmt::format("{}{}:{}", &one == node.endpoints.data() ? "  MCTP " : "+", one.network.value,
                            one.endpoint->eid().value);
      }
      for (const FunctionId function : node.functions) {
        const auto& socket = daemon.vfio_user_socket(function);
        if (!socket.empty()) line += fmt::format("  vfio-user {}", socket.native());
      }
      print_line(line);
    }
    if (const auto address = daemon.dbus_address()) print_line(fmt::format("  D-Bus  {}", *address));
  }
  std::fflush(stdout);
}

// What the command line and the topology file ask for.
struct Plan {
  options::BuiltTopology lab;
  std::string name;
  options::LabClock clock{};
};

Result<Plan> make_plan(const RunOptions& options) {
  std::vector<options::Declaration> declarations;
  options::LabSettings settings;
  if (options.file) {
    const auto text = TRY(os::read_text_file(*options.file, kMaximumTopologyFile));
    auto file = TRY(options::parse_topology_file(text, *options.file));
    settings = std::move(file.lab);
    declarations = std::move(file.declarations);
  }
  declarations.insert(declarations.end(), options.declarations.begin(), options.declarations.end());
  if (declarations.empty()) return failure("nothing to run; give a topology file or -device options (see --help)");
  return Plan{.lab = TRY(options::build_topology(declarations, options.without_effect)),
              .name = options.name.value_or(settings.name.value_or("lab")),
              .clock = options.clock.value_or(settings.clock.value_or(options::LabClock::real))};
}

Result<int> run_plan(const RunOptions& options, const Plan& plan) {
  for (const std::string& notice : plan.lab.notices) print_error(notice);
  // A device has several, and a shell gives a program 1024.
  os::raise_descriptor_limit();
  Daemon daemon(TRY(os::EventLoop::create()), TRY(os::LabDirectory::claim(plan.name)), TRY(SharedRoutePage::create()));
  // The shim lives in other programs and has the length of sun_path for its socket.

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
