#include "component/logical_device/logical_device.hpp"

#include <algorithm>

namespace cxlemu {

std::expected<void, MediaError> LogicalDevice::read(Dpa dpa, MutableBytes to) const {
  if (state.media_disabled) return std::unexpected(MediaError::disabled);
  if (!contains(dpa, to.size())) return std::unexpected(MediaError::out_of_range);
  const std::uint64_t in_volatile =
      dpa.value < volatile_capacity() ? std::min<std::uint64_t>(to.size(), volatile_capacity() - dpa.value) : 0;
  const bool done =
      (in_volatile == 0 || backings_.volatile_capacity->read(dpa.value, to.first(in_volatile))) &&
      (in_volatile == to.size() || backings_.persistent_capacity->read(
                                        dpa.value + in_volatile - volatile_capacity(), to.subspan(in_volatile)));
  if (!done) return std::unexpected(MediaError::storage);
  return {};
}

std::expected<void, MediaError> LogicalDevice::write(Dpa dpa, Bytes from) {
  if (state.media_disabled) return std::unexpected(MediaError::disabled);
  if (!contains(dpa, from.size())) return std::unexpected(MediaError::out_of_range);
  const std::uint64_t in_volatile =
      dpa.value < volatile_capacity() ? std::min<std::uint64_t>(from.size(), volatile_capacity() - dpa.value) : 0;
  const bool done =
      (in_volatile == 0 || backings_.volatile_capacity->write(dpa.value, from.first(in_volatile))) &&
      (in_volatile == from.size() || backings_.persistent_capacity->write(
                                        dpa.value + in_volatile - volatile_capacity(), from.subspan(in_volatile)));
  if (!done) return std::unexpected(MediaError::storage);
  return {};
}

bool LogicalDevice::read_labels(std::uint32_t offset, MutableBytes to) const {
  return to.empty() || backings_.labels->read(offset, to);
}

bool LogicalDevice::write_labels(std::uint32_t offset, Bytes from) {
  return from.empty() || backings_.labels->write(offset, from);
}

bool LogicalDevice::wipe(std::uint8_t percent) {
  bool done = true;
  for (Backing* backing : {backings_.volatile_capacity, backings_.persistent_capacity, backings_.labels}) {
    // Divided first: a capacity of 2^63 bytes times 100 would not fit.
    if (backing != nullptr) {
      done = backing->wipe(0, percent >= 100 ? backing->size() : backing->size() / 100 * percent) && done;
    }
  }
  return done;
}

void LogicalDevice::lose_volatile_data() {
  // Nobody is told where a store fails: a device that lost power has nobody to tell.
  if (backings_.volatile_capacity != nullptr) {
    (void)backings_.volatile_capacity->wipe(0, backings_.volatile_capacity->size());
  }
}

}  // namespace cxlemu
