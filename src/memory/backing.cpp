#include "memory/backing.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace cxlemu {
namespace {

// Calls visit(page number, offset in page, offset in range, length) for each page of the range.
template <typename Visit>
void for_each_page(std::uint64_t page_size, std::uint64_t offset, std::uint64_t length, Visit&& visit) {
  for (std::uint64_t done = 0; done < length;) {
    const std::uint64_t at = offset + done;
    const std::uint64_t in_page = at % page_size;
    const std::uint64_t part = std::min(length - done, page_size - in_page);
    visit(at / page_size, in_page, done, part);
    done += part;
  }
}

}  // namespace

bool Backing::read(std::uint64_t offset, MutableBytes to) const {
  assert(contains(offset, to.size()));
  if (to.empty()) return true;
  if (store_) return store_->read(offset, to);
  for_each_page(kPageSize, offset, to.size(),
                [&](std::uint64_t page, std::uint64_t in_page, std::uint64_t done, std::uint64_t length) {
                  const auto found = pages_.find(page);
                  if (found == pages_.end()) {
                    std::memset(to.data() + done, 0, length);
                  } else {
                    std::memcpy(to.data() + done, found->second->data() + in_page, length);
                  }
                });
  return true;
}

bool Backing::write(std::uint64_t offset, Bytes from) {
  assert(contains(offset, from.size()));
  if (from.empty()) return true;
  if (store_) return store_->write(offset, from);
  for_each_page(kPageSize, offset, from.size(),
                [&](std::uint64_t page, std::uint64_t in_page, std::uint64_t done, std::uint64_t length) {
                  auto& bytes = pages_[page];
                  if (!bytes) bytes = std::make_unique<Page>();
                  std::memcpy(bytes->data() + in_page, from.data() + done, length);
                });
  return true;
}

bool Backing::wipe(std::uint64_t offset, std::uint64_t length) {
  assert(contains(offset, length));
  if (length == 0) return true;
  if (store_) return store_->discard(offset, length);
  // Whole pages are given back; the ends of the range are overwritten.
  const std::uint64_t end = offset + length;
  const auto first = pages_.lower_bound(offset / kPageSize);
  for (auto page = first; page != pages_.end() && page->first * kPageSize < end;) {
    const std::uint64_t start = page->first * kPageSize;
    const std::uint64_t from = std::max(start, offset);
    const std::uint64_t to = std::min(start + kPageSize, end);
    std::memset(page->second->data() + (from - start), 0, to - from);
    page = to - from == kPageSize ? pages_.erase(page) : std::next(page);
  }
  return true;
}

}  // namespace cxlemu
