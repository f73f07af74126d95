#include "app/attach/vfio_user.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "pci/configuration_space.hpp"
#include "pci/device_registers.hpp"

namespace cxlemu::app {
namespace {

using Region = PcieFunction::Region;
using pci::ConfigurationSpace;

// Where a region of VFIO leads; nothing: to the table of MSI-X, which is here.
std::optional<Region> region_of(std::uint32_t index) {
  switch (index) {
    case ConfigurationSpace::kComponentRegistersBar:
      return Region::component_registers;
    case ConfigurationSpace::kDeviceRegistersBar:
      return Region::device_registers;
    case os::vfio_user::kConfigurationSpace:
      return Region::configuration_space;
    default:
      return std::nullopt;
  }
}

os::vfio_user::Interrupt interrupt_of(const PcieFunction& function) {
  const bool is_msi_x = function.configuration_space().interrupt_style() == pci::InterruptStyle::msi_x;
  return is_msi_x ? os::vfio_user::Interrupt::msi_x : os::vfio_user::Interrupt::msi;
}

}  // namespace

Result<MutableBytes> MailboxPayloads::make(const MemoryDeviceDeclaration& declaration) {
  const std::uint32_t size = declaration.config.mailbox_payload_size;
  // In a page that is mapped whole nothing else may lie.
  if (!declaration.map_payload || size < os::vfio_user::kPageSize) return MutableBytes{};
  // It lies in the memory where it lies in its BAR.
  constexpr std::size_t kOffset = pci::DeviceRegisters::payload_offset();
  auto memory = TRY(os::SharedMemory::create("cxlemu-mailbox", kOffset + size));
  return memory_.emplace(declaration.id, std::move(memory)).first->second.bytes().subspan(kOffset);
}

int MailboxPayloads::descriptor(const std::string& id) const {
  const auto found = memory_.find(id);
  return found == memory_.end() ? -1 : found->second.descriptor();
}

Result<std::unique_ptr<AttachVfioUser>> AttachVfioUser::open(os::EventLoop& loop, const Topology& topology,
                                                             Machine& machine, Gate& gate,
                                                             const MailboxPayloads& payloads,
                                                             const std::filesystem::path& directory) {
  std::unique_ptr<AttachVfioUser> attach(new AttachVfioUser(gate));
  attach->functions_.resize(machine.function_count());
  for (const MemoryDeviceDeclaration& declaration : topology.memory_devices) {
    if (declaration.vfio_user == "none") continue;
    const std::string& id = declaration.id;
    const ComponentNode& node = *machine.find(id);
    const auto& kind = std::get<MemoryDeviceKind>(node.built.kind);
    const FunctionId function_id = node.functions.front();
    Function& function = attach->functions_[function_id.value];
    function.socket =
        declaration.vfio_user == "auto" ? directory / (id + ".vfio") : std::filesystem::path(declaration.vfio_user);
    auto server =
        os::vfio_user::Server::open(loop, function.socket, attach->device(kind, function_id, payloads.descriptor(id)));
    if (!server) {
      return failure(fmt::format("{}: {}; vfio-user=PATH names another socket, vfio-user=none leaves it out", id,
                                 server.error().message));
    }
    function.server = std::make_unique<os::vfio_user::Server>(std::move(*server));
  }
  gate.on_output(SourceKind::pcie_function, [self = attach.get()](Output&& output) { self->interrupt(output); });
  return attach;
}

os::vfio_user::Device AttachVfioUser::device(const MemoryDeviceKind& device, FunctionId id, int payload_descriptor) {
  const PcieFunction& function = *device.function;
  os::vfio_user::Device made;
  for (std::uint32_t i = 0; i < os::vfio_user::kRegions; ++i) {
    if (const auto region = region_of(i)) made.regions[i].size = function.size(*region);
  }
  if (payload_descriptor >= 0) {
    auto& registers = made.regions[ConfigurationSpace::kDeviceRegistersBar];
    registers.mappable = {
        {.offset = pci::DeviceRegisters::payload_offset(), .size = device.device->config().mailbox_payload_size}};
    registers.descriptor = payload_descriptor;
  }
  const auto kind = interrupt_of(function);
  functions_[id.value].interrupt = kind;
  if (kind == os::vfio_user::Interrupt::msi_x) {
    made.regions[ConfigurationSpace::kMsiXBar].size = ConfigurationSpace::kMsiXBarSize;
    functions_[id.value].msi_x_table.resize(ConfigurationSpace::kMsiXBarSize);
  }
  made.interrupts[static_cast<std::size_t>(kind)] = function.configuration_space().messages();
  made.read = [this, id](std::uint32_t region, std::uint64_t offset, MutableBytes to) { read(id, region, offset, to); };
  made.write = [this, id](std::uint32_t region, std::uint64_t offset, Bytes from) { write(id, region, offset, from); };
  made.reset = [this, id] {
    gate_.turn([&](Machine& machine) { machine.reset(machine.component_of(id), ResetKind::conventional); });
  };
  return made;
}

void AttachVfioUser::read(FunctionId id, std::uint32_t region, std::uint64_t offset, MutableBytes to) {
  gate_.turn([&](Machine& machine) {
    if (const auto known = region_of(region)) {
      machine.read_registers(id, *known, offset, to);
    } else {
      std::ranges::copy(Bytes(functions_[id.value].msi_x_table).subspan(offset, to.size()), to.begin());
    }
  });
}

void AttachVfioUser::write(FunctionId id, std::uint32_t region, std::uint64_t offset, Bytes from) {
  gate_.turn([&](Machine& machine) {
    if (const auto known = region_of(region)) {
      return machine.write_registers(id, *known, offset, from);
    }
    // The client sends the messages, by a table of its own. No bit is ever pending: what is signalled is with the
    // client.
    Buffer& table = functions_[id.value].msi_x_table;
    const auto end = std::min<std::uint64_t>(offset + from.size(), ConfigurationSpace::kMsiXPendingBits);
    for (std::uint64_t at = offset; at < end; ++at) table[at] = from[at - offset];
  });
}

void AttachVfioUser::interrupt(const Output& output) {
  const Function& function = functions_[output.to.id];
  if (function.server == nullptr) return;
  for (const std::byte message : output.bytes) {
    function.server->interrupt(function.interrupt, std::to_integer<std::uint32_t>(message));
  }
}

}  // namespace cxlemu::app
