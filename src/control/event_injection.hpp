// The event records that QMP's cxl-inject-*-event commands describe, with QEMU's arguments (QEMU 11.1, qapi/cxl.json).
#pragma once

#include "control/qmp_server.hpp"

namespace cxlemu::control {

/// The rows of these commands.
std::span<const QmpCommand> event_commands();

}  // namespace cxlemu::control
