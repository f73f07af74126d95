#include "component/generic/events.hpp"

#include <algorithm>
#include <array>

#include "component/state_keys.hpp"

namespace cxlemu::generic {
namespace {

bool is_event_log(EventLogId id) { return static_cast<std::size_t>(id) < kEventLogs; }

}  // namespace

cci::Result<void> get_event_records(cci::Component&, cci::Cci& cci, const GetEventRecordsIn& in,
                                    cci::Answer<GetEventRecordsOut, EventRecord>& out) {
  if (!is_event_log(in.event_log)) return cci::refuse(ReturnCode::invalid_input);
  const cci::EventLog& log = cci.events->log(in.event_log);

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

cci::Result<void> clear_event_records(cci::Component& component, cci::Cci& cci, const ClearEventRecordsIn& in,
                                      cci::Tail<EventRecordHandle> handles) {
  if (!is_event_log(in.event_log)) return cci::refuse(ReturnCode::invalid_input);
  const std::size_t count = in.number_of_event_record_handles;
  const bool surplus = handles.bytes.size() > count * sizeof(EventRecordHandle);
  if (handles.size() < count || (surplus && component.refuse_surplus_payload)) {
    return cci::refuse(ReturnCode::invalid_payload_length);
  }
  if ((in.clear_event_flags & ClearEventRecordsIn::kClearAllEvents) != 0) {
    // COMPAT(libcxlmi): it clears a log that has not overflowed.
    const bool allowed = cci.events->log(in.event_log).overflow || component.profile == Profile::libcxlmi;
    if (!allowed || count != 0) return cci::refuse(ReturnCode::invalid_input);
    cci.events->clear_all(in.event_log);
  } else {
    std::array<std::uint16_t, 255> list{};
    for (std::size_t i = 0; i < count; ++i) list[i] = handles[i].event_record_handle;
    if (const auto cleared = cci.events->clear(in.event_log, std::span(list).first(count)); !cleared) {
      return cci::refuse(cleared.error());
    }
  }
  component.changes.mark(StateKey::event_logs);
  return {};
}

cci::Result<EventInterruptPolicy> get_event_interrupt_policy(cci::Component&, cci::Cci& cci) {
  return cci.events->reported_interrupt_policy();
}

cci::Result<void> set_event_interrupt_policy(cci::Component& component, cci::Cci& cci, const EventInterruptPolicy& in) {
  if (!cci::EventLogs::is_valid(in)) return cci::refuse(ReturnCode::invalid_input);
  cci.events->set_interrupt_policy(in);
  component.changes.mark(StateKey::event_interrupt_policy);
  return {};
}

cci::Result<MctpEventInterruptPolicy> get_mctp_event_interrupt_policy(cci::Component&, cci::Cci& cci) {
  return MctpEventInterruptPolicy{cci.notifications.state().settings};
}

cci::Result<MctpEventInterruptPolicy> set_mctp_event_interrupt_policy(cci::Component& component, cci::Cci& cci,
                                                                      const cci::Request& request,
                                                                      const MctpEventInterruptPolicy& in) {
  // SILENT: which input is invalid (02h). Reserved bits are ignored, as in 0103h.
  cci.notifications.set(in.event_interrupt_settings & kMctpEvents, request.from);
  component.changes.mark(StateKey::event_interrupt_policy);
  return get_mctp_event_interrupt_policy(component, cci);
}

cci::Result<void> set_mctp_event_interrupt_policy_without_output(cci::Component& component, cci::Cci& cci,
                                                                 const cci::Request& request,
                                                                 const MctpEventInterruptPolicy& in) {
  (void)set_mctp_event_interrupt_policy(component, cci, request, in);
  return {};
}

}  // namespace cxlemu::generic
