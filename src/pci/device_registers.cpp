#include "pci/device_registers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "wire/le.hpp"

namespace cxlemu::pci {
namespace {

// Register blocks are looked for in steps of 64 KiB (CXL r3.2 8.1.9.1).
constexpr std::uint64_t kMinimumSize = 0x1'0000;

constexpr std::uint32_t next_page(std::uint32_t offset) {
  return (offset + DeviceRegisters::kPageSize - 1) & ~(DeviceRegisters::kPageSize - 1);
}

/// The secondary mailbox ends the page behind the first payload.
constexpr std::uint32_t secondary_offset(std::uint32_t payload_size) {
  return next_page(DeviceRegisters::payload_offset() + payload_size) + DeviceRegisters::kMailbox;
}

/// CXL Device Capability Header (CXL r3.2 8.2.9.2).
struct CapabilityHeader {
  std::uint16_t id = 0;
  std::uint8_t version = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

void add_headers(const std::vector<CapabilityHeader>& headers, std::vector<Register>& rows) {
  // CXL Device Capabilities Array: ID 0, version 1, type 1 (Memory Device Capabilities), the count.
  rows.push_back({.offset = 0x00,
                  .width = 8,
                  .name = "CXL Device Capabilities Array",
                  .section = "8.2.9.1",
                  .reset = Bits<47, 32>::set(std::uint64_t{0x0101'0000}, headers.size())});
  std::uint32_t at = 0x10;
  for (const CapabilityHeader& header : headers) {
    rows.push_back(
        {.offset = at,
         .width = 8,
         .name = "CXL Device Capability Header",
         .section = "8.2.9.2",
         .reset = Bits<63, 32>::set(std::uint64_t{header.id} | std::uint64_t{header.version} << 16, header.offset)});
    rows.push_back({.offset = at + 8,
                    .name = "CXL Device Capability Header, Length",
                    .section = "8.2.9.2",
                    .reset = header.length});
    at += 0x10;
  }
}

std::uint32_t valid_payload_size(std::uint32_t size) {
  return std::bit_floor(std::clamp(size, kMinimumPayloadSize, kMaximumPayloadSize));
}

}  // namespace

std::uint64_t register_of(const MemoryDeviceStatus& status) {
  const bool needs_reset = status.fw_halt || status.media == MediaStatus::error ||
                           status.media == MediaStatus::disabled || !status.mailbox_interfaces_ready;
  // SILENT: which reset, where none helps, as after a Sanitize that did not succeed: the most impactful one is named.
  const ResetNeeded reset =
      needs_reset && status.reset_needed == ResetNeeded::none ? ResetNeeded::cold : status.reset_needed;
  std::uint64_t value = Bits<0>::set(std::uint64_t{0}, status.device_fatal ? 1 : 0);
  value = Bits<1>::set(value, status.fw_halt ? 1 : 0);
  value = Bits<3, 2>::set(value, static_cast<std::uint64_t>(status.media));
  value = Bits<4>::set(value, status.mailbox_interfaces_ready ? 1 : 0);
  return Bits<7, 5>::set(value, static_cast<std::uint64_t>(reset));
}

std::uint64_t DeviceRegisters::size(const DeviceRegistersConfig& config) {
  const std::uint32_t payload_size = valid_payload_size(config.payload_size);
  std::uint64_t end = payload_offset() + payload_size;
  if (config.secondary_payload_size) {
    end = secondary_offset(payload_size) + Mailbox::kPayload + valid_payload_size(*config.secondary_payload_size);
  }
  return std::max(kMinimumSize, std::bit_ceil(end));
}

DeviceRegisters::DeviceRegisters(const DeviceRegistersConfig& config, Calls calls) {
  const std::uint32_t payload_size = valid_payload_size(config.payload_size);
  MutableBytes payload = config.payload_memory;
  if (payload.size() < payload_size) {
    payload_.resize(payload_size);
    payload = payload_;
  }
  primary_ = std::make_unique<Mailbox>(MailboxConfig{.kind = MailboxKind::primary,
                                                     .payload_size = payload_size,
                                                     .message = config.mailbox_message,
                                                     .strict_interrupts = config.strict_interrupts},
                                       std::move(calls.primary), payload.first(payload_size), calls.background);
  std::vector<Register> rows;
  std::vector<RegisterMemory> memory;
  std::vector<CapabilityHeader> headers{
      {0x0001, 2, kDeviceStatus, 8}, {0x0002, 1, kMailbox, primary_->length()}, {0x4000, 1, kMemoryDeviceStatus, 8}};
  rows.push_back({.offset = kDeviceStatus,
                  .width = 8,
                  .name = "Event Status",
                  .section = "8.2.9.3.1",
                  .read = [call = std::move(calls.event_status)] { return std::uint64_t{call()}; }});
  rows.push_back({.offset = kMemoryDeviceStatus,
                  .width = 8,
                  .name = "Memory Device Status",
                  .section = "8.2.9.5.1.1",
                  .read = [call = std::move(calls.memory_device_status)] { return register_of(call()); }});
  primary_->add_to(kMailbox, rows, memory);
  if (config.secondary_payload_size) {
    const std::uint32_t size = valid_payload_size(*config.secondary_payload_size);
    const std::uint32_t offset = secondary_offset(payload_size);
    secondary_payload_.resize(size);
    secondary_ = std::make_unique<Mailbox>(MailboxConfig{.kind = MailboxKind::secondary, .payload_size = size},
                                           std::move(calls.secondary), secondary_payload_, nullptr);
    secondary_->add_to(offset, rows, memory);
    headers.push_back({0x0003, 1, offset, secondary_->length()});
  }
  add_headers(headers, rows);
  table_ = std::make_unique<RegisterTable>(size(config), std::move(rows), std::move(memory));
  primary_->bind(*table_);
  if (secondary_) secondary_->bind(*table_);
}

void DeviceRegisters::reset(Reset kind) {
  table_->reset(kind);
  primary_->reset();
  if (secondary_) secondary_->reset();
}

}  // namespace cxlemu::pci
