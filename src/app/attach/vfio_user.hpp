// Attaches QEMU to a lab: a vfio-user socket for the PCIe function of each memory device.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/attach/gate.hpp"
#include "machine/build.hpp"
#include "os/memory.hpp"
#include "os/vfio_user/server.hpp"

namespace cxlemu::app {

/// Memory of the mailboxes' payloads, which clients map (`map-payload`).
class MailboxPayloads {
 public:
  /// Room for a device's payload; nothing where it is not to be mapped, or is less than a page.
  Result<MutableBytes> make(const MemoryDeviceDeclaration& declaration);
  /// -1: this device's is not mapped.
  [[nodiscard]] int descriptor(const std::string& id) const;

 private:
  std::map<std::string, os::SharedMemory, std::less<>> memory_;
};

class AttachVfioUser {
 public:
  /// Listens for every device that does not say vfio-user=none. Its socket is `ID.vfio` in the lab's directory or the
  /// path that it names.
  static Result<std::unique_ptr<AttachVfioUser>> open(os::EventLoop& loop, const Topology& topology, Machine& machine,
                                                      Gate& gate, const MailboxPayloads& payloads,
                                                      const std::filesystem::path& directory);
  /// Empty: nobody can attach to this function.
  [[nodiscard]] const std::filesystem::path& socket(FunctionId id) const { return functions_[id.value].socket; }

 private:
  struct Function {
    std::filesystem::path socket;
    std::unique_ptr<os::vfio_user::Server> server;  ///< null: nobody can attach to this one
    os::vfio_user::Interrupt interrupt{};
    Buffer msi_x_table;
  };

  explicit AttachVfioUser(Gate& gate) : gate_(gate) {}
  os::vfio_user::Device device(const MemoryDeviceKind& kind, FunctionId id, int payload_descriptor);
  void read(FunctionId id, std::uint32_t region, std::uint64_t offset, MutableBytes to);
  void write(FunctionId id, std::uint32_t region, std::uint64_t offset, Bytes from);
  void interrupt(const Output& output);

  Gate& gate_;
  std::vector<Function> functions_;  ///< by FunctionId
};

}  // namespace cxlemu::app
