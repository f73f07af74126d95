#include "component/memory_device/pcie_function.hpp"

#include <algorithm>

#include "component/memory_device/ras.hpp"

namespace cxlemu {
namespace {

pci::MemoryRanges memory_ranges(const MemoryDevice& device) {
  const std::uint64_t volatile_capacity = device.logical_device().volatile_capacity();
  return {volatile_capacity, device.logical_device().capacity() - volatile_capacity};
}

pci::DeviceRegistersConfig registers_config(const MemoryDeviceConfig& config, MutableBytes payload = {}) {
  pci::DeviceRegistersConfig made;
  made.payload_size = config.mailbox_payload_size;
  if (config.secondary_mailbox) made.secondary_payload_size = config.mailbox_payload_size;
  made.strict_interrupts = config.strict_interrupts;
  made.payload_memory = payload;
  return made;
}

pci::FunctionConfig function_config(const MemoryDevice& device) {
  const MemoryDeviceConfig& config = device.config();
  pci::FunctionConfig made;
  made.vendor_id = config.vendor_id;
  made.device_id = config.device_id;
  made.subsystem_vendor_id = config.subsystem_vendor_id;
  made.subsystem_id = config.subsystem_id;
  made.serial_number = config.serial_number;
  made.memory_ranges = memory_ranges(device);
  made.interrupts = config.msi_x ? pci::InterruptStyle::msi_x : pci::InterruptStyle::msi;
  made.component_registers_size = pci::ComponentRegisters::kSize;
  made.device_registers_size = pci::DeviceRegisters::size(registers_config(config));
  made.internal_errors_unmasked = config.ras_unmasked;
  return made;
}

// Behind those of the mailbox and the event logs.
constexpr std::uint8_t kDoeMessage = cci::kFirstEventInterruptMessageNumber + kEventLogs;

pci::Reset reset_of(ResetKind kind) {
  switch (kind) {
    case ResetKind::conventional:
      return pci::Reset::conventional;
    case ResetKind::cold:
    case ResetKind::power_loss:
      return pci::Reset::cold;
    case ResetKind::cxl:
      return pci::Reset::cxl;
    case ResetKind::flr:
      return pci::Reset::flr;
  }
  return pci::Reset::cold;
}

}  // namespace

PcieFunction::PcieFunction(MemoryDevice& device, MutableBytes payload)
    : device_(device),
      cdat_(pci::cdat_memory(memory_ranges(device))),
      doe_(kDoeMessage,
           {.message_number = [this](std::uint8_t wanted) { return configuration_space_.message_number(wanted); },
            .interrupt = [this](std::uint8_t message) { interrupt(message); }}),
      configuration_space_(function_config(device), &doe_),
      component_registers_({.hdm_decoders = device.config().hdm_decoders},
                           {.read = [this](std::uint32_t offset) { return ras::read(device_.ras(), offset); },
                            .write =
                                [this](std::uint32_t offset, std::uint32_t value) {
                                  ras::write(device_.ras(), offset, value);
                                  device_.changes().mark(StateKey::ras);
                                }}),
      device_registers_(registers_config(device.config(), payload), calls()),
      seen_ranges_(memory_ranges(device)),
      seen_events_(device.cci(cci::kMailbox).events->interrupts()),
      seen_completions_(device.mailbox_completions()) {
  doe_.add(pci::table_access(cdat_));
  configuration_space_.on_reset([this](pci::Reset kind) {
    if (on_reset_) on_reset_(kind == pci::Reset::cxl ? ResetKind::cxl : ResetKind::flr);
  });
}

pci::Mailbox::Calls PcieFunction::mailbox_calls(cci::CciId id) {
  return {.execute =
              [this, id](Opcode opcode, Bytes payload, std::size_t declared_length, MutableBytes answer) {
                return cci::dispatch(
                    device_.cci(id),
                    {.opcode = opcode, .payload = payload, .declared_length = declared_length, .by = cci::Way::mailbox},
                    answer);
              },
          .message_number = [this](std::uint8_t wanted) { return configuration_space_.message_number(wanted); },
          .interrupt = [this](std::uint8_t message) { interrupt(message); }};
}

pci::DeviceRegisters::Calls PcieFunction::calls() {
  return {.event_status = [this] { return event_status(); },
          .memory_device_status = [this] { return memory_device_status(); },
          .primary = mailbox_calls(cci::kMailbox),
          .secondary = mailbox_calls(cci::kSecondaryMailbox),
          .background = &device_.cci(cci::kMailbox).background};
}

std::uint64_t PcieFunction::size(Region region) const {
  switch (region) {
    case Region::configuration_space:
      return configuration_space_.table().size();
    case Region::component_registers:
      return pci::ComponentRegisters::kSize;
    case Region::device_registers:
      return device_registers_.size();
  }
  return 0;
}

bool PcieFunction::is_decoded(Region region) const {
  return region == Region::configuration_space || configuration_space_.bars_enabled();
}

void PcieFunction::read(Region region, std::uint64_t offset, MutableBytes to) const {
  if (!is_decoded(region)) {
    std::ranges::fill(to, std::byte{0xFF});
    return;
  }
  switch (region) {
    case Region::configuration_space:
      return configuration_space_.read(offset, to);
    case Region::component_registers:
      return component_registers_.read(offset, to);
    case Region::device_registers:
      return device_registers_.read(offset, to);
  }
}

void PcieFunction::write(Region region, std::uint64_t offset, Bytes from) {
  if (!is_decoded(region)) return;
  switch (region) {
    case Region::configuration_space:
      configuration_space_.write(offset, from);
      // With MSI software may have assigned fewer messages than there are: the low bits of a number count.
      device_.cci(cci::kMailbox)
          .events->set_message_mask(configuration_space_.message_number(pci::kMaximumMessages - 1));
      return;
    case Region::component_registers:
      return component_registers_.write(offset, from);
    case Region::device_registers:
      return device_registers_.write(offset, from);
  }
}

// CXL r3.2 8.2.9.3.1
std::uint32_t PcieFunction::event_status() const {
  std::uint32_t status = 0;
  for (std::size_t i = 0; i < kEventLogs; ++i) {
    if (!device_.cci(cci::kMailbox).events->log(static_cast<EventLogId>(i)).records.empty()) status |= 1U << i;
  }
  return status;
}

pci::MemoryDeviceStatus PcieFunction::memory_device_status() const {
  constexpr std::uint8_t kNotReady = 1;  // Media Status of Get Health Info
  pci::MemoryDeviceStatus status;
  if (device_.logical_device().state.media_disabled) {
    status.media = pci::MediaStatus::disabled;
  } else if (device_.health().media_status == kNotReady) {
    status.media = pci::MediaStatus::not_ready;
  }
  return status;
}

void PcieFunction::interrupt(std::uint8_t message) {
  if (configuration_space_.interrupts_enabled() && std::ranges::find(interrupts_, message) == interrupts_.end()) {
    interrupts_.push_back(message);
  }
}

void PcieFunction::look() {
  look_at_partitions();
  const auto completions = device_.mailbox_completions();
  if (std::exchange(seen_completions_, completions) != completions) {
    device_registers_.primary_mailbox().background_completed();
  }
  const cci::InterruptCounts& events = device_.cci(cci::kMailbox).events->interrupts();
  for (std::size_t i = 0; i < kEventLogs; ++i) {
    if (std::exchange(seen_events_[i], events[i]) == events[i]) continue;
    interrupt(
        configuration_space_.message_number(static_cast<std::uint8_t>(cci::kFirstEventInterruptMessageNumber + i)));
  }
  look_at_errors();
}

// Set Partition Info changes them at once or at a reset, and a state that is restored brings its own.
void PcieFunction::look_at_partitions() {
  const pci::MemoryRanges ranges = memory_ranges(device_);
  if (std::exchange(seen_ranges_, ranges) == ranges) return;
  configuration_space_.set_memory_ranges(ranges);
  cdat_.update(pci::cdat_memory(ranges));
}

// CXL r3.2 12.2.2: errors of CXL.cachemem are internal errors to PCIe.
// DEVIATION: the message itself goes no further: vfio-user has none for it, and its error interrupt stops QEMU.
void PcieFunction::look_at_errors() {
  const RasState& state = device_.ras();
  const std::uint32_t uncorrectable = ras::uncorrectable_status(state);
  if ((uncorrectable & ~std::exchange(seen_uncorrectable_, uncorrectable)) != 0) {
    (void)configuration_space_.record_uncorrectable_internal_error({});
  }
  if ((state.correctable_status & ~std::exchange(seen_correctable_, state.correctable_status)) != 0) {
    (void)configuration_space_.record_correctable_internal_error();
  }
}

void PcieFunction::reset(ResetKind kind) {
  const pci::Reset reset = reset_of(kind);
  configuration_space_.reset(reset);
  component_registers_.reset(reset);
  device_registers_.reset(reset);
  look_at_partitions();
  // What was due went with it.
  interrupts_.clear();
  seen_events_ = device_.cci(cci::kMailbox).events->interrupts();
  seen_completions_ = device_.mailbox_completions();
  seen_uncorrectable_ = ras::uncorrectable_status(device_.ras());
  seen_correctable_ = device_.ras().correctable_status;
}

}  // namespace cxlemu
