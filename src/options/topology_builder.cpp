#include "options/topology_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <map>
#include <set>
#include <string_view>

#include "mctp/eid.hpp"
#include "options/properties.hpp"
#include "options/qemu_options.hpp"
#include "options/vendor_commands.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"
#include "text/size_text.hpp"
#include "wire/memory_device.hpp"

namespace cxlemu::options {
namespace {

using text::did_you_mean;
using text::printable;
using text::quoted;
using text::size_text;
using EidSet = std::bitset<256>;

class Builder {
 public:
  explicit Builder(std::span<const std::string> without_effect) {
    for (const std::string& option : without_effect) note(option);
  }

  Result<BuiltTopology> build(std::span<const Declaration> declarations) {
    if (declarations.size() > kMaximumDeclarations) {
      return failure(
          fmt::format("{}: more than {} declarations", declarations[kMaximumDeclarations].place, kMaximumDeclarations));
    }
    for (const Declaration& declaration : declarations) TRY_VOID(take(declaration));
    for (std::size_t i = 0; i < devices_.size(); ++i) name_device(i);
    for (std::size_t i = 0; i < devices_.size(); ++i) TRY_VOID(connect(i));
    TRY_VOID(place_endpoints());
    drop_unused_backends();
    add_notice();
    return std::move(lab_);
  }

 private:
  Result<void> take(const Declaration& declaration) {
    switch (declaration.kind) {
      case DeclarationKind::object:
        return take_object(declaration);
      case DeclarationKind::device:
        return take_device(declaration);
      case DeclarationKind::machine:
        take_machine(declaration);
        return {};
    }
    return {};
  }

  // ---- one declaration ----

  Result<void> take_object(const Declaration& declaration) {
    const auto rows = backend_rows(declaration.type);
    if (rows.empty()) {
      if (use_of_object(declaration.type) == DriverUse::without_effect) {
        note(printable(declaration.type));
        return {};
      }
      return failure(fmt::format("{}: unknown object type {}{}", declaration.place, quoted(declaration.type),
                                 did_you_mean(declaration.type, known_objects())));
    }
    MemoryBackendConfig backend;
    TRY_VOID(apply(rows, declaration, backend));
    for (const std::string_view required : {"id", "size", "mem-path"}) {
      if (required == "mem-path" && declaration.type != "memory-backend-file") continue;
      if (!declaration.find(required)) {
        return failure(fmt::format("{}: {} needs {}", declaration.place, declaration.type, required));
      }
    }
    if (!backends_.emplace(backend.id, lab_.topology.backends.size()).second) {
      return failure(fmt::format("{}: there is another object {}", declaration.place, quoted(backend.id)));
    }
    lab_.topology.backends.push_back(std::move(backend));
    return {};
  }

  Result<void> take_device(const Declaration& declaration) {
    const auto rows = memory_device_rows(declaration.type);
    if (rows.empty()) return take_other_device(declaration);
    MemoryDeviceDeclaration device;
    TRY_VOID(apply(rows, declaration, device));
    TRY_VOID(apply_vendor_commands(declaration, device.config));
    if (declaration.find("memdev") && declaration.find("persistent-memdev")) {
      return failure(
          fmt::format("{}: [memdev] cannot be used with new [persistent-memdev] property", declaration.place));
    }
    if (!device.id.empty()) TRY_VOID(claim_device_id(declaration, device.id));
    if (!declaration.find("sn")) device.config.serial_number = kFirstSerialNumber + devices_.size();
    devices_.push_back(&declaration);
    lab_.topology.memory_devices.push_back(std::move(device));
    return {};
  }

  Result<void> take_other_device(const Declaration& declaration) {
    switch (use_of_driver(declaration.type)) {
      case DriverUse::without_effect: {
        note(printable(declaration.type));
        const Property* id = declaration.find("id");
        return id ? claim_device_id(declaration, id->text) : Result<void>();
      }
      case DriverUse::not_there_yet:
        return failure(fmt::format("{}: {} is not there yet: this version has memory devices (cxl-type3) only",
                                   declaration.place, declaration.type));
      case DriverUse::unknown:
        break;
    }
    return failure(fmt::format("{}: unknown device {}{}", declaration.place, quoted(declaration.type),
                               did_you_mean(declaration.type, known_drivers())));
  }

  // A machine's properties are QEMU's own; only its fixed windows have to do with CXL.
  void take_machine(const Declaration& declaration) {
    const auto is_window = [](const Property& property) { return property.name.starts_with("cxl-fmw."); };
    const bool has_window = std::ranges::any_of(declaration.properties, is_window);
    if (has_window) note("cxl-fmw");
    if (!has_window || !declaration.type.empty()) note("-machine");
  }

  Result<void> claim_device_id(const Declaration& declaration, const std::string& id) {
    if (device_ids_.insert(id).second) return {};
    return failure(fmt::format("{}: there is another device {}", declaration.place, quoted(id)));
  }

  // ---- rows ----

  template <typename Target>
  Result<void> apply(std::span<const PropertyRow<Target>> rows, const Declaration& declaration, Target& target) {
    for (const Property& property : declaration.properties) {
      const auto row = std::ranges::find_if(rows, [&](const auto& info) { return names(info, property.name); });
      if (row == rows.end()) return unknown_property(declaration, property);
      if (row->effect == PropertyEffect::refused && property.text != "off" && property.text != "0") {
        return failure(fmt::format("{}: {}: {}", declaration.place_of(property), property.name, row->meaning));
      }
      if (!row->set) {
        note(fmt::format("{} {}", declaration.type, row->name));
        continue;
      }
      const auto value = parse_property(*row, property.text);
      if (!value) {
        return failure(fmt::format("{}: {} {}: {}", declaration.place_of(property), declaration.type, property.name,
                                   value.error().message));
      }
      row->set(target, *value);
    }
    return {};
  }

  static std::unexpected<Error> unknown_property(const Declaration& declaration, const Property& property) {
    const std::vector<PropertyInfo> known = properties_of(declaration.type);
    std::vector<std::string_view> candidates;
    for (const PropertyInfo& info : known) candidates.push_back(info.name);
    std::string remedy = did_you_mean(property.name, candidates);
    const std::string_view name = property.name;
    if (property.bare && name.starts_with("no") && std::ranges::find(candidates, name.substr(2)) != candidates.end()) {
      remedy = fmt::format("; write {}=off", name.substr(2));
    }
    return failure(fmt::format("{}: {} has no property {}{}", declaration.place_of(property), declaration.type,
                               quoted(name), remedy));
  }

  // ---- between declarations ----

  void name_device(std::size_t index) {
    MemoryDeviceDeclaration& device = lab_.topology.memory_devices[index];
    while (device.id.empty()) {
      std::string id = fmt::format("mem{}", next_name_++);
      if (device_ids_.insert(id).second) device.id = std::move(id);
    }
  }

  Result<void> connect(std::size_t index) {
    const Declaration& declaration = *devices_[index];
    const MemoryDeviceDeclaration& device = lab_.topology.memory_devices[index];
    if (device.volatile_memdev.empty() && device.persistent_memdev.empty() && device.partitionable_memdev.empty()) {
      return failure(
          fmt::format("{}: {} has no memory; set volatile-memdev or persistent-memdev to the id of a memory "
                      "backend",
                      declaration.place, quoted(device.id)));
    }
    const bool is_alias = !declaration.find("persistent-memdev");
    TRY_VOID(connect_capacity(declaration, device, "volatile-memdev", device.volatile_memdev));
    TRY_VOID(
        connect_capacity(declaration, device, is_alias ? "memdev" : "persistent-memdev", device.persistent_memdev));
    TRY_VOID(connect_capacity(declaration, device, "partitionable-memdev", device.partitionable_memdev));
    TRY_VOID(check_partition(declaration, device));
    const bool may_be_persistent = !device.persistent_memdev.empty() || !device.partitionable_memdev.empty();
    if (may_be_persistent && device.lsa.empty()) {
      return failure(
          fmt::format("{}: lsa property must be set for persistent devices; give {} lsa= and a memory backend",
                      declaration.place, quoted(device.id)));
    }
    if (device.lsa.empty()) return {};
    const MemoryBackendConfig* backend = TRY(claim_backend(declaration, device, "lsa", device.lsa));
    if (backend->size_bytes <= kMaximumLabelStorage) return {};
    return failure(fmt::format("{}: lsa {} has {}; a label storage area is smaller than 4G",
                               place_of(declaration, "lsa"), quoted(backend->id), size_text(backend->size_bytes)));
  }

  // What is volatile at first is a part of the partitionable capacity.
  Result<void> check_partition(const Declaration& declaration, const MemoryDeviceDeclaration& device) {
    const std::uint64_t wanted = device.config.partitioned_volatile;
    if (wanted == 0) return {};
    const auto backend =
        std::ranges::find(lab_.topology.backends, device.partitionable_memdev, &MemoryBackendConfig::id);
    const std::uint64_t there = backend == lab_.topology.backends.end() ? 0 : backend->size_bytes;
    if (wanted % kCapacityUnit == 0 && wanted <= there) return {};
    return failure(
        fmt::format("{}: partitioned-volatile {} is no multiple of 256M up to the {} of partitionable-memdev",
                    place_of(declaration, "partitioned-volatile"), size_text(wanted), size_text(there)));
  }

  static std::string_view place_of(const Declaration& declaration, std::string_view property) {
    const Property* found = declaration.find(property);
    return found ? declaration.place_of(*found) : std::string_view(declaration.place);
  }

  Result<void> connect_capacity(const Declaration& declaration, const MemoryDeviceDeclaration& device,
                                std::string_view property, const std::string& id) {
    if (id.empty()) return {};
    const MemoryBackendConfig* backend = TRY(claim_backend(declaration, device, property, id));
    if (backend->size_bytes % kCapacityUnit == 0) return {};
    return failure(
        fmt::format("{}: {} {} has {}; capacity is reported in units of 256M, so give it a multiple "
                    "(CXL r3.2 8.2.10.9.1.1)",
                    place_of(declaration, property), property, quoted(id), size_text(backend->size_bytes)));
  }

  Result<const MemoryBackendConfig*> claim_backend(const Declaration& declaration,
                                                   const MemoryDeviceDeclaration& device, std::string_view property,
                                                   const std::string& id) {
    const std::string_view place = place_of(declaration, property);
    const auto found = backends_.find(id);
    if (found == backends_.end()) {
      std::vector<std::string_view> candidates;
      for (const auto& [known, index] : backends_) candidates.push_back(known);
      return failure(fmt::format("{}: {} names no memory backend: {}{}", place, property, quoted(id),
                                 did_you_mean(id, candidates)));
    }
    const auto [user, is_first] = users_.emplace(id, fmt::format("{} as {}", device.id, property));
    if (!is_first) {
      return failure(fmt::format("{}: memory backend {} can't be used multiple times; {} uses it", place, quoted(id),
                                 user->second));
    }
    return &lab_.topology.backends[found->second];
  }

  // A pasted line may declare the guest's own memory, which is not ours to take.
  void drop_unused_backends() {
    const auto is_unused = [&](const MemoryBackendConfig& backend) { return !users_.contains(backend.id); };
    for (const MemoryBackendConfig& backend : lab_.topology.backends) {
      if (is_unused(backend)) note(fmt::format("object {} (no device uses it)", backend.id));
    }
    std::erase_if(lab_.topology.backends, is_unused);
  }

  // ---- MCTP endpoints ----

  Result<void> place_endpoints() {
    std::map<NetworkId, EidSet> taken;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      for (const MctpPlacement& mctp : lab_.topology.memory_devices[i].mctp) {
        if (mctp.eid == kNullEid) continue;
        auto bit = taken[mctp.network][mctp.eid.value];
        if (bit) return endpoint_taken(i, mctp);
        bit = true;
      }
    }
    EidSet& first_network = taken[NetworkId(1)];
    std::size_t next = kFirstEid.value;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      for (MctpPlacement& mctp : lab_.topology.memory_devices[i].mctp) {
        if (mctp.eid != kNullEid) continue;
        while (next <= kLastEid.value && first_network[next]) ++next;
        if (next > kLastEid.value) {
          return failure(
              fmt::format("{}: network 1 has no free EID for {}: {} endpoints are the most; give it "
                          "mctp=NET:EID on another network, or mctp=none",
                          devices_[i]->place, quoted(lab_.topology.memory_devices[i].id), kMaximumEndpointsOfNetwork));
        }
        mctp = {.network = NetworkId(1), .eid = Eid(static_cast<std::uint8_t>(next++))};
      }
    }
    return {};
  }

  [[nodiscard]] std::unexpected<Error> endpoint_taken(std::size_t index, const MctpPlacement& wanted) const {
    const auto has_it = [&](const MemoryDeviceDeclaration& device) {
      return std::ranges::find(device.mctp, wanted) != device.mctp.end();
    };
    const auto owner = std::ranges::find_if(lab_.topology.memory_devices, has_it);
    return failure(fmt::format("{}: mctp={}:{} is the endpoint of {}; give another EID",
                               place_of(*devices_[index], "mctp"), wanted.network.value, wanted.eid.value,
                               quoted(owner->id)));
  }

  // ---- notices ----

  void note(const std::string& name) {
    if (noted_.insert(name).second) order_.push_back(name);
  }

  void add_notice() {
    if (order_.empty()) return;
    const std::span<const std::string> shown(order_.data(), std::min(order_.size(), kMaximumNoticeNames));
    std::string line = fmt::format("accepted without effect: {}", fmt::join(shown, ", "));
    if (shown.size() < order_.size()) line += fmt::format(" and {} more", order_.size() - shown.size());
    lab_.notices.push_back(std::move(line));
  }

  BuiltTopology lab_;
  std::vector<const Declaration*> devices_;                   ///< of lab_.topology.memory_devices, in the same order
  std::map<std::string, std::size_t, std::less<>> backends_;  ///< id to its place in the topology
  std::map<std::string, std::string, std::less<>> users_;     ///< backend to the property that uses it
  std::set<std::string, std::less<>> device_ids_;
  std::size_t next_name_ = 0;
  std::set<std::string, std::less<>> noted_;
  std::vector<std::string> order_;
};

}  // namespace

Result<BuiltTopology> build_topology(std::span<const Declaration> declarations,
                                     std::span<const std::string> without_effect) {
  return Builder(without_effect).build(declarations);
}

}  // namespace cxlemu::options
