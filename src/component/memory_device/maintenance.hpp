// CXL r3.2 8.2.10.7 Maintenance: post package repair and memory sparing. A repair replaces a row, or what a sparing
// names, by a spare, as long as there is one: poison of the media itself is gone until the repair is.
#pragma once

#include <vector>

#include "cci/command.hpp"
#include "component/memory_device/config.hpp"
#include "component/memory_device/dram_address.hpp"
#include "memory/poison_map.hpp"
#include "wire/maintenance.hpp"

namespace cxlemu {

class MemoryDevice;
enum class ResetKind : std::uint8_t;

/// The operations that there are, each with spares of its own.
enum class RepairKind : std::uint8_t { soft_ppr, hard_ppr, cacheline_sparing, row_sparing, bank_sparing, rank_sparing };
inline constexpr std::size_t kRepairKinds = 6;

struct Repair {
  RepairKind kind{};
  bool hard = false;      ///< survives every reset; else sPPR ends with main power, sparing with a Conventional Reset
  std::uint64_t dpa = 0;  ///< what was replaced
  std::uint64_t length = 0;        ///< bytes
  std::vector<PoisonRange> taken;  ///< permanent poison that is there again where the repair is not
  bool operator==(const Repair&) const = default;
};

struct MaintenanceState {
  std::vector<Repair> repairs;  ///< that are in effect; each holds a spare of its kind
  bool operator==(const MaintenanceState&) const = default;
};

/// How long an operation of this class takes on the device's time.
Nanoseconds maintenance_duration(const MemoryDeviceConfig& config, std::uint8_t maintenance_operation_class);

namespace maintenance {

std::uint32_t resources(const MemoryDeviceConfig& config, RepairKind kind);
std::uint32_t resources_left(const MemoryDevice& device, RepairKind kind);

// CXL r3.2 8.2.10.7.1 Perform Maintenance (Opcode 0600h)
cci::Result<cci::Outcome> perform_maintenance(MemoryDevice& device, cci::Cci& cci, const cci::Request& request,
                                              const PerformMaintenanceIn& in, cci::Tail<std::byte> parameters);
ReturnCode complete_perform_maintenance(MemoryDevice& device, cci::Cci& cci, Bytes request);
void interrupt_perform_maintenance(MemoryDevice& device, cci::Cci& cci, Bytes request, std::uint8_t percent,
                                   cci::Interruption why);
bool perform_maintenance_runs_in_background(const MemoryDevice& device, const cci::Cci& cci,
                                            const cci::Request& request);

/// What a reset of this kind takes back.
void reset(MemoryDevice& device, ResetKind kind);

}  // namespace maintenance
}  // namespace cxlemu
