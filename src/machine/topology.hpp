// A parsed lab: what the machine is built from. options/ makes it from options and topology files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "component/memory_device/config.hpp"

namespace cxlemu {

/// `-object memory-backend-ram|file` or `[object.ID]`
struct MemoryBackendConfig {
  std::string id;
  std::uint64_t size_bytes = 0;
  std::string mem_path;  ///< empty: memory-backend-ram
  bool share = false;    ///< of a file: what is written goes to it
};

/// Where an MCTP endpoint of a component is. The null EID: the next free one from 8, which options/ puts in its place.
struct MctpPlacement {
  NetworkId network{1};
  Eid eid{};
  bool operator==(const MctpPlacement&) const = default;
};

/// `-device cxl-type3` or `[device.ID]`
struct MemoryDeviceDeclaration {
  std::string id;
  std::string volatile_memdev;  ///< ids of memory backends; empty: none
  std::string persistent_memdev;
  std::string partitionable_memdev;
  std::string lsa;
  std::vector<MctpPlacement> mctp{MctpPlacement{}};  ///< each is a CCI of its own; none: no endpoint
  std::uint16_t transmission_unit = 64;  ///< payload bytes of an MCTP packet on the lab's network (`mtu` less 4)
  std::string vfio_user = "auto";        ///< `none`, or the path of its socket; `auto` lets the program choose one
  bool map_payload = true;               ///< clients of that socket may map the payload of the mailbox
  MemoryDeviceConfig config;
};

struct Topology {
  std::vector<MemoryBackendConfig> backends;
  std::vector<MemoryDeviceDeclaration> memory_devices;
};

}  // namespace cxlemu
