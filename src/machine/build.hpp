// Makes a machine from a topology: the one place that knows how each kind of component is built.
#pragma once

#include "machine/machine.hpp"
#include "machine/topology.hpp"

namespace cxlemu {

/// What a lab gets from outside of it.
struct Environment {
  /// Makes the bytes of a backend; without one every backend is sparse memory.
  std::move_only_function<Result<Backing>(const MemoryBackendConfig&)> make_backing{};
  /// Where the payload of a device's mailbox is kept, of its mailbox payload size; empty: in the function. So it may be
  /// memory that others have mapped.
  std::move_only_function<Result<MutableBytes>(const MemoryDeviceDeclaration&)> make_payload{};
  /// What programs behind the shim share; null: the machine has its own, for a lab without sockets.
  lab::RoutePage* page = nullptr;
};

Result<std::unique_ptr<Machine>> build_machine(const Topology& topology, Environment environment = {});

}  // namespace cxlemu
