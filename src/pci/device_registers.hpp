// The CXL device registers of a memory device (CXL r3.2 8.2.9): capabilities array, device status, mailboxes, memory
// device status. They are the whole of their BAR.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "pci/mailbox.hpp"
#include "pci/register_table.hpp"

namespace cxlemu::pci {

enum class MediaStatus : std::uint8_t { not_ready = 0, ready = 1, error = 2, disabled = 3 };
/// The least impactful reset that brings the device back.
enum class ResetNeeded : std::uint8_t { none = 0, cold = 1, warm = 2, hot = 3, cxl = 4 };

/// What the Memory Device Status register says (CXL r3.2 8.2.9.5.1.1).
struct MemoryDeviceStatus {
  bool device_fatal = false;
  bool fw_halt = false;
  MediaStatus media = MediaStatus::ready;
  bool mailbox_interfaces_ready = true;
  ResetNeeded reset_needed = ResetNeeded::none;
};

/// The register: Reset Needed is never zero where the text wants a reset.
std::uint64_t register_of(const MemoryDeviceStatus& status);

struct DeviceRegistersConfig {
  std::uint32_t payload_size = 8192;  ///< bytes, a power of two, kMinimumPayloadSize to kMaximumPayloadSize
  /// There is a secondary mailbox with so many bytes of payload.
  std::optional<std::uint32_t> secondary_payload_size{};
  std::uint8_t mailbox_message = 0;  ///< Interrupt Message Number of the primary mailbox
  bool strict_interrupts = false;    ///< as in MailboxConfig
  /// Where the payload of the primary mailbox is kept, of payload_size bytes; empty: inside.
  MutableBytes payload_memory{};
};

class DeviceRegisters {
 public:
  // Where things lie. The mailbox ends its page, so that its payload begins the next one and may be mapped by itself.
  static constexpr std::uint32_t kDeviceStatus = 0x80;
  static constexpr std::uint32_t kMemoryDeviceStatus = 0x90;
  static constexpr std::uint32_t kPageSize = 0x1000;
  static constexpr std::uint32_t kMailbox = kPageSize - Mailbox::kPayload;

  /// What the registers ask of others.
  struct Calls {
    /// Bit n: log n of EventLogId holds records (8.2.9.3.1).
    std::move_only_function<std::uint32_t() const> event_status;
    std::move_only_function<MemoryDeviceStatus() const> memory_device_status;
    Mailbox::Calls primary;
    Mailbox::Calls secondary{};
    const cci::BackgroundSlot* background = nullptr;
  };

  DeviceRegisters(const DeviceRegistersConfig& config, Calls calls);
  DeviceRegisters(const DeviceRegisters&) = delete;
  DeviceRegisters& operator=(const DeviceRegisters&) = delete;

  /// Bytes of the BAR that holds them, a power of two.
  [[nodiscard]] std::uint64_t size() const { return table_->size(); }
  /// Bytes of the BAR for this configuration.
  static std::uint64_t size(const DeviceRegistersConfig& config);
  /// Where the payload of the primary mailbox begins: at a page.
  [[nodiscard]] static constexpr std::uint32_t payload_offset() { return kMailbox + Mailbox::kPayload; }

  void read(std::uint64_t offset, MutableBytes to) const { table_->read(offset, to); }
  void write(std::uint64_t offset, Bytes from) { table_->write(offset, from); }
  void reset(Reset kind);

  [[nodiscard]] Mailbox& primary_mailbox() { return *primary_; }
  [[nodiscard]] const RegisterTable& table() const { return *table_; }

 private:
  Buffer payload_;
  Buffer secondary_payload_;
  std::unique_ptr<Mailbox> primary_;
  std::unique_ptr<Mailbox> secondary_;  ///< null: there is none
  std::unique_ptr<RegisterTable> table_;
};

}  // namespace cxlemu::pci
