// A logical device: the device physical address space with its volatile and persistent capacity, its Label Storage Area
// and whether its media may be reached. An SLD is a memory device with one of them.
#pragma once

#include <expected>

#include "base/ids.hpp"
#include "memory/backing.hpp"

namespace cxlemu {

/// What a logical device stores its bytes in; null where it has no such capacity. Owned by the machine.
struct LogicalDeviceBackings {
  Backing* volatile_capacity = nullptr;
  Backing* persistent_capacity = nullptr;
  Backing* labels = nullptr;
};

struct LogicalDeviceState {
  /// Memory Device Status, Media Status 11b (CXL r3.2 8.2.9.5.1.1): from the start of a Sanitize to a successful one.
  bool media_disabled = false;
  bool operator==(const LogicalDeviceState&) const = default;
};

/// Why host software cannot reach media: it is disabled, there is none, or what keeps the bytes failed (a full disk).
enum class MediaError : std::uint8_t { disabled, out_of_range, storage };

class LogicalDevice {
 public:
  explicit LogicalDevice(LogicalDeviceBackings backings) : backings_(backings) {}
  LogicalDevice(const LogicalDevice&) = delete;
  LogicalDevice& operator=(const LogicalDevice&) = delete;

  LogicalDeviceState state;

  /// Bytes. Volatile capacity begins at DPA 0, persistent capacity follows it (CXL r3.2 8.2.10.9.2.1).
  [[nodiscard]] std::uint64_t volatile_capacity() const { return size_of(backings_.volatile_capacity); }
  [[nodiscard]] std::uint64_t persistent_capacity() const { return size_of(backings_.persistent_capacity); }
  [[nodiscard]] std::uint64_t capacity() const { return volatile_capacity() + persistent_capacity(); }
  [[nodiscard]] std::uint64_t label_storage_area_size() const { return size_of(backings_.labels); }
  /// Is [dpa, dpa + length) inside the capacity?
  [[nodiscard]] bool contains(Dpa dpa, std::uint64_t length) const {
    return dpa.value <= capacity() && length <= capacity() - dpa.value;
  }

  /// A host's access through CXL.mem.
  std::expected<void, MediaError> read(Dpa dpa, MutableBytes to) const;
  std::expected<void, MediaError> write(Dpa dpa, Bytes from);

  /// The range must be inside the Label Storage Area. False: what keeps the bytes failed.
  [[nodiscard]] bool read_labels(std::uint32_t offset, MutableBytes to) const;
  [[nodiscard]] bool write_labels(std::uint32_t offset, Bytes from);

  /// Overwrites this share of each capacity and of the labels from its beginning: 100 leaves no byte.
  [[nodiscard]] bool wipe(std::uint8_t percent);
  /// Main power was lost.
  void lose_volatile_data();

 private:
  static std::uint64_t size_of(const Backing* backing) { return backing == nullptr ? 0 : backing->size(); }

  LogicalDeviceBackings backings_;
};

template <typename C>
concept HasLogicalDevice = requires(C& component) {
  { component.logical_device() } -> std::same_as<LogicalDevice&>;
};

}  // namespace cxlemu
