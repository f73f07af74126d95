#include "os/file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "os/test_support.hpp"

namespace cxlemu::os {
namespace {

using testing::HasSubstr;

TEST(File, ReadsWhatWasWritten) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  const std::string contents(200'000, 'z');

  ASSERT_TRUE(write_file_atomically(path, bytes_of(contents)));

  EXPECT_EQ(read_text_file(path, contents.size()).value(), contents);
}

TEST(File, ReadsAnEmptyFile) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(write_file_atomically(directory.path() / "file", {}));
  EXPECT_TRUE(read_file(directory.path() / "file", 0).value().empty());
}

TEST(File, RefusesOneByteMoreThanTheLimit) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  ASSERT_TRUE(write_file_atomically(path, bytes_of("12345")));

  EXPECT_TRUE(read_file(path, 5));
  const auto refused = read_file(path, 4);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "cannot read " + path.native() + ": it holds more than 4 bytes");
}

TEST(File, TakesTheLargestLimit) {
  EXPECT_FALSE(read_file("/proc/self/cmdline", std::numeric_limits<std::size_t>::max()).value().empty());
}

TEST(File, NamesThePathAndTheReason) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "absent" / "file";
  EXPECT_EQ(read_file(path, 1).error().message, "cannot open " + path.native() + ": No such file or directory");
  EXPECT_THAT(write_file_atomically(path, {}).error().message, HasSubstr("absent"));
  EXPECT_THAT(read_file(directory.path(), 1).error().message, HasSubstr("Is a directory"));
}

TEST(File, ReplacesAFileAsAWholeAndLeavesNothingBeside) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  ASSERT_TRUE(write_file_atomically(path, bytes_of("a long first text")));
  std::ifstream reader(path);

  ASSERT_TRUE(write_file_atomically(path, bytes_of("second"), 0600));

  std::string seen_by_reader;
  std::getline(reader, seen_by_reader);
  EXPECT_EQ(seen_by_reader, "a long first text");
  EXPECT_EQ(read_text_file(path, 100).value(), "second");
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(File, LeavesNothingBesideAFileItCannotReplace) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "taken";
  std::filesystem::create_directory(path);

  EXPECT_FALSE(write_file_atomically(path, bytes_of("x")));

  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(File, StepsOverTheTemporaryFilesOfAKilledProcess) {
  const TemporaryDirectory directory;
  const auto name = [&](int i) {
    return directory.path() / (".file." + std::to_string(::getpid()) + "-" + std::to_string(i) + ".tmp");
  };
  for (int i = 0; i < 15; ++i) std::ofstream(name(i)) << "old";
  EXPECT_TRUE(write_file_atomically(directory.path() / "file", bytes_of("x")));

  std::ofstream(name(15)) << "old";
  EXPECT_THAT(write_file_atomically(directory.path() / "file", bytes_of("x")).error().message,
              HasSubstr("all 16 names are taken"));
}

TEST(WriteOutput, FollowsALinkAndKeepsTheMode) {
  TemporaryDirectory directory;
  const auto target = directory.path() / "target";
  const auto link = directory.path() / "link";
  ASSERT_TRUE(write_file_atomically(target, bytes_of("old"), 0600));
  std::filesystem::create_symlink(target, link);

  ASSERT_TRUE(write_output(link, bytes_of("new")));

  EXPECT_EQ(read_text_file(target, 100).value(), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(std::filesystem::status(target).permissions(), std::filesystem::perms(0600));
}

TEST(WriteOutput, WritesToWhatIsNoRegularFile) {
  ASSERT_TRUE(write_output("/dev/null", bytes_of("gone")));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace cxlemu::os
