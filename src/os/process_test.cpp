#include "os/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "os/test_support.hpp"

namespace cxlemu::os {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::string>;

Words shell(std::string script) { return {"sh", "-c", std::move(script)}; }

TEST(Process, WaitsForTheExitStatus) { EXPECT_EQ(spawn_and_wait(shell("exit 7")).value(), 7); }

TEST(Process, TellsASignalAsShellsDo) { EXPECT_EQ(spawn_and_wait(shell("kill -TERM $$")).value(), 128 + SIGTERM); }

TEST(Process, SaysThatAProgramIsNotFound) {
  EXPECT_EQ(spawn_and_wait(Words{"cxlemu-no-such-program"}).error().message,
            "cannot run cxlemu-no-such-program: PATH has no such program that may be run");
  EXPECT_EQ(exec_program(Words{"/absent/program"}).message, "cannot run /absent/program: No such file or directory");
  EXPECT_EQ(exec_program(Words{"/dev/null"}).message, "cannot run /dev/null: Permission denied");
  EXPECT_FALSE(spawn_and_wait({}));
  EXPECT_EQ(exec_program({}).message, "no program was given");
}

TEST(Process, ChangesTheEnvironmentOfTheProgramOnly) {
  ::setenv("CXLEMU_TEST_OLD", "old", 1);
  const std::vector<EnvironmentChange> changes{{"CXLEMU_TEST_NEW", "a b"}, {"CXLEMU_TEST_OLD", std::nullopt}};
  auto child = Child::start(shell("echo \"$CXLEMU_TEST_NEW/${CXLEMU_TEST_OLD-unset}\""), changes, Output::captured);

  EXPECT_EQ(child.value().read_output(100).value(), "a b/unset\n");

  EXPECT_STREQ(std::getenv("CXLEMU_TEST_OLD"), "old");
  EXPECT_EQ(std::getenv("CXLEMU_TEST_NEW"), nullptr);
}

TEST(Process, TheProgramGetsTheSignalsThatTheLoopBlocks) {
  auto loop = make_loop();
  ASSERT_TRUE(loop.on_signal({SIGTERM}, [](int) {}));
  EXPECT_EQ(spawn_and_wait(shell("kill -TERM $$; exit 0")).value(), 128 + SIGTERM);
}

TEST(Process, AnInterruptMeanwhileIsForTheProgramAlone) {
  EXPECT_EQ(spawn_and_wait(shell("kill -INT $PPID; kill -INT $$; exit 0")).value(), 128 + SIGINT);
  struct sigaction now{};
  ::sigaction(SIGINT, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(Process, ExecBecomesTheProgram) {
  const auto arguments = shell("exit $CXLEMU_TEST_CODE");
  const std::vector<EnvironmentChange> changes{{"CXLEMU_TEST_CODE", "23"}};
  const pid_t pid = ::fork();
  if (pid == 0) {
    (void)exec_program(arguments, changes);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(WEXITSTATUS(status), 23);
}

TEST(Child, CapturesBothOutputsInOrder) {
  auto child = Child::start(shell("echo one; echo two >&2; echo three; exit 4"), {}, Output::captured).value();
  EXPECT_EQ(child.read_output(100).value(), "one\ntwo\nthree\n");
  EXPECT_EQ(child.wait().value(), 4);
  EXPECT_EQ(child.wait().value(), 4);
}

TEST(Child, KeepsNoMoreOutputThanTheLimit) {
  auto child = Child::start(shell("echo 1234567890; exit 3"), {}, Output::captured).value();
  EXPECT_EQ(child.read_output(4).value(), "1234");
  EXPECT_EQ(child.wait().value(), 3);
}

TEST(Child, HasAnEmptyInputAndMayBeSilent) {
  auto child = Child::start(shell("cat; echo unseen; exit 5"), {}, Output::discarded).value();
  EXPECT_EQ(child.output(), -1);
  EXPECT_EQ(child.read_output(10).value(), "");
  EXPECT_EQ(child.wait().value(), 5);
}

TEST(Child, InAGroupOfItsOwnIsNotReachedByTheKeysOfTheTerminal) {
  const auto group_of_shell = [](Group group) {
    auto child = Child::start(shell("cut -d' ' -f5 /proc/$$/stat"), {}, Output::captured, group).value();
    return std::pair{child.pid(), std::stoi(child.read_output(100).value())};
  };
  EXPECT_EQ(group_of_shell(Group::shared).second, ::getpgrp());
  const auto [pid, group] = group_of_shell(Group::own);
  EXPECT_EQ(group, pid);
}

TEST(Child, IsKilledWhenItsOwnerGoes) {
  int pid = -1;
  {
    const auto child = Child::start(Words{"sleep", "1000"}).value();
    pid = child.pid();
    ASSERT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Child, HasNotEndedWhileItIsStopped) {
  const std::vector<std::string> command{"sh", "-c", "kill -STOP $$; exit 3"};
  auto child = Child::start(command).value();
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WSTOPPED | WNOWAIT), 0);

  EXPECT_EQ(child.poll().value(), std::nullopt);
  ::kill(child.pid(), SIGCONT);
  EXPECT_EQ(child.wait().value(), 3);
  EXPECT_EQ(child.poll().value(), 3);
}

TEST(Child, EndsWhenAsked) {
  auto child = Child::start(Words{"sleep", "1000"}).value();
  auto moved = std::move(child);
  moved.terminate();
  EXPECT_EQ(moved.wait().value(), 128 + SIGTERM);
  moved.terminate();
}

TEST(Child, IsReplacedByAssignment) {
  auto child = Child::start(Words{"sleep", "1000"}).value();
  const int first = child.pid();
  child = Child::start(shell("exit 6")).value();
  EXPECT_EQ(::kill(first, 0), -1);
  EXPECT_EQ(child.wait().value(), 6);
}

TEST(Process, KnowsItsOwnExecutable) {
  EXPECT_THAT(own_executable(), testing::EndsWith("/os_test"));
  EXPECT_TRUE(std::filesystem::exists(own_executable()));
}

TEST(Terminal, TellsItsWidth) {
  const OwnedDescriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal);
  EXPECT_TRUE(is_terminal(terminal.get()));
  EXPECT_EQ(terminal_width(terminal.get(), 77), 77U);

  const winsize size{.ws_row = 24, .ws_col = 132, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::ioctl(terminal.get(), TIOCSWINSZ, &size), 0);

  EXPECT_EQ(terminal_width(terminal.get()), 132U);
}

TEST(Terminal, IsNotAPipe) {
  const auto [one, other] = socket_pair();
  EXPECT_FALSE(is_terminal(one.get()));
  EXPECT_EQ(terminal_width(one.get()), 80U);
}

}  // namespace
}  // namespace cxlemu::os
