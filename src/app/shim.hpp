// What a program needs in its environment so that its AF_MCTP sockets reach a lab.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "os/process.hpp"

namespace cxlemu::app {

/// The shim of this program, beside it in the build tree or installed.
Result<std::filesystem::path> find_shim();

/// LD_PRELOAD with the shim in front, and the socket of the lab.
Result<std::vector<os::EnvironmentChange>> shim_environment(const std::filesystem::path& lab_directory);

}  // namespace cxlemu::app
