#include "os/lab_directory.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "os/event_loop.hpp"
#include "os/test_support.hpp"
#include "os/unix_socket.hpp"

namespace cxlemu::os {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class LabDirectoryTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("CXLEMU_RUNTIME_DIR", root().c_str(), 1); }
  void TearDown() override { ::unsetenv("CXLEMU_RUNTIME_DIR"); }

  [[nodiscard]] fs::path root() const { return directory_.path() / "deep" / "runtime"; }

  // What a process leaves that is killed: everything it made, and no lock.
  void leave_stale(const std::string& name) const {
    const pid_t pid = ::fork();
    if (pid == 0) {
      auto loop = make_loop();
      const auto lab = LabDirectory::claim(name);
      const auto listener = Listener::open(loop, lab->path() / "qmp", SocketKind::stream, [](Connection) {});
      ::_exit(lab && listener ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_EQ(status, 0);
  }

 private:
  TemporaryDirectory directory_;
};

TEST_F(LabDirectoryTest, IsPrivateAndIsRemovedAtTheEnd) {
  {
    const auto lab = LabDirectory::claim("lab").value();
    EXPECT_EQ(lab.name(), "lab");
    EXPECT_EQ(lab.path(), root() / "lab");
    struct stat status{};
    ASSERT_EQ(::stat(lab.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
    std::ifstream pid(lab.path() / "pid");
    int number = 0;
    pid >> number;
    EXPECT_EQ(number, ::getpid());
  }
  EXPECT_FALSE(fs::exists(root() / "lab"));
}

TEST_F(LabDirectoryTest, ARunningLabIsRefusedAndNotDisturbed) {
  const auto lab = LabDirectory::claim("lab").value();

  const auto second = LabDirectory::claim("lab");

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "lab \"lab\" is already running (pid " + std::to_string(::getpid()) +
                                        "); stop it or choose another --name");
  EXPECT_TRUE(LabDirectory::find("lab"));
  EXPECT_TRUE(LabDirectory::claim("other"));
}

TEST_F(LabDirectoryTest, StaleContentsAreReplaced) {
  leave_stale("lab");
  ASSERT_TRUE(fs::exists(root() / "lab" / "qmp"));
  EXPECT_FALSE(LabDirectory::find("lab"));

  const auto lab = LabDirectory::claim("lab");

  ASSERT_TRUE(lab) << lab.error().message;
  EXPECT_FALSE(fs::exists(root() / "lab" / "qmp"));
  EXPECT_EQ(LabDirectory::list().value().at(0).pid, ::getpid());
}

TEST_F(LabDirectoryTest, ForeignFilesStay) {
  leave_stale("lab");
  fs::create_directory(root() / "lab" / "notes");
  std::ofstream(root() / "lab" / "notes" / "mine") << "text";
  std::ofstream(root() / "lab" / "mine") << "text";

  {
    ASSERT_TRUE(LabDirectory::claim("lab"));
  }

  EXPECT_TRUE(fs::exists(root() / "lab" / "notes" / "mine"));
  EXPECT_TRUE(fs::exists(root() / "lab" / "mine"));
  EXPECT_FALSE(fs::exists(root() / "lab" / "lock"));
  EXPECT_FALSE(fs::exists(root() / "lab" / "pid"));
}

// Claims and leaves the lab fifty times; gives how often something went wrong.
int compete(const fs::path& witness) {
  int faults = 0;
  for (int claims = 0; claims < 50;) {
    const auto lab = LabDirectory::claim("lab");
    if (!lab) {
      if (lab.error().message.find("already running") == std::string::npos) ++faults;
      ::sched_yield();
      continue;
    }
    ++claims;
    const OwnedDescriptor alone(::open(witness.c_str(), O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!alone) ++faults;
    ::sched_yield();
    ::unlink(witness.c_str());
  }
  return std::min(faults, 100);
}

TEST_F(LabDirectoryTest, CompetingProcessesNeverHaveItTogether) {
  const auto witness = root().parent_path().parent_path() / "witness";
  std::array<pid_t, 3> children{};
  for (auto& child : children) {
    child = ::fork();
    if (child == 0) ::_exit(compete(witness));
  }
  for (const auto child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
}

TEST_F(LabDirectoryTest, MayMove) {
  std::optional<LabDirectory> kept;
  {
    auto lab = LabDirectory::claim("lab").value();
    kept.emplace(std::move(lab));
  }
  EXPECT_TRUE(LabDirectory::find("lab"));
  kept.reset();
  EXPECT_FALSE(fs::exists(root() / "lab"));
}

TEST_F(LabDirectoryTest, RefusesALinkToAnotherPlace) {
  fs::create_directories(root().parent_path() / "elsewhere");
  fs::create_directories(root());
  fs::create_directory_symlink(root().parent_path() / "elsewhere", root() / "lab");

  EXPECT_FALSE(LabDirectory::claim("lab"));

  EXPECT_TRUE(fs::is_empty(root().parent_path() / "elsewhere"));
}

TEST_F(LabDirectoryTest, RefusesADirectoryOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  fs::create_directories(root() / "lab");
  ASSERT_EQ(::chown((root() / "lab").c_str(), 12345, 12345), 0);
  EXPECT_THAT(LabDirectory::claim("lab").error().message, HasSubstr("belongs to another user"));
}

TEST_F(LabDirectoryTest, FindSaysHowToStartALab) {
  EXPECT_EQ(LabDirectory::find("lab").error().message,
            "no lab \"lab\" is running; start it: cxlemu run --name lab lab.toml");
}

TEST_F(LabDirectoryTest, FindNamesTheLabsThatRun) {
  leave_stale("stale");
  const auto second = LabDirectory::claim("second").value();
  const auto first = LabDirectory::claim("first").value();

  EXPECT_EQ(LabDirectory::find("first").value(), first.path());
  EXPECT_THAT(LabDirectory::find("lab").error().message,
              HasSubstr("no lab \"lab\" is running, but: first, second; name one by --lab"));

  const auto labs = LabDirectory::list().value();
  ASSERT_EQ(labs.size(), 2U);
  EXPECT_EQ(labs[0].name, "first");
  EXPECT_EQ(labs[1].path, second.path());
}

TEST_F(LabDirectoryTest, ListIsEmptyWhereNothingEverRan) { EXPECT_TRUE(LabDirectory::list().value().empty()); }

TEST_F(LabDirectoryTest, RootHasItsOwnPlace) {
  if (::geteuid() != 0) GTEST_SKIP() << "only for root";
  ::unsetenv("CXLEMU_RUNTIME_DIR");
  ::setenv("XDG_RUNTIME_DIR", root().c_str(), 1);
  const auto name = "cxlemu-test-" + std::to_string(::getpid());

  const auto error = LabDirectory::find(name);

  ::unsetenv("XDG_RUNTIME_DIR");
  EXPECT_FALSE(error);
  EXPECT_FALSE(fs::exists(root()));
}

TEST_F(LabDirectoryTest, OthersUseTheirRuntimeDirectory) {
  fs::create_directories(root());
  fs::permissions(root().parent_path().parent_path(), fs::perms::all);
  fs::permissions(root().parent_path(), fs::perms::all);
  fs::permissions(root(), fs::perms::all);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::unsetenv("CXLEMU_RUNTIME_DIR");
    ::setenv("XDG_RUNTIME_DIR", root().c_str(), 1);
    if (::geteuid() == 0 && ::setuid(12345) != 0) ::_exit(1);
    const auto lab = LabDirectory::claim("lab");
    if (!lab || lab->path() != root() / "cxlemu" / "lab") ::_exit(2);
    ::unsetenv("XDG_RUNTIME_DIR");
    ::_exit(LabDirectory::claim("lab").error().message.find("set XDG_RUNTIME_DIR") == std::string::npos ? 3 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0) << WEXITSTATUS(status);
}

struct NameCase {
  const char* name;
  std::string lab;
  bool is_valid;
};
class LabName : public LabDirectoryTest, public testing::WithParamInterface<NameCase> {};

TEST_P(LabName, IsCheckedBeforeAnythingIsMade) {
  const auto lab = LabDirectory::claim(GetParam().lab);
  EXPECT_EQ(lab.has_value(), GetParam().is_valid);
  EXPECT_EQ(fs::exists(root()), GetParam().is_valid);
  EXPECT_EQ(LabDirectory::find(GetParam().lab).has_value(), GetParam().is_valid);
}
INSTANTIATE_TEST_SUITE_P(
    Lab, LabName,
    testing::Values(NameCase{"plain", "lab-1_B.2", true}, NameCase{"longest", std::string(kMaximumLabName, 'x'), true},
                    NameCase{"too_long", std::string(kMaximumLabName + 1, 'x'), false}, NameCase{"empty", "", false},
                    NameCase{"hidden", ".lab", false}, NameCase{"parent", "..", false}, NameCase{"slash", "a/b", false},
                    NameCase{"space", "a b", false}, NameCase{"nul", std::string("a\0b", 3), false}),
    [](const auto& param) { return std::string{param.param.name}; });

}  // namespace
}  // namespace cxlemu::os
