#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/shim.hpp"
#include "app/text.hpp"
#include "os/file.hpp"
#include "os/lab_directory.hpp"

namespace cxlemu::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHelp = R"(Runs a program whose AF_MCTP sockets reach a lab. No kernel support is needed.

usage: cxlemu exec [--lab NAME] [--] PROGRAM ARGS

  --lab NAME   name of the running lab (default: $CXLEMU_LAB, else lab)

example:
  cxlemu exec -- ./any-af-mctp-program 1 8

exit status: that of the program; 2 where it was not found, 3 where there is no lab
)";

}  // namespace

Result<fs::path> find_shim() {
  std::error_code ignored;
  const fs::path installed = fs::path(os::own_executable()).parent_path() / CXLEMU_INSTALLED_SHIM;
  for (const fs::path& candidate : {installed, fs::path(CXLEMU_BUILD_SHIM)}) {
    if (fs::exists(candidate, ignored)) return fs::weakly_canonical(candidate);
  }
  return failure(fmt::format("libcxlemu_mctp.so is neither at {} nor at {}; install the program with `cmake --install`",
                             installed.string(), CXLEMU_BUILD_SHIM));
}

Result<std::vector<os::EnvironmentChange>> shim_environment(const fs::path& lab_directory) {
  std::string preload = TRY(find_shim()).string();
  if (const char* others = std::getenv("LD_PRELOAD"); others != nullptr && *others != '\0') {
    preload += fmt::format(":{}", others);
  }
  std::vector<os::EnvironmentChange> changes{{"LD_PRELOAD", preload},
                                             {"CXLEMU_MCTP_SOCKET", (lab_directory / "mctp.sock").string()}};
  constexpr std::size_t kMaximumAddress = 4096;
  std::error_code ignored;
  if (const fs::path file = lab_directory / kDbusAddressFile; fs::exists(file, ignored)) {
    changes.push_back({"DBUS_SYSTEM_BUS_ADDRESS", TRY(os::read_text_file(file, kMaximumAddress))});
  }
  return changes;
}

int exec_command(std::string lab, std::vector<std::string> arguments) {
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

}  // namespace cxlemu::app
