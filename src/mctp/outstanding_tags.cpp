#include "mctp/outstanding_tags.hpp"

#include <algorithm>

namespace cxlemu::mctp {

const OutstandingTags::Slot* OutstandingTags::find(Eid peer, std::uint8_t value) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || value >= kTagCount) return nullptr;
  const Slot& slot = found->second[value];
  return slot.generation == 0 ? nullptr : &slot;
}

OutstandingTags::Slot* OutstandingTags::find(Eid peer, std::uint8_t value) {
  return const_cast<Slot*>(std::as_const(*this).find(peer, value));
}

bool OutstandingTags::in_use(Eid peer, std::uint8_t value) const {
  if (peer == kNullEid) {
    return std::ranges::any_of(peers_, [&](const auto& one) { return one.second[value].generation != 0; });
  }
  return find(peer, value) != nullptr || find(kNullEid, value) != nullptr;
}

std::optional<std::uint8_t> OutstandingTags::allocate(Eid peer, Time deadline) {
  for (std::uint8_t value = 0; value < kTagCount; ++value) {
    if (claim(peer, value, deadline)) return value;
  }
  return std::nullopt;
}

bool OutstandingTags::claim(Eid peer, std::uint8_t value, Time deadline) {
  if (peer == kBroadcastEid || value >= kTagCount || in_use(peer, value)) return false;
  peers_[peer][value] = {++generation_, deadline};
  if (deadline != kNoDeadline) ++expiring_;
  return true;
}

bool OutstandingTags::release(Eid peer, std::uint8_t value) {
  Slot* slot = find(peer, value);
  if (slot == nullptr) return false;
  if (slot->deadline != kNoDeadline) --expiring_;
  *slot = {};
  return true;
}

bool OutstandingTags::release(const OutstandingTag& tag) {
  const Slot* slot = find(tag.peer, tag.value);
  return slot != nullptr && slot->generation == tag.generation && release(tag.peer, tag.value);
}

void OutstandingTags::extend(const OutstandingTag& tag, Time deadline) {
  Slot* slot = find(tag.peer, tag.value);
  if (slot != nullptr && slot->generation == tag.generation && slot->deadline != kNoDeadline) slot->deadline = deadline;
}

std::optional<OutstandingTag> OutstandingTags::match(Eid source, std::uint8_t value) const {
  for (const Eid peer : {source, kNullEid}) {
    if (const Slot* slot = find(peer, value)) return OutstandingTag{peer, value, slot->generation, slot->deadline};
  }
  return std::nullopt;
}

std::vector<OutstandingTag> OutstandingTags::all() const {
  std::vector<OutstandingTag> tags;
  for (const auto& [peer, slots] : peers_) {
    for (std::uint8_t value = 0; value < kTagCount; ++value) {
      const Slot& slot = slots[value];
      if (slot.generation != 0) tags.push_back({peer, value, slot.generation, slot.deadline});
    }
  }
  return tags;
}

std::vector<OutstandingTag> OutstandingTags::due(Time now) const {
  auto tags = all();
  std::erase_if(tags, [&](const OutstandingTag& tag) { return tag.deadline > now; });
  return tags;
}

std::optional<Time> OutstandingTags::next_deadline() const {
  if (!any_expiring()) return std::nullopt;
  return std::ranges::min(all(), {}, &OutstandingTag::deadline).deadline;
}

}  // namespace cxlemu::mctp
