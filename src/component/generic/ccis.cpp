#include "component/generic/ccis.hpp"

#include "cci/dispatch.hpp"
#include "component/state_keys.hpp"

namespace cxlemu::generic {

cci::Cci& add_cci(cci::Component& component, cci::CciId id, std::uint32_t message_limit,
                  std::shared_ptr<cci::EventLogs> logs) {
  cci::Cci& cci = component.ccis.emplace_back(id, component, *component.timeline, std::move(logs));
  cci.request_limit = cci.response_limit = message_limit;
  cci.background.on_deadline([&cci] {
    cci.component->changes.mark(StateKey::background);
    cci::complete_background(cci);
  });
  cci.background.on_break([&cci](std::uint8_t kind) {
    cci.component->changes.mark(StateKey::background);
    if (cci.component->on_reset_request) cci.component->on_reset_request(static_cast<ResetKind>(kind));
  });
  return cci;
}

}  // namespace cxlemu::generic
