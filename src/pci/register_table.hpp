// One table for every space of registers, configuration space and register blocks in BARs alike. A row says what a
// register is: where it lies, what it holds after a reset, what software may do to each bit. The engine does the rest:
// accesses of any size at any offset, byte by byte where they touch a part of a register, never fatal.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace cxlemu::pci {

/// Resets of a function, from the one with the least effect (CXL r3.2 9.1.1, 9.5, 9.7).
enum class Reset : std::uint8_t {
  flr,           ///< Function Level Reset: nothing of CXL.mem, and no CXL DVSEC
  cxl,           ///< CXL Reset
  conventional,  ///< hot or warm
  cold,          ///< main power cycled: also what is sticky
};

/// A set of resets.
struct Resets {
  std::uint8_t bits = 0;
  [[nodiscard]] constexpr bool has(Reset reset) const { return ((bits >> static_cast<unsigned>(reset)) & 1) != 0; }
};
/// What restores the registers of PCIe: every reset.
inline constexpr Resets kEveryReset{0b1111};
/// What restores registers of CXL.mem and the CXL DVSECs: not a Function Level Reset (CXL r3.2 9.5).
inline constexpr Resets kAllButFlr{0b1110};
/// What ends the lock of a register (CXL r3.2 Table 8-1, RWO and RWL).
inline constexpr Resets kConventionalResets{0b1100};
/// What restores sticky bits.
inline constexpr Resets kColdReset{0b1000};
/// For what changes only by hands of the device itself.
inline constexpr Resets kNoReset{0};

/// A write as one register sees it. Bytes that the access did not name are not in `enabled`.
struct RegisterWrite {
  std::uint64_t before = 0;   ///< what software would have read
  std::uint64_t after = 0;    ///< what is stored now; of a computed register, `before` with the bytes that were named
  std::uint64_t value = 0;    ///< the bits as they were written, 0 where none were
  std::uint64_t enabled = 0;  ///< mask of the bytes that were written
};

/// One register. The masks are the attributes of CXL r3.2 Table 8-1 and of PCIe; a bit in none of them is read only
/// (RO, HwInit, RsvdP, RsvdZ) and keeps its reset value until the device itself changes it.
struct Register {
  std::uint32_t offset = 0;  ///< bytes from the start of the space
  std::uint8_t width = 4;    ///< bytes, 1 to 8
  std::string_view name;     ///< the specification's
  std::string_view section;  ///< "8.1.3.2" of CXL r3.2, or "PCIe 7.5.1.1.3"
  std::uint64_t reset = 0;

  std::uint64_t rw = 0;
  std::uint64_t rws = 0;    ///< as rw, sticky
  std::uint64_t rw1c = 0;   ///< writing 1 clears
  std::uint64_t rw1cs = 0;  ///< as rw1c, sticky
  std::uint64_t ros = 0;    ///< read only and sticky
  std::uint64_t rwo = 0;    ///< writing 1 sets it until a Conventional Reset
  std::uint64_t rwl = 0;    ///< as rw, until locked
  std::uint64_t rol = 0;    ///< read only, and kept by a CXL Reset while locked, as what rwl holds

  Resets restored_by = kEveryReset;  ///< what restores bits that are neither sticky, nor rwo, nor locked

  /// Bits rwl are locked while all these bits of that register are set.
  struct Lock {
    std::uint32_t offset = 0;
    std::uint64_t bits = 0;  ///< 0: never locked
  };
  Lock lock{};

  /// The value is computed; nothing is stored.
  std::move_only_function<std::uint64_t() const> read{};
  /// Called after each access that wrote at least one byte of the register.
  std::move_only_function<void(const RegisterWrite&)> written{};
};

/// A range of plain bytes between the registers, as the payload of a mailbox. Its owner keeps the bytes, so that they
/// may be shared memory.
struct RegisterMemory {
  std::uint32_t offset = 0;
  MutableBytes bytes;
  std::string_view name;
  std::string_view section;
  /// False: writes are dropped.
  std::move_only_function<bool() const> writable{};
};

class RegisterTable {
 public:
  /// A space of `size` bytes. Registers and memory must lie inside without overlap; fault() says whether they do.
  RegisterTable(std::uint64_t size, std::vector<Register> registers, std::vector<RegisterMemory> memory = {});

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::span<const Register> registers() const { return registers_; }

  /// Reads as hardware answers: zeros where there is no register (reserved, PCIe 7.4), all ones behind the end (an
  /// Unsupported Request, PCIe 2.3.2). O(log n) and what is touched.
  void read(std::uint64_t offset, MutableBytes to) const;
  /// Memory is written first, then registers in the order of their offsets. Bytes for read-only bits, for no register,
  /// or behind the end are dropped.
  void write(std::uint64_t offset, Bytes from);
  /// Restores what this reset restores (CXL r3.2 Table 8-1). Calls no action; memory stays.
  void reset(Reset kind);

  /// What the register at this very offset holds, or computes; 0 where there is none.
  [[nodiscard]] std::uint64_t value(std::uint32_t offset) const;
  /// The device's own change: any bit, no action. Nothing where there is no register.
  void set(std::uint32_t offset, std::uint64_t value);

  /// What is wrong with the rows: a defect of ours. Nothing: they are sound.
  [[nodiscard]] std::optional<std::string> fault() const;

 private:
  [[nodiscard]] std::size_t first_touched(std::uint64_t offset) const;
  [[nodiscard]] std::size_t index_of(std::uint32_t offset) const;
  [[nodiscard]] std::uint64_t value_at(std::size_t index) const;
  [[nodiscard]] bool is_locked(const Register& row) const;
  void write_register(std::size_t index, std::uint64_t value, std::uint64_t enabled);

  std::uint64_t size_;
  std::vector<Register> registers_;    ///< by offset
  std::vector<std::uint64_t> values_;  ///< of the register with the same index
  std::vector<RegisterMemory> memory_;
};

}  // namespace cxlemu::pci
