// A program of somebody else that uses the installed library: a device in its own process, no sockets, its own time.
#include <cstdio>

#include "machine/build.hpp"

int main() {
  using namespace cxlemu;
  Topology topology;
  topology.backends = {{"m0", 256 << 20, {}}};
  MemoryDeviceDeclaration mem0;
  mem0.id = "mem0";
  mem0.volatile_memdev = "m0";
  mem0.mctp = {{NetworkId{1}, Eid{8}}};
  topology.memory_devices = {mem0};
  const auto machine = build_machine(topology).value();
  ComponentNode& node = *machine->find("mem0");
  machine->send_command(node, cci::kMctp, Opcode{0x4400}, {});
  machine->advance_to(std::chrono::seconds(1));
  const auto status = machine->send_command(node, cci::kMctp, Opcode{0x0002}, {});
  machine->settle();
  const bool completed = status && status->payload.size() == 8 && status->payload[0] == std::byte{100 << 1};
  std::puts(completed ? "sanitized" : "not sanitized");
  return completed ? 0 : 1;
}
