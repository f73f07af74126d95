#include "qmp/targets.hpp"

#include <fmt/format.h>

#include <vector>

#include "text/nearest_name.hpp"
#include "text/quoted.hpp"

namespace cxlemu::qmp {

using text::did_you_mean;
using text::quoted;

Result<MemoryDeviceNode*> find_device(QmpContext& context, const Json& arguments) {
  const auto path = arguments["path"].string().value_or("");
  if (MemoryDeviceNode* node = context.machine.find(path)) return node;
  std::vector<std::string_view> ids;
  for (const auto& node : context.machine.memory_devices()) ids.push_back(node.device->id());
  return failure(fmt::format("no device {}{}; `cxlemu list` shows the lab", quoted(path), did_you_mean(path, ids)));
}

}  // namespace cxlemu::qmp
