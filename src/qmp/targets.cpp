#include "qmp/targets.hpp"

#include <fmt/format.h>

#include <vector>

#include "text/nearest_name.hpp"
#include "text/quoted.hpp"

namespace cxlemu::qmp {

using text::did_you_mean;
using text::quoted;

Result<DeviceTarget> find_device(QmpContext& context, const Json& arguments) {
  const auto path = arguments["path"].string().value_or("");
  if (ComponentNode* node = context.machine.find(path)) {
    if (const auto* kind = std::get_if<MemoryDeviceKind>(&node->built.kind)) return DeviceTarget{node, kind->device};
    return failure(fmt::format("{} is no memory device", quoted(path)));
  }
  std::vector<std::string_view> ids;
  for (const auto& node : context.machine.components()) ids.push_back(node.name());
  return failure(fmt::format("no device {}{}; `cxlemu list` shows the lab", quoted(path), did_you_mean(path, ids)));
}

Result<cci::CciId> find_cci(const DeviceTarget& target, std::string_view name) {
  const cci::Component& component = target.device->component();
  const auto id = cci::parse_cci_id(name);
  if (id && component.find(*id) != nullptr) return *id;
  if (id == cci::kMctp)
    return failure(fmt::format("{} has no MCTP endpoint (mctp=none); use via mailbox", component.id));
  std::string names;
  for (const cci::Cci& cci : component.ccis) names += (names.empty() ? "" : ", ") + cci::name_of(cci.id);
  return failure(fmt::format("{} has no CCI {}; it has {}", component.id, quoted(name), names));
}

}  // namespace cxlemu::qmp
