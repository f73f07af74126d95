// CXL r3.2 8.2.10.7.1 Perform Maintenance (Opcode 0600h) and the parameters of each operation
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

// Maintenance Operation Classes (CXL r3.2 Table 8-125).
inline constexpr std::uint8_t kMaintenanceNoOperation = 0;
inline constexpr std::uint8_t kMaintenancePpr = 1;
inline constexpr std::uint8_t kMaintenanceMemorySparing = 2;

inline constexpr auto kMaintenanceClasses =
    std::to_array<NamedValue>({{0, "No operation"}, {1, "PPR"}, {2, "Memory Sparing"}, {3, "Device Built-in Test"}});

// CXL r3.2 8.2.10.7.1 Perform Maintenance (Opcode 0600h), input payload; the parameters of the operation follow
struct PerformMaintenanceIn {
  U8 maintenance_operation_class;
  U8 maintenance_operation_subclass;
};
static_assert(sizeof(PerformMaintenanceIn) == 2);
CXLEMU_DESCRIBE(PerformMaintenanceIn,
                CXLEMU_FIELD(PerformMaintenanceIn, maintenance_operation_class, choice, "Maintenance Operation Class",
                             kMaintenanceClasses),
                CXLEMU_FIELD(PerformMaintenanceIn, maintenance_operation_subclass, number,
                             "PPR: 0 soft, 1 hard; Memory Sparing: 0 cacheline, 1 row, 2 bank, 3 rank"));

// CXL r3.2 8.2.10.7.1.2 sPPR, 8.2.10.7.1.3 hPPR: parameters
struct PprParameters {
  U8 flags;
  Le64 dpa;
  Le24 nibble_mask;

  using QueryResources = Bits<0>;
};
static_assert(sizeof(PprParameters) == 12);
CXLEMU_DESCRIBE(PprParameters, CXLEMU_FIELD(PprParameters, flags, hex, "bit 0: Query Resources"),
                CXLEMU_FIELD(PprParameters, dpa, hex, "DPA to be repaired"),
                CXLEMU_FIELD(PprParameters, nibble_mask, hex, "Nibble Mask"));

// CXL r3.2 8.2.10.7.1.4 Memory Sparing: parameters
struct MemorySparingParameters {
  U8 flags;
  U8 channel;
  U8 rank;
  Le24 nibble_mask;
  U8 bank_group;
  U8 bank;
  Le24 row;
  Le16 column;
  U8 sub_channel;

  using QueryResources = Bits<0>;
  using HardSparing = Bits<1>;
  using SubChannelValid = Bits<2>;
  using NibbleMaskValid = Bits<3>;
};
static_assert(sizeof(MemorySparingParameters) == 14);
CXLEMU_DESCRIBE(MemorySparingParameters,
                CXLEMU_FIELD(MemorySparingParameters, flags, hex,
                             "bit 0: Query Resources, 1: Hard Sparing, 2: Sub-channel Valid, 3: Nibble Mask Valid"),
                CXLEMU_FIELD(MemorySparingParameters, channel, number, "Channel"),
                CXLEMU_FIELD(MemorySparingParameters, rank, number, "Rank"),
                CXLEMU_FIELD(MemorySparingParameters, nibble_mask, hex, "Nibble Mask"),
                CXLEMU_FIELD(MemorySparingParameters, bank_group, number, "Bank Group"),
                CXLEMU_FIELD(MemorySparingParameters, bank, number, "Bank"),
                CXLEMU_FIELD(MemorySparingParameters, row, number, "Row"),
                CXLEMU_FIELD(MemorySparingParameters, column, number, "Column"),
                CXLEMU_FIELD(MemorySparingParameters, sub_channel, number, "Sub-channel"));

}  // namespace cxlemu
