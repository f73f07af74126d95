// CXL r3.2 8.2.10.4 Timestamp command set
#pragma once

#include "cci/component.hpp"
#include "wire/timestamp.hpp"

namespace cxlemu::generic {

// CXL r3.2 8.2.10.4.1 Get Timestamp (Opcode 0300h)
cci::Result<Timestamp> get_timestamp(cci::Component& component, cci::Cci&);

// CXL r3.2 8.2.10.4.2 Set Timestamp (Opcode 0301h)
cci::Result<void> set_timestamp(cci::Component& component, cci::Cci&, const Timestamp& in);

}  // namespace cxlemu::generic
