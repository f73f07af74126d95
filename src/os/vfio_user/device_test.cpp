#include "os/vfio_user/device.hpp"

#include <gtest/gtest.h>

#include "os/vfio_user/device_fixture.hpp"
#include "os/vfio_user/protocol.hpp"

namespace cxlemu::os::vfio_user {
namespace {

std::string refusal(const TestDevice& test) {
  const auto result = check(test.device);
  return result ? "" : result.error().message;
}

TEST(DeviceCheck, AcceptsADeviceWithAMappedPage) {
  const TestDevice test;
  EXPECT_EQ(refusal(test), "");
}

TEST(DeviceCheck, WantsAnAnswerToEverything) {
  for (const auto take_away : {+[](Device& device) { device.read = {}; }, +[](Device& device) { device.write = {}; },
                               +[](Device& device) { device.reset = {}; }}) {
    TestDevice test;
    take_away(test.device);
    EXPECT_EQ(refusal(test), "a device answers reads, writes and resets");
  }
}

TEST(DeviceCheck, WantsADescriptorForWhatIsMapped) {
  TestDevice test;
  test.device.regions[2].descriptor = -1;
  EXPECT_EQ(refusal(test), "region 2 has areas to map and no descriptor");
}

TEST(DeviceCheck, WantsWholePagesInTheRegion) {
  TestDevice test;
  auto& area = test.device.regions[2].mappable.front();
  area = {.offset = 0x2800, .size = 0x1000};
  EXPECT_EQ(refusal(test), "the area 0x2800+0x1000 of region 2 is not of whole pages");
  area = {.offset = 0x2000, .size = 0x800};
  EXPECT_EQ(refusal(test), "the area 0x2000+0x800 of region 2 is not of whole pages");
  area = {.offset = 0x2000, .size = 0};
  EXPECT_EQ(refusal(test), "the area 0x2000+0x0 of region 2 is not of whole pages");
  area = {.offset = 0xf000, .size = 0x2000};
  EXPECT_EQ(refusal(test), "the area 0xf000+0x2000 is not in region 2, which has 0x10000 bytes");
  area = {.offset = 0x20000, .size = 0x1000};
  EXPECT_EQ(refusal(test), "the area 0x20000+0x1000 is not in region 2, which has 0x10000 bytes");
  area = {.offset = 0, .size = 0x10000};
  EXPECT_EQ(refusal(test), "");
}

TEST(DeviceCheck, HoldsAreasToTheirLimit) {
  TestDevice test;
  test.device.regions[2].mappable.assign(kAreaLimit, {.offset = 0, .size = 0x1000});
  EXPECT_EQ(refusal(test), "");
  test.device.regions[2].mappable.push_back({.offset = 0, .size = 0x1000});
  EXPECT_EQ(refusal(test), "region 2 has 17 areas to map; 16 is the limit");
}

TEST(DeviceCheck, HoldsInterruptsToTheirLimit) {
  TestDevice test;
  test.device.interrupts[2] = kVectorLimit;
  EXPECT_EQ(refusal(test), "");
  test.device.interrupts[2] = kVectorLimit + 1;
  EXPECT_EQ(refusal(test), "2049 interrupts of kind 2; 2048 is the limit");
}

}  // namespace
}  // namespace cxlemu::os::vfio_user
