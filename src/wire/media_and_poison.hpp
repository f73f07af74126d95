// CXL r3.2 8.2.10.9.4 Media and Poison Management command sets (Opcodes 4300h to 4305h) and 8.2.10.9.5.3 Media
// Operations (Opcode 4402h)
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

// CXL r3.2 8.2.10.9.4.1 Get Poison List (Opcode 4300h), input payload
struct GetPoisonListIn {
  Le64 physical_address;
  Le64 physical_address_length_64b;

  static constexpr std::uint64_t kRestartRequest = 1 << 0;
};
static_assert(sizeof(GetPoisonListIn) == 0x10);
CXLEMU_DESCRIBE(GetPoisonListIn,
                CXLEMU_FIELD(GetPoisonListIn, physical_address, hex,
                             "first DPA, a multiple of 64; bit 0: Restart Request, from the first record on"),
                CXLEMU_FIELD(GetPoisonListIn, physical_address_length_64b, length_64b, "length of the range"));

// CXL r3.2 8.2.10.9.4.1 Get Poison List (Opcode 4300h), output payload; Media Error Records follow
struct GetPoisonListOut {
  U8 poison_list_flags;
  Reserved<1> reserved;
  Le64 overflow_timestamp;
  Le16 media_error_record_count;
  Reserved<0x14> reserved_2;

  static constexpr std::uint8_t kMoreMediaErrorRecords = 1 << 0;
  static constexpr std::uint8_t kPoisonListOverflow = 1 << 1;
  static constexpr std::uint8_t kScanMediaInProgress = 1 << 2;
  static constexpr std::uint8_t kRestartAck = 1 << 3;
};
static_assert(sizeof(GetPoisonListOut) == 0x20);
inline constexpr auto kPoisonListFlags = std::to_array<NamedValue>(
    {{1, "More Media Error Records"}, {2, "Poison List Overflow"}, {4, "Scan Media in Progress"}, {8, "Restart Ack"}});
CXLEMU_DESCRIBE(GetPoisonListOut,
                CXLEMU_FIELD(GetPoisonListOut, poison_list_flags, flags, "Poison List Flags", kPoisonListFlags),
                CXLEMU_RESERVED(GetPoisonListOut, reserved),
                CXLEMU_FIELD(GetPoisonListOut, overflow_timestamp, nanoseconds, "when the list overflowed"),
                CXLEMU_FIELD(GetPoisonListOut, media_error_record_count, number, "records that follow"),
                CXLEMU_RESERVED(GetPoisonListOut, reserved_2));

// CXL r3.2 8.2.10.9.4.2 Table 8-155 Media Error Record
struct MediaErrorRecord {
  Le64 media_error_address;
  Le32 media_error_length_64b;
  Reserved<4> reserved;

  using ErrorSource = Bits<2, 0>;
};
static_assert(sizeof(MediaErrorRecord) == 0x10);
CXLEMU_DESCRIBE(
    MediaErrorRecord,
    CXLEMU_FIELD(MediaErrorRecord, media_error_address, hex,
                 "DPA; bits 2:0: source (0 unknown, 1 external, 2 internal, 3 injected, 7 vendor specific)"),
    CXLEMU_FIELD(MediaErrorRecord, media_error_length_64b, length_64b, "adjacent poisoned addresses"),
    CXLEMU_RESERVED(MediaErrorRecord, reserved));

// CXL r3.2 8.2.10.9.4.2 Inject Poison (Opcode 4301h), input payload
struct InjectPoisonIn {
  Le64 physical_address;
};
static_assert(sizeof(InjectPoisonIn) == 8);
CXLEMU_DESCRIBE(InjectPoisonIn,
                CXLEMU_FIELD(InjectPoisonIn, physical_address, hex, "DPA to poison; bits 5:0 are reserved"));

// CXL r3.2 8.2.10.9.4.3 Clear Poison (Opcode 4302h), input payload
struct ClearPoisonIn {
  Le64 physical_address;
  std::array<std::byte, 64> write_data;
};
static_assert(sizeof(ClearPoisonIn) == 72);
CXLEMU_DESCRIBE(ClearPoisonIn,
                CXLEMU_FIELD(ClearPoisonIn, physical_address, hex, "DPA to clear; bits 5:0 are reserved"),
                CXLEMU_FIELD(ClearPoisonIn, write_data, bytes, "always written there"));

// CXL r3.2 8.2.10.9.4.4 Get Scan Media Capabilities (Opcode 4303h), input payload
struct GetScanMediaCapabilitiesIn {
  Le64 physical_address;
  Le64 physical_address_length_64b;
};
static_assert(sizeof(GetScanMediaCapabilitiesIn) == 0x10);
CXLEMU_DESCRIBE(GetScanMediaCapabilitiesIn,
                CXLEMU_FIELD(GetScanMediaCapabilitiesIn, physical_address, hex, "first DPA; bits 5:0 are reserved"),
                CXLEMU_FIELD(GetScanMediaCapabilitiesIn, physical_address_length_64b, length_64b,
                             "length of the range"));

// CXL r3.2 8.2.10.9.4.4 Get Scan Media Capabilities (Opcode 4303h), output payload
struct GetScanMediaCapabilitiesOut {
  Le32 estimated_scan_media_time;
};
static_assert(sizeof(GetScanMediaCapabilitiesOut) == 4);
CXLEMU_DESCRIBE(GetScanMediaCapabilitiesOut, CXLEMU_FIELD(GetScanMediaCapabilitiesOut, estimated_scan_media_time,
                                                          number, "milliseconds that a scan of the range takes"));

// CXL r3.2 8.2.10.9.4.5 Scan Media (Opcode 4304h), input payload
struct ScanMediaIn {
  Le64 physical_address;
  Le64 physical_address_length_64b;
  U8 scan_media_flags;

  static constexpr std::uint8_t kNoEventLog = 1 << 0;
};
static_assert(sizeof(ScanMediaIn) == 17);
inline constexpr auto kScanMediaFlags = std::to_array<NamedValue>({{1, "No Event Log"}});
CXLEMU_DESCRIBE(ScanMediaIn,
                CXLEMU_FIELD(ScanMediaIn, physical_address, hex, "first DPA to scan; bits 5:0 are reserved"),
                CXLEMU_FIELD(ScanMediaIn, physical_address_length_64b, length_64b, "length of the range"),
                CXLEMU_FIELD(ScanMediaIn, scan_media_flags, flags, "Scan Media Flags", kScanMediaFlags));

// CXL r3.2 8.2.10.9.4.6 Get Scan Media Results (Opcode 4305h), output payload; Media Error Records follow
struct GetScanMediaResultsOut {
  Le64 scan_media_restart_physical_address;
  Le64 scan_media_restart_physical_address_length_64b;
  U8 scan_media_flags;
  Reserved<1> reserved;
  Le16 media_error_record_count;
  Reserved<0x0C> reserved_2;

  static constexpr std::uint8_t kMoreMediaErrorRecords = 1 << 0;
  static constexpr std::uint8_t kScanStoppedPrematurely = 1 << 1;
};
static_assert(sizeof(GetScanMediaResultsOut) == 0x20);
inline constexpr auto kScanMediaResultsFlags =
    std::to_array<NamedValue>({{1, "More Media Error Records"}, {2, "Scan Stopped Prematurely"}});
CXLEMU_DESCRIBE(GetScanMediaResultsOut,
                CXLEMU_FIELD(GetScanMediaResultsOut, scan_media_restart_physical_address, hex,
                             "where to go on with Scan Media when it stopped prematurely"),
                CXLEMU_FIELD(GetScanMediaResultsOut, scan_media_restart_physical_address_length_64b, length_64b,
                             "what is left to scan when it stopped prematurely"),
                CXLEMU_FIELD(GetScanMediaResultsOut, scan_media_flags, flags, "Scan Media Flags",
                             kScanMediaResultsFlags),
                CXLEMU_RESERVED(GetScanMediaResultsOut, reserved),
                CXLEMU_FIELD(GetScanMediaResultsOut, media_error_record_count, number, "records that follow"),
                CXLEMU_RESERVED(GetScanMediaResultsOut, reserved_2));

// CXL r3.2 8.2.10.9.5.3 Media Operations (Opcode 4402h), input payload; DPA ranges and the operation's arguments follow
struct MediaOperationsIn {
  U8 media_operation_class;
  U8 media_operation_subclass;
  Reserved<2> reserved;
  Le32 dpa_range_count;
};
static_assert(sizeof(MediaOperationsIn) == 8);
inline constexpr auto kMediaOperationClasses = std::to_array<NamedValue>({{0, "General"}, {1, "Sanitize"}});
CXLEMU_DESCRIBE(MediaOperationsIn,
                CXLEMU_FIELD(MediaOperationsIn, media_operation_class, choice, "Media Operation Class",
                             kMediaOperationClasses),
                CXLEMU_FIELD(MediaOperationsIn, media_operation_subclass, number,
                             "of General: 0 discovery; of Sanitize: 0 sanitize, 1 zero"),
                CXLEMU_RESERVED(MediaOperationsIn, reserved),
                CXLEMU_FIELD(MediaOperationsIn, dpa_range_count, number,
                             "DPA ranges that follow, each a start and a length in bytes of eight bytes"));

// CXL r3.2 8.2.10.9.5.3 Table 8-148 (r3.1) DPA Range Format
struct DpaRangeFormat {
  Le64 starting_dpa;
  Le64 length;
};
static_assert(sizeof(DpaRangeFormat) == 16);
CXLEMU_DESCRIBE(DpaRangeFormat, CXLEMU_FIELD(DpaRangeFormat, starting_dpa, hex, "a multiple of the granularity"),
                CXLEMU_FIELD(DpaRangeFormat, length, number, "bytes, a multiple of the granularity"));

// CXL r3.2 8.2.10.9.5.3 Table 8-150 (r3.1) Discovery Operation-specific Arguments
struct MediaOperationsDiscovery {
  Le16 start_index;
  Le16 number_of_supported_operations;
};
static_assert(sizeof(MediaOperationsDiscovery) == 4);
CXLEMU_DESCRIBE(MediaOperationsDiscovery,
                CXLEMU_FIELD(MediaOperationsDiscovery, start_index, number, "first operation to return"),
                CXLEMU_FIELD(MediaOperationsDiscovery, number_of_supported_operations, number,
                             "operations to return at most"));

// CXL r3.2 8.2.10.9.5.3 Table 8-152 (r3.1) Supported Operations List Entries
struct SupportedMediaOperation {
  U8 media_operation_class;
  U8 media_operation_subclass;
};
static_assert(sizeof(SupportedMediaOperation) == 2);
CXLEMU_DESCRIBE(SupportedMediaOperation,
                CXLEMU_FIELD(SupportedMediaOperation, media_operation_class, choice, "Media Operation Class",
                             kMediaOperationClasses),
                CXLEMU_FIELD(SupportedMediaOperation, media_operation_subclass, number, "Media Operation Subclass"));
template <>
inline constexpr std::string_view kPlural<SupportedMediaOperation> = "operations";

// CXL r3.2 8.2.10.9.5.3 Media Operations (Opcode 4402h), output payload of Discovery; operations follow
struct MediaOperationsDiscoveryOut {
  Le64 dpa_range_granularity;
  Le16 total_number_of_supported_operations;
  Le16 number_of_supported_operations;
};
static_assert(sizeof(MediaOperationsDiscoveryOut) == 12);
CXLEMU_DESCRIBE(MediaOperationsDiscoveryOut,
                CXLEMU_FIELD(MediaOperationsDiscoveryOut, dpa_range_granularity, number, "bytes"),
                CXLEMU_FIELD(MediaOperationsDiscoveryOut, total_number_of_supported_operations, number,
                             "operations that the device supports, without Discovery"),
                CXLEMU_FIELD(MediaOperationsDiscoveryOut, number_of_supported_operations, number,
                             "operations that follow"));

}  // namespace cxlemu
