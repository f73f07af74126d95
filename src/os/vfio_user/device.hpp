// What the owner of a vfio-user server says about its device, and what it does for a client.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace cxlemu::os::vfio_user {

/// Indices of the regions of a PCI device in VFIO; the BARs are 0 to 5.
inline constexpr std::uint32_t kExpansionRom = 6;
inline constexpr std::uint32_t kConfigurationSpace = 7;
inline constexpr std::uint32_t kVga = 8;
inline constexpr std::size_t kRegions = 9;

/// Areas that a client maps begin and end at multiples of this: pages of the client.
inline constexpr std::uint64_t kPageSize = 4096;

/// Kinds of interrupt of a PCI device in VFIO, by index.
enum class Interrupt : std::uint32_t {
  intx = 0,
  msi = 1,
  msi_x = 2,
  error = 3,    ///< triggering it stops QEMU's virtual machine
  request = 4,  ///< the device asks to be unplugged; QEMU does not listen to it
};
inline constexpr std::size_t kInterruptKinds = 5;

/// Part of a region that a client may map instead of sending messages for it.
struct MappableArea {
  std::uint64_t offset = 0;  ///< in the region; a multiple of kPageSize, as the size
  std::uint64_t size = 0;
};

struct Region {
  std::uint64_t size = 0;  ///< 0: the device has no such region
  bool is_readable = true;
  bool is_writable = true;
  std::vector<MappableArea> mappable = {};
  /// What the areas are in, kept open by the owner: an area's first byte is at descriptor_offset + offset. Its size
  /// should be sealed (os::SharedMemory), because every client gets a copy of the descriptor.
  int descriptor = -1;
  std::uint64_t descriptor_offset = 0;
};

/// Memory of the client at the addresses that the device sees.
struct DmaRange {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  bool is_readable = false;
  bool is_writable = false;
  bool operator==(const DmaRange&) const = default;
};

struct Device {
  std::array<Region, kRegions> regions = {};
  /// How many interrupts of each kind there are, by Interrupt.
  std::array<std::uint32_t, kInterruptKinds> interrupts = {};

  /// The range lies in a region that is readable, or writable, and has at most kTransferLimit bytes; its size and
  /// alignment are any. None of these may block: a client gives up after 5 s.
  std::move_only_function<void(std::uint32_t region, std::uint64_t offset, MutableBytes)> read = {};
  std::move_only_function<void(std::uint32_t region, std::uint64_t offset, Bytes)> write = {};
  /// The client's machine was reset, or the device plugged or unplugged: a Conventional Reset.
  std::move_only_function<void()> reset = {};
  /// May be left empty. Every range that was mapped is unmapped once, at the latest when the client goes.
  std::move_only_function<void(const DmaRange&)> dma_mapped = {};
  std::move_only_function<void(const DmaRange&)> dma_unmapped = {};
};

/// Whether a client can be told what the owner has said; the error names what is wrong.
Result<void> check(const Device& device);

}  // namespace cxlemu::os::vfio_user
