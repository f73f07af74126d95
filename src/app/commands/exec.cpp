#include <fmt/format.h>

#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/shim.hpp"
#include "app/text.hpp"
#include "os/lab_directory.hpp"

namespace cxlemu::app {
namespace {

constexpr std::string_view kHelp = R"(Runs a program whose AF_MCTP sockets reach a lab. No kernel support is needed.

usage: cxlemu exec [--lab NAME] [--] PROGRAM ARGS

  --lab NAME   name of the running lab (default: $CXLEMU_LAB, else lab)

example:
  cxlemu exec -- ./any-af-mctp-program 1 8

exit status: that of the program; 2 where it was not found, 3 where there is no lab
)";

int run(std::vector<std::string> arguments) {
  std::string lab = default_lab();
  std::size_t at = 0;
  for (; at < arguments.size() && arguments[at].starts_with('-'); ++at) {
    const std::string& word = arguments[at];
    if (word == "--") {
      ++at;
      break;
    }
    if (word == "--help") {
      print(kHelp);
      return kSuccess;
    }
    if (word.starts_with("--lab=")) {
      lab = word.substr(6);
    } else if (word == "--lab" && at + 1 < arguments.size()) {
      lab = arguments[++at];
    } else {
      print_error(fmt::format("exec: {} is no option here; put -- in front of the program", word));
      return kUsage;
    }
  }
  const std::vector<std::string> program(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
  if (program.empty()) {
    print_error("exec needs a program: cxlemu exec -- PROGRAM ARGS");
    return kUsage;
  }
  const auto directory = os::LabDirectory::find(lab);
  if (!directory) {
    print_error(directory.error().message);
    return kNoLab;
  }
  const auto environment = shim_environment(*directory);
  if (!environment) {
    print_error(environment.error().message);
    return kNoLab;
  }
  print_error(os::exec_program(program, *environment).message);
  return kUsage;
}

}  // namespace

constexpr Subcommand kExecCommand{
    .name = "exec",
    .summary = "run a program whose AF_MCTP sockets reach a lab (cxlemu exec --help)",
    .run_words = run,
};

}  // namespace cxlemu::app
