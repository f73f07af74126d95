#include "os/memory.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "os/test_support.hpp"

namespace cxlemu::os {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

bool is_all(MutableBytes bytes, int value) {
  return std::ranges::all_of(bytes, [&](std::byte byte) { return byte == std::byte(value); });
}

void fill(MutableBytes bytes, int value) { std::memset(bytes.data(), value, bytes.size()); }

std::uint64_t allocated_bytes(int descriptor) {
  struct stat status{};
  EXPECT_EQ(::fstat(descriptor, &status), 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

TEST(SharedMemory, IsSeenThroughItsDescriptor) {
  auto memory = SharedMemory::create("test", kMiB).value();
  EXPECT_EQ(memory.size(), kMiB);
  memory.bytes()[5] = std::byte{0xA5};

  unsigned char seen = 0;
  ASSERT_EQ(::pread(memory.descriptor(), &seen, 1, 5), 1);

  EXPECT_EQ(seen, 0xA5);
}

TEST(SharedMemory, CannotBeResizedByWhoHasItsDescriptor) {
  const auto memory = SharedMemory::create("test", kMiB).value();
  EXPECT_EQ(::ftruncate(memory.descriptor(), 4096), -1);
  EXPECT_EQ(::ftruncate(memory.descriptor(), 2 * kMiB), -1);
  EXPECT_EQ(::fcntl(memory.descriptor(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
}

TEST(SharedMemory, DiscardMakesZerosAndGivesPagesBack) {
  auto memory = SharedMemory::create("test", kMiB).value();
  fill(memory.bytes(), 0x55);
  ASSERT_EQ(allocated_bytes(memory.descriptor()), kMiB);

  ASSERT_TRUE(memory.discard(100, kMiB / 2));

  // Before the contents are looked at: of a memfd even reading takes pages.
  EXPECT_LE(allocated_bytes(memory.descriptor()), kMiB / 2 + 8192);
  EXPECT_TRUE(is_all(memory.bytes().first(100), 0x55));
  EXPECT_TRUE(is_all(memory.bytes().subspan(100, kMiB / 2), 0));
  EXPECT_TRUE(is_all(memory.bytes().subspan(100 + kMiB / 2), 0x55));
}

TEST(SharedMemory, SurvivesAMove) {
  auto memory = SharedMemory::create("test", 4096).value();
  fill(memory.bytes(), 1);
  const auto moved = std::move(memory);
  EXPECT_TRUE(is_all(moved.bytes(), 1));
}

TEST(MappedFile, ReadsAndWritesWithoutTouchingTheMapping) {
  TemporaryDirectory directory;
  auto file = MappedFile::open(directory.path() / "media.raw", 8192).value();
  Buffer read(4);

  ASSERT_TRUE(file.write(4094, Buffer(4, std::byte{7})));
  ASSERT_TRUE(file.read(4094, read));

  EXPECT_EQ(read, Buffer(4, std::byte{7}));
  EXPECT_EQ(file.bytes()[4095], std::byte{7});
  EXPECT_FALSE(file.write(8190, Buffer(4)));
  EXPECT_FALSE(file.read(8190, read));
}

TEST(MappedFile, FailsToReadWhatSomebodyCutOff) {
  TemporaryDirectory directory;
  const auto path = directory.path() / "media.raw";
  auto file = MappedFile::open(path, 1 << 20).value();
  ASSERT_EQ(::truncate(path.c_str(), 4096), 0);
  Buffer read(16);
  EXPECT_THAT(file.read(8192, read).error().message, HasSubstr("shorter than it was"));
}

TEST(MappedFile, LeavesTheFileAsItIsWhereItIsCopied) {
  TemporaryDirectory directory;
  const auto path = directory.path() / "media.raw";
  {
    MappedFile::open(path, 8192).value().bytes()[0] = std::byte{1};
  }

  auto copied = MappedFile::open(path, 8192, Sharing::copied).value();
  EXPECT_EQ(copied.bytes()[0], std::byte{1});
  copied.bytes()[0] = std::byte{2};
  EXPECT_TRUE(copied.discard(0, 4096));

  EXPECT_EQ(copied.bytes()[0], std::byte{0});
  EXPECT_EQ(MappedFile::open(path, 8192).value().bytes()[0], std::byte{1});
}

TEST(MappedFile, KeepsWhatWasWritten) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "media.raw";
  {
    auto file = MappedFile::open(path, kMiB).value();
    EXPECT_TRUE(file.is_new());
    EXPECT_TRUE(is_all(file.bytes(), 0));
    fill(file.bytes().subspan(1000, 10), 7);
  }
  auto again = MappedFile::open(path, kMiB).value();
  EXPECT_FALSE(again.is_new());
  EXPECT_EQ(again.size(), kMiB);
  EXPECT_TRUE(is_all(again.bytes().subspan(1000, 10), 7));
}

TEST(MappedFile, IsSparse) {
  const TemporaryDirectory directory;
  auto file = MappedFile::open(directory.path() / "media.raw", 1024 * kMiB).value();
  file.bytes()[512 * kMiB] = std::byte{1};
  ASSERT_EQ(::fsync(file.descriptor()), 0);
  EXPECT_LE(allocated_bytes(file.descriptor()), kMiB);
}

TEST(MappedFile, DiscardMakesZerosAndGivesBlocksBack) {
  const TemporaryDirectory directory;
  auto file = MappedFile::open(directory.path() / "media.raw", kMiB).value();
  fill(file.bytes(), 0x55);
  ASSERT_EQ(::fsync(file.descriptor()), 0);
  const auto before = allocated_bytes(file.descriptor());

  ASSERT_TRUE(file.discard(10, kMiB - 20));

  EXPECT_LT(allocated_bytes(file.descriptor()), before);
  EXPECT_TRUE(is_all(file.bytes().subspan(10, kMiB - 20), 0));
  EXPECT_TRUE(is_all(file.bytes().first(10), 0x55));
  EXPECT_TRUE(is_all(file.bytes().last(10), 0x55));
  EXPECT_EQ(file.size(), kMiB);
}

TEST(MappedFile, RefusesAFileOfAnotherSizeAndLeavesIt) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "media.raw";
  std::ofstream(path) << "12345";

  const auto refused = MappedFile::open(path, 4096);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            path.native() + " holds 5 bytes, but 4096 were asked for; give its own size, or another file");
  EXPECT_EQ(std::filesystem::file_size(path), 5U);
}

TEST(MappedFile, TakesAnEmptyFileAsNew) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "media.raw";
  {
    std::ofstream made(path);
  }
  EXPECT_TRUE(MappedFile::open(path, 4096).value().is_new());
}

TEST(MappedFile, RefusesWhatIsNoFile) {
  EXPECT_THAT(MappedFile::open("/dev/null", 4096).error().message, HasSubstr("/dev/null is not a regular file"));
  EXPECT_THAT(MappedFile::open("/absent/file", 4096).error().message, HasSubstr("cannot open /absent/file"));
}

TEST(AnonymousMemory, MayBeLargerThanTheMachine) {
  // The sanitizers keep a part of the address space for themselves, so this is not the largest that works.
  auto memory = AnonymousMemory::create(std::uint64_t{1} << 42).value();
  memory.bytes().back() = std::byte{1};
  EXPECT_EQ(memory.bytes().front(), std::byte{0});
}

struct DiscardCase {
  const char* name;
  std::uint64_t offset;
  std::uint64_t length;
};
class AnonymousDiscard : public testing::TestWithParam<DiscardCase> {};

TEST_P(AnonymousDiscard, MakesExactlyTheRangeZero) {
  const auto [name, offset, length] = GetParam();
  auto memory = AnonymousMemory::create(65536).value();
  fill(memory.bytes(), 0x55);

  ASSERT_TRUE(memory.discard(offset, length));

  EXPECT_TRUE(is_all(memory.bytes().first(offset), 0x55));
  EXPECT_TRUE(is_all(memory.bytes().subspan(offset, length), 0));
  EXPECT_TRUE(is_all(memory.bytes().subspan(offset + length), 0x55));
}
INSTANTIATE_TEST_SUITE_P(Memory, AnonymousDiscard,
                         testing::Values(DiscardCase{"nothing", 100, 0}, DiscardCase{"within_a_page", 100, 200},
                                         DiscardCase{"whole_pages", 4096, 8192},
                                         DiscardCase{"parts_at_both_ends", 4095, 8194},
                                         DiscardCase{"two_parts_without_a_page", 4000, 200},
                                         DiscardCase{"everything", 0, 65536}),
                         [](const auto& param) { return std::string{param.param.name}; });

TEST(Memory, RefusesToDiscardWhatItDoesNotHave) {
  auto memory = AnonymousMemory::create(65536).value();
  EXPECT_FALSE(memory.discard(65536, 1));
  EXPECT_FALSE(memory.discard(1, 65536));
  EXPECT_FALSE(memory.discard(1, ~std::uint64_t{0}));
  EXPECT_TRUE(memory.discard(65536, 0));
  EXPECT_FALSE(SharedMemory::create("test", 4096).value().discard(4096, 1));
}

TEST(Memory, RefusesSizesThatCannotBe) {
  EXPECT_THAT(AnonymousMemory::create(0).error().message, HasSubstr("0 bytes"));
  EXPECT_THAT(SharedMemory::create("test", ~std::uint64_t{0}).error().message, HasSubstr("no file is that large"));
  EXPECT_THAT(SharedMemory::create("test", std::uint64_t{1} << 62).error().message, HasSubstr("cannot m"));
}

}  // namespace
}  // namespace cxlemu::os
