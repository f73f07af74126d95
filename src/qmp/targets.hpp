// Which device a QMP command means, and which of its CCIs.
#pragma once

#include <string_view>

#include "qmp/commands.hpp"

namespace cxlemu::qmp {

/// The argument of every verb that is about a device.
inline constexpr Argument kPath{"path", ArgumentKind::text, "id of the device, or its QOM path"};

struct DeviceTarget {
  ComponentNode* node;
  MemoryDevice* device;
};
/// The memory device that the argument `path` names: an id, or a QOM path that ends in one.
Result<DeviceTarget> find_device(QmpContext& context, const Json& arguments);

/// The CCI of this name, which the device must have.
Result<cci::CciId> find_cci(const DeviceTarget& target, std::string_view name);

}  // namespace cxlemu::qmp
