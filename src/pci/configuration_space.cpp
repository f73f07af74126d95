#include "pci/configuration_space.hpp"

#include <algorithm>
#include <bit>

#include "wire/le.hpp"

namespace cxlemu::pci {
namespace {

// Offsets in the type 0 header (PCIe 7.5.1).
constexpr std::uint32_t kCommand = 0x04;
constexpr std::uint32_t kMemorySpaceEnable = 1U << 1;
// Offsets in their capabilities.
constexpr std::uint32_t kPowerManagementControlStatus = 0x04;
constexpr std::uint32_t kMessageControl = 0x02;
constexpr std::uint32_t kDeviceControl = 0x08;
constexpr std::uint32_t kDeviceStatus = 0x0A;
constexpr std::uint32_t kInitiateFunctionLevelReset = 1U << 15;

// Advanced Error Reporting (PCIe 7.8.4).
constexpr std::uint32_t kUncorrectableErrorStatus = 0x04;
constexpr std::uint32_t kUncorrectableErrorMask = 0x08;
constexpr std::uint32_t kUncorrectableErrorSeverity = 0x0C;
constexpr std::uint32_t kCorrectableErrorStatus = 0x10;
constexpr std::uint32_t kCorrectableErrorMask = 0x14;
constexpr std::uint32_t kAdvancedErrorCapabilitiesAndControl = 0x18;
constexpr std::uint32_t kHeaderLog = 0x1C;
constexpr unsigned kUncorrectableInternalError = 22;
constexpr std::uint32_t kUncorrectableInternalErrorBit = 1U << kUncorrectableInternalError;
constexpr std::uint32_t kCorrectedInternalErrorBit = 1U << 14;
// What an endpoint without ECRC, ACS and multicast may log: Data Link Protocol, Poisoned TLP Received, Flow Control
// Protocol, Completion Timeout, Completer Abort, Unexpected Completion, Receiver Overflow, Malformed TLP, Unsupported
// Request, Uncorrectable Internal Error.
constexpr std::uint32_t kUncorrectableErrors = 0x0057'F010;
constexpr std::uint32_t kUncorrectableSeverityDefault = 0x0046'2010;
// Receiver Error, Bad TLP, Bad DLLP, Replay Num Rollover, Replay Timer Timeout, Advisory Non-Fatal, Corrected Internal.
constexpr std::uint32_t kCorrectableErrors = 0x0000'71C1;
constexpr std::uint32_t kCorrectableMaskDefault = 0x0000'6000;

// PCIe DVSEC for CXL Devices (CXL r3.2 8.1.3).
constexpr std::uint32_t kCxlCapability = 0x0A;
constexpr std::uint32_t kCxlControl = 0x0C;
constexpr std::uint32_t kCxlControl2 = 0x10;
constexpr std::uint32_t kCxlStatus2 = 0x12;
constexpr std::uint32_t kCxlLock = 0x14;
constexpr std::uint32_t kRange1 = 0x18;
constexpr std::uint32_t kRange2 = 0x28;
constexpr std::uint32_t kMemEnable = 1U << 2;
constexpr std::uint32_t kInitiateCxlReset = 1U << 2;
constexpr std::uint32_t kCxlResetComplete = 1U << 1;

// IO_Capable, Mem_Capable, Mem_HwInit_Mode, CXL Reset Capable (10 ms), Viral_Capable, PM Init Completion Reporting
// Capable; HDM_Count is added.
constexpr std::uint16_t kCxlCapabilityBits = 0xC08E;
// Memory_Info_Valid, Memory_Active, Media_Type and Memory_Class 010b (told by CDAT). Sizes are in units of 256 MiB.
// SILENT: whether Memory_Active goes while a Sanitize has disabled media; Memory Device Status tells of that, this
// stays.
constexpr std::uint32_t kRangeSizeLowBits = 0x4B;

// PCIe 7.8.4. Every status and mask is sticky.
Capability advanced_error_reporting(bool internal_errors_unmasked) {
  const std::uint32_t uncorrectable_mask = internal_errors_unmasked ? 0 : kUncorrectableInternalErrorBit;
  const std::uint32_t correctable_mask =
      kCorrectableMaskDefault & ~(internal_errors_unmasked ? kCorrectedInternalErrorBit : 0);
  std::vector<Register> rows;
  rows.push_back({.offset = kUncorrectableErrorStatus,
                  .name = "Uncorrectable Error Status",
                  .section = "PCIe 7.8.4.2",
                  .rw1cs = kUncorrectableErrors});
  rows.push_back({.offset = kUncorrectableErrorMask,
                  .name = "Uncorrectable Error Mask",
                  .section = "PCIe 7.8.4.3",
                  .reset = uncorrectable_mask,
                  .rws = kUncorrectableErrors});
  rows.push_back({.offset = kUncorrectableErrorSeverity,
                  .name = "Uncorrectable Error Severity",
                  .section = "PCIe 7.8.4.4",
                  .reset = kUncorrectableSeverityDefault,
                  .rws = kUncorrectableErrors});
  rows.push_back({.offset = kCorrectableErrorStatus,
                  .name = "Correctable Error Status",
                  .section = "PCIe 7.8.4.5",
                  .rw1cs = kCorrectableErrors});
  rows.push_back({.offset = kCorrectableErrorMask,
                  .name = "Correctable Error Mask",
                  .section = "PCIe 7.8.4.6",
                  .reset = correctable_mask,
                  .rws = kCorrectableErrors});
  rows.push_back({.offset = kAdvancedErrorCapabilitiesAndControl,
                  .name = "Advanced Error Capabilities and Control",
                  .section = "PCIe 7.8.4.7",
                  .ros = 0x1F});
  for (std::uint32_t i = 0; i < 4; ++i) {
    rows.push_back({.offset = kHeaderLog + 4 * i, .name = "Header Log", .section = "PCIe 7.8.4.8", .ros = 0xFFFF'FFFF});
  }
  return capability(ExtendedCapabilityId::advanced_error_reporting, 2, 0x48, "PCIe 7.8.4.1", std::move(rows));
}

Capability device_serial_number(std::uint64_t serial_number) {
  std::vector<Register> rows;
  rows.push_back(
      {.offset = 0x04, .width = 8, .name = "Serial Number", .section = "PCIe 7.9.3.2", .reset = serial_number});
  return capability(ExtendedCapabilityId::device_serial_number, 1, 0x0C, "PCIe 7.9.3.1", std::move(rows));
}

// Each entry: BIR, Register Block Identifier, offset in the BAR (0).
Capability register_locator() {
  constexpr std::uint32_t kComponentRegisters = 0x01, kDeviceRegisters = 0x03;
  std::vector<Register> rows;
  rows.push_back({.offset = 0x0C,
                  .name = "Register Block 1 Offset Low",
                  .section = "8.1.9.1",
                  .reset = kComponentRegisters << 8 | ConfigurationSpace::kComponentRegistersBar});
  rows.push_back({.offset = 0x10, .name = "Register Block 1 Offset High", .section = "8.1.9.2"});
  rows.push_back({.offset = 0x14,
                  .name = "Register Block 2 Offset Low",
                  .section = "8.1.9.1",
                  .reset = kDeviceRegisters << 8 | ConfigurationSpace::kDeviceRegistersBar});
  rows.push_back({.offset = 0x18, .name = "Register Block 2 Offset High", .section = "8.1.9.2"});
  return dvsec(DvsecId::register_locator, 0, 0x1C, "8.1.9", std::move(rows));
}

// 1 ms and 1 W: what the device has to write back in GPF phase 2 is nothing.
Capability gpf_device() {
  std::vector<Register> rows;
  rows.push_back({.offset = 0x0A, .width = 2, .name = "GPF Phase 2 Duration", .section = "8.1.7.1", .reset = 0x0301});
  rows.push_back({.offset = 0x0C, .name = "GPF Phase 2 Power", .section = "8.1.7.2", .reset = 1000});
  return dvsec(DvsecId::gpf_device, 0, 0x10, "8.1.7", std::move(rows));
}

// The port of the device: CXL.io and CXL.mem with 68B flits in a CXL VH were negotiated. An Upstream Port has no
// control bits that software sets (8.2.1.3.2), and the errors of 256B flits and of Downstream Ports are reserved.
Capability flex_bus_port() {
  constexpr std::uint16_t kIoMemVh = 0x0026;
  std::vector<Register> rows;
  rows.push_back({.offset = 0x0A,
                  .width = 2,
                  .name = "DVSEC Flex Bus Port Capability",
                  .section = "8.2.1.3.1",
                  .reset = kIoMemVh});
  rows.push_back(
      {.offset = 0x0C, .width = 2, .name = "DVSEC Flex Bus Port Control", .section = "8.2.1.3.2", .reset = kIoMemVh});
  rows.push_back({.offset = 0x0E,
                  .width = 2,
                  .name = "DVSEC Flex Bus Port Status",
                  .section = "8.2.1.3.3",
                  .reset = kIoMemVh,
                  .rw1cs = 0x0700,
                  .restored_by = kAllButFlr});
  rows.push_back(
      {.offset = 0x10, .name = "DVSEC Flex Bus Port Received Modified TS Data Phase1", .section = "8.2.1.3.4"});
  rows.push_back({.offset = 0x14, .name = "DVSEC Flex Bus Port Capability2", .section = "8.2.1.3.5"});
  rows.push_back({.offset = 0x18,
                  .name = "DVSEC Flex Bus Port Control2",
                  .section = "8.2.1.3.6",
                  .rw = 0x1,
                  .restored_by = kAllButFlr});
  rows.push_back({.offset = 0x1C, .name = "DVSEC Flex Bus Port Status2", .section = "8.2.1.3.7"});
  return dvsec(DvsecId::flex_bus_port, 2, 0x20, "8.2.1.3", std::move(rows));
}

// The sizes are the device's; a reset keeps what it last set. Where there is no such range all is reserved.
void add_range(std::vector<Register>& rows, std::uint32_t at, bool exists) {
  const std::uint32_t mask = exists ? 0xFFFF'FFFF : 0;
  const Register::Lock lock{.offset = kCxlLock, .bits = 1};
  rows.push_back({.offset = at, .name = "DVSEC CXL Range Size High", .section = "8.1.3.8.1", .restored_by = kNoReset});
  rows.push_back(
      {.offset = at + 4, .name = "DVSEC CXL Range Size Low", .section = "8.1.3.8.2", .restored_by = kNoReset});
  rows.push_back({.offset = at + 8,
                  .name = "DVSEC CXL Range Base High",
                  .section = "8.1.3.8.3",
                  .rwl = mask,
                  .restored_by = kAllButFlr,
                  .lock = lock});
  rows.push_back({.offset = at + 12,
                  .name = "DVSEC CXL Range Base Low",
                  .section = "8.1.3.8.4",
                  .rwl = mask & 0xF000'0000,
                  .restored_by = kAllButFlr,
                  .lock = lock});
}

constexpr std::uint64_t bar_mask(std::uint64_t size) { return ~(size - 1) & ~std::uint64_t{0xF}; }

}  // namespace

ConfigurationSpace::ConfigurationSpace(const FunctionConfig& config, Doe* doe)
    : interrupt_style_(config.interrupts),
      messages_(std::min(config.messages, kMaximumMessages)),
      hdm_count_(config.hdm_count),
      doe_(doe),
      table_(kConfigurationSpaceSize, rows(config)) {
  set_memory_ranges(config.memory_ranges);
}

// PCIe 7.5.1: the type 0 header. There is no I/O space, no ROM, no INTx.
std::vector<Register> ConfigurationSpace::header(const FunctionConfig& config) const {
  constexpr std::uint64_t k64Bit = 0x4, kPrefetchable = 0x8;
  std::vector<Register> rows;
  rows.push_back(
      {.offset = 0x00, .width = 2, .name = "Vendor ID", .section = "PCIe 7.5.1.1.1", .reset = config.vendor_id});
  rows.push_back(
      {.offset = 0x02, .width = 2, .name = "Device ID", .section = "PCIe 7.5.1.1.2", .reset = config.device_id});
  // Memory Space Enable, Bus Master Enable, Parity Error Response, SERR# Enable.
  rows.push_back({.offset = kCommand, .width = 2, .name = "Command", .section = "PCIe 7.5.1.1.3", .rw = 0x0146});
  // Capabilities List.
  rows.push_back(
      {.offset = 0x06, .width = 2, .name = "Status", .section = "PCIe 7.5.1.1.4", .reset = 0x0010, .rw1c = 0xF900});
  rows.push_back(
      {.offset = 0x08, .width = 1, .name = "Revision ID", .section = "PCIe 7.5.1.1.5", .reset = config.revision_id});
  rows.push_back({.offset = 0x09, .width = 3, .name = "Class Code", .section = "8.1.12.1", .reset = 0x050210});
  rows.push_back({.offset = 0x0C, .width = 1, .name = "Cache Line Size", .section = "PCIe 7.5.1.1.7", .rw = 0xFF});
  rows.push_back({.offset = 0x0E, .width = 1, .name = "Header Type", .section = "PCIe 7.5.1.1.9"});
  rows.push_back({.offset = 0x10,
                  .width = 8,
                  .name = "Base Address Register 0",
                  .section = "PCIe 7.5.1.2.1",
                  .reset = k64Bit,
                  .rw = bar_mask(config.component_registers_size)});
  // CXL r3.2 8.2.9: the BAR of the device registers is marked as prefetchable.
  rows.push_back({.offset = 0x18,
                  .width = 8,
                  .name = "Base Address Register 2",
                  .section = "PCIe 7.5.1.2.1",
                  .reset = k64Bit | kPrefetchable,
                  .rw = bar_mask(config.device_registers_size)});
  if (config.interrupts == InterruptStyle::msi_x) {
    rows.push_back({.offset = 0x20,
                    .name = "Base Address Register 4",
                    .section = "PCIe 7.5.1.2.1",
                    .rw = 0xFFFF'FFFF & bar_mask(kMsiXBarSize)});
  }
  rows.push_back({.offset = 0x2C,
                  .width = 2,
                  .name = "Subsystem Vendor ID",
                  .section = "PCIe 7.5.1.2.3",
                  .reset = config.subsystem_vendor_id});
  rows.push_back(
      {.offset = 0x2E, .width = 2, .name = "Subsystem ID", .section = "PCIe 7.5.1.2.3", .reset = config.subsystem_id});
  rows.push_back({.offset = 0x34,
                  .width = 1,
                  .name = "Capabilities Pointer",
                  .section = "PCIe 7.5.1.1.11",
                  .reset = kFirstCapability});
  rows.push_back({.offset = 0x3C, .width = 1, .name = "Interrupt Line", .section = "PCIe 7.5.1.1.12", .rw = 0xFF});
  return rows;
}

// PCIe 7.5.2: D0 and D3Hot, which keeps all state (No_Soft_Reset); no PME.
Capability ConfigurationSpace::power_management() {
  std::vector<Register> rows;
  rows.push_back({.offset = 0x02,
                  .width = 2,
                  .name = "Power Management Capabilities",
                  .section = "PCIe 7.5.2.1",
                  .reset = 0x0003});
  rows.push_back({.offset = kPowerManagementControlStatus,
                  .width = 2,
                  .name = "Power Management Control/Status",
                  .section = "PCIe 7.5.2.2",
                  .reset = 0x0008,
                  .rw = 0x0003,
                  .written = [this](const RegisterWrite& write) {
                    // A state that the function does not have: the write ends normally and changes nothing.
                    const std::uint64_t state = Bits<1, 0>::get(write.after);
                    if (state == 1 || state == 2) {
                      table_.set(power_management_ + kPowerManagementControlStatus, write.before);
                    }
                  }});
  return capability(CapabilityId::power_management, 0x08, "PCIe 7.5.2", std::move(rows));
}

Capability ConfigurationSpace::interrupts(const FunctionConfig& config) const {
  std::vector<Register> rows;
  if (config.interrupts == InterruptStyle::msi_x) {
    rows.push_back({.offset = kMessageControl,
                    .width = 2,
                    .name = "Message Control",
                    .section = "PCIe 7.7.2.2",
                    .reset = static_cast<std::uint64_t>(messages_ - 1),
                    .rw = 0xC000});
    rows.push_back({.offset = 0x04, .name = "Table Offset/Table BIR", .section = "PCIe 7.7.2.3", .reset = kMsiXBar});
    rows.push_back({.offset = 0x08,
                    .name = "PBA Offset/PBA BIR",
                    .section = "PCIe 7.7.2.4",
                    .reset = kMsiXPendingBits | kMsiXBar});
    return capability(CapabilityId::msi_x, 0x0C, "PCIe 7.7.2.1", std::move(rows));
  }
  // 64-bit addresses, no masks per vector; Multiple Message Capable is the logarithm.
  const std::uint64_t capable = static_cast<std::uint64_t>(std::bit_width(messages_)) - 1;
  rows.push_back({.offset = kMessageControl,
                  .width = 2,
                  .name = "Message Control",
                  .section = "PCIe 7.7.1.2",
                  .reset = 0x0080 | capable << 1,
                  .rw = 0x0071});
  rows.push_back({.offset = 0x04, .name = "Message Address", .section = "PCIe 7.7.1.3", .rw = 0xFFFF'FFFC});
  rows.push_back({.offset = 0x08, .name = "Message Upper Address", .section = "PCIe 7.7.1.4", .rw = 0xFFFF'FFFF});
  rows.push_back({.offset = 0x0C, .width = 2, .name = "Message Data", .section = "PCIe 7.7.1.5", .rw = 0xFFFF});
  return capability(CapabilityId::msi, 0x0E, "PCIe 7.7.1.1", std::move(rows));
}

// PCIe 7.5.3: an endpoint on a link of 32 GT/s, x16, that can do a Function Level Reset. An FLR leaves the link alone
// (6.6.2).
Capability ConfigurationSpace::pci_express() {
  constexpr std::uint32_t kRoleBasedErrorReporting = 1U << 15, kFunctionLevelResetCapable = 1U << 28;
  std::vector<Register> rows;
  rows.push_back(
      {.offset = 0x02, .width = 2, .name = "PCI Express Capabilities", .section = "PCIe 7.5.3.2", .reset = 0x0002});
  rows.push_back({.offset = 0x04,
                  .name = "Device Capabilities",
                  .section = "PCIe 7.5.3.3",
                  .reset = kRoleBasedErrorReporting | kFunctionLevelResetCapable});
  rows.push_back({.offset = kDeviceControl,
                  .width = 2,
                  .name = "Device Control",
                  .section = "PCIe 7.5.3.4",
                  .reset = 0x2810,
                  .rw = 0x781F,
                  .written = [this](const RegisterWrite& write) {
                    if ((write.value & kInitiateFunctionLevelReset) != 0 && on_reset_) on_reset_(Reset::flr);
                  }});
  rows.push_back(
      {.offset = kDeviceStatus, .width = 2, .name = "Device Status", .section = "PCIe 7.5.3.5", .rw1c = 0x000F});
  rows.push_back({.offset = 0x0C, .name = "Link Capabilities", .section = "PCIe 7.5.3.6", .reset = 0x0040'0105});
  rows.push_back({.offset = 0x10,
                  .width = 2,
                  .name = "Link Control",
                  .section = "PCIe 7.5.3.7",
                  .rw = 0x02CB,
                  .restored_by = kConventionalResets});
  rows.push_back({.offset = 0x12, .width = 2, .name = "Link Status", .section = "PCIe 7.5.3.8", .reset = 0x1105});
  rows.push_back({.offset = 0x24, .name = "Device Capabilities 2", .section = "PCIe 7.5.3.15", .reset = 0x10});
  rows.push_back({.offset = 0x28, .width = 2, .name = "Device Control 2", .section = "PCIe 7.5.3.16", .rw = 0x0010});
  rows.push_back({.offset = 0x2C, .name = "Link Capabilities 2", .section = "PCIe 7.5.3.18", .reset = 0x3E});
  rows.push_back({.offset = 0x30,
                  .width = 2,
                  .name = "Link Control 2",
                  .section = "PCIe 7.5.3.19",
                  .reset = 0x0005,
                  .rws = 0x002F});
  rows.push_back({.offset = 0x32, .width = 2, .name = "Link Status 2", .section = "PCIe 7.5.3.20", .reset = 0x001E});
  return capability(CapabilityId::pci_express, 0x3C, "PCIe 7.5.3.1", std::move(rows));
}

Capability ConfigurationSpace::cxl_device() {
  const Register::Lock lock{.offset = kCxlLock, .bits = 1};
  std::vector<Register> rows;
  rows.push_back({.offset = kCxlCapability,
                  .width = 2,
                  .name = "DVSEC CXL Capability",
                  .section = "8.1.3.1",
                  .reset = Bits<5, 4>::set(kCxlCapabilityBits, hdm_count_)});
  // IO_Enable reads 1. Cache_Enable, Mem_Enable, Cache_SF_Coverage, Cache_SF_Granularity, Cache_Clean_Eviction,
  // Viral_Enable.
  rows.push_back({.offset = kCxlControl,
                  .width = 2,
                  .name = "DVSEC CXL Control",
                  .section = "8.1.3.2",
                  .reset = 0x0002,
                  .rwl = 0x4FFD,
                  .restored_by = kAllButFlr,
                  .lock = lock});
  rows.push_back({.offset = 0x0E,
                  .width = 2,
                  .name = "DVSEC CXL Status",
                  .section = "8.1.3.3",
                  .rw1cs = 0x4000,
                  .restored_by = kAllButFlr});
  // CXL Reset Mem Clr Enable. Initiate CXL Reset reads 0; a device without CXL.cache has no bits for its cache.
  rows.push_back({.offset = kCxlControl2,
                  .width = 2,
                  .name = "DVSEC CXL Control2",
                  .section = "8.1.3.4",
                  .rw = 0x0008,
                  .restored_by = kAllButFlr,
                  .written = [this](const RegisterWrite& write) {
                    if ((write.value & kInitiateCxlReset) != 0) initiate_cxl_reset();
                  }});
  // Power Management Initialization Complete.
  rows.push_back({.offset = kCxlStatus2,
                  .width = 2,
                  .name = "DVSEC CXL Status2",
                  .section = "8.1.3.5",
                  .reset = 0x8000,
                  .restored_by = kAllButFlr});
  rows.push_back({.offset = kCxlLock,
                  .width = 2,
                  .name = "DVSEC CXL Lock",
                  .section = "8.1.3.6",
                  .rwo = 0x0001,
                  .restored_by = kAllButFlr});
  // No Clean Writeback.
  rows.push_back({.offset = 0x16, .width = 2, .name = "DVSEC CXL Capability2", .section = "8.1.3.7", .reset = 0x0080});
  add_range(rows, kRange1, true);
  add_range(rows, kRange2, hdm_count_ == 2);
  // Default Volatile HDM State after Cold Reset: cleared. A warm or hot reset promises nothing.
  rows.push_back({.offset = 0x38, .width = 2, .name = "DVSEC CXL Capability3", .section = "8.1.3.9", .reset = 0x0001});
  return dvsec(DvsecId::cxl_device, 3, 0x3C, "8.1.3", std::move(rows));
}

std::vector<Register> ConfigurationSpace::rows(const FunctionConfig& config) {
  std::vector<Capability> conventional;
  conventional.push_back(power_management());
  conventional.push_back(interrupts(config));
  conventional.push_back(pci_express());
  std::vector<Capability> extended;
  extended.push_back(advanced_error_reporting(config.internal_errors_unmasked));
  extended.push_back(cxl_device());
  extended.push_back(register_locator());
  extended.push_back(gpf_device());
  extended.push_back(flex_bus_port());
  extended.push_back(device_serial_number(config.serial_number));
  if (doe_ != nullptr) extended.push_back(doe_->capability());
  place_capabilities(conventional, extended);
  std::vector<Register> all = header(config);
  chain(std::move(conventional), kFirstCapability, all);
  chain(std::move(extended), kFirstExtendedCapability, all);
  return all;
}

void ConfigurationSpace::place_capabilities(const std::vector<Capability>& conventional,
                                            const std::vector<Capability>& extended) {
  const Placement low = place(conventional, kFirstCapability);
  power_management_ = low[0];
  interrupts_ = low[1];
  pci_express_ = low[2];
  const Placement high = place(extended, kFirstExtendedCapability);
  aer_ = high[0];
  cxl_device_ = high[1];
}

void ConfigurationSpace::reset(Reset kind) {
  table_.reset(kind);
  if (doe_ != nullptr) doe_->reset();
}

void ConfigurationSpace::set_memory_ranges(const MemoryRanges& bytes) {
  const auto set_size = [this](std::uint32_t at, std::uint64_t size) {
    table_.set(cxl_device_ + at, size >> 32);
    table_.set(cxl_device_ + at + 4, (size & 0xF000'0000) | kRangeSizeLowBits);
  };
  set_size(kRange1, hdm_count_ == 2 ? bytes[0] : bytes[0] + bytes[1]);
  if (hdm_count_ == 2) set_size(kRange2, bytes[1]);
}

// CXL r3.2 8.1.3.5, 9.7: complete at once. Its error bit is never set, as this reset cannot fail.
void ConfigurationSpace::initiate_cxl_reset() {
  const std::uint32_t status2 = cxl_device_ + kCxlStatus2;
  table_.set(status2, table_.value(status2) & ~std::uint64_t{kCxlResetComplete});
  if (on_reset_) on_reset_(Reset::cxl);
  set_bits(status2, kCxlResetComplete);
}

bool ConfigurationSpace::memory_enabled() const { return (bits(cxl_device_ + kCxlControl) & kMemEnable) != 0; }

bool ConfigurationSpace::bars_enabled() const {
  const bool is_d0 = Bits<1, 0>::get(bits(power_management_ + kPowerManagementControlStatus)) == 0;
  return is_d0 && (bits(kCommand) & kMemorySpaceEnable) != 0;
}

bool ConfigurationSpace::interrupts_enabled() const {
  const std::uint32_t enable = interrupt_style_ == InterruptStyle::msi ? 1U << 0 : 1U << 15;
  return (bits(interrupts_ + kMessageControl) & enable) != 0;
}

std::uint8_t ConfigurationSpace::message_number(std::uint8_t wanted) const {
  if (interrupt_style_ == InterruptStyle::msi_x) return wanted;
  // Software must not enable more than were asked for, nor a reserved number.
  const unsigned enabled = 1U << Bits<6, 4>::get(bits(interrupts_ + kMessageControl));
  return static_cast<std::uint8_t>(wanted & (std::min<unsigned>(enabled, messages_) - 1));
}

ErrorMessage ConfigurationSpace::record_correctable_internal_error() {
  set_bits(aer_ + kCorrectableErrorStatus, kCorrectedInternalErrorBit);
  set_bits(pci_express_ + kDeviceStatus, 1U << 0);
  if ((bits(aer_ + kCorrectableErrorMask) & kCorrectedInternalErrorBit) != 0) return ErrorMessage::none;
  return (bits(pci_express_ + kDeviceControl) & 1U << 0) != 0 ? ErrorMessage::correctable : ErrorMessage::none;
}

// PCIe 6.2.3.2.2, 6.2.4.2: a masked error sets its status bit and nothing else; the header log belongs to the first
// error whose status bit is still set.
ErrorMessage ConfigurationSpace::record_uncorrectable_internal_error(const AerHeaderLog& header) {
  constexpr std::uint32_t kSystemErrorEnable = 1U << 8;
  const std::uint32_t status = bits(aer_ + kUncorrectableErrorStatus);
  const bool is_fatal = (bits(aer_ + kUncorrectableErrorSeverity) & kUncorrectableInternalErrorBit) != 0;
  set_bits(aer_ + kUncorrectableErrorStatus, kUncorrectableInternalErrorBit);
  set_bits(pci_express_ + kDeviceStatus, is_fatal ? 1U << 2 : 1U << 1);
  if ((bits(aer_ + kUncorrectableErrorMask) & kUncorrectableInternalErrorBit) != 0) return ErrorMessage::none;
  const std::uint64_t pointer = Bits<4, 0>::get(bits(aer_ + kAdvancedErrorCapabilitiesAndControl));
  const bool log_is_taken = (status >> pointer & 1) != 0;
  if (!log_is_taken) {
    const std::uint32_t control = bits(aer_ + kAdvancedErrorCapabilitiesAndControl);
    table_.set(aer_ + kAdvancedErrorCapabilitiesAndControl, Bits<4, 0>::set(control, kUncorrectableInternalError));
    for (std::uint32_t i = 0; i < header.size(); ++i) table_.set(aer_ + kHeaderLog + 4 * i, header[i]);
  }
  const std::uint32_t enable = is_fatal ? 1U << 2 : 1U << 1;
  const bool is_told =
      (bits(pci_express_ + kDeviceControl) & enable) != 0 || (bits(kCommand) & kSystemErrorEnable) != 0;
  if (!is_told) return ErrorMessage::none;
  return is_fatal ? ErrorMessage::fatal : ErrorMessage::non_fatal;
}

}  // namespace cxlemu::pci
