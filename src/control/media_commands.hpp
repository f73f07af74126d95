// What QMP does to the media of a device: reading and writing it as a host would, poison.
#pragma once

#include "control/qmp_server.hpp"

namespace cxlemu::control {

/// The rows of these commands.
std::span<const QmpCommand> media_commands();

}  // namespace cxlemu::control
