// Which device a QMP command means, and which of its CCIs.
#pragma once

#include <array>
#include <string_view>

#include "qmp/commands.hpp"

namespace cxlemu::qmp {

/// The argument of every verb that is about a device.
inline constexpr Argument kPath{"path", ArgumentKind::text, "id of the device, or its QOM path"};

/// The device that the argument `path` names: an id, or a QOM path that ends in one.
Result<MemoryDeviceNode*> find_device(QmpContext& context, const Json& arguments);

/// The values of an argument `via`.
inline constexpr auto kVias = std::to_array<std::string_view>({"mailbox", "mctp"});

}  // namespace cxlemu::qmp
