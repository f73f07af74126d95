// The component registers of a memory device (CXL r3.2 8.2.3, 8.2.4): RAS, link and HDM decoder capabilities of the
// CXL.cachemem primary range. They are the whole of their BAR. A device has no Security Capability (8.2.4.18: RCH
// Downstream Ports alone).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "pci/register_table.hpp"

namespace cxlemu::pci {

/// Registers that somebody else keeps, by their offset in the CXL RAS Capability Structure (8.2.4.17), a multiple of 4.
struct RasRegisters {
  std::move_only_function<std::uint32_t(std::uint32_t offset) const> read;
  /// Status registers are cleared by the ones that were written.
  std::move_only_function<void(std::uint32_t offset, std::uint32_t value)> write;
};

/// LIMIT: HDM decoders of a device (8.2.4.20.1).
inline constexpr unsigned kMaximumHdmDecoders = 10;

struct ComponentRegistersConfig {
  unsigned hdm_decoders = 4;  ///< 1, 2, 4, 6, 8 or 10; another number is rounded down to one of them
};

/// One HDM decoder as software programmed it (8.2.4.20.3 to .11).
struct HdmDecoder {
  std::uint64_t base = 0;                   ///< bytes, host physical address
  std::uint64_t size = 0;                   ///< bytes; 0: decodes nothing
  std::uint64_t dpa_skip = 0;               ///< bytes
  std::uint8_t interleave_granularity = 0;  ///< as encoded: 256 << n bytes
  std::uint8_t interleave_ways = 0;         ///< as encoded: 2^n, from 8 on 3 * 2^(n - 8)
  bool lock_on_commit = false;
  bool committed = false;
  bool operator==(const HdmDecoder&) const = default;
};

class ComponentRegisters {
 public:
  static constexpr std::uint64_t kSize = 0x1'0000;
  // Where things lie.
  static constexpr std::uint32_t kCacheMem = 0x1000;
  static constexpr std::uint32_t kRas = kCacheMem + 0x80;
  static constexpr std::uint32_t kLink = kCacheMem + 0xE0;
  static constexpr std::uint32_t kHdm = kCacheMem + 0x140;

  ComponentRegisters(const ComponentRegistersConfig& config, RasRegisters ras);
  ComponentRegisters(const ComponentRegisters&) = delete;
  ComponentRegisters& operator=(const ComponentRegisters&) = delete;

  void read(std::uint64_t offset, MutableBytes to) const { table_.read(offset, to); }
  void write(std::uint64_t offset, Bytes from) { table_.write(offset, from); }
  /// The RAS registers are reset by who keeps them.
  void reset(Reset kind) { table_.reset(kind); }

  [[nodiscard]] unsigned hdm_decoders() const { return decoder_count_; }
  [[nodiscard]] HdmDecoder hdm_decoder(unsigned number) const;
  /// HDM decoders decode, not the ranges of the DVSEC (8.2.4.20.2).
  [[nodiscard]] bool hdm_decoders_enabled() const;

  [[nodiscard]] const RegisterTable& table() const { return table_; }

 private:
  std::vector<Register> rows();
  void add_ras(std::vector<Register>& rows);
  void add_hdm_decoder(std::vector<Register>& rows, unsigned number);
  void control_written(unsigned number, const RegisterWrite& write);
  [[nodiscard]] bool may_commit(unsigned number) const;

  unsigned decoder_count_;
  RasRegisters ras_;
  RegisterTable table_;
};

}  // namespace cxlemu::pci
