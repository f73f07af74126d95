#include "memory/backing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cxlemu {
namespace {

Buffer read(const Backing& backing, std::uint64_t offset, std::size_t length) {
  Buffer bytes(length);
  EXPECT_TRUE(backing.read(offset, bytes));
  return bytes;
}

TEST(Backing, ReadsZerosWhereNothingWasWritten) {
  const Backing backing(1ULL << 40);
  EXPECT_EQ(read(backing, (1ULL << 40) - 4, 4), Buffer(4));
}

TEST(Backing, ReadsBackWhatWasWrittenAcrossPages) {
  Backing backing(1 << 20);
  const Buffer data(10'000, std::byte{0xA5});

  ASSERT_TRUE(backing.write(4090, data));

  EXPECT_EQ(read(backing, 4090, data.size()), data);
  EXPECT_EQ(read(backing, 4089, 1), Buffer(1));
  EXPECT_EQ(read(backing, 14'090, 1), Buffer(1));
}

TEST(Backing, WipesARangeAndNothingBesideIt) {
  Backing backing(1 << 20);
  ASSERT_TRUE(backing.write(0, Buffer(20'000, std::byte{0x5A})));

  ASSERT_TRUE(backing.wipe(100, 15'000));

  EXPECT_EQ(read(backing, 0, 100), Buffer(100, std::byte{0x5A}));
  EXPECT_EQ(read(backing, 100, 15'000), Buffer(15'000));
  EXPECT_EQ(read(backing, 15'100, 4'900), Buffer(4'900, std::byte{0x5A}));
}

TEST(Backing, KnowsItsBounds) {
  const Backing backing(100);
  EXPECT_TRUE(backing.contains(0, 100));
  EXPECT_TRUE(backing.contains(100, 0));
  EXPECT_FALSE(backing.contains(1, 100));
  EXPECT_FALSE(backing.contains(~0ULL, 2));
}

TEST(Backing, PassesOnWhatItsStoreSays) {
  bool full = false;
  Buffer memory(64);
  Backing backing(64, {.read =
                           [&](std::uint64_t offset, MutableBytes to) {
                             std::copy_n(memory.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
                             return true;
                           },
                       .write =
                           [&](std::uint64_t offset, Bytes from) {
                             if (!full) std::ranges::copy(from, memory.begin() + static_cast<std::ptrdiff_t>(offset));
                             return !full;
                           },
                       .discard = [&](std::uint64_t, std::uint64_t) { return !full; }});

  EXPECT_TRUE(backing.write(8, Buffer(8, std::byte{1})));
  EXPECT_EQ(read(backing, 8, 1), Buffer(1, std::byte{1}));
  full = true;
  EXPECT_FALSE(backing.write(8, Buffer(8, std::byte{2})));
  EXPECT_FALSE(backing.wipe(0, 64));
}

}  // namespace
}  // namespace cxlemu
