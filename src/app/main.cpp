// The program: one subcommand each, CLI11 behind this file alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/text.hpp"
#include "base/version.hpp"
#include "decode/describe.hpp"
#include "options/markdown.hpp"
#include "qmp/server.hpp"

namespace cxlemu::app {
namespace {

std::string default_lab() {
  const char* lab = std::getenv("CXLEMU_LAB");
  return lab == nullptr ? "lab" : lab;
}

void add_lab(CLI::App& command, std::string& lab) {
  command.add_option("--lab", lab, "name of the running lab (default: $CXLEMU_LAB, else lab)");
}

int parse_and_run(int argc, char** argv) {
  CLI::App program("CXL hardware in software: devices that real software manages as if they were plugged in.");
  program.require_subcommand(1);
  program.set_version_flag("--version", fmt::format("cxlemu {}", kVersion));
  program.footer(
      "examples:\n"
      "  cxlemu run examples/one-device.toml &\n"
      "  cxlemu list\n"
      "  cxlemu cci mem0 identify\n"
      "  cxlemu exec -- ./any-af-mctp-program 1 8\n"
      "exit status: 0 done, 1 the device or lab refused, 2 wrong command line, 3 no lab");
  std::string lab = default_lab();
  int status = kSuccess;

  // Its options are QEMU's, so it parses them itself; main() calls it before this parser sees anything.
  program.add_subcommand("run", "run a lab (cxlemu run --help)");

  bool list_json = false;
  CLI::App* list = program.add_subcommand("list", "show the devices of a lab, their endpoints and their state");
  add_lab(*list, lab);
  list->add_flag("--json", list_json, "everything the lab says, as JSON");
  list->callback([&] { status = list_command(lab, list_json); });

  CciOptions cci;
  CLI::App* cci_app = program.add_subcommand("cci", "send a command to a device and decode its answer");
  add_lab(*cci_app, lab);
  cci_app->add_option("device", cci.device, "id of the device")->required();
  cci_app->add_option("command", cci.command, "name such as get-health-info, or opcode; absent: list them");
  cci_app->add_option("fields", cci.fields, "field=value ...; data=TEXT, data=hex:00ff or data=@FILE");
  cci_app->add_option("--via", cci.via, "by which CCI (default: the first that carries the opcode)")
      ->check(CLI::IsMember({"mailbox", "mctp"}));
  cci_app->add_option("--payload", cci.payload, "input payload in hexadecimal, instead of fields");
  cci_app->add_option("--output", cci.output, "write the bytes of the response to this file");
  cci_app->add_flag("--json", cci.json, "the answer as JSON");
  cci_app->add_flag("--raw", cci.raw, "the bytes of the response in hexadecimal");
  cci_app->add_flag("--wait", cci.wait, "follow a background operation to its end");
  cci_app->footer(
      "examples:\n"
      "  cxlemu cci mem0                                   # every command and its fields\n"
      "  cxlemu cci mem0 get-event-records event_log=failure\n"
      "  cxlemu cci mem0 set-lsa offset=0 data=@labels.bin\n"
      "  cxlemu cci mem0 get-lsa --output labels.bin       # the whole area\n"
      "  cxlemu cci mem0 transfer-fw new.fw slot=2         # the whole file (cxlemu firmware --help)\n"
      "  cxlemu cci mem0 sanitize --wait");
  cci_app->callback([&] {
    cci.lab = lab;
    status = cci_command(cci);
  });

  std::string revision;
  std::string file;
  std::string output;
  bool inspect_json = false;
  CLI::App* firmware = program.add_subcommand("firmware", "make and look at firmware packages (docs/firmware.md)");
  firmware->require_subcommand(1);
  CLI::App* pack = firmware->add_subcommand("pack", "make a package that devices take");
  pack->add_option("payload", file, "the file that the package holds")->required();
  pack->add_option("--revision", revision, "what Get FW Info shows: 1 to 16 printable ASCII characters")->required();
  pack->add_option("--output", output, "where the package goes")->required();
  pack->callback([&] { status = pack_firmware_command(revision, file, output); });
  CLI::App* inspect = firmware->add_subcommand("inspect", "say what is in a package, or why a device refuses it");
  inspect->add_option("file", file, "the package")->required();
  inspect->add_flag("--json", inspect_json, "as JSON");
  inspect->callback([&] { status = inspect_firmware_command(file, inspect_json); });
  firmware->footer(
      "examples:\n"
      "  cxlemu firmware pack --revision 2.0 --output new.fw firmware.bin\n"
      "  cxlemu firmware inspect new.fw\n"
      "  cxlemu cci mem0 transfer-fw new.fw                # to the first slot that is not active\n"
      "  cxlemu cci mem0 activate-fw action=online slot=2\n"
      "  cxlemu cci mem0 get-fw-info");

  std::string qmp_name;
  std::vector<std::string> qmp_arguments;
  CLI::App* qmp = program.add_subcommand("qmp", "send one QMP command to a lab (docs/qmp.md)");
  add_lab(*qmp, lab);
  qmp->add_option("command", qmp_name, "such as query-commands")->required();
  qmp->add_option("arguments", qmp_arguments, "name=value ...");
  qmp->footer("example:\n  cxlemu qmp cxlemu-reset path=mem0 kind=conventional");
  qmp->callback([&] { status = qmp_command(lab, qmp_name, qmp_arguments); });

  // As run: what follows is somebody else's command line.
  program.add_subcommand("exec", "run a program whose AF_MCTP sockets reach a lab (cxlemu exec --help)");

  bool markdown = false;
  bool lua = false;
  bool dictionary = false;
  bool qmp_pages = false;
  bool options = false;
  CLI::App* describe = program.add_subcommand("describe", "print what is generated from the tables of the program");
  auto* what = describe->add_option_group("what");
  what->add_flag("--markdown", markdown, "docs/commands.md");
  what->add_flag("--lua", lua, "docs/cxlemu.lua, a Wireshark dissector");
  what->add_flag("--dictionary", dictionary, "fuzz/cci.dict");
  what->add_flag("--qmp", qmp_pages, "docs/qmp.md");
  what->add_flag("--options", options, "docs/options.md");
  what->require_option(1);
  describe->callback([&] {
    if (markdown) print(decode::describe_markdown());
    if (lua) print(decode::describe_lua());
    if (dictionary) print(decode::describe_dictionary());
    if (qmp_pages) print(qmp::markdown());
    if (options) print(options::markdown());
  });

  DoctorOptions doctor;
  CLI::App* doctor_app = program.add_subcommand("doctor", "say what is missing here for each way to attach to a lab");
  doctor_app->add_option("--qemu", doctor.qemu, "the QEMU to look at (default: qemu-system-x86_64)");
  doctor_app->add_option("--kernel-config", doctor.kernel_config,
                         "configuration of the kernel that shall bind devices (default: this machine's)");
  doctor_app->add_flag("--json", doctor.json, "as JSON");
  doctor_app->footer(
      "examples:\n"
      "  cxlemu doctor\n"
      "  cxlemu doctor --qemu ~/qemu/build/qemu-system-x86_64 --kernel-config ~/linux/.config\n"
      "exit status: 0 everything is there, 1 something is missing");
  doctor_app->callback([&] { status = doctor_command(doctor); });

  CLI::App* demo = program.add_subcommand("demo", "the whole story on one screen, no set-up");
  demo->callback([&] { status = demo_command(); });

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kSuccess : kUsage;
  }
  return status;
}

int run_program(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "run") return run_command({argv + 2, argv + argc});
  if (command == "exec") return exec_command(default_lab(), {argv + 2, argv + argc});
  return parse_and_run(argc, argv);
}

}  // namespace
}  // namespace cxlemu::app

int main(int argc, char** argv) {
  const int status = cxlemu::app::run_program(argc, argv);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  cxlemu::app::print_error("cannot write to standard output");
  return status == cxlemu::app::kSuccess ? cxlemu::app::kRefused : status;
}
