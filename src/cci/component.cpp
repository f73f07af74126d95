#include "cci/component.hpp"

#include <algorithm>

namespace cxlemu::cci {
namespace {

// The first CCI with these logs has them; the others share them.
CciId owner_of_logs(const Component& component, const Cci& cci) {
  return std::ranges::find(component.ccis, cci.events, &Cci::events)->id;
}

bool has_logs_of_its_own(const Component& component, const Cci& cci) { return owner_of_logs(component, cci) == cci.id; }

}  // namespace

Cci* Component::find(CciId cci) {
  const auto found = std::ranges::find(ccis, cci, &Cci::id);
  return found == ccis.end() ? nullptr : &*found;
}

std::size_t Component::operations_running(Opcode opcode) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      ccis, [opcode](const Cci& cci) { return cci.background.running() && cci.background.state().opcode == opcode; }));
}

std::map<CciId, std::uint16_t> Component::log_event(EventLogId log, const EventRecord& record) {
  std::map<CciId, std::uint16_t> handles;
  for (Cci& cci : ccis) {
    if (const CciId owner = owner_of_logs(*this, cci); owner != cci.id) {
      handles[cci.id] = handles[owner];
      continue;
    }
    const auto& records = cci.events->log(log).records;
    const std::size_t before = records.size();
    const bool was_empty = cci.events->append(log, record, device_time());
    handles[cci.id] = records.size() > before ? records.back().event_record_handle.value() : std::uint16_t{0};
    if (was_empty) cci.notifications.log_has_records(log);
  }
  return handles;
}

void Component::erase_event_logs() {
  for (Cci& cci : ccis) cci.events->erase();
}

std::vector<CciState> Component::save_ccis() const {
  std::vector<CciState> states;
  for (const Cci& cci : ccis) {
    if (has_logs_of_its_own(*this, cci)) states.push_back(cci.save());
  }
  return states;
}

void Component::restore_ccis(std::vector<CciState> states) {
  for (CciState& state : states) {
    if (Cci* cci = find(state.id)) cci->restore(std::move(state));
  }
}

}  // namespace cxlemu::cci
