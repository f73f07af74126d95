#include "pci/mailbox.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "wire/le.hpp"

namespace cxlemu::pci {
namespace {

constexpr std::uint32_t kDoorbell = 1U << 0;
constexpr std::uint32_t kDoorbellInterrupt = 1U << 1;
constexpr std::uint32_t kBackgroundCommandCompleteInterrupt = 1U << 2;

// Mailbox Capabilities
using PayloadSize = Bits<4, 0>;
using DoorbellInterruptCapable = Bits<5>;
using BackgroundCommandCompleteInterruptCapable = Bits<6>;
using InterruptMessageNumber = Bits<10, 7>;
using Type = Bits<22, 19>;
constexpr std::uint64_t kMemoryDeviceCommands = 1;

// Command
using CommandOpcode = Bits<15, 0>;
using PayloadLength = Bits<36, 16>;

// Mailbox Status and Background Command Status
using BackgroundOperation = Bits<0>;
using PercentageComplete = Bits<22, 16>;
using ReturnCodeField = Bits<47, 32>;
using VendorSpecificExtendedStatus = Bits<63, 48>;

}  // namespace

Mailbox::Mailbox(const MailboxConfig& config, Calls calls, MutableBytes payload, const cci::BackgroundSlot* background)
    : config_(config), calls_(std::move(calls)), payload_(payload), background_(background) {}

void Mailbox::add_to(std::uint32_t offset, std::vector<Register>& registers, std::vector<RegisterMemory>& memory) {
  offset_ = offset;
  const Register::Lock while_doorbell_is_set{.offset = offset + kControl, .bits = kDoorbell};
  const std::uint64_t control =
      is_primary() ? kDoorbell | kDoorbellInterrupt | kBackgroundCommandCompleteInterrupt : kDoorbell;
  registers.push_back({.offset = offset, .name = "Mailbox Capabilities", .section = "8.2.9.4.3", .read = [this] {
                         return capabilities();
                       }});
  registers.push_back({.offset = offset + kControl,
                       .name = "Mailbox Control",
                       .section = "8.2.9.4.4",
                       .rwl = control,
                       .lock = while_doorbell_is_set,
                       .written = [this](const RegisterWrite& write) { control_written(write); }});
  registers.push_back({.offset = offset + kCommand,
                       .width = 8,
                       .name = "Command",
                       .section = "8.2.9.4.5",
                       .rwl = CommandOpcode::kMask | PayloadLength::kMask,
                       .lock = while_doorbell_is_set});
  registers.push_back(
      {.offset = offset + kStatus, .width = 8, .name = "Mailbox Status", .section = "8.2.9.4.6", .read = [this] {
         return status();
       }});
  registers.push_back({.offset = offset + kBackgroundCommandStatus,
                       .width = 8,
                       .name = "Background Command Status",
                       .section = "8.2.9.4.7",
                       .read = [this] { return background_command_status(); }});
  memory.push_back({.offset = offset + kPayload,
                    .bytes = payload_,
                    .name = "Command Payload",
                    .section = "8.2.9.4.8",
                    .writable = [this] { return !doorbell(); }});
}

bool Mailbox::doorbell() const { return (table_->value(offset_ + kControl) & kDoorbell) != 0; }

std::uint8_t Mailbox::message() const {
  return calls_.message_number ? calls_.message_number(config_.message) : config_.message;
}

std::uint64_t Mailbox::capabilities() const {
  std::uint64_t value =
      PayloadSize::set(std::uint64_t{0}, static_cast<unsigned>(std::countr_zero(config_.payload_size)));
  value = Type::set(value, kMemoryDeviceCommands);
  // 8.2.9.4.2: the secondary mailbox has no interrupts; their fields are 0.
  if (!is_primary()) return value;
  value = DoorbellInterruptCapable::set(value, 1);
  value = BackgroundCommandCompleteInterruptCapable::set(value, 1);
  return InterruptMessageNumber::set(value, message());
}

std::uint64_t Mailbox::status() const {
  std::uint64_t value =
      BackgroundOperation::set(std::uint64_t{0}, background_ != nullptr && background_->running() ? 1 : 0);
  value = ReturnCodeField::set(value, return_code_);
  return VendorSpecificExtendedStatus::set(value, vendor_specific_extended_status_);
}

// Zero where nothing ran since the last Conventional Reset: the slot is cleared by one.
std::uint64_t Mailbox::background_command_status() const {
  if (background_ == nullptr) return 0;
  const cci::BackgroundSlot::State& state = background_->state();
  std::uint64_t value = CommandOpcode::set(std::uint64_t{0}, state.opcode.value);
  value = PercentageComplete::set(value, background_->percent());
  value = ReturnCodeField::set(value, static_cast<std::uint16_t>(state.return_code));
  return VendorSpecificExtendedStatus::set(value, state.vendor_specific_extended_status);
}

void Mailbox::control_written(const RegisterWrite& write) {
  if ((write.after & kBackgroundCommandCompleteInterrupt) != 0) background_interrupt_was_enabled_ = true;
  if ((write.before & kDoorbell) == 0 && (write.after & kDoorbell) != 0) ring();
}

void Mailbox::ring() {
  const std::uint64_t command = table_->value(offset_ + kCommand);
  const std::size_t declared_length = PayloadLength::get(command);
  const Bytes sent = payload_.first(std::min(declared_length, payload_.size()));
  input_.assign(sent.begin(), sent.end());
  answer_.resize(payload_.size());
  const auto reply =
      calls_.execute(Opcode{static_cast<std::uint16_t>(CommandOpcode::get(command))}, input_, declared_length, answer_);
  // A reset meanwhile has taken the command with it.
  if (!reply || !doorbell()) return;
  const std::size_t size = std::min(reply->payload_size, payload_.size());
  if (size != 0) std::memcpy(payload_.data(), answer_.data(), size);
  return_code_ = static_cast<std::uint16_t>(reply->return_code);
  vendor_specific_extended_status_ = reply->vendor_specific_extended_status;
  table_->set(offset_ + kCommand, PayloadLength::set(command, size));
  const std::uint64_t control = table_->value(offset_ + kControl);
  table_->set(offset_ + kControl, control & ~std::uint64_t{kDoorbell});
  if ((control & kDoorbellInterrupt) != 0 && calls_.interrupt) calls_.interrupt(message());
}

void Mailbox::background_completed() {
  const bool is_enabled = (table_->value(offset_ + kControl) & kBackgroundCommandCompleteInterrupt) != 0;
  const bool is_wanted = is_enabled || (!config_.strict_interrupts && background_interrupt_was_enabled_);
  if (is_wanted && calls_.interrupt) calls_.interrupt(message());
}

void Mailbox::reset() {
  table_->set(offset_ + kControl, 0);
  table_->set(offset_ + kCommand, 0);
  return_code_ = 0;
  vendor_specific_extended_status_ = 0;
  background_interrupt_was_enabled_ = false;
  std::ranges::fill(payload_, std::byte{0});
}

}  // namespace cxlemu::pci
