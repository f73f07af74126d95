// CXL r3.2 8.2.10.4 Timestamp command set
#pragma once

#include "component/generic/concepts.hpp"
#include "wire/timestamp.hpp"

namespace cxlemu::generic {

// CXL r3.2 8.2.10.4.1 Get Timestamp (Opcode 0300h)
template <HasTimestamp C>
cci::Result<Timestamp> get_timestamp(C& component, cci::Context&) {
  return Timestamp{component.timestamp().at(component.now())};
}

// CXL r3.2 8.2.10.4.2 Set Timestamp (Opcode 0301h)
template <HasTimestamp C>
cci::Result<void> set_timestamp(C& component, cci::Context&, const Timestamp& in) {
  component.timestamp() = {.is_set = true, .value_set = in.timestamp, .set_at = component.now()};
  component.changes().mark(StateKey::timestamp);
  return {};
}

}  // namespace cxlemu::generic
