#include "memory/poison_map.hpp"

#include <algorithm>
#include <numeric>

namespace cxlemu {

std::uint64_t PoisonMap::lines() const { return std::accumulate(lines_.begin(), lines_.end(), std::uint64_t{0}); }

PoisonMap::Ranges::const_iterator PoisonMap::first_at(std::uint64_t dpa) const {
  auto it = ranges_.upper_bound(dpa);
  if (it != ranges_.begin()) {
    const auto before = std::prev(it);
    if (before->first + before->second.length > dpa) it = before;
  }
  return it;
}

PoisonRange PoisonMap::cut(Ranges::const_iterator it, std::uint64_t dpa, std::uint64_t end) {
  const std::uint64_t from = std::max(it->first, dpa);
  const std::uint64_t to = std::min(it->first + it->second.length, end);
  return {from, to - from, it->second.kind};
}

std::optional<PoisonRange> PoisonMap::first(std::uint64_t dpa, std::uint64_t length) const {
  std::optional<PoisonRange> found;
  visit(dpa, length, [&](const PoisonRange& range) {
    found = range;
    return false;
  });
  return found;
}

void PoisonMap::insert(std::uint64_t dpa, std::uint64_t length, PoisonKind kind) {
  ranges_.emplace(dpa, Rest{length, kind});
  lines_[static_cast<std::size_t>(kind.source) % kPoisonSources] += length / kCacheLine;
}

void PoisonMap::erase(Ranges::const_iterator it) {
  lines_[static_cast<std::size_t>(it->second.kind.source) % kPoisonSources] -= it->second.length / kCacheLine;
  ranges_.erase(it);
}

void PoisonMap::add(std::uint64_t dpa, std::uint64_t length, PoisonKind kind) {
  // Neighbours of the same kind become one range with it, as far as one record counts.
  if (const auto next = ranges_.find(dpa + length);
      next != ranges_.end() && next->second.kind == kind && next->second.length + length <= kMaximumRange) {
    length += next->second.length;
    erase(next);
  }
  if (auto before = ranges_.lower_bound(dpa); before != ranges_.begin()) {
    --before;
    if (before->first + before->second.length == dpa && before->second.kind == kind &&
        before->second.length + length <= kMaximumRange) {
      dpa = before->first;
      length += before->second.length;
      erase(before);
    }
  }
  for (; length > kMaximumRange; dpa += kMaximumRange, length -= kMaximumRange) insert(dpa, kMaximumRange, kind);
  insert(dpa, length, kind);
}

void PoisonMap::clear(std::uint64_t dpa, std::uint64_t length) {
  const std::uint64_t end = dpa + length;
  for (auto it = first_at(dpa); it != ranges_.end() && it->first < end;) {
    const PoisonRange whole = cut(it, 0, ~std::uint64_t{0});
    erase(it);
    if (whole.dpa < dpa) insert(whole.dpa, dpa - whole.dpa, whole.kind);
    if (whole.end() > end) insert(end, whole.end() - end, whole.kind);
    it = ranges_.lower_bound(std::min(whole.end(), end));
  }
}

}  // namespace cxlemu
