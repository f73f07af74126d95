// What a program needs in its environment so that its AF_MCTP sockets reach a lab.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/process.hpp"

namespace cxlemu::app {

/// The shim of this program, beside it in the build tree or installed.
Result<std::filesystem::path> find_shim();

/// In the directory of a lab that shows its endpoints on a D-Bus of its own choice: the address of that bus.
inline constexpr std::string_view kDbusAddressFile = "dbus.address";

/// LD_PRELOAD with the shim in front, and the socket of the lab; and the lab's D-Bus in the place of the system bus,
/// where it has one.
Result<std::vector<os::EnvironmentChange>> shim_environment(const std::filesystem::path& lab_directory);

}  // namespace cxlemu::app
