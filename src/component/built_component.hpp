// A component as the machine takes it: built, with every way that leads into it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/uuid.hpp"
#include "component/kinds.hpp"

namespace cxlemu {

/// An MCTP endpoint of a component.
struct BuiltEndpoint {
  cci::CciId cci;  ///< what is behind it
  NetworkId network{1};
  Eid eid{};
  Uuid uuid{};                           ///< the same for all endpoints of a component (DSP0236, Get Endpoint UUID)
  std::uint16_t transmission_unit = 64;  ///< payload bytes of a packet
};

/// A PCIe function of a component.
struct BuiltFunction {
  std::move_only_function<void(FunctionRegion, std::uint64_t offset, MutableBytes to)> read;
  std::move_only_function<void(FunctionRegion, std::uint64_t offset, Bytes from)> write;
  /// What the component did becomes interrupts: their message numbers, in their order.
  std::move_only_function<std::vector<std::uint8_t>()> take_interrupts;
};

struct BuiltComponent {
  std::shared_ptr<void> owner;  ///< of all that follows
  cci::Component* component = nullptr;
  ComponentKind kind;
  std::vector<BuiltEndpoint> endpoints;
  std::vector<BuiltFunction> functions;
  /// Everything but the endpoints.
  std::move_only_function<void(ResetKind)> reset;
};

}  // namespace cxlemu
