#include "pci/register_table.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cxlemu::pci {
namespace {

/// The bits of a register of so many bytes.
constexpr std::uint64_t mask_of(unsigned width) {
  return width >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
}

/// Where [offset, offset + size) and [start, start + length) meet; `length` 0: nowhere.
struct Overlap {
  std::uint64_t in_access = 0;
  std::uint64_t in_target = 0;
  std::uint64_t length = 0;
};

constexpr Overlap overlap(std::uint64_t offset, std::uint64_t size, std::uint64_t start, std::uint64_t length) {
  const std::uint64_t from = std::max(offset, start);
  const std::uint64_t to = std::min(offset + size, start + length);
  if (from >= to) return {};
  return {from - offset, from - start, to - from};
}

}  // namespace

RegisterTable::RegisterTable(std::uint64_t size, std::vector<Register> registers, std::vector<RegisterMemory> memory)
    : size_(size), registers_(std::move(registers)), memory_(std::move(memory)) {
  std::ranges::sort(registers_, {}, &Register::offset);
  values_.reserve(registers_.size());
  for (const Register& row : registers_) values_.push_back(row.reset);
}

std::size_t RegisterTable::first_touched(std::uint64_t offset) const {
  const auto behind = std::ranges::upper_bound(registers_, offset, {}, &Register::offset);
  const auto index = static_cast<std::size_t>(behind - registers_.begin());
  // The one before may reach over the offset; if it does not, overlap() finds nothing.
  return index == 0 ? 0 : index - 1;
}

std::size_t RegisterTable::index_of(std::uint32_t offset) const {
  const auto found = std::ranges::lower_bound(registers_, offset, {}, &Register::offset);
  if (found == registers_.end() || found->offset != offset) return registers_.size();
  return static_cast<std::size_t>(found - registers_.begin());
}

std::uint64_t RegisterTable::value_at(std::size_t index) const {
  const Register& row = registers_[index];
  return row.read ? row.read() & mask_of(row.width) : values_[index];
}

std::uint64_t RegisterTable::value(std::uint32_t offset) const {
  const std::size_t index = index_of(offset);
  return index == registers_.size() ? 0 : value_at(index);
}

void RegisterTable::set(std::uint32_t offset, std::uint64_t value) {
  const std::size_t index = index_of(offset);
  if (index != registers_.size()) values_[index] = value & mask_of(registers_[index].width);
}

bool RegisterTable::is_locked(const Register& row) const {
  return row.lock.bits != 0 && (value(row.lock.offset) & row.lock.bits) == row.lock.bits;
}

void RegisterTable::read(std::uint64_t offset, MutableBytes to) const {
  const std::uint64_t inside = offset >= size_ ? 0 : std::min<std::uint64_t>(to.size(), size_ - offset);
  std::ranges::fill(to.first(inside), std::byte{0});
  std::ranges::fill(to.subspan(inside), std::byte{0xFF});
  for (std::size_t i = first_touched(offset); i < registers_.size(); ++i) {
    const Register& row = registers_[i];
    if (row.offset >= size_ || row.offset - std::min<std::uint64_t>(offset, row.offset) >= inside) break;
    const Overlap part = overlap(offset, inside, row.offset, row.width);
    if (part.length == 0) continue;
    const std::uint64_t value = value_at(i) >> (8 * part.in_target);
    std::memcpy(to.data() + part.in_access, &value, part.length);
  }
  for (const RegisterMemory& memory : memory_) {
    const Overlap part = overlap(offset, inside, memory.offset, memory.bytes.size());
    if (part.length != 0) std::memcpy(to.data() + part.in_access, memory.bytes.data() + part.in_target, part.length);
  }
}

void RegisterTable::write(std::uint64_t offset, Bytes from) {
  if (offset >= size_) return;
  const std::uint64_t inside = std::min<std::uint64_t>(from.size(), size_ - offset);
  // Memory first: a register behind it may act on it, as a doorbell does.
  for (RegisterMemory& memory : memory_) {
    const Overlap part = overlap(offset, inside, memory.offset, memory.bytes.size());
    if (part.length == 0 || (memory.writable && !memory.writable())) continue;
    std::memcpy(memory.bytes.data() + part.in_target, from.data() + part.in_access, part.length);
  }
  for (std::size_t i = first_touched(offset); i < registers_.size(); ++i) {
    const Register& row = registers_[i];
    if (row.offset >= offset + inside) break;
    const Overlap part = overlap(offset, inside, row.offset, row.width);
    if (part.length == 0) continue;
    std::uint64_t value = 0;
    std::memcpy(&value, from.data() + part.in_access, part.length);
    const unsigned shift = static_cast<unsigned>(8 * part.in_target);
    write_register(i, value << shift, mask_of(static_cast<unsigned>(part.length)) << shift);
  }
}

void RegisterTable::write_register(std::size_t index, std::uint64_t value, std::uint64_t enabled) {
  Register& row = registers_[index];
  RegisterWrite write{.before = value_at(index), .after = 0, .value = value, .enabled = enabled};
  if (row.read) {
    write.after = (write.before & ~enabled) | value;
  } else {
    const std::uint64_t replaced = (row.rw | row.rws | (is_locked(row) ? 0 : row.rwl)) & enabled;
    const std::uint64_t cleared = (row.rw1c | row.rw1cs) & value;
    write.after = ((write.before & ~replaced & ~cleared) | (value & replaced)) | (row.rwo & value);
    values_[index] = write.after;
  }
  if (row.written) row.written(write);
}

void RegisterTable::reset(Reset kind) {
  // Locks are looked at before anything changes: this reset may end them.
  std::vector<std::uint64_t> after(values_.size());
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    const Register& row = registers_[i];
    const std::uint64_t sticky = row.rws | row.rw1cs | row.ros;
    const std::uint64_t held = row.rwo | (is_locked(row) ? row.rwl | row.rol : 0);
    std::uint64_t restored = row.restored_by.has(kind) ? ~(sticky | held) : 0;
    if (kConventionalResets.has(kind)) restored |= held;
    if (kColdReset.has(kind)) restored |= sticky;
    after[i] = (values_[i] & ~restored) | (row.reset & restored);
  }
  values_ = std::move(after);
}

std::optional<std::string> RegisterTable::fault() const {
  const auto about = [](const Register& row, std::string_view what) {
    return std::optional(std::string(row.name) + ": " + std::string(what));
  };
  std::uint64_t end = 0;
  for (const Register& row : registers_) {
    if (row.width < 1 || row.width > 8) return about(row, "width");
    if (row.offset < end) return about(row, "overlaps the register before it");
    end = std::uint64_t{row.offset} + row.width;
    if (end > size_) return about(row, "reaches behind the end");
    std::uint64_t named = 0;
    for (const std::uint64_t mask : {row.rw, row.rws, row.rw1c, row.rw1cs, row.ros, row.rwo, row.rwl, row.rol}) {
      if ((named & mask) != 0) return about(row, "a bit has two attributes");
      named |= mask;
    }
    if (((named | row.reset) & ~mask_of(row.width)) != 0) return about(row, "a bit outside its width");
    if (row.lock.bits != 0 && index_of(row.lock.offset) == registers_.size()) return about(row, "no such lock");
    if (row.name.empty() || row.section.empty()) return about(row, "without a name or a section");
    for (const RegisterMemory& memory : memory_) {
      const Overlap both = overlap(row.offset, row.width, memory.offset, memory.bytes.size());
      if (both.length != 0) return about(row, "overlaps memory");
    }
  }
  for (const RegisterMemory& memory : memory_) {
    if (memory.offset + memory.bytes.size() > size_) return std::string(memory.name) + ": reaches behind the end";
  }
  return std::nullopt;
}

}  // namespace cxlemu::pci
