// CXL r3.2 8.2.10.3 Firmware Update command set (Opcodes 0200h to 0202h)
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

/// FW slots there can be, and the bytes of a revision (CXL r3.2 8.2.10.3.1).
inline constexpr std::size_t kMaximumFwSlots = 4;
using FwRevision = std::array<std::byte, 16>;

/// LIMIT: bytes of a firmware package, which is held in memory while it comes.
inline constexpr std::size_t kMaximumFwPackage = 1 << 30;

// CXL r3.2 8.2.10.3.1 Get FW Info (Opcode 0200h), output payload
struct GetFwInfoOut {
  U8 fw_slots_supported;
  U8 fw_slot_info;
  U8 fw_activation_capabilities;
  Reserved<13> reserved;
  FwRevision slot_1_fw_revision;
  FwRevision slot_2_fw_revision;
  FwRevision slot_3_fw_revision;
  FwRevision slot_4_fw_revision;

  using ActiveSlot = Bits<2, 0>;
  using StagedSlot = Bits<5, 3>;
  static constexpr std::uint8_t kOnlineActivation = 1 << 0;
};
static_assert(sizeof(GetFwInfoOut) == 0x50);
inline constexpr auto kFwActivationCapabilities = std::to_array<NamedValue>({{1, "Online Activation"}});
CXLEMU_DESCRIBE(GetFwInfoOut, CXLEMU_FIELD(GetFwInfoOut, fw_slots_supported, number, "FW Slots Supported"),
                CXLEMU_FIELD(GetFwInfoOut, fw_slot_info, hex,
                             "bits 2:0: active slot; bits 5:3: slot staged for the next reset, 0: none"),
                CXLEMU_FIELD(GetFwInfoOut, fw_activation_capabilities, flags, "FW Activation Capabilities",
                             kFwActivationCapabilities),
                CXLEMU_RESERVED(GetFwInfoOut, reserved),
                CXLEMU_FIELD(GetFwInfoOut, slot_1_fw_revision, text, "Slot 1 FW Revision; empty: no FW"),
                CXLEMU_FIELD(GetFwInfoOut, slot_2_fw_revision, text, "Slot 2 FW Revision"),
                CXLEMU_FIELD(GetFwInfoOut, slot_3_fw_revision, text, "Slot 3 FW Revision"),
                CXLEMU_FIELD(GetFwInfoOut, slot_4_fw_revision, text, "Slot 4 FW Revision"));

enum class TransferFwAction : std::uint8_t { full = 0, initiate = 1, continue_transfer = 2, end = 3, abort = 4 };
inline constexpr auto kTransferFwActions = std::to_array<NamedValue>({{0, "Full FW Transfer"},
                                                                      {1, "Initiate FW Transfer"},
                                                                      {2, "Continue FW Transfer"},
                                                                      {3, "End Transfer"},
                                                                      {4, "Abort Transfer"}});

/// FW packages and their parts are aligned to this, and offsets are in units of it.
inline constexpr std::uint32_t kFwAlignment = 128;

// CXL r3.2 8.2.10.3.2 Transfer FW (Opcode 0201h), input payload; the FW package data follows
struct TransferFwIn {
  Le<TransferFwAction> action;
  U8 slot;
  Reserved<2> reserved;
  Le32 offset_128b;
  Reserved<0x78> reserved_2;
};
static_assert(sizeof(TransferFwIn) == 0x80);
CXLEMU_DESCRIBE(TransferFwIn, CXLEMU_FIELD(TransferFwIn, action, choice, "Action", kTransferFwActions),
                CXLEMU_FIELD(TransferFwIn, slot, number, "where to store the package; for Full and End"),
                CXLEMU_RESERVED(TransferFwIn, reserved),
                CXLEMU_FIELD(TransferFwIn, offset_128b, number, "offset in the package in units of 128 bytes"),
                CXLEMU_RESERVED(TransferFwIn, reserved_2));

enum class ActivateFwAction : std::uint8_t { online = 0, next_reset = 1 };
inline constexpr auto kActivateFwActions = std::to_array<NamedValue>({{0, "Online"}, {1, "On the Next Reset"}});

// CXL r3.2 8.2.10.3.3 Activate FW (Opcode 0202h), input payload
struct ActivateFwIn {
  Le<ActivateFwAction> action;
  U8 slot;
};
static_assert(sizeof(ActivateFwIn) == 2);
CXLEMU_DESCRIBE(ActivateFwIn, CXLEMU_FIELD(ActivateFwIn, action, choice, "Action", kActivateFwActions),
                CXLEMU_FIELD(ActivateFwIn, slot, number, "which slot's FW to make active"));

// The firmware package of this program (docs/firmware.md): a header of 128 bytes, then the payload, padded with zeros
// to a multiple of 128 bytes. It stands for what a vendor would sign; the specification leaves the format open.
struct FirmwarePackageHeader {
  std::array<std::byte, 8> magic;
  Le16 format_version;
  Le16 header_size;
  Reserved<4> reserved;
  Le64 payload_size;
  FwRevision revision;
  std::array<std::byte, 32> sha256;
  Reserved<56> reserved_2;

  static constexpr std::string_view kMagic = "CXLEMUFW";
  static constexpr std::uint16_t kFormatVersion = 1;
};
static_assert(sizeof(FirmwarePackageHeader) == kFwAlignment);
CXLEMU_DESCRIBE(FirmwarePackageHeader, CXLEMU_FIELD(FirmwarePackageHeader, magic, text, "CXLEMUFW"),
                CXLEMU_FIELD(FirmwarePackageHeader, format_version, number, "1"),
                CXLEMU_FIELD(FirmwarePackageHeader, header_size, number, "128: where the payload begins"),
                CXLEMU_RESERVED(FirmwarePackageHeader, reserved),
                CXLEMU_FIELD(FirmwarePackageHeader, payload_size, number, "bytes of the payload without padding"),
                CXLEMU_FIELD(FirmwarePackageHeader, revision, text, "FW Revision, as Get FW Info shows it"),
                CXLEMU_FIELD(FirmwarePackageHeader, sha256, bytes, "SHA-256 of revision and payload"),
                CXLEMU_RESERVED(FirmwarePackageHeader, reserved_2));

}  // namespace cxlemu
