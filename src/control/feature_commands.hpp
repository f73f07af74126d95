// What QMP shows of features and maintenance, and the corrected errors that it puts into the media.
#pragma once

#include "control/qmp_server.hpp"

namespace cxlemu::control {

/// The rows of these commands.
std::span<const QmpCommand> feature_commands();

}  // namespace cxlemu::control
