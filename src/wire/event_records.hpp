// CXL r3.2 8.2.10.2.1.1 to 8.2.10.2.1.4: what stands in the Event Record Data of media, DRAM, module and sparing events
#pragma once

#include "wire/events.hpp"
#include "wire/health.hpp"

namespace cxlemu {

inline constexpr Uuid kGeneralMediaEventRecord = "fbcd0a77-c260-417f-85a9-088b1621eba6"_uuid;
inline constexpr Uuid kDramEventRecord = "601dcbb3-9c06-4eab-b8af-4e9bfb5c9624"_uuid;
inline constexpr Uuid kMemoryModuleEventRecord = "fe927475-dd59-4339-a586-79bab113b774"_uuid;
inline constexpr Uuid kMemorySparingEventRecord = "e71f3a40-2d29-4092-8a39-4d1c966c7c65"_uuid;

inline constexpr auto kMemoryEventDescriptors =
    std::to_array<NamedValue>({{1, "Uncorrectable Event"}, {2, "Threshold Event"}, {4, "Poison List Overflow Event"}});
inline constexpr auto kTransactionTypes = std::to_array<NamedValue>({{0, "Unknown"},
                                                                     {1, "Host Read"},
                                                                     {2, "Host Write"},
                                                                     {3, "Host Scan Media"},
                                                                     {4, "Host Inject Poison"},
                                                                     {5, "Media Patrol Scrub"},
                                                                     {6, "Media Management"},
                                                                     {7, "Internal Media Error Check Scrub"},
                                                                     {8, "Media Initialization"}});

// CXL r3.2 8.2.10.2.1.1 General Media Event Record, data from offset 30h
struct GeneralMediaEventData {
  Le64 physical_address;
  U8 memory_event_descriptor;
  U8 memory_event_type;
  U8 transaction_type;
  Le16 validity_flags;
  U8 channel;
  U8 rank;
  Le24 device;
  std::array<std::byte, 16> component_identifier;
  U8 cme_threshold_event_flags;
  Le24 corrected_memory_error_count_at_event;
  U8 memory_event_sub_type;
  Reserved<41> reserved;
};
static_assert(sizeof(GeneralMediaEventData) == sizeof(EventRecord::event_record_data));
inline constexpr auto kGeneralMediaEventTypes = std::to_array<NamedValue>({{0, "Media ECC Error"},
                                                                           {1, "Invalid Address"},
                                                                           {2, "Data Path Error"},
                                                                           {3, "TE State Violation"},
                                                                           {4, "Scrub Media ECC Error"},
                                                                           {5, "CME Counter Expiration"},
                                                                           {6, "CKID Violation"}});
inline constexpr auto kGeneralMediaValidity = std::to_array<NamedValue>(
    {{1, "Channel"}, {2, "Rank"}, {4, "Device"}, {8, "Component Identifier"}, {16, "Component Identifier is PLDM"}});
CXLEMU_DESCRIBE(GeneralMediaEventData,
                CXLEMU_FIELD(GeneralMediaEventData, physical_address, hex,
                             "DPA; bit 0: volatile, bit 1: not repairable"),
                CXLEMU_FIELD(GeneralMediaEventData, memory_event_descriptor, flags, "Memory Event Descriptor",
                             kMemoryEventDescriptors),
                CXLEMU_FIELD(GeneralMediaEventData, memory_event_type, choice, "Memory Event Type",
                             kGeneralMediaEventTypes),
                CXLEMU_FIELD(GeneralMediaEventData, transaction_type, choice, "Transaction Type", kTransactionTypes),
                CXLEMU_FIELD(GeneralMediaEventData, validity_flags, flags, "Validity Flags", kGeneralMediaValidity),
                CXLEMU_FIELD(GeneralMediaEventData, channel, number, "Channel"),
                CXLEMU_FIELD(GeneralMediaEventData, rank, number, "Rank"),
                CXLEMU_FIELD(GeneralMediaEventData, device, hex, "Device bit mask"),
                CXLEMU_FIELD(GeneralMediaEventData, component_identifier, bytes, "Component Identifier"),
                CXLEMU_FIELD(GeneralMediaEventData, cme_threshold_event_flags, hex,
                             "Advanced Programmable Corrected Memory Error Threshold Event Flags"),
                CXLEMU_FIELD(GeneralMediaEventData, corrected_memory_error_count_at_event, number,
                             "Corrected Memory Error Count at Event"),
                CXLEMU_FIELD(GeneralMediaEventData, memory_event_sub_type, number, "Memory Event Sub-Type"),
                CXLEMU_RESERVED(GeneralMediaEventData, reserved));

// CXL r3.2 8.2.10.2.1.2 DRAM Event Record, data from offset 30h
struct DramEventData {
  Le64 physical_address;
  U8 memory_event_descriptor;
  U8 memory_event_type;
  U8 transaction_type;
  Le16 validity_flags;
  U8 channel;
  U8 rank;
  Le24 nibble_mask;
  U8 bank_group;
  U8 bank;
  Le24 row;
  Le16 column;
  std::array<Le64, 4> correction_mask;
  std::array<std::byte, 16> component_identifier;
  U8 sub_channel;
  U8 cvme_threshold_event_flags;
  Le24 corrected_volatile_memory_error_count_at_event;
  U8 memory_event_sub_type;
  Reserved<1> reserved;
};
static_assert(sizeof(DramEventData) == sizeof(EventRecord::event_record_data));
inline constexpr auto kDramEventTypes = std::to_array<NamedValue>({{0, "Media ECC Error"},
                                                                   {1, "Scrub Media ECC Error"},
                                                                   {2, "Invalid Address"},
                                                                   {3, "Data Path Error"},
                                                                   {4, "TE State Violation"},
                                                                   {5, "CVME Counter Expiration"},
                                                                   {6, "CKID Violation"}});
inline constexpr auto kDramValidity = std::to_array<NamedValue>({{1 << 0, "Channel"},
                                                                 {1 << 1, "Rank"},
                                                                 {1 << 2, "Nibble Mask"},
                                                                 {1 << 3, "Bank Group"},
                                                                 {1 << 4, "Bank"},
                                                                 {1 << 5, "Row"},
                                                                 {1 << 6, "Column"},
                                                                 {1 << 7, "Correction Mask"},
                                                                 {1 << 8, "Component Identifier"},
                                                                 {1 << 9, "Component Identifier is PLDM"},
                                                                 {1 << 10, "Sub-channel"}});
CXLEMU_DESCRIBE(
    DramEventData, CXLEMU_FIELD(DramEventData, physical_address, hex, "DPA; bit 0: volatile, bit 1: not repairable"),
    CXLEMU_FIELD(DramEventData, memory_event_descriptor, flags, "Memory Event Descriptor", kMemoryEventDescriptors),
    CXLEMU_FIELD(DramEventData, memory_event_type, choice, "Memory Event Type", kDramEventTypes),
    CXLEMU_FIELD(DramEventData, transaction_type, choice, "Transaction Type", kTransactionTypes),
    CXLEMU_FIELD(DramEventData, validity_flags, flags, "Validity Flags", kDramValidity),
    CXLEMU_FIELD(DramEventData, channel, number, "Channel"), CXLEMU_FIELD(DramEventData, rank, number, "Rank"),
    CXLEMU_FIELD(DramEventData, nibble_mask, hex, "Nibble Mask"),
    CXLEMU_FIELD(DramEventData, bank_group, number, "Bank Group"), CXLEMU_FIELD(DramEventData, bank, number, "Bank"),
    CXLEMU_FIELD(DramEventData, row, number, "Row"), CXLEMU_FIELD(DramEventData, column, number, "Column"),
    CXLEMU_FIELD(DramEventData, correction_mask, bytes, "Correction Mask, four of 8 bytes"),
    CXLEMU_FIELD(DramEventData, component_identifier, bytes, "Component Identifier"),
    CXLEMU_FIELD(DramEventData, sub_channel, number, "Sub-channel"),
    CXLEMU_FIELD(DramEventData, cvme_threshold_event_flags, hex,
                 "Advanced Programmable Corrected Memory Error Threshold Event Flags"),
    CXLEMU_FIELD(DramEventData, corrected_volatile_memory_error_count_at_event, number,
                 "Corrected Volatile Memory Error Count at Event"),
    CXLEMU_FIELD(DramEventData, memory_event_sub_type, number, "Memory Event Sub-Type"),
    CXLEMU_RESERVED(DramEventData, reserved));

// CXL r3.2 8.2.10.2.1.3 Memory Module Event Record, data from offset 30h
struct MemoryModuleEventData {
  U8 device_event_type;
  GetHealthInfoOut device_health_information;
  Le16 validity_flags;
  std::array<std::byte, 16> component_identifier;
  U8 device_event_sub_type;
  Reserved<42> reserved;
};
static_assert(sizeof(MemoryModuleEventData) == sizeof(EventRecord::event_record_data));
inline constexpr auto kDeviceEventTypes = std::to_array<NamedValue>({{0, "Health Status Change"},
                                                                     {1, "Media Status Change"},
                                                                     {2, "Life Used Change"},
                                                                     {3, "Temperature Change"},
                                                                     {4, "Data Path Error"},
                                                                     {5, "LSA Error"},
                                                                     {6, "Unrecoverable Internal Sideband Bus Error"},
                                                                     {7, "Memory Media FRU Error"},
                                                                     {8, "Power Management Fault"}});
inline constexpr auto kMemoryModuleValidity =
    std::to_array<NamedValue>({{1, "Component Identifier"}, {2, "Component Identifier is PLDM"}});
CXLEMU_DESCRIBE(MemoryModuleEventData,
                CXLEMU_FIELD(MemoryModuleEventData, device_event_type, choice, "Device Event Type", kDeviceEventTypes),
                CXLEMU_FIELD(MemoryModuleEventData, device_health_information, structure,
                             "as Get Health Info returns it", {}, &LayoutOf<GetHealthInfoOut>::value),
                CXLEMU_FIELD(MemoryModuleEventData, validity_flags, flags, "Validity Flags", kMemoryModuleValidity),
                CXLEMU_FIELD(MemoryModuleEventData, component_identifier, bytes, "Component Identifier"),
                CXLEMU_FIELD(MemoryModuleEventData, device_event_sub_type, number, "Device Event Sub-Type"),
                CXLEMU_RESERVED(MemoryModuleEventData, reserved));

// CXL r3.2 8.2.10.2.1.4 Memory Sparing Event Record (Table 8-60), data from offset 30h
struct MemorySparingEventData {
  U8 maintenance_operation_class;
  U8 maintenance_operation_subclass;
  U8 flags;
  U8 result;
  Le16 validity_flags;
  Reserved<6> reserved;
  Le16 spare_resource_available;
  U8 channel;
  U8 rank;
  Le24 nibble_mask;
  U8 bank_group;
  U8 bank;
  Le24 row;
  Le16 column;
  std::array<std::byte, 16> component_identifier;
  U8 sub_channel;
  Reserved<37> reserved_2;
};
static_assert(sizeof(MemorySparingEventData) == sizeof(EventRecord::event_record_data));
inline constexpr auto kMemorySparingFlags =
    std::to_array<NamedValue>({{1 << 0, "Query Resources"}, {1 << 1, "Hard Sparing"}, {1 << 2, "Device Initiated"}});
inline constexpr auto kMemorySparingResults =
    std::to_array<NamedValue>({{0, "Success"}, {1, "Resources Exhausted"}, {0xFF, "General Failure"}});
inline constexpr auto kMemorySparingValidity = std::to_array<NamedValue>({{1 << 0, "Channel"},
                                                                          {1 << 1, "Rank"},
                                                                          {1 << 2, "Nibble Mask"},
                                                                          {1 << 3, "Bank Group"},
                                                                          {1 << 4, "Bank"},
                                                                          {1 << 5, "Row"},
                                                                          {1 << 6, "Column"},
                                                                          {1 << 7, "Component Identifier"},
                                                                          {1 << 8, "Component Identifier is PLDM"},
                                                                          {1 << 9, "Sub-channel"}});
CXLEMU_DESCRIBE(MemorySparingEventData,
                CXLEMU_FIELD(MemorySparingEventData, maintenance_operation_class, hex, "Maintenance Operation Class"),
                CXLEMU_FIELD(MemorySparingEventData, maintenance_operation_subclass, hex,
                             "Maintenance Operation Subclass"),
                CXLEMU_FIELD(MemorySparingEventData, flags, flags, "Flags", kMemorySparingFlags),
                CXLEMU_FIELD(MemorySparingEventData, result, choice, "Result", kMemorySparingResults),
                CXLEMU_FIELD(MemorySparingEventData, validity_flags, flags, "Validity Flags", kMemorySparingValidity),
                CXLEMU_RESERVED(MemorySparingEventData, reserved),
                CXLEMU_FIELD(MemorySparingEventData, spare_resource_available, number,
                             "Spare Resource Available; 3: 3 or more"),
                CXLEMU_FIELD(MemorySparingEventData, channel, number, "Channel"),
                CXLEMU_FIELD(MemorySparingEventData, rank, number, "Rank"),
                CXLEMU_FIELD(MemorySparingEventData, nibble_mask, hex, "Nibble Mask"),
                CXLEMU_FIELD(MemorySparingEventData, bank_group, number, "Bank Group"),
                CXLEMU_FIELD(MemorySparingEventData, bank, number, "Bank"),
                CXLEMU_FIELD(MemorySparingEventData, row, number, "Row"),
                CXLEMU_FIELD(MemorySparingEventData, column, number, "Column"),
                CXLEMU_FIELD(MemorySparingEventData, component_identifier, bytes, "Component Identifier"),
                CXLEMU_FIELD(MemorySparingEventData, sub_channel, number, "Sub-channel"),
                CXLEMU_RESERVED(MemorySparingEventData, reserved_2));

/// What an Event Record Identifier says about the data; null for one that this version does not know.
constexpr const Layout* event_record_data_layout(const Uuid& event_record_identifier) {
  if (event_record_identifier == kGeneralMediaEventRecord) return &LayoutOf<GeneralMediaEventData>::value;
  if (event_record_identifier == kDramEventRecord) return &LayoutOf<DramEventData>::value;
  if (event_record_identifier == kMemoryModuleEventRecord) return &LayoutOf<MemoryModuleEventData>::value;
  if (event_record_identifier == kMemorySparingEventRecord) return &LayoutOf<MemorySparingEventData>::value;
  return nullptr;
}

}  // namespace cxlemu
