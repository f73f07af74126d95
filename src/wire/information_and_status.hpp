// CXL r3.2 8.2.10.1 Information and Status command set (Opcodes 0001h to 0005h)
#pragma once

#include "wire/fields.hpp"
#include "wire/return_code.hpp"

namespace cxlemu {

enum class ComponentType : std::uint8_t { switch_component = 0x00, type3_device = 0x03, gfd = 0x04 };

inline constexpr auto kComponentTypes =
    std::to_array<NamedValue>({{0x00, "Switch"}, {0x03, "Type 3 Device"}, {0x04, "GFD"}});

// CXL r3.2 8.2.10.1.1 Identify (Opcode 0001h), output payload
struct IdentifyOut {
  Le16 pcie_vendor_id;
  Le16 pcie_device_id;
  Le16 pcie_subsystem_vendor_id;
  Le16 pcie_subsystem_id;
  Le64 device_serial_number;
  U8 maximum_supported_message_size;
  Le<ComponentType> component_type;
};
static_assert(sizeof(IdentifyOut) == 18);
CXLEMU_DESCRIBE(IdentifyOut, CXLEMU_FIELD(IdentifyOut, pcie_vendor_id, hex, "PCIe Vendor ID"),
                CXLEMU_FIELD(IdentifyOut, pcie_device_id, hex, "PCIe Device ID"),
                CXLEMU_FIELD(IdentifyOut, pcie_subsystem_vendor_id, hex, "PCIe Subsystem Vendor ID"),
                CXLEMU_FIELD(IdentifyOut, pcie_subsystem_id, hex, "PCIe Subsystem ID"),
                CXLEMU_FIELD(IdentifyOut, device_serial_number, hex, "Device Serial Number"),
                CXLEMU_FIELD(IdentifyOut, maximum_supported_message_size, number,
                             "largest request payload accepted: 2^n bytes, n = 8 to 10"),
                CXLEMU_FIELD(IdentifyOut, component_type, choice, "Component Type", kComponentTypes));

// CXL r3.2 8.2.10.1.2 Background Operation Status (Opcode 0002h), output payload
struct BackgroundOperationStatusOut {
  U8 background_operation_status;
  Reserved<1> reserved;
  Le16 command_opcode;
  Le<ReturnCode> return_code;
  Le16 vendor_specific_extended_status;

  using InProgress = Bits<0>;
  using PercentageComplete = Bits<7, 1>;
};
static_assert(sizeof(BackgroundOperationStatusOut) == 8);
CXLEMU_DESCRIBE(BackgroundOperationStatusOut,
                CXLEMU_FIELD(BackgroundOperationStatusOut, background_operation_status, hex,
                             "bit 0: an operation is in progress; bits 7:1: percentage complete"),
                CXLEMU_RESERVED(BackgroundOperationStatusOut, reserved),
                CXLEMU_FIELD(BackgroundOperationStatusOut, command_opcode, hex,
                             "opcode of the last background command"),
                CXLEMU_FIELD(BackgroundOperationStatusOut, return_code, choice, "its result, valid at 100 %",
                             kReturnCodes),
                CXLEMU_FIELD(BackgroundOperationStatusOut, vendor_specific_extended_status, hex,
                             "its vendor specific extended status, valid at 100 %"));

// CXL r3.2 8.2.10.1.3 Get Response Message Limit (Opcode 0003h), output payload, and
// CXL r3.2 8.2.10.1.4 Set Response Message Limit (Opcode 0004h), input and output payload
struct ResponseMessageLimit {
  static constexpr std::uint8_t kMinimum = 8;
  static constexpr std::uint8_t kMaximum = 10;
  U8 response_message_limit;
};
static_assert(sizeof(ResponseMessageLimit) == 1);
CXLEMU_DESCRIBE(ResponseMessageLimit, CXLEMU_FIELD(ResponseMessageLimit, response_message_limit, number,
                                                   "largest response payload: 2^n bytes, n = 8 to 10"));

}  // namespace cxlemu
