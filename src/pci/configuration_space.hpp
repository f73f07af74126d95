// Configuration space of a CXL memory device: function 0 of an SLD behind a CXL root port or switch (CXL r3.2 8.1).
// DEVIATION: a link of 32 GT/s has Secondary PCI Express, Physical Layer 16 and 32 GT/s, Lane Margining and Data Link
// Feature (PCIe 7.7.3 and behind). Nothing is there that they could tell of. DEVIATION: 8.1.2 wants the Compliance DOE
// or the DVSEC for Test Capability of every device; this one has neither.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "pci/capability.hpp"
#include "pci/doe.hpp"
#include "pci/register_table.hpp"

namespace cxlemu::pci {

enum class InterruptStyle : std::uint8_t { msi, msi_x };

/// LIMIT: messages of a function: every message number of CXL is below 16 (CXL r3.2 8.2.9.4.3).
inline constexpr std::uint8_t kMaximumMessages = 16;

struct FunctionConfig {
  std::uint16_t vendor_id = 0x1AF4;
  std::uint16_t device_id = 0x0C81;
  std::uint16_t subsystem_vendor_id = 0x1AF4;
  std::uint16_t subsystem_id = 0x1100;
  std::uint8_t revision_id = 1;
  std::uint64_t serial_number = 0;
  /// HDM_Count (CXL r3.2 8.1.3.1): 2 tells of volatile and persistent capacity apart, 1 of their sum.
  std::uint8_t hdm_count = 1;
  MemoryRanges memory_ranges{};
  InterruptStyle interrupts = InterruptStyle::msi;
  std::uint8_t messages = 8;                          ///< a power of two, 1 to kMaximumMessages
  std::uint64_t component_registers_size = 0x1'0000;  ///< bytes of BAR0, a power of two of at least 16
  std::uint64_t device_registers_size = 0x1'0000;     ///< bytes of BAR2, likewise
  /// Internal errors of Advanced Error Reporting are not masked after a cold reset.
  bool internal_errors_unmasked = false;
};

/// What the function sends because of an error (PCIe 6.2.6).
enum class ErrorMessage : std::uint8_t { none, correctable, non_fatal, fatal };

/// Header log of Advanced Error Reporting (PCIe 7.8.4.8).
using AerHeaderLog = std::array<std::uint32_t, 4>;

class ConfigurationSpace {
 public:
  /// Base address registers: component registers, device registers, and with MSI-X its table.
  static constexpr unsigned kComponentRegistersBar = 0;
  static constexpr unsigned kDeviceRegistersBar = 2;
  static constexpr unsigned kMsiXBar = 4;
  static constexpr std::uint32_t kMsiXBarSize = 0x1000;
  /// Where the Pending Bit Array begins in it.
  static constexpr std::uint32_t kMsiXPendingBits = 0x800;

  /// `doe` outlives it; null: there is no Data Object Exchange.
  explicit ConfigurationSpace(const FunctionConfig& config, Doe* doe = nullptr);
  ConfigurationSpace(const ConfigurationSpace&) = delete;
  ConfigurationSpace& operator=(const ConfigurationSpace&) = delete;

  /// Software asked for a Function Level Reset or a CXL Reset. The owner resets the whole device, this space too.
  void on_reset(std::move_only_function<void(Reset)> call) { on_reset_ = std::move(call); }

  /// Accesses of any size; behind 4096 bytes there are ones.
  void read(std::uint64_t offset, MutableBytes to) const { table_.read(offset, to); }
  void write(std::uint64_t offset, Bytes from) { table_.write(offset, from); }
  /// Resets the mailbox of Data Object Exchange, too.
  void reset(Reset kind);

  /// The sizes of the HDM ranges changed, as by Set Partition Info at a reset.
  void set_memory_ranges(const MemoryRanges& bytes);
  /// CXL r3.2 8.1.3.2: CXL.mem accesses are taken.
  [[nodiscard]] bool memory_enabled() const;
  /// Memory Space Enable and D0: accesses to the BARs are taken.
  [[nodiscard]] bool bars_enabled() const;

  [[nodiscard]] InterruptStyle interrupt_style() const { return interrupt_style_; }
  /// Messages that the function asks for.
  [[nodiscard]] std::uint8_t messages() const { return messages_; }
  /// Interrupts of this function are enabled, by MSI or MSI-X.
  [[nodiscard]] bool interrupts_enabled() const;
  /// The message number that tells of what should be `wanted`: with MSI fewer messages may have been assigned to the
  /// function, then the low bits count (PCIe 6.1.4.2, CXL r3.2 8.2.9.4.3).
  [[nodiscard]] std::uint8_t message_number(std::uint8_t wanted) const;

  /// Errors of CXL.cachemem are told as internal errors (CXL r3.2 12.2.2). Returns the message that is sent.
  ErrorMessage record_correctable_internal_error();
  ErrorMessage record_uncorrectable_internal_error(const AerHeaderLog& header);

  [[nodiscard]] const RegisterTable& table() const { return table_; }

 private:
  std::vector<Register> rows(const FunctionConfig& config);
  std::vector<Register> header(const FunctionConfig& config) const;
  Capability power_management();
  Capability interrupts(const FunctionConfig& config) const;
  Capability pci_express();
  Capability cxl_device();
  void place_capabilities(const std::vector<Capability>& conventional, const std::vector<Capability>& extended);
  void initiate_cxl_reset();
  [[nodiscard]] std::uint32_t bits(std::uint32_t offset) const {
    return static_cast<std::uint32_t>(table_.value(offset));
  }
  void set_bits(std::uint32_t offset, std::uint32_t mask) { table_.set(offset, table_.value(offset) | mask); }

  InterruptStyle interrupt_style_;
  std::uint8_t messages_;
  std::uint8_t hdm_count_;
  Doe* doe_;
  std::move_only_function<void(Reset)> on_reset_;
  // Where capabilities lie.
  std::uint16_t power_management_ = 0;
  std::uint16_t interrupts_ = 0;
  std::uint16_t pci_express_ = 0;
  std::uint16_t aer_ = 0;
  std::uint16_t cxl_device_ = 0;
  RegisterTable table_;
};

}  // namespace cxlemu::pci
