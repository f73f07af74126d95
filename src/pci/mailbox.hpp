// Mailbox registers (CXL r3.2 8.2.9.4): from a doorbell to a command and back. What a command does is the owner's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "cci/background.hpp"
#include "cci/dispatch.hpp"
#include "pci/register_table.hpp"

namespace cxlemu::pci {

/// Bytes of the Command Payload registers, a power of two (CXL r3.2 8.2.9.4.3).
inline constexpr std::uint32_t kMinimumPayloadSize = 256;
/// LIMIT: bytes of the Command Payload registers: the largest that Payload Size can say.
inline constexpr std::uint32_t kMaximumPayloadSize = 1U << 20;

enum class MailboxKind : std::uint8_t { primary, secondary };

/// Carries out a command: its opcode, what was sent of its payload, the length that software claimed (more, where that
/// is more than the registers hold), and room for the answer, as large as the registers. Nothing: the device hangs, and
/// the doorbell stays set until a reset.
using ExecuteCommand = std::move_only_function<std::optional<cci::Reply>(
    Opcode opcode, Bytes payload, std::size_t declared_length, MutableBytes answer)>;

struct MailboxConfig {
  MailboxKind kind = MailboxKind::primary;
  std::uint32_t payload_size = 8192;
  /// Interrupt Message Number of the primary mailbox, before it is folded into the messages that are assigned.
  std::uint8_t message = 0;
  /// COMPAT(linux): off: a background operation is told of once its interrupt was ever enabled, because Linux clears
  /// the enable bit each time it rings the doorbell. On: only while enabled, as the text says.
  bool strict_interrupts = false;
};

class Mailbox {
 public:
  static constexpr std::uint32_t kControl = 0x04;
  static constexpr std::uint32_t kCommand = 0x08;
  static constexpr std::uint32_t kStatus = 0x10;
  static constexpr std::uint32_t kBackgroundCommandStatus = 0x18;
  static constexpr std::uint32_t kPayload = 0x20;

  /// What the mailbox asks of others.
  struct Calls {
    ExecuteCommand execute;
    /// The message number that tells of what should be this one; unset: this one.
    std::move_only_function<std::uint8_t(std::uint8_t) const> message_number{};
    /// Sends an interrupt message.
    std::move_only_function<void(std::uint8_t message)> interrupt{};
  };

  /// `payload`, of the configured size, holds the Command Payload registers and outlives this; `background` is the slot
  /// of the primary mailbox, and null for the secondary one, which runs nothing in the background.
  Mailbox(const MailboxConfig& config, Calls calls, MutableBytes payload, const cci::BackgroundSlot* background);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Bytes of the capability.
  [[nodiscard]] std::uint32_t length() const { return kPayload + config_.payload_size; }
  /// Adds the registers and the payload at this offset of the space that bind() will name.
  void add_to(std::uint32_t offset, std::vector<Register>& registers, std::vector<RegisterMemory>& memory);
  void bind(RegisterTable& table) { table_ = &table; }

  /// The operation in the background has ended; its status says so already.
  void background_completed();
  /// Any reset, after that of the table: the registers are as after power-on, a command that hangs is gone, and nobody
  /// finds what was in the payload (PCIe 6.6.2).
  void reset();

 private:
  [[nodiscard]] bool is_primary() const { return config_.kind == MailboxKind::primary; }
  [[nodiscard]] bool doorbell() const;
  [[nodiscard]] std::uint64_t capabilities() const;
  [[nodiscard]] std::uint64_t status() const;
  [[nodiscard]] std::uint64_t background_command_status() const;
  [[nodiscard]] std::uint8_t message() const;
  void control_written(const RegisterWrite& write);
  void ring();

  MailboxConfig config_;
  Calls calls_;
  MutableBytes payload_;
  const cci::BackgroundSlot* background_;
  RegisterTable* table_ = nullptr;
  std::uint32_t offset_ = 0;
  std::uint16_t return_code_ = 0;
  std::uint16_t vendor_specific_extended_status_ = 0;
  bool background_interrupt_was_enabled_ = false;
  Buffer input_;  ///< what is checked is what is used, whatever software writes meanwhile
  Buffer answer_;
};

}  // namespace cxlemu::pci
