// The sets of QMP commands: the rows of each, in a file of its own.
#pragma once

#include <span>

#include "qmp/commands.hpp"

namespace cxlemu::qmp {

/// What is logged: QEMU's commands that inject event records (QEMU 11.1, qapi/cxl.json), and what shows them.
std::span<const QmpCommand> event_commands();
/// Faults that a user sets.
std::span<const QmpCommand> fault_commands();
/// Features and maintenance, and the corrected errors that are put into the media.
std::span<const QmpCommand> feature_commands();
/// Firmware slots and transfers.
std::span<const QmpCommand> firmware_commands();
/// The condition of a device.
std::span<const QmpCommand> health_commands();
/// The lab as a whole, its time, resets, and the CCIs of its devices.
std::span<const QmpCommand> lab_commands();
/// The media of a device: reading and writing it as a host would, poison.
std::span<const QmpCommand> media_commands();
/// Errors of a device's CXL protocols: QEMU's commands that inject them, and what shows and clears them.
std::span<const QmpCommand> ras_commands();

}  // namespace cxlemu::qmp
