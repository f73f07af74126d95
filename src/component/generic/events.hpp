// CXL r3.2 8.2.10.2 Events command set: handlers for every component that logs events
#pragma once

#include "component/generic/concepts.hpp"
#include "wire/events.hpp"

namespace cxlemu::generic {

constexpr bool is_event_log(EventLogId id) { return static_cast<std::size_t>(id) < kEventLogs; }

// CXL r3.2 8.2.10.2.2 Get Event Records (Opcode 0100h)
template <AnyComponent C>
cci::Result<void> get_event_records(C&, cci::Context& context, const GetEventRecordsIn& in,
                                    cci::Answer<GetEventRecordsOut, EventRecord>& out) {
  if (!is_event_log(in.event_log)) return cci::refuse(ReturnCode::invalid_input);
  const cci::EventLog& log = context.events.log(in.event_log);

  const std::size_t room = (out.room() - sizeof(GetEventRecordsOut)) / sizeof(EventRecord);
  const std::size_t count = std::min(log.records.size(), room);
  GetEventRecordsOut head{};
  head.flags = static_cast<std::uint8_t>((log.overflow ? GetEventRecordsOut::kOverflow : 0) |
                                         (count < log.records.size() ? GetEventRecordsOut::kMoreEventRecords : 0));
  head.overflow_error_count = log.overflow_error_count;
  head.first_overflow_event_timestamp = log.first_overflow_event_timestamp;
  head.last_overflow_event_timestamp = log.last_overflow_event_timestamp;
  head.event_record_count = static_cast<std::uint16_t>(count);
  out.put(head);
  for (std::size_t i = 0; i < count; ++i) out.put(log.records[i]);
  return {};
}

// CXL r3.2 8.2.10.2.3 Clear Event Records (Opcode 0101h)
template <AnyComponent C>
cci::Result<void> clear_event_records(C& component, cci::Context& context, const ClearEventRecordsIn& in,
                                      cci::Tail<EventRecordHandle> handles) {
  if (!is_event_log(in.event_log)) return cci::refuse(ReturnCode::invalid_input);
  const std::size_t count = in.number_of_event_record_handles;
  const bool surplus = handles.bytes.size() > count * sizeof(EventRecordHandle);
  if (handles.size() < count || (surplus && component.refuses_surplus_payload())) {
    return cci::refuse(ReturnCode::invalid_payload_length);
  }
  if ((in.clear_event_flags & ClearEventRecordsIn::kClearAllEvents) != 0) {
    // COMPAT(libcxlmi): it clears a log that has not overflowed.
    const bool allowed = context.events.log(in.event_log).overflow || component.profile() == Profile::libcxlmi;
    if (!allowed || count != 0) return cci::refuse(ReturnCode::invalid_input);
    context.events.clear_all(in.event_log);
  } else {
    std::array<std::uint16_t, 255> list{};
    for (std::size_t i = 0; i < count; ++i) list[i] = handles[i].event_record_handle;
    if (const auto cleared = context.events.clear(in.event_log, std::span(list).first(count)); !cleared) {
      return cci::refuse(cleared.error());
    }
  }
  component.changes().mark(StateKey::event_logs);
  return {};
}

// CXL r3.2 8.2.10.2.4 Get Event Interrupt Policy (Opcode 0102h)
template <AnyComponent C>
cci::Result<EventInterruptPolicy> get_event_interrupt_policy(C&, cci::Context& context) {
  return context.events.reported_interrupt_policy();
}

// CXL r3.2 8.2.10.2.5 Set Event Interrupt Policy (Opcode 0103h)
template <AnyComponent C>
cci::Result<void> set_event_interrupt_policy(C& component, cci::Context& context, const EventInterruptPolicy& in) {
  if (!cci::EventLogs::is_valid(in)) return cci::refuse(ReturnCode::invalid_input);
  context.events.set_interrupt_policy(in);
  component.changes().mark(StateKey::event_interrupt_policy);
  return {};
}

// CXL r3.2 8.2.10.2.6 Get MCTP Event Interrupt Policy (Opcode 0104h)
template <AnyComponent C>
cci::Result<MctpEventInterruptPolicy> get_mctp_event_interrupt_policy(C&, cci::Context& context) {
  return MctpEventInterruptPolicy{context.notifications.state().settings};
}

// CXL r3.2 8.2.10.2.7 Set MCTP Event Interrupt Policy (Opcode 0105h)
template <AnyComponent C>
cci::Result<MctpEventInterruptPolicy> set_mctp_event_interrupt_policy(C& component, cci::Context& context,
                                                                      const MctpEventInterruptPolicy& in) {
  // SILENT: which input is invalid (02h). Reserved bits are ignored, as in 0103h.
  context.notifications.set(in.event_interrupt_settings & kMctpEvents, context.requester);
  component.changes().mark(StateKey::event_interrupt_policy);
  return get_mctp_event_interrupt_policy(component, context);
}

// COMPAT(libcxlmi): it takes no output payload of 0105h.
template <AnyComponent C>
cci::Result<void> set_mctp_event_interrupt_policy_without_output(C& component, cci::Context& context,
                                                                 const MctpEventInterruptPolicy& in) {
  (void)set_mctp_event_interrupt_policy(component, context, in);
  return {};
}

}  // namespace cxlemu::generic
