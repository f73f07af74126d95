// The firmware of a device.
#include "qmp/lab_query.hpp"
#include "qmp/targets.hpp"
#include "qmp/verbs/verbs.hpp"

namespace cxlemu::qmp {
namespace {

using enum ArgumentKind;

constexpr auto kQueryFirmware = std::to_array<Argument>({kPath});

Result<Json> query_firmware_command(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  return query_firmware(*node.device);
}

constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxlemu-query-firmware", "Firmware slots of a device, and the transfer that it is taking.",
     "`slots` with `slot` and, where there is firmware, `revision`, `bytes` and `sha256` of what was transferred; "
     "`active`, "
     "`staged` (0: none), `cold-reset-required`; `transfer` with `in-progress`, `by`, `received` bytes",
     kQueryFirmware, query_firmware_command},
});

}  // namespace

std::span<const QmpCommand> firmware_commands() { return kRows; }

}  // namespace cxlemu::qmp
