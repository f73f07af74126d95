#include "component/logical_device/logical_device.hpp"

namespace cxlemu {
namespace {

bool holds_media(const cci::Cci& cci) {
  if (!cci.background.running()) return false;
  const cci::Command* running = cci.component->commands.find(cci.background.state().opcode);
  return running != nullptr && running->holds_media;
}

}  // namespace

LogicalDevice::LogicalDevice(cci::Component& component, const LogicalDeviceConfig& config,
                             LogicalDeviceBackings backings)
    : component_(component),
      config_(config),
      backings_(backings),
      poison_limits_{.list_records = config.poison_list_size,
                     .scan_results = config.scan_results_size,
                     .frozen_list_follows_clears = config.frozen_poison_list == FrozenPoisonList::follows_clears} {
  state.partitioned_volatile = std::min(config.partitioned_volatile, partitionable_capacity());
}

void LogicalDevice::log_poison(const PoisonFinding& finding, MediaTransaction transaction, EventLogId log) {
  on_event(log, poison::event_of(finding, is_volatile(Dpa{finding.range.dpa}), transaction, log));
}

bool LogicalDevice::media_operation_elsewhere(const cci::Cci& cci) const {
  return config_.busy_across == BusyAcross::conflicting &&
         std::ranges::any_of(component_.ccis,
                             [&](const cci::Cci& other) { return other.id != cci.id && holds_media(other); });
}

bool LogicalDevice::media_operation_running() const { return std::ranges::any_of(component_.ccis, holds_media); }

std::expected<void, MediaError> LogicalDevice::read(Dpa dpa, MutableBytes to) const {
  if (state.media_disabled) return std::unexpected(MediaError::disabled);
  if (!contains(dpa, to.size())) return std::unexpected(MediaError::out_of_range);
  if (locks(dpa, to.size())) return std::unexpected(MediaError::locked);
  if (!state.poison.media.empty() && state.poison.media.first(dpa.value, to.size())) {
    return std::unexpected(MediaError::poison);
  }
  const bool done = for_each_part(
      dpa, to.size(), [&](const Backing& backing, std::uint64_t offset, std::uint64_t at, std::uint64_t length) {
        return backing.read(offset, to.subspan(at, length));
      });
  if (!done) return std::unexpected(MediaError::storage);
  return {};
}

std::expected<void, MediaError> LogicalDevice::write(Dpa dpa, Bytes from, std::uint64_t timestamp) {
  if (state.media_disabled) return std::unexpected(MediaError::disabled);
  if (!contains(dpa, from.size())) return std::unexpected(MediaError::out_of_range);
  if (locks(dpa, from.size())) return std::unexpected(MediaError::locked);
  const bool done = for_each_part(dpa, from.size(),
                                  [&](Backing& backing, std::uint64_t offset, std::uint64_t at, std::uint64_t length) {
                                    return backing.write(offset, from.subspan(at, length));
                                  });
  if (!done) return std::unexpected(MediaError::storage);
  // A line of which a part is written keeps its poison: the device would have to read the rest of it.
  const std::uint64_t first = (dpa.value + kCacheLine - 1) / kCacheLine * kCacheLine;
  const std::uint64_t end = (dpa.value + from.size()) / kCacheLine * kCacheLine;
  if (!state.poison.media.empty() && first < end) {
    poison::overwrite(state.poison, poison_limits_, first, end - first, timestamp);
  }
  return {};
}

bool LogicalDevice::zero(Dpa dpa, std::uint64_t length, std::uint64_t timestamp) {
  if (length == 0) return true;
  poison::overwrite(state.poison, poison_limits_, dpa.value, length, timestamp);
  return for_each_part(dpa, length, [](Backing& backing, std::uint64_t offset, std::uint64_t, std::uint64_t bytes) {
    return backing.wipe(offset, bytes);
  });
}

bool LogicalDevice::erase(UserData which) {
  // SILENT: what a host reads under new keys; here zeros, as on a new device.
  const std::uint64_t from = which == UserData::all ? 0 : volatile_capacity();
  const auto wipe_part = [](Backing& backing, std::uint64_t offset, std::uint64_t, std::uint64_t bytes) {
    return backing.wipe(offset, bytes);
  };
  return from == capacity() || for_each_part(Dpa{from}, capacity() - from, wipe_part);
}

bool LogicalDevice::read_labels(std::uint32_t offset, MutableBytes to) const {
  return to.empty() || backings_.labels->read(offset, to);
}

bool LogicalDevice::write_labels(std::uint32_t offset, Bytes from) {
  return from.empty() || backings_.labels->write(offset, from);
}

bool LogicalDevice::wipe(std::uint8_t percent, std::uint64_t timestamp) {
  bool done = true;
  // Divided first: a capacity of 2^63 bytes times 100 would not fit.
  const auto reached = [percent](std::uint64_t size) { return percent >= 100 ? size : size / 100 * percent; };
  std::uint64_t start = 0;
  for (Backing* backing :
       {backings_.volatile_capacity, backings_.partitionable_capacity, backings_.persistent_capacity}) {
    if (backing == nullptr) continue;
    done = backing->wipe(0, reached(backing->size())) && done;
    if (const std::uint64_t lines = reached(backing->size()) / kCacheLine; lines != 0) {
      poison::overwrite(state.poison, poison_limits_, start, lines * kCacheLine, timestamp);
    }
    start += backing->size();
  }
  if (backings_.labels != nullptr) done = backings_.labels->wipe(0, reached(backings_.labels->size())) && done;
  if (percent >= 100) poison::start_anew(state.poison, poison_limits_, capacity(), timestamp);
  return done;
}

void LogicalDevice::lose_volatile_data(std::uint64_t timestamp) {
  if (volatile_capacity() == 0) return;
  // Nobody is told where a store fails: a device that lost power has nobody to tell.
  (void)for_each_part(Dpa{0}, volatile_capacity(),
                      [](Backing& backing, std::uint64_t offset, std::uint64_t, std::uint64_t bytes) {
                        return backing.wipe(offset, bytes);
                      });
  // What came with the data went with it; what is wrong with the media itself stays.
  poison::remove(state.poison, poison_limits_, 0, volatile_capacity(), PoisonSource::external, timestamp);
}

bool LogicalDevice::partition(std::uint64_t partitioned_volatile, std::uint64_t timestamp) {
  state.next_partitioned_volatile.reset();
  if (partitioned_volatile == state.partitioned_volatile) return true;
  state.partitioned_volatile = partitioned_volatile;
  const std::uint64_t lost = capacity() - volatile_only_capacity();
  return zero(Dpa{volatile_only_capacity()}, lost, timestamp);
}

}  // namespace cxlemu
