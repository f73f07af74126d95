#include "app/attach/dbus.hpp"

#include <fmt/format.h>

#include "app/shim.hpp"
#include "app/text.hpp"
#include "os/file.hpp"

namespace cxlemu::app {
namespace {

using os::DbusInterface;
using os::DbusTree;

// mctpd has had two names. Programs of today ask for the first; those for OpenBMC of before 2024 for the second.
constexpr std::string_view kName = "au.com.codeconstruct.MCTP1";
constexpr std::string_view kRoot = "/au/com/codeconstruct/mctp1";
constexpr std::string_view kOldName = "xyz.openbmc_project.MCTP";
constexpr std::string_view kOldRoot = "/xyz/openbmc_project/mctp";

DbusInterface endpoint_interface(NetworkId network, Eid eid, Buffer message_types) {
  return {"xyz.openbmc_project.MCTP.Endpoint",
          {{"EID", eid.value},
           {"NetworkId", network.value},
           {"SupportedMessageTypes", std::move(message_types)},
           {"VendorDefinedMessageTypes", os::DbusNoElements{"(yvq)"}}}};
}

void add_endpoint(DbusTree& tree, NetworkId network, Eid eid, std::vector<DbusInterface> interfaces) {
  tree[fmt::format("{}/{}/{}", kOldRoot, network.value, eid.value)] = interfaces;
  interfaces.push_back({"au.com.codeconstruct.MCTP.Endpoint1", {{"Connectivity", std::string("Available")}}});
  tree[fmt::format("{}/networks/{}/endpoints/{}", kRoot, network.value, eid.value)] = std::move(interfaces);
}

// The tree of mctpd: a network, the interface that leads to it, the EID of the programs, and each device.
DbusTree tree_of(Machine& machine) {
  DbusTree tree;
  for (const auto& network : machine.networks()) {
    const Eid local = network.host->eid();
    tree[fmt::format("{}/interfaces/cxlemu{}", kRoot, network.id.value)] = {
        {"au.com.codeconstruct.MCTP.Interface1", {{"Role", std::string("Endpoint")}, {"NetworkId", network.id.value}}}};
    tree[fmt::format("{}/networks/{}", kRoot, network.id.value)] = {
        {"au.com.codeconstruct.MCTP.Network1", {{"LocalEIDs", Buffer{static_cast<std::byte>(local.value)}}}}};
    // The programs themselves: message type 0 alone, so that nobody takes them for a device.
    add_endpoint(tree, network.id, local, {endpoint_interface(network.id, local, Buffer{std::byte{0}})});
  }
  for (const ComponentNode& node : machine.components()) {
    for (const EndpointNode& one : node.endpoints) {
      if (!machine.is_reached(one)) continue;
      const auto& configuration = one.endpoint->configuration();
      Buffer types{std::byte{0}};
      for (const auto& supported : configuration.message_types) types.push_back(static_cast<std::byte>(supported.type));
      add_endpoint(tree, one.network, one.endpoint->eid(),
                   {endpoint_interface(one.network, one.endpoint->eid(), std::move(types)),
                    {"xyz.openbmc_project.Common.UUID", {{"UUID", configuration.uuid.text()}}}});
    }
  }
  return tree;
}

}  // namespace

Result<std::unique_ptr<AttachDbus>> AttachDbus::open(os::EventLoop& loop, Machine& machine, const std::string& where,
                                                     const std::filesystem::path& lab_directory) {
  std::unique_ptr<AttachDbus> attach(new AttachDbus);
  std::string address = where;
  if (where == "private") {
    auto bus = os::PrivateBus::start(loop, lab_directory);
    if (!bus) {
      return failure(
          fmt::format("--dbus=private: {}; install dbus-daemon, or name a bus by --dbus=ADDRESS", bus.error().message));
    }
    attach->bus_.emplace(std::move(*bus));
    address = attach->bus_->address();
  }
  const std::vector<os::DbusService> services = {{std::string(kName), std::string(kRoot)},
                                                 {std::string(kOldName), std::string(kOldRoot)}};
  auto made = os::DbusExport::open(loop, address, services, tree_of(machine));
  if (!made) {
    return failure(
        fmt::format("--dbus={}: {}; --dbus=private makes a bus of its own for this lab", where, made.error().message));
  }
  attach->export_ = std::move(*made);
  attach->export_->on_gone(
      [where] { print_error(fmt::format("the bus of --dbus={} has gone; the lab goes on without it", where)); });
  machine.on_endpoint_change([self = attach.get(), &machine] { self->export_->set(tree_of(machine)); });
  // Programs find the system bus anyway.
  if (where == "system") return attach;
  address = attach->export_->address();
  TRY_VOID(os::write_file_atomically(lab_directory / kDbusAddressFile, std::as_bytes(std::span(address)), 0600));
  attach->address_ = std::move(address);
  return attach;
}

}  // namespace cxlemu::app
