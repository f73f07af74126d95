// Errors of a device's CXL protocols: QEMU's commands that inject them, and what shows and clears them.
#pragma once

#include "control/qmp_server.hpp"

namespace cxlemu::control {

std::span<const QmpCommand> ras_commands();

}  // namespace cxlemu::control
