// A logical device: the device physical address space with its volatile and persistent capacity, its Label Storage Area
// and whether its media may be reached. An SLD is a memory device with one of them.
#pragma once

#include <algorithm>
#include <expected>
#include <functional>
#include <optional>

#include "base/ids.hpp"
#include "cci/component.hpp"
#include "component/logical_device/config.hpp"
#include "component/logical_device/poison.hpp"
#include "component/logical_device/security_state.hpp"
#include "memory/backing.hpp"

namespace cxlemu {

/// What a logical device stores its bytes in; null where it has no such capacity. Owned by the machine.
struct LogicalDeviceBackings {
  Backing* volatile_capacity = nullptr;
  Backing* persistent_capacity = nullptr;
  Backing* labels = nullptr;
  Backing* partitionable_capacity = nullptr;  ///< either, as Set Partition Info says
};

struct LogicalDeviceState {
  /// Memory Device Status, Media Status 11b (CXL r3.2 8.2.9.5.1.1): from the start of a Sanitize to a successful one.
  bool media_disabled = false;
  PoisonState poison;
  SecurityState security;
  /// Bytes of the partitionable capacity that are volatile, and what they will be from the next reset on.
  std::uint64_t partitioned_volatile = 0;
  std::optional<std::uint64_t> next_partitioned_volatile;
  bool operator==(const LogicalDeviceState&) const = default;
};

/// Why host software cannot reach media: it is disabled, it is persistent and locked, there is none, a line is
/// poisoned, or what keeps the bytes failed (a full disk).
enum class MediaError : std::uint8_t { disabled, locked, out_of_range, poison, storage };

/// What an erase takes: the persistent capacity (4505h), or all capacity (4401h).
enum class UserData : std::uint8_t { persistent, all };

class LogicalDevice {
 public:
  static constexpr cci::Subject kSubject = cci::Subject::logical_device;

  /// Both are those of the device that it is part of, and outlive it.
  LogicalDevice(cci::Component& component, const LogicalDeviceConfig& config, LogicalDeviceBackings backings);
  LogicalDevice(const LogicalDevice&) = delete;
  LogicalDevice& operator=(const LogicalDevice&) = delete;

  LogicalDeviceState state;
  /// Logs an event on the CCIs of the device. Set by the device.
  std::move_only_function<void(EventLogId, const EventRecord&)> on_event;

  [[nodiscard]] const LogicalDeviceConfig& config() const { return config_; }
  [[nodiscard]] cci::Component& component() { return component_; }
  void mark(StateKey key) { component_.changes.mark(key); }
  [[nodiscard]] std::uint64_t device_time() const { return component_.device_time(); }
  /// Tells of poison by a General Media Event.
  void log_poison(const PoisonFinding& finding, MediaTransaction transaction, EventLogId log);
  /// An operation that has the media to itself runs on another CCI, and that makes this one busy (CXL r3.2 9.20.1:
  /// permitted, not required).
  [[nodiscard]] bool media_operation_elsewhere(const cci::Cci& cci) const;
  /// Such an operation runs on any of its CCIs.
  [[nodiscard]] bool media_operation_running() const;
  // COMPAT(libcxlmi): its programs read a limit of 0 as "cannot inject".
  [[nodiscard]] std::uint16_t inject_poison_limit() const {
    return config_.inject_poison_limit.value_or(component_.profile == Profile::libcxlmi ? 0xFFFF : 0);
  }

  /// Bytes. Volatile capacity begins at DPA 0, persistent capacity follows it (CXL r3.2 8.2.10.9.2.1). The
  /// partitionable capacity lies between what is only volatile and what is only persistent, so that partitions are
  /// ranges.
  [[nodiscard]] std::uint64_t volatile_only_capacity() const { return size_of(backings_.volatile_capacity); }
  [[nodiscard]] std::uint64_t persistent_only_capacity() const { return size_of(backings_.persistent_capacity); }
  [[nodiscard]] std::uint64_t partitionable_capacity() const { return size_of(backings_.partitionable_capacity); }
  [[nodiscard]] std::uint64_t volatile_capacity() const {
    return volatile_only_capacity() + state.partitioned_volatile;
  }
  [[nodiscard]] std::uint64_t capacity() const {
    return volatile_only_capacity() + partitionable_capacity() + persistent_only_capacity();
  }
  [[nodiscard]] std::uint64_t persistent_capacity() const { return capacity() - volatile_capacity(); }
  /// So many bytes of the partitionable capacity become volatile. What was stored in it and in persistent capacity is
  /// lost where the number changes. False: what keeps the bytes failed.
  [[nodiscard]] bool partition(std::uint64_t partitioned_volatile, std::uint64_t timestamp);
  [[nodiscard]] std::uint64_t label_storage_area_size() const { return size_of(backings_.labels); }
  /// Is [dpa, dpa + length) inside the capacity?
  [[nodiscard]] bool contains(Dpa dpa, std::uint64_t length) const {
    return dpa.value <= capacity() && length <= capacity() - dpa.value;
  }

  [[nodiscard]] bool is_volatile(Dpa dpa) const { return dpa.value < volatile_capacity(); }
  [[nodiscard]] const PoisonLimits& poison_limits() const { return poison_limits_; }

  /// Is part of [dpa, dpa + length) persistent memory that is locked? Security gates persistent memory alone: volatile
  /// capacity is reached whatever the state (CXL r3.2 8.2.10.9.6).
  [[nodiscard]] bool locks(Dpa dpa, std::uint64_t length) const {
    return state.security.locked && length != 0 && (!is_volatile(dpa) || length > volatile_capacity() - dpa.value);
  }

  // The device's timestamp goes with what writes: a Poison List may overflow where a record of it is split.
  /// A host's access through CXL.mem. A line that is written whole is no longer poisoned.
  std::expected<void, MediaError> read(Dpa dpa, MutableBytes to) const;
  std::expected<void, MediaError> write(Dpa dpa, Bytes from, std::uint64_t timestamp);
  /// Zeros over whole cache lines inside the capacity. False: what keeps the bytes failed.
  [[nodiscard]] bool zero(Dpa dpa, std::uint64_t length, std::uint64_t timestamp);
  /// Nothing that stood there can be read any more, as where the media's encryption keys are changed. False: what keeps
  /// the bytes failed.
  [[nodiscard]] bool erase(UserData which);

  /// The range must be inside the Label Storage Area. False: what keeps the bytes failed.
  [[nodiscard]] bool read_labels(std::uint32_t offset, MutableBytes to) const;
  [[nodiscard]] bool write_labels(std::uint32_t offset, Bytes from);

  /// Overwrites this share of each capacity and of the labels from its beginning: 100 leaves no byte.
  [[nodiscard]] bool wipe(std::uint8_t percent, std::uint64_t timestamp);
  /// Main power was lost.
  void lose_volatile_data(std::uint64_t timestamp);

 private:
  static std::uint64_t size_of(const Backing* backing) { return backing == nullptr ? 0 : backing->size(); }

  // Calls access(backing, offset in it, offset in the range, length) for the part of each backing that the range
  // reaches, until one fails.
  template <typename Access>
  bool for_each_part(Dpa dpa, std::uint64_t length, Access&& access) const {
    std::uint64_t done = 0;
    std::uint64_t start = 0;
    for (Backing* backing :
         {backings_.volatile_capacity, backings_.partitionable_capacity, backings_.persistent_capacity}) {
      const std::uint64_t end = start + size_of(backing);
      if (done < length && dpa.value + done < end) {
        const std::uint64_t part = std::min(length - done, end - (dpa.value + done));
        if (!access(*backing, dpa.value + done - start, done, part)) return false;
        done += part;
      }
      start = end;
    }
    return true;
  }

  cci::Component& component_;
  const LogicalDeviceConfig& config_;
  LogicalDeviceBackings backings_;
  PoisonLimits poison_limits_;
};

}  // namespace cxlemu
