// CXL r3.2 8.2.10.2 Events command set: handlers for every component that logs events
#pragma once

#include "cci/component.hpp"
#include "wire/events.hpp"

namespace cxlemu::generic {

// CXL r3.2 8.2.10.2.2 Get Event Records (Opcode 0100h)
cci::Result<void> get_event_records(cci::Component&, cci::Cci& cci, const GetEventRecordsIn& in,
                                    cci::Answer<GetEventRecordsOut, EventRecord>& out);

// CXL r3.2 8.2.10.2.3 Clear Event Records (Opcode 0101h)
cci::Result<void> clear_event_records(cci::Component& component, cci::Cci& cci, const ClearEventRecordsIn& in,
                                      cci::Tail<EventRecordHandle> handles);

// CXL r3.2 8.2.10.2.4 Get Event Interrupt Policy (Opcode 0102h)
cci::Result<EventInterruptPolicy> get_event_interrupt_policy(cci::Component&, cci::Cci& cci);

// CXL r3.2 8.2.10.2.5 Set Event Interrupt Policy (Opcode 0103h)
cci::Result<void> set_event_interrupt_policy(cci::Component& component, cci::Cci& cci, const EventInterruptPolicy& in);

// CXL r3.2 8.2.10.2.6 Get MCTP Event Interrupt Policy (Opcode 0104h)
cci::Result<MctpEventInterruptPolicy> get_mctp_event_interrupt_policy(cci::Component&, cci::Cci& cci);

// CXL r3.2 8.2.10.2.7 Set MCTP Event Interrupt Policy (Opcode 0105h)
cci::Result<MctpEventInterruptPolicy> set_mctp_event_interrupt_policy(cci::Component& component, cci::Cci& cci,
                                                                      const cci::Request& request,
                                                                      const MctpEventInterruptPolicy& in);

// COMPAT(libcxlmi): it takes no output payload of 0105h.
cci::Result<void> set_mctp_event_interrupt_policy_without_output(cci::Component& component, cci::Cci& cci,
                                                                 const cci::Request& request,
                                                                 const MctpEventInterruptPolicy& in);

}  // namespace cxlemu::generic
