// Which device a QMP command means.
#pragma once

#include "control/qmp_server.hpp"

namespace cxlemu::control {

/// The argument of every verb that is about a device.
inline constexpr Argument kPath{"path", ArgumentKind::text, "id of the device, or its QOM path"};

/// The device that the argument `path` names: an id, or a QOM path that ends in one.
Result<MemoryDeviceNode*> find_device(QmpContext& context, const Json& arguments);

}  // namespace cxlemu::control
