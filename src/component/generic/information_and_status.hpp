// CXL r3.2 8.2.10.1 Information and Status command set: handlers for every component
#pragma once

#include "cci/component.hpp"
#include "wire/information_and_status.hpp"

namespace cxlemu::generic {

// CXL r3.2 8.2.10.1.1 Identify (Opcode 0001h)
cci::Result<IdentifyOut> identify(cci::Component& component, cci::Cci&);

// CXL r3.2 8.2.10.1.2 Background Operation Status (Opcode 0002h)
cci::Result<BackgroundOperationStatusOut> background_operation_status(cci::Component& component, cci::Cci& cci);

// CXL r3.2 8.2.10.1.3 Get Response Message Limit (Opcode 0003h)
cci::Result<ResponseMessageLimit> get_response_message_limit(cci::Component&, cci::Cci& cci);

// CXL r3.2 8.2.10.1.4 Set Response Message Limit (Opcode 0004h)
cci::Result<ResponseMessageLimit> set_response_message_limit(cci::Component& component, cci::Cci& cci,
                                                             const ResponseMessageLimit& in);

// CXL r3.2 8.2.10.1.5 Request Abort Background Operation (Opcode 0005h)
cci::Result<void> request_abort_background_operation(cci::Component& component, cci::Cci& cci);

}  // namespace cxlemu::generic
