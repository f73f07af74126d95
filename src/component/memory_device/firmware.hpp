// CXL r3.2 8.2.10.3 Firmware Update: slots with stored images, one transfer of a device at a time, activation online or
// staged until a reset.
#pragma once

#include <array>
#include <optional>

#include "cci/command.hpp"
#include "component/memory_device/config.hpp"
#include "wire/firmware.hpp"

namespace cxlemu {

class MemoryDevice;

struct FirmwareSlot {
  bool filled = false;
  FwRevision revision{};
  Buffer image;  ///< the package as it was transferred; empty for what the device was made with
  bool operator==(const FirmwareSlot&) const = default;
};

struct FirmwareTransfer {
  bool in_progress = false;
  cci::CciId by{};  ///< the CCI that began it; every other one gets 08h
  Buffer data;
  std::uint64_t last_offset = 0;  ///< of the part before, in bytes: it may be sent again directly
  std::uint64_t last_length = 0;
  bool part_is_running = false;  ///< a part is being taken in the background
  Time last_part_ended{};
  bool operator==(const FirmwareTransfer&) const = default;
};

struct FirmwareState {
  std::array<FirmwareSlot, kMaximumFwSlots> slots;
  std::uint8_t active_slot = 1;
  std::uint8_t staged_slot = 0;      ///< 0: none
  bool cold_reset_required = false;  ///< an activation failed with 0Dh
  FirmwareTransfer transfer;
  bool operator==(const FirmwareState&) const = default;
};

/// The time between two parts after which a transfer is over (CXL r3.2 8.2.10.3.2).
inline constexpr Nanoseconds kFwTransferTimeout = std::chrono::seconds(30);

/// Slot 1 active, with the revision that the device was made with.
FirmwareState initial_firmware(const MemoryDeviceConfig& config);

namespace firmware {

// CXL r3.2 8.2.10.3.1 Get FW Info (Opcode 0200h)
cci::Result<GetFwInfoOut> get_fw_info(MemoryDevice& device, cci::Cci& cci);

// CXL r3.2 8.2.10.3.2 Transfer FW (Opcode 0201h)
cci::Result<cci::Outcome> transfer_fw(MemoryDevice& device, cci::Cci& cci, const cci::Request& request,
                                      const TransferFwIn& in, cci::Tail<std::byte> data);
ReturnCode complete_transfer_fw(MemoryDevice& device, cci::Cci& cci, Bytes request);
void interrupt_transfer_fw(MemoryDevice& device, cci::Cci& cci, Bytes request, std::uint8_t percent,
                           cci::Interruption why);
bool transfer_fw_runs_in_background(const MemoryDevice& device, const cci::Cci& cci, const cci::Request& request);

// CXL r3.2 8.2.10.3.3 Activate FW (Opcode 0202h)
cci::Result<cci::Outcome> activate_fw(MemoryDevice& device, cci::Cci& cci, const cci::Request& request,
                                      const ActivateFwIn& in);
ReturnCode complete_activate_fw(MemoryDevice& device, cci::Cci& cci, Bytes request);
void interrupt_activate_fw(MemoryDevice& device, cci::Cci& cci, Bytes request, std::uint8_t percent,
                           cci::Interruption why);
bool activate_fw_runs_in_background(const MemoryDevice& device, const cci::Cci& cci, const cci::Request& request);

/// A reset of a kind that the CEL names: what is staged becomes active, or the device falls back to what was.
void activate_staged(MemoryDevice& device);
/// The transfer is over; nothing of it is kept.
void end_transfer(MemoryDevice& device);
/// The same, and a part that is being taken ends with it (12h).
void abort_transfer(MemoryDevice& device);
/// False too where the next part has come too late.
bool transfer_in_progress(const MemoryDevice& device);

}  // namespace firmware
}  // namespace cxlemu
