#include "machine/build.hpp"

#include <fmt/format.h>

#include <map>

namespace cxlemu {
namespace {

using Backings = std::map<std::string, std::shared_ptr<Backing>, std::less<>>;

// A memory device with all that it stands on; destroyed from the last to the first.
struct MemoryDeviceParts {
  std::vector<std::shared_ptr<Backing>> backings;
  std::unique_ptr<MemoryDevice> device;
  std::unique_ptr<PcieFunction> function;
};

// A UUID that is the same on every start and differs from device to device (mctpd recognises endpoints by it).
Uuid uuid_of(const MemoryDeviceConfig& config) {
  Uuid uuid = "00000000-0000-8000-8000-000000000000"_uuid;  // RFC 9562 version 8: of our own making
  uuid.bytes[0] = static_cast<std::byte>(config.vendor_id >> 8);
  uuid.bytes[1] = static_cast<std::byte>(config.vendor_id & 0xFF);
  uuid.bytes[2] = static_cast<std::byte>(config.device_id >> 8);
  uuid.bytes[3] = static_cast<std::byte>(config.device_id & 0xFF);
  for (std::size_t i = 0; i < 8; ++i) uuid.bytes[8 + i] = static_cast<std::byte>(config.serial_number >> (56 - 8 * i));
  // The variant takes the place of two bits of the serial number, which go where there is room.
  uuid.bytes[4] = uuid.bytes[8] >> 6;
  uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  return uuid;
}

BuiltFunction built(PcieFunction& function) {
  return {.read = [&function](FunctionRegion region, std::uint64_t offset,
                              MutableBytes to) { function.read(region, offset, to); },
          .write = [&function](FunctionRegion region, std::uint64_t offset,
                               Bytes from) { function.write(region, offset, from); },
          .take_interrupts =
              [&function] {
                function.look();
                return function.take_interrupts();
              }};
}

Result<BuiltComponent> build(const MemoryDeviceDeclaration& declaration, Timeline& timeline, const Backings& backings,
                             Environment& environment) {
  auto parts = std::make_shared<MemoryDeviceParts>();
  const auto backing = [&](const std::string& id) -> Result<Backing*> {
    if (id.empty()) return nullptr;
    const auto found = backings.find(id);
    if (found == backings.end()) return failure(fmt::format("{}: no memory backend \"{}\"", declaration.id, id));
    return parts->backings.emplace_back(found->second).get();
  };
  const LogicalDeviceBackings used{.volatile_capacity = TRY(backing(declaration.volatile_memdev)),
                                   .persistent_capacity = TRY(backing(declaration.persistent_memdev)),
                                   .labels = TRY(backing(declaration.lsa)),
                                   .partitionable_capacity = TRY(backing(declaration.partitionable_memdev))};
  MemoryDeviceConfig config = declaration.config;
  config.mctp_ccis = static_cast<std::uint8_t>(declaration.mctp.size());
  parts->device = std::make_unique<MemoryDevice>(declaration.id, std::move(config), timeline, used);
  const MutableBytes payload = environment.make_payload ? TRY(environment.make_payload(declaration)) : MutableBytes{};
  parts->function = std::make_unique<PcieFunction>(*parts->device, payload);

  MemoryDevice& device = *parts->device;
  PcieFunction& function = *parts->function;
  function.on_reset([&device](ResetKind kind) { device.component().on_reset_request(kind); });
  BuiltComponent made;
  made.component = &device.component();
  made.kind = MemoryDeviceKind{&device, &function};
  for (std::uint8_t i = 0; i < declaration.mctp.size(); ++i) {
    made.endpoints.push_back({.cci = {cci::Role::mctp, i},
                              .network = declaration.mctp[i].network,
                              .eid = declaration.mctp[i].eid,
                              .uuid = uuid_of(device.config()),
                              .transmission_unit = declaration.transmission_unit});
  }
  made.functions.push_back(built(function));
  made.reset = [&device, &function](ResetKind kind) {
    device.reset(kind);
    function.reset(kind);
  };
  made.owner = std::move(parts);
  return made;
}

}  // namespace

Result<std::unique_ptr<Machine>> build_machine(const Topology& topology, Environment environment) {
  Backings backings;
  for (const auto& config : topology.backends) {
    Backing backing = environment.make_backing ? TRY(environment.make_backing(config)) : Backing(config.size_bytes);
    if (!backings.emplace(config.id, std::make_shared<Backing>(std::move(backing))).second) {
      return failure(fmt::format("memory backend \"{}\" is declared twice", config.id));
    }
  }
  auto timeline = std::make_unique<Timeline>();
  std::vector<BuiltComponent> components;
  for (const auto& declaration : topology.memory_devices) {
    components.push_back(TRY(build(declaration, *timeline, backings, environment)));
  }
  return Machine::create(std::move(timeline), std::move(components), environment.page);
}

}  // namespace cxlemu
