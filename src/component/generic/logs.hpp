// CXL r3.2 8.2.10.5 Logs command set: handlers over the rows of a component's logs (cci/log_row.hpp)
#pragma once

#include "cci/component.hpp"

namespace cxlemu::generic {

// CXL r3.2 8.2.10.5.1 Get Supported Logs (Opcode 0400h)
cci::Result<void> get_supported_logs(cci::Component& component, cci::Cci& cci,
                                     cci::Answer<GetSupportedLogsOut, SupportedLogEntry>& out);

// CXL r3.2 8.2.10.5.2 Get Log (Opcode 0401h)
cci::Result<void> get_log(cci::Component& component, cci::Cci& cci, const GetLogIn& in, cci::AnswerBytes& out);

// CXL r3.2 8.2.10.5.3 Get Log Capabilities (Opcode 0402h)
cci::Result<GetLogCapabilitiesOut> get_log_capabilities(cci::Component& component, cci::Cci&,
                                                        const GetLogCapabilitiesIn& in);

// CXL r3.2 8.2.10.5.4 Clear Log (Opcode 0403h)
cci::Result<void> clear_log(cci::Component& component, cci::Cci& cci, const ClearLogIn& in);

// CXL r3.2 8.2.10.5.5 Populate Log (Opcode 0404h)
cci::Result<cci::Outcome> populate_log(cci::Component& component, cci::Cci& cci, const cci::Request& request,
                                       const PopulateLogIn& in);

ReturnCode complete_populate_log(cci::Component& component, cci::Cci& cci, Bytes request);

/// The log had been cleared when the operation began, and stays so.
void interrupt_populate_log(cci::Component& component, cci::Cci&, Bytes, std::uint8_t, cci::Interruption);

/// Neither does what is refused.
bool populate_log_runs_in_background(const cci::Component& component, const cci::Cci& cci, const cci::Request& request);

// CXL r3.2 8.2.10.5.6 Get Supported Logs Sub-List (Opcode 0405h)
cci::Result<void> get_supported_logs_sub_list(cci::Component& component, cci::Cci& cci,
                                              const GetSupportedLogsSubListIn& in,
                                              cci::Answer<GetSupportedLogsSubListOut, SupportedLogEntry>& out);

}  // namespace cxlemu::generic
