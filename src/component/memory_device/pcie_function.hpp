// The PCIe function of a memory device: its configuration space and the register blocks in its BARs, joined to the
// state that commands act on. It is one more way to the device (CXL r3.2 8.1, 8.2): the mailbox CCI by its registers,
// events by interrupts, RAS errors by Advanced Error Reporting.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "component/memory_device/memory_device.hpp"
#include "pci/component_registers.hpp"
#include "pci/configuration_space.hpp"
#include "pci/device_registers.hpp"
#include "pci/doe.hpp"

namespace cxlemu {

/// What an access to a PCIe function may be to. The MSI-X table is not there: the transport of interrupts has it.
enum class FunctionRegion : std::uint8_t { configuration_space, component_registers, device_registers };

class PcieFunction {
 public:
  using Region = FunctionRegion;

  /// `payload`: where the payload of the mailbox is kept, of at least the mailbox payload size; empty: inside.
  explicit PcieFunction(MemoryDevice& device, MutableBytes payload = {});
  PcieFunction(const PcieFunction&) = delete;
  PcieFunction& operator=(const PcieFunction&) = delete;

  /// Bytes.
  [[nodiscard]] std::uint64_t size(Region region) const;
  /// Accesses of any size and alignment, inside or outside of the region. While Memory Space Enable is clear or the
  /// function is not in D0 nobody answers for its BARs (PCIe 7.5.1.1.3).
  void read(Region region, std::uint64_t offset, MutableBytes to) const;
  void write(Region region, std::uint64_t offset, Bytes from);

  /// Who carries out a reset that software asks for by a register: FLR or CXL Reset, of the device and of this.
  void on_reset(std::move_only_function<void(ResetKind)> reset) { on_reset_ = std::move(reset); }
  /// The registers after a reset of the device.
  void reset(ResetKind kind);

  /// What the device did since the last call becomes interrupts and error messages. To be called behind everything that
  /// may change the device.
  void look();
  /// Message numbers that are due, in their order, since the last call; nothing while interrupts are disabled.
  [[nodiscard]] std::vector<std::uint8_t> take_interrupts() { return std::exchange(interrupts_, {}); }

  [[nodiscard]] const pci::ConfigurationSpace& configuration_space() const { return configuration_space_; }

 private:
  [[nodiscard]] bool is_decoded(Region region) const;
  pci::DeviceRegisters::Calls calls();
  [[nodiscard]] pci::Mailbox::Calls mailbox_calls(cci::CciId id);
  [[nodiscard]] std::uint32_t event_status() const;
  [[nodiscard]] pci::MemoryDeviceStatus memory_device_status() const;
  void interrupt(std::uint8_t message);
  void look_at_partitions();
  void look_at_errors();

  MemoryDevice& device_;
  pci::Cdat cdat_;
  pci::Doe doe_;
  pci::ConfigurationSpace configuration_space_;
  pci::ComponentRegisters component_registers_;
  pci::DeviceRegisters device_registers_;
  std::move_only_function<void(ResetKind)> on_reset_;
  std::vector<std::uint8_t> interrupts_;  ///< LIMIT: each message once
  // What was told of already.
  pci::MemoryRanges seen_ranges_;
  cci::InterruptCounts seen_events_;
  std::uint64_t seen_completions_ = 0;
  std::uint32_t seen_uncorrectable_ = 0;
  std::uint32_t seen_correctable_ = 0;
};

}  // namespace cxlemu
