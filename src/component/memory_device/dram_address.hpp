// Where a DPA lies in the DRAM of this device, and the reverse. The mapping is the simplest one: capacity is cut into
// equal consecutive parts, channel by channel, each of them rank by rank, then bank group, bank, row and column. A
// column is one cache line. So every channel, rank, bank and row is one range of DPAs.
//
//   channel   0 to 2, each a memory media FRU        bank    0 to 3 of a bank group
//   rank      0 to 1 of a channel                    row     as many as the capacity needs, of 8 KiB or a power of two
//   above bank group 0 to 7 of a rank                      column  0 to 127 of a row, or as many as it has lines
//
// Parts are rounded up to whole rows, so the last ones may reach behind the capacity: there is no memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "component/memory_device/ecs.hpp"
#include "memory/poison_map.hpp"

namespace cxlemu {

/// As in a DRAM Event Record (CXL r3.2 Table 8-58).
struct DramAddress {
  std::uint8_t channel = 0;
  std::uint8_t rank = 0;
  std::uint8_t bank_group = 0;
  std::uint8_t bank = 0;
  std::uint32_t row = 0;
  std::uint16_t column = 0;
  bool operator==(const DramAddress&) const = default;
};

/// What is spared or repaired as a whole.
enum class DramUnit : std::uint8_t { cacheline, row, bank, rank };

struct DpaExtent {
  std::uint64_t dpa = 0;
  std::uint64_t length = 0;  ///< bytes
  bool operator==(const DpaExtent&) const = default;
};

class DramGeometry {
 public:
  static constexpr std::uint64_t kChannels = kMemoryMediaFrus;
  static constexpr std::uint64_t kRanks = 2;
  static constexpr std::uint64_t kBankGroups = 8;
  static constexpr std::uint64_t kBanks = 4;
  static constexpr std::uint64_t kSmallestRow = 8192;  ///< bytes
  static constexpr std::uint64_t kMostRows = 1 << 24;  ///< a row number has 24 bits

  explicit constexpr DramGeometry(std::uint64_t capacity) : capacity_(capacity) {
    const std::uint64_t share = up(capacity, kChannels * kRanks * kBankGroups * kBanks);
    while (up(share, row_) > kMostRows) row_ *= 2;
    bank_ = up(share, row_) * row_;
  }

  /// Bytes of one.
  [[nodiscard]] constexpr std::uint64_t size_of(DramUnit unit) const {
    switch (unit) {
      case DramUnit::cacheline:
        return kCacheLine;
      case DramUnit::row:
        return row_;
      case DramUnit::bank:
        return bank_;
      case DramUnit::rank:
        return bank_ * kBanks * kBankGroups;
    }
    return 0;
  }
  [[nodiscard]] constexpr DramAddress address_of(std::uint64_t dpa) const {
    const std::uint64_t bank = dpa / bank_;
    const std::uint64_t in_bank = dpa % bank_;
    return {.channel = static_cast<std::uint8_t>(bank / kBanks / kBankGroups / kRanks),
            .rank = static_cast<std::uint8_t>(bank / kBanks / kBankGroups % kRanks),
            .bank_group = static_cast<std::uint8_t>(bank / kBanks % kBankGroups),
            .bank = static_cast<std::uint8_t>(bank % kBanks),
            .row = static_cast<std::uint32_t>(in_bank / row_),
            .column = static_cast<std::uint16_t>(in_bank % row_ / kCacheLine)};
  }
  /// The unit that the address lies in, cut to the capacity; nothing where the device has no such memory. Fields below
  /// the unit are not looked at.
  [[nodiscard]] constexpr std::optional<DpaExtent> extent_of(DramAddress address, DramUnit unit) const {
    if (unit == DramUnit::rank) address.bank_group = address.bank = 0;
    if (unit == DramUnit::rank || unit == DramUnit::bank) address.row = 0;
    if (unit != DramUnit::cacheline) address.column = 0;
    if (address.channel >= kChannels || address.rank >= kRanks || address.bank_group >= kBankGroups ||
        address.bank >= kBanks || address.row >= bank_ / row_ || address.column >= row_ / kCacheLine) {
      return std::nullopt;
    }
    const std::uint64_t rank = address.channel * kRanks + address.rank;
    const std::uint64_t bank = (rank * kBankGroups + address.bank_group) * kBanks + address.bank;
    const std::uint64_t dpa = bank * bank_ + address.row * row_ + address.column * kCacheLine;
    if (dpa >= capacity_) return std::nullopt;
    return DpaExtent{dpa, std::min(size_of(unit), capacity_ - dpa)};
  }

 private:
  static constexpr std::uint64_t up(std::uint64_t value, std::uint64_t parts) {
    return value == 0 ? 1 : (value - 1) / parts + 1;
  }

  std::uint64_t capacity_;
  std::uint64_t row_ = kSmallestRow;
  std::uint64_t bank_ = 0;
};

}  // namespace cxlemu
