#include "component/generic/timestamp.hpp"

#include "component/state_keys.hpp"

namespace cxlemu::generic {

cci::Result<Timestamp> get_timestamp(cci::Component& component, cci::Cci&) {
  return Timestamp{component.device_time()};
}

cci::Result<void> set_timestamp(cci::Component& component, cci::Cci&, const Timestamp& in) {
  component.timestamp = {.is_set = true, .value_set = in.timestamp, .set_at = component.now()};
  component.changes.mark(StateKey::timestamp);
  return {};
}

}  // namespace cxlemu::generic
