#include "base/uuid.hpp"

#include <gtest/gtest.h>

namespace cxlemu {
namespace {

TEST(Uuid, KeepsTheOrderItIsPrintedIn) {
  constexpr auto uuid = "0da9c0b5-bf41-4b78-8f79-96b1623b3f17"_uuid;
  EXPECT_EQ(uuid.bytes[0], std::byte{0x0D});
  EXPECT_EQ(uuid.bytes[15], std::byte{0x17});
  EXPECT_EQ(uuid.text(), "0da9c0b5-bf41-4b78-8f79-96b1623b3f17");
}

TEST(Uuid, RefusesMalformedText) {
  EXPECT_FALSE(Uuid::parse("0da9c0b5bf414b788f7996b1623b3f17"));
  EXPECT_FALSE(Uuid::parse("0da9c0b5-bf41-4b78-8f79-96b1623b3f1"));
  EXPECT_FALSE(Uuid::parse("0da9c0b5-bf41-4b78-8f79-96b1623b3f1g"));
}

}  // namespace
}  // namespace cxlemu
