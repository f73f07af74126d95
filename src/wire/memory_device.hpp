// CXL r3.2 8.2.10.9 Memory Device command sets (Opcodes 4000h, 4100h to 4103h; 4400h, 4401h have no payload)
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

/// Capacities are reported in these units.
inline constexpr std::uint64_t kCapacityUnit = 256ULL << 20;

// CXL r3.2 8.2.10.9.1.1 Identify Memory Device (Opcode 4000h), output payload
struct IdentifyMemoryDeviceOut {
  std::array<std::byte, 16> fw_revision;
  Le64 total_capacity_256mib;
  Le64 volatile_only_capacity_256mib;
  Le64 persistent_only_capacity_256mib;
  Le64 partition_alignment_256mib;
  Le16 informational_event_log_size;
  Le16 warning_event_log_size;
  Le16 failure_event_log_size;
  Le16 fatal_event_log_size;
  Le32 lsa_size;
  Le24 poison_list_maximum_media_error_records;
  Le16 inject_poison_limit;
  U8 poison_handling_capabilities;
  U8 qos_telemetry_capabilities;
  Le16 dynamic_capacity_event_log_size;

  static constexpr std::uint8_t kInjectsPersistentPoison = 1 << 0;
  static constexpr std::uint8_t kScansForPoison = 1 << 1;
};
static_assert(sizeof(IdentifyMemoryDeviceOut) == 0x45);

inline constexpr auto kPoisonHandlingCapabilities =
    std::to_array<NamedValue>({{1, "Injects Persistent Poison"}, {2, "Scans for Poison"}});
inline constexpr auto kQosTelemetryCapabilities = std::to_array<NamedValue>(
    {{1, "Egress Port Congestion Supported"}, {2, "Temporary Throughput Reduction Supported"}});

CXLEMU_DESCRIBE(
    IdentifyMemoryDeviceOut, CXLEMU_FIELD(IdentifyMemoryDeviceOut, fw_revision, text, "FW Revision of the active slot"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, total_capacity_256mib, capacity_256mib, "Total Capacity"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, volatile_only_capacity_256mib, capacity_256mib, "Volatile Only Capacity"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, persistent_only_capacity_256mib, capacity_256mib, "Persistent Only Capacity"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, partition_alignment_256mib, capacity_256mib,
                 "Partition Alignment; 0: not partitionable"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, informational_event_log_size, number,
                 "records in the Informational Event Log"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, warning_event_log_size, number, "records in the Warning Event Log"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, failure_event_log_size, number, "records in the Failure Event Log"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, fatal_event_log_size, number, "records in the Fatal Event Log"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, lsa_size, number, "bytes of the Label Storage Area"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, poison_list_maximum_media_error_records, number,
                 "records in the Poison List"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, inject_poison_limit, number, "addresses that can be poisoned; 0: none"),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, poison_handling_capabilities, flags, "Poison Handling Capabilities",
                 kPoisonHandlingCapabilities),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, qos_telemetry_capabilities, flags, "QoS Telemetry Capabilities",
                 kQosTelemetryCapabilities),
    CXLEMU_FIELD(IdentifyMemoryDeviceOut, dynamic_capacity_event_log_size, number,
                 "records in the Dynamic Capacity Event Log"));

// CXL r3.2 8.2.10.9.2.1 Get Partition Info (Opcode 4100h), output payload
struct GetPartitionInfoOut {
  Le64 active_volatile_capacity_256mib;
  Le64 active_persistent_capacity_256mib;
  Le64 next_volatile_capacity_256mib;
  Le64 next_persistent_capacity_256mib;
};
static_assert(sizeof(GetPartitionInfoOut) == 0x20);
CXLEMU_DESCRIBE(
    GetPartitionInfoOut,
    CXLEMU_FIELD(GetPartitionInfoOut, active_volatile_capacity_256mib, capacity_256mib, "Active Volatile Capacity"),
    CXLEMU_FIELD(GetPartitionInfoOut, active_persistent_capacity_256mib, capacity_256mib, "Active Persistent Capacity"),
    CXLEMU_FIELD(GetPartitionInfoOut, next_volatile_capacity_256mib, capacity_256mib,
                 "Next Volatile Capacity; both next capacities 0: no change pending"),
    CXLEMU_FIELD(GetPartitionInfoOut, next_persistent_capacity_256mib, capacity_256mib, "Next Persistent Capacity"));

// CXL r3.2 8.2.10.9.2.2 Set Partition Info (Opcode 4101h), input payload
struct SetPartitionInfoIn {
  Le64 volatile_capacity_256mib;
  U8 flags;
  /// COMPAT(linux): its table of commands has ten bytes for nine.
  Reserved<1> surplus;

  static constexpr std::size_t kMinimumSize = 9;
  static constexpr std::uint8_t kImmediate = 1 << 0;
};
static_assert(sizeof(SetPartitionInfoIn) == 10);
inline constexpr auto kSetPartitionInfoFlags = std::to_array<NamedValue>({{1, "Immediate"}});
CXLEMU_DESCRIBE(SetPartitionInfoIn,
                CXLEMU_FIELD(SetPartitionInfoIn, volatile_capacity_256mib, capacity_256mib,
                             "how much of the partitionable capacity is to be volatile"),
                CXLEMU_FIELD(SetPartitionInfoIn, flags, flags, "Immediate: now, not at the next reset",
                             kSetPartitionInfoFlags),
                CXLEMU_RESERVED(SetPartitionInfoIn, surplus));

// CXL r3.2 8.2.10.9.2.3 Get LSA (Opcode 4102h), input payload; the output is `length` bytes
struct GetLsaIn {
  Le32 offset;
  Le32 length;
};
static_assert(sizeof(GetLsaIn) == 8);
CXLEMU_DESCRIBE(GetLsaIn, CXLEMU_FIELD(GetLsaIn, offset, number, "first byte of the LSA to return"),
                CXLEMU_FIELD(GetLsaIn, length, number, "bytes to return"));

// CXL r3.2 8.2.10.9.2.4 Set LSA (Opcode 4103h), input payload; data follows
struct SetLsaIn {
  Le32 offset;
  Reserved<4> reserved;
};
static_assert(sizeof(SetLsaIn) == 8);
CXLEMU_DESCRIBE(SetLsaIn, CXLEMU_FIELD(SetLsaIn, offset, number, "first byte of the LSA to write"),
                CXLEMU_RESERVED(SetLsaIn, reserved));

}  // namespace cxlemu
