#include "app/shim.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "os/file.hpp"

namespace cxlemu::app {

namespace fs = std::filesystem;

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

}  // namespace cxlemu::app
