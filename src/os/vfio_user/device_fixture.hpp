// A device for the tests of this folder: memory behind every region, and a record of what it was asked.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/hex.hpp"
#include "os/vfio_user/device.hpp"

namespace cxlemu::os::vfio_user {

inline Buffer hex(std::string_view text) { return from_hex(text).value(); }

/// BAR0 and BAR2 of 64 KiB each, a page of BAR2 mappable, configuration space, one MSI, four MSI-X.
struct TestDevice {
  static constexpr std::uint32_t kBarSize = 0x10000;

  Device device;
  std::array<Buffer, kRegions> memory;
  std::vector<std::string> calls;

  TestDevice() {
    device.regions[0].size = kBarSize;
    device.regions[2].size = kBarSize;
    device.regions[2].mappable = {{.offset = 0x2000, .size = 0x1000}};
    device.regions[2].descriptor = 1000;
    device.regions[kConfigurationSpace].size = 0x1000;
    device.interrupts = {0, 1, 4, 0, 0};
    for (std::size_t i = 0; i < kRegions; ++i) memory[i].resize(device.regions[i].size);
    device.read = [this](std::uint32_t region, std::uint64_t offset, MutableBytes to) {
      calls.push_back(fmt::format("read {} {:#x} {}", region, offset, to.size()));
      std::ranges::copy(Bytes(memory[region]).subspan(offset, to.size()), to.begin());
    };
    device.write = [this](std::uint32_t region, std::uint64_t offset, Bytes from) {
      calls.push_back(fmt::format("write {} {:#x} {}", region, offset, to_hex(from)));
      std::ranges::copy(from, memory[region].begin() + static_cast<std::ptrdiff_t>(offset));
    };
    device.reset = [this] { calls.emplace_back("reset"); };
    device.dma_mapped = [this](const DmaRange& range) { calls.push_back("map " + text(range)); };
    device.dma_unmapped = [this](const DmaRange& range) { calls.push_back("unmap " + text(range)); };
  }
  // The callbacks have its address.
  TestDevice(const TestDevice&) = delete;
  TestDevice& operator=(const TestDevice&) = delete;

  static std::string text(const DmaRange& range) {
    return fmt::format("{:#x}+{:#x}{}{}", range.address, range.size, range.is_readable ? " r" : "",
                       range.is_writable ? " w" : "");
  }
};

}  // namespace cxlemu::os::vfio_user
