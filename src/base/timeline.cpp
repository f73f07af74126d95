#include "base/timeline.hpp"

#include <algorithm>

namespace cxlemu {

Timeline::Key Timeline::at(Time deadline, Action action) {
  const Key key{std::max(deadline, now_), ++sequence_};
  pending_.emplace(key, std::move(action));
  return key;
}

std::optional<Time> Timeline::next() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.begin()->first.deadline;
}

void Timeline::advance_to(Time time) {
  while (!pending_.empty() && pending_.begin()->first.deadline <= time) {
    auto due = pending_.extract(pending_.begin());
    now_ = due.key().deadline;
    due.mapped()();
  }
  now_ = std::max(now_, time);
}

}  // namespace cxlemu
