// The kinds of components that there are. Only who builds a component and who asks a kind for more than its CCIs know
// this; what all kinds share is cci::Component.
#pragma once

#include <variant>

#include "component/memory_device/memory_device.hpp"
#include "component/memory_device/pcie_function.hpp"

namespace cxlemu {

/// A memory device and the PCIe function that leads to it.
struct MemoryDeviceKind {
  MemoryDevice* device;
  PcieFunction* function;
};

/// Of no kind: one that a program has made for itself.
using ComponentKind = std::variant<std::monostate, MemoryDeviceKind>;

}  // namespace cxlemu
