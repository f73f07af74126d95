// CXL r3.2 8.2.10.2 Events command set (Opcodes 0100h to 0106h) and the event records that devices of this version make
#pragma once

#include "base/ids.hpp"
#include "wire/fields.hpp"

namespace cxlemu {

enum class EventLogId : std::uint8_t { informational = 0, warning = 1, failure = 2, fatal = 3, dynamic_capacity = 4 };
inline constexpr std::size_t kEventLogs = 5;
inline constexpr auto kEventLogNames = std::to_array<NamedValue>(
    {{0, "Informational"}, {1, "Warning"}, {2, "Failure"}, {3, "Fatal"}, {4, "Dynamic Capacity"}});
/// The same as words of QMP and of the command line.
inline constexpr auto kEventLogWords =
    std::to_array<std::string_view>({"informational", "warning", "failure", "fatal", "dynamic-capacity"});
static_assert(kEventLogNames.size() == kEventLogs && kEventLogWords.size() == kEventLogs);

// CXL r3.2 8.2.10.2.1 Event Records, Table 8-55 Common Event Record Format
struct EventRecord {
  Uuid event_record_identifier;
  U8 event_record_length;
  Le24 event_record_flags;
  Le16 event_record_handle;
  Le16 related_event_record_handle;
  Le64 event_record_timestamp;
  U8 maintenance_operation_class;
  U8 maintenance_operation_subclass;
  Le16 ld_id;
  U8 head_id;
  Reserved<11> reserved;
  std::array<std::byte, 0x50> event_record_data;

  using Severity = Bits<1, 0>;
  using PermanentCondition = Bits<2>;
  using MaintenanceNeeded = Bits<3>;
  using PerformanceDegraded = Bits<4>;
  using HardwareReplacementNeeded = Bits<5>;
  using MaintenanceOperationSubclassValid = Bits<6>;
  using LdIdValid = Bits<7>;
  using HeadIdValid = Bits<8>;
};
static_assert(sizeof(EventRecord) == 0x80);

inline constexpr auto kEventRecordFlags = std::to_array<NamedValue>({{1 << 2, "Permanent Condition"},
                                                                     {1 << 3, "Maintenance Needed"},
                                                                     {1 << 4, "Performance Degraded"},
                                                                     {1 << 5, "Hardware Replacement Needed"},
                                                                     {1 << 6, "Maintenance Operation Subclass Valid"},
                                                                     {1 << 7, "LD-ID Valid"},
                                                                     {1 << 8, "Head ID Valid"}});
CXLEMU_DESCRIBE(EventRecord, CXLEMU_FIELD(EventRecord, event_record_identifier, uuid, "Event Record Identifier"),
                CXLEMU_FIELD(EventRecord, event_record_length, number, "valid bytes of this record"),
                CXLEMU_FIELD(EventRecord, event_record_flags, flags,
                             "Event Record Flags; bits 1:0: severity (0 informational, 1 warning, 2 failure, 3 fatal)",
                             kEventRecordFlags),
                CXLEMU_FIELD(EventRecord, event_record_handle, hex, "Event Record Handle, for Clear Event Records"),
                CXLEMU_FIELD(EventRecord, related_event_record_handle, hex, "Related Event Record Handle; 0: none"),
                CXLEMU_FIELD(EventRecord, event_record_timestamp, nanoseconds, "Event Record Timestamp"),
                CXLEMU_FIELD(EventRecord, maintenance_operation_class, hex,
                             "Maintenance Operation Class; 0: none wanted"),
                CXLEMU_FIELD(EventRecord, maintenance_operation_subclass, hex, "Maintenance Operation Subclass"),
                CXLEMU_FIELD(EventRecord, ld_id, number, "LD-ID"),
                CXLEMU_FIELD(EventRecord, head_id, number, "Head ID"), CXLEMU_RESERVED(EventRecord, reserved),
                CXLEMU_FIELD(EventRecord, event_record_data, bytes, "Event Record Data, by Event Record Identifier"));

// CXL r3.2 8.2.10.2.2 Get Event Records (Opcode 0100h), input payload
struct GetEventRecordsIn {
  Le<EventLogId> event_log;
};
static_assert(sizeof(GetEventRecordsIn) == 1);
CXLEMU_DESCRIBE(GetEventRecordsIn, CXLEMU_FIELD(GetEventRecordsIn, event_log, choice, "Event Log", kEventLogNames));

// CXL r3.2 8.2.10.2.2 Get Event Records (Opcode 0100h), output payload; Event Records follow
struct GetEventRecordsOut {
  U8 flags;
  Reserved<1> reserved;
  Le16 overflow_error_count;
  Le64 first_overflow_event_timestamp;
  Le64 last_overflow_event_timestamp;
  Le16 event_record_count;
  Reserved<10> reserved_2;

  static constexpr std::uint8_t kOverflow = 1 << 0;
  static constexpr std::uint8_t kMoreEventRecords = 1 << 1;
};
static_assert(sizeof(GetEventRecordsOut) == 0x20);
inline constexpr auto kGetEventRecordsFlags = std::to_array<NamedValue>({{1, "Overflow"}, {2, "More Event Records"}});
CXLEMU_DESCRIBE(
    GetEventRecordsOut, CXLEMU_FIELD(GetEventRecordsOut, flags, flags, "Flags", kGetEventRecordsFlags),
    CXLEMU_RESERVED(GetEventRecordsOut, reserved),
    CXLEMU_FIELD(GetEventRecordsOut, overflow_error_count, number, "events lost since the log overflowed (saturates)"),
    CXLEMU_FIELD(GetEventRecordsOut, first_overflow_event_timestamp, nanoseconds, "First Overflow Event Timestamp"),
    CXLEMU_FIELD(GetEventRecordsOut, last_overflow_event_timestamp, nanoseconds, "Last Overflow Event Timestamp"),
    CXLEMU_FIELD(GetEventRecordsOut, event_record_count, number, "records that follow"),
    CXLEMU_RESERVED(GetEventRecordsOut, reserved_2));

// CXL r3.2 8.2.10.2.3 Clear Event Records (Opcode 0101h), input payload; Event Record Handles (Le16) follow
struct ClearEventRecordsIn {
  Le<EventLogId> event_log;
  U8 clear_event_flags;
  U8 number_of_event_record_handles;
  Reserved<3> reserved;

  static constexpr std::uint8_t kClearAllEvents = 1 << 0;
};
static_assert(sizeof(ClearEventRecordsIn) == 6);
inline constexpr auto kClearEventFlags = std::to_array<NamedValue>({{1, "Clear All Events"}});
CXLEMU_DESCRIBE(ClearEventRecordsIn, CXLEMU_FIELD(ClearEventRecordsIn, event_log, choice, "Event Log", kEventLogNames),
                CXLEMU_FIELD(ClearEventRecordsIn, clear_event_flags, flags, "Clear Event Flags", kClearEventFlags),
                CXLEMU_FIELD(ClearEventRecordsIn, number_of_event_record_handles, number, "handles that follow"),
                CXLEMU_RESERVED(ClearEventRecordsIn, reserved));

struct EventRecordHandle {
  Le16 event_record_handle;
};
static_assert(sizeof(EventRecordHandle) == 2);
template <>
inline constexpr std::string_view kPlural<EventRecordHandle> = "handles";
CXLEMU_DESCRIBE(EventRecordHandle, CXLEMU_FIELD(EventRecordHandle, event_record_handle, hex, "Event Record Handle"));

// CXL r3.2 8.2.10.2.4 Get Event Interrupt Policy (Opcode 0102h), output payload, and
// CXL r3.2 8.2.10.2.5 Set Event Interrupt Policy (Opcode 0103h), input payload
struct EventInterruptPolicy {
  U8 informational_event_log_interrupt_settings;
  U8 warning_event_log_interrupt_settings;
  U8 failure_event_log_interrupt_settings;
  U8 fatal_event_log_interrupt_settings;
  U8 dynamic_capacity_event_log_interrupt_settings;

  using InterruptModeBits = Bits<1, 0>;
  using InterruptMessageNumber = Bits<7, 4>;
  /// The Dynamic Capacity setting is not part of the Minimum Input Payload Length.
  static constexpr std::size_t kMinimumSize = 4;
  /// In the order of EventLogId.
  [[nodiscard]] constexpr std::array<std::uint8_t, kEventLogs> settings() const {
    return {informational_event_log_interrupt_settings, warning_event_log_interrupt_settings,
            failure_event_log_interrupt_settings, fatal_event_log_interrupt_settings,
            dynamic_capacity_event_log_interrupt_settings};
  }
};
static_assert(sizeof(EventInterruptPolicy) == 5);
enum class InterruptMode : std::uint8_t { none = 0, msi = 1, firmware = 2, reserved = 3 };

#define CXLEMU_INTERRUPT_SETTING(member)          \
  CXLEMU_FIELD(EventInterruptPolicy, member, hex, \
               "bits 1:0: mode (0 none, 1 MSI/MSI-X, 2 firmware); bits 7:4: message number")
CXLEMU_DESCRIBE(EventInterruptPolicy, CXLEMU_INTERRUPT_SETTING(informational_event_log_interrupt_settings),
                CXLEMU_INTERRUPT_SETTING(warning_event_log_interrupt_settings),
                CXLEMU_INTERRUPT_SETTING(failure_event_log_interrupt_settings),
                CXLEMU_INTERRUPT_SETTING(fatal_event_log_interrupt_settings),
                CXLEMU_INTERRUPT_SETTING(dynamic_capacity_event_log_interrupt_settings));
#undef CXLEMU_INTERRUPT_SETTING

/// What a component tells of over MCTP: bit n is the log with this EventLogId.
inline constexpr std::uint16_t kBackgroundOperationCompleted = 1 << 15;
inline constexpr std::uint16_t kMctpEvents = ((1 << kEventLogs) - 1) | kBackgroundOperationCompleted;
inline constexpr auto kMctpEventNames = std::to_array<NamedValue>({{1 << 0, "Informational Event Log"},
                                                                   {1 << 1, "Warning Event Log"},
                                                                   {1 << 2, "Failure Event Log"},
                                                                   {1 << 3, "Fatal Event Log"},
                                                                   {1 << 4, "Dynamic Capacity Event Log"},
                                                                   {1 << 15, "Background Operation Completed"}});

// CXL r3.2 8.2.10.2.6 Get MCTP Event Interrupt Policy (Opcode 0104h), output payload, and
// CXL r3.2 8.2.10.2.7 Set MCTP Event Interrupt Policy (Opcode 0105h), input and output payload
struct MctpEventInterruptPolicy {
  Le16 event_interrupt_settings;
};
static_assert(sizeof(MctpEventInterruptPolicy) == 2);
CXLEMU_DESCRIBE(MctpEventInterruptPolicy, CXLEMU_FIELD(MctpEventInterruptPolicy, event_interrupt_settings, flags,
                                                       "which events are told of", kMctpEventNames));

/// Components send it (CXL r3.2 8.2.10.2.8); one that receives it discards it.
inline constexpr Opcode kEventNotification{0x0106};

// CXL r3.2 8.2.10.2.8 Event Notification (Opcode 0106h), input payload
struct EventNotificationIn {
  Le16 event;
};
static_assert(sizeof(EventNotificationIn) == 2);
CXLEMU_DESCRIBE(EventNotificationIn,
                CXLEMU_FIELD(EventNotificationIn, event, flags,
                             "which log has records now, or that an operation was completed", kMctpEventNames));

}  // namespace cxlemu
