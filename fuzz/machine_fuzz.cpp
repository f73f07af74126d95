// A whole lab: QMP text with every command and fault, datagrams of programs behind the shim, time. It must answer or
// count whatever comes, and what a device is must stay consistent.
// Input: records of {kind, length (two bytes), bytes}. kind: 0 QMP bytes, 1 a datagram, 2 time, 3 open and close.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "machine/build.hpp"
#include "qmp/server.hpp"

namespace {

using namespace cxlemu;

void require(bool holds) {
  if (!holds) std::abort();
}

std::unique_ptr<Machine> make_lab() {
  Topology topology;
  topology.backends = {{"v", 256 << 20, {}}, {"p", 256 << 20, {}}, {"l", 4096, {}}};
  for (const char* id : {"mem0", "mem1"}) {
    MemoryDeviceDeclaration device;
    device.id = id;
    device.config.event_log_size = 3;
    device.config.poison_list_size = 3;
    device.config.scan_results_size = 2;
    if (topology.memory_devices.empty()) {
      device.volatile_memdev = "v";
      device.mctp = {{NetworkId{1}, Eid{8}}, {NetworkId{1}, Eid{10}}};
      device.config.secondary_mailbox = true;
      device.lsa = "l";
    } else {
      device.persistent_memdev = "p";
      device.mctp = {{NetworkId{1}, Eid{9}}};
      device.config.profile = Profile::libcxlmi;
    }
    topology.memory_devices.push_back(device);
  }
  return build_machine(topology).value();
}

// What the device reports is what it knows of, until its list overflows; then the list stays within its limit.
void check_poison(MemoryDevice& device) {
  const PoisonState& poison = device.logical_device().state.poison;
  require(poison.list.records() <= device.config().poison_list_size);
  require(poison.scan.records.size() <= device.config().scan_results_size);
  if (poison.overflow) return;
  PoisonMap known;
  poison.media.visit(0, device.logical_device().capacity(), [&](const PoisonRange& range) {
    if (range.kind.detected) known.add(range.dpa, range.length, range.kind);
    return true;
  });
  require(known == poison.list);
}

void check(Machine& machine) {
  for (auto& node : machine.components()) {
    MemoryDevice& device = *std::get<MemoryDeviceKind>(node.built.kind).device;
    check_poison(device);
    // A transfer is of one CCI, and a part that is being taken belongs to one.
    require(!device.firmware().transfer.part_is_running || device.firmware().transfer.in_progress);
    for (const cci::Cci& cci : device.component().ccis) {
      require(cci.background.percent() <= 100);
      require(!cci.background.running() || cci.background.percent() < 100);
      // A Sanitize that runs keeps media disabled.
      require(!cci.background.running() || cci.background.state().opcode != Opcode{0x4400} ||
              device.logical_device().state.media_disabled);
      for (std::size_t log = 0; log < kEventLogs; ++log) {
        require(cci.events->log(static_cast<EventLogId>(log)).records.size() <= cci.events->limit());
      }
    }
    for (const EndpointNode& one : node.endpoints) {
      require(one.endpoint->assemblies_in_progress() <= one.endpoint->configuration().maximum_assemblies);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto machine = make_lab();
  qmp::Server server(*machine, {.lab_name = "fuzz", .clock = "virtual"});
  const Source qmp{SourceKind::qmp, 0};
  const Source socket{SourceKind::mctp_socket, 0};
  machine->open(qmp);
  machine->open(socket);
  machine->input(qmp, bytes_of(std::string_view(R"({"execute":"qmp_capabilities"})")));
  Bytes input = std::as_bytes(std::span(data, size));
  while (input.size() >= 3) {
    const auto kind = std::to_integer<unsigned>(input[0]) % 4;
    const std::size_t length = std::min<std::size_t>(
        std::to_integer<std::size_t>(input[1]) | std::to_integer<std::size_t>(input[2]) << 8, input.size() - 3);
    const Bytes bytes = input.subspan(3, length);
    input = input.subspan(3 + length);
    if (kind == 0) machine->input(qmp, bytes);
    if (kind == 1) machine->input(socket, bytes);
    if (kind == 2) machine->advance_to(machine->now() + std::chrono::milliseconds(length));
    if (kind == 3) {
      machine->close(socket);
      machine->open(socket);
    }
    check(*machine);
  }
  return 0;
}
