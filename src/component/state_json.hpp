// The state of a device as JSON, from its field lists: one form to store, to compare and to look at.
#pragma once

#include "base/json.hpp"
#include "component/memory_device/memory_device.hpp"

namespace cxlemu {

Json state_json(const MemoryDeviceState& state);
/// The error names the first field that is missing or has another type or range.
Result<MemoryDeviceState> parse_state(const Json& json);

}  // namespace cxlemu
