#include "app/device_client.hpp"

#include <fmt/format.h>

#include <chrono>

#include "app/text.hpp"
#include "base/hex.hpp"
#include "os/process.hpp"
#include "qmp/arguments.hpp"

namespace cxlemu::app {

using qmp::number_of;

Result<Json> Device::send(Opcode opcode, Bytes payload) {
  Json arguments = Json::object({{"path", id_}, {"opcode", opcode.value}});
  if (!payload.empty()) arguments.set("payload", to_hex(payload));
  if (!via_.empty()) arguments.set("via", via_);
  return client_.call("cxlemu-send-command", arguments);
}

Result<Json> Device::commands() { return client_.call("cxlemu-query-commands", Json::object({{"path", id_}})); }

Result<Json> Device::cci(std::string_view via) {
  const Json lab = TRY(client_.call("cxlemu-query-lab"));
  // The lab takes QOM paths too, which end in the id.
  const std::string id = id_.substr(id_.rfind('/') + 1);
  for (const Json& device : lab["devices"].elements()) {
    if (device["id"].string() != id) continue;
    if (!device["ccis"].contains(via)) return failure(fmt::format("{} has no CCI by {}", id, via));
    return device["ccis"][via];
  }
  return failure("the device is gone");
}

Result<Json> Device::wait(std::string_view via, const cci::Command& row, const std::function<void(unsigned)>& show) {
  if (!clock_was_checked_) {
    const Json lab = TRY(client_.call("cxlemu-query-lab"));
    if (lab["clock"].string() == "virtual") {
      print_error("device time stands still (--clock=virtual): move it with `cxlemu qmp cxlemu-advance-clock by=1s`");
    }
    clock_was_checked_ = true;
  }
  Json background;
  for (;;) {
    background = TRY(cci(via))["background"];
    show(static_cast<unsigned>(number_of(background["percent"])));
    if (!background["running"].boolean().value_or(false)) break;
    os::sleep_for(std::chrono::milliseconds(50));
  }
  if (number_of(background["opcode"]) != row.opcode.value) {
    return failure(
        fmt::format("{}: a reset ended it, or another operation has followed; its result is lost", row.title));
  }
  return background;
}

bool succeeded(const Json& answer) { return number_of(answer["return-code"]) == 0; }
bool started(const Json& answer) {
  return number_of(answer["return-code"]) == static_cast<std::uint64_t>(ReturnCode::background_command_started);
}
Buffer payload_of(const Json& answer) { return qmp::hex_of(answer["payload"]); }

}  // namespace cxlemu::app
