#include "os/vfio_user/device.hpp"

#include <fmt/format.h>

#include "os/vfio_user/protocol.hpp"

namespace cxlemu::os::vfio_user {
namespace {

Result<void> check_areas(std::size_t index, const Region& region) {
  if (region.mappable.empty()) return {};
  if (region.descriptor < 0) return failure(fmt::format("region {} has areas to map and no descriptor", index));
  if (region.mappable.size() > kAreaLimit) {
    return failure(
        fmt::format("region {} has {} areas to map; {} is the limit", index, region.mappable.size(), kAreaLimit));
  }
  for (const auto& [offset, size] : region.mappable) {
    if (offset % kPageSize != 0 || size % kPageSize != 0 || size == 0) {
      return failure(fmt::format("the area {:#x}+{:#x} of region {} is not of whole pages", offset, size, index));
    }
    if (offset > region.size || size > region.size - offset) {
      return failure(fmt::format("the area {:#x}+{:#x} is not in region {}, which has {:#x} bytes", offset, size, index,
                                 region.size));
    }
  }
  return {};
}

}  // namespace

Result<void> check(const Device& device) {
  if (!device.read || !device.write || !device.reset) return failure("a device answers reads, writes and resets");
  for (std::size_t i = 0; i < device.regions.size(); ++i) TRY_VOID(check_areas(i, device.regions[i]));
  for (std::size_t i = 0; i < device.interrupts.size(); ++i) {
    if (device.interrupts[i] > kVectorLimit) {
      return failure(fmt::format("{} interrupts of kind {}; {} is the limit", device.interrupts[i], i, kVectorLimit));
    }
  }
  return {};
}

}  // namespace cxlemu::os::vfio_user
