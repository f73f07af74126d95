// The program: its subcommands are the rows of commands/.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/text.hpp"
#include "base/version.hpp"

namespace cxlemu::app {

std::string default_lab() {
  const char* lab = std::getenv("CXLEMU_LAB");
  return lab == nullptr ? "lab" : lab;
}

void add_lab(CLI::App& command, std::string& lab) {
  lab = default_lab();
  command.add_option("--lab", lab, "name of the running lab (default: $CXLEMU_LAB, else lab)");
}

namespace {

// In the order of `cxlemu --help`.
constexpr auto kSubcommands =
    std::to_array<const Subcommand*>({&kRunCommand, &kListCommand, &kCciCommand, &kFirmwareCommand, &kQmpCommand,
                                      &kExecCommand, &kDescribeCommand, &kDoctorCommand, &kDemoCommand});

int run_program(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
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
  int status = kSuccess;
  for (const Subcommand* row : kSubcommands) {
    if (row->run_words != nullptr && row->name == first) return row->run_words({argv + 2, argv + argc});
    CLI::App* command = program.add_subcommand(std::string(row->name), std::string(row->summary));
    if (row->declare != nullptr) command->callback([&status, run = row->declare(*command)] { status = run(); });
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kSuccess : kUsage;
  }
  return status;
}

}  // namespace
}  // namespace cxlemu::app

int main(int argc, char** argv) {
  const int status = cxlemu::app::run_program(argc, argv);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  cxlemu::app::print_error("cannot write to standard output");
  return status == cxlemu::app::kSuccess ? cxlemu::app::kRefused : status;
}
