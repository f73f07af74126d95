#include "os/event_loop.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/test_support.hpp"

namespace cxlemu::os {
namespace {

using namespace std::chrono_literals;

void poke(const OwnedDescriptor& socket) { ASSERT_EQ(::write(socket.get(), "x", 1), 1); }
void swallow(const OwnedDescriptor& socket) {
  char byte = 0;
  ASSERT_EQ(::read(socket.get(), &byte, 1), 1);
}

TEST(OwnedDescriptor, ClosesWhatItOwnsAndOnlyThat) {
  auto [ours, theirs] = socket_pair();
  const int number = ours.get();
  OwnedDescriptor moved = std::move(ours);
  EXPECT_FALSE(ours);
  EXPECT_EQ(moved.get(), number);

  moved.reset();

  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  const int given_away = theirs.release();
  EXPECT_FALSE(theirs);
  EXPECT_NE(::fcntl(given_away, F_GETFD), -1);
  ::close(given_away);
}

TEST(EventLoop, RunReturnsTheCodeOfStopAndMayRunAgain) {
  auto loop = make_loop();
  loop.set_deadline(Nanoseconds{}, [&] { loop.stop(7); });
  EXPECT_EQ(loop.run(), 7);
  loop.stop(3);
  EXPECT_EQ(loop.run(), 3);
}

TEST(EventLoop, ShowsItsNativeLoop) { EXPECT_NE(make_loop().native(), nullptr); }

TEST(EventLoop, ReportsWhatIsReadyOnTwoDescriptors) {
  auto loop = make_loop();
  const auto [first, first_peer] = socket_pair();
  const auto [second, second_peer] = socket_pair();
  int first_calls = 0;
  int second_calls = 0;
  const auto watch_first = loop.watch(first.get(), {}, [&](Ready ready) {
    EXPECT_TRUE(ready.readable && !ready.writable && !ready.hung_up);
    ++first_calls;
    swallow(first);
  });
  const auto watch_second = loop.watch(second.get(), {}, [&](Ready) {
    ++second_calls;
    swallow(second);
  });

  poke(first_peer);
  run_ready(loop);
  EXPECT_EQ(std::pair(first_calls, second_calls), std::pair(1, 0));

  poke(second_peer);
  run_ready(loop);
  EXPECT_EQ(std::pair(first_calls, second_calls), std::pair(1, 1));
}

TEST(EventLoop, FollowsAChangedInterest) {
  auto loop = make_loop();
  const auto [socket, peer] = socket_pair();
  std::vector<Ready> seen;
  auto watch = loop.watch(socket.get(), {.read = false}, [&](Ready ready) { seen.push_back(ready); }).value();
  poke(peer);

  run_ready(loop);
  EXPECT_TRUE(seen.empty());

  watch.set_interest({.read = false, .write = true});
  loop.turn(0ns);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_TRUE(seen[0].writable && !seen[0].readable);

  watch.set_interest({.read = true, .write = false});
  loop.turn(0ns);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[1].readable && !seen[1].writable);
}

TEST(EventLoop, ReportsAHangUp) {
  auto loop = make_loop();
  auto [socket, peer] = socket_pair();
  bool hung_up = false;
  const auto watch =
      loop.watch(socket.get(), {.read = false, .write = true}, [&](Ready ready) { hung_up = ready.hung_up; });
  peer.reset();
  loop.turn(0ns);
  EXPECT_TRUE(hung_up);
}

TEST(EventLoop, AWatchMayBeDestroyedInItsOwnCallback) {
  auto loop = make_loop();
  const auto [socket, peer] = socket_pair();
  std::optional<Watch> watch;
  int calls = 0;
  const auto kept_alive = std::make_shared<int>(5);
  watch = loop.watch(socket.get(), {},
                     [&, kept = kept_alive](Ready) {
                       watch.reset();
                       calls += *kept;
                     })
              .value();
  poke(peer);

  run_ready(loop);

  EXPECT_EQ(calls, 5);
  EXPECT_EQ(kept_alive.use_count(), 1);
}

TEST(EventLoop, AWatchThatAnotherCallbackDestroysIsNotCalled) {
  auto loop = make_loop();
  const auto [first, first_peer] = socket_pair();
  const auto [second, second_peer] = socket_pair();
  Watch watch_first;
  Watch watch_second;
  int calls = 0;
  watch_first = loop.watch(first.get(), {}, [&](Ready) { ++calls, watch_first = {}, watch_second = {}; }).value();
  watch_second = loop.watch(second.get(), {}, [&](Ready) { ++calls, watch_first = {}, watch_second = {}; }).value();
  poke(first_peer);
  poke(second_peer);

  run_ready(loop);

  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, RefusesWhatCannotBeWaitedFor) {
  auto loop = make_loop();
  const OwnedDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto watch = loop.watch(null.get(), {}, [](Ready) {});
  ASSERT_FALSE(watch);
  EXPECT_NE(watch.error().message.find("cannot wait for descriptor"), std::string::npos);
}

TEST(EventLoop, DeadlineFiresOnceAndNotBeforeItsTime) {
  auto loop = make_loop();
  const auto deadline = EventLoop::monotonic_now() + 1'000'001ns;
  int calls = 0;
  Nanoseconds fired{};
  loop.set_deadline(deadline, [&] { ++calls, fired = EventLoop::monotonic_now(); });

  ASSERT_TRUE(run_until(loop, [&] { return calls != 0; }));
  run_ready(loop);

  EXPECT_EQ(calls, 1);
  EXPECT_GE(fired, deadline);
}

TEST(EventLoop, DeadlinesAreNotGatheredWithLaterOnes) {
  auto loop = make_loop();
  // The default accuracy of sd-event would put each of these on the next multiple of 250 ms: the best of them counts,
  // because a busy machine may be late, too.
  Nanoseconds least_late = 1h;
  for (int i = 0; i < 4; ++i) {
    const auto deadline = EventLoop::monotonic_now() + 1ms;
    bool fired = false;
    loop.set_deadline(deadline, [&] { fired = true; });
    ASSERT_TRUE(run_until(loop, [&] { return fired; }));
    if (i > 0) least_late = std::min(least_late, EventLoop::monotonic_now() - deadline);
  }
  EXPECT_LT(least_late, 100ms);
}

TEST(EventLoop, ALaterSettingReplacesTheDeadline) {
  auto loop = make_loop();
  std::vector<int> fired;
  loop.set_deadline(EventLoop::monotonic_now() + 1h, [&] { fired.push_back(1); });
  loop.set_deadline(0ns, [&] { fired.push_back(2); });
  run_ready(loop);
  EXPECT_EQ(fired, std::vector{2});

  loop.set_deadline(0ns, [&] { fired.push_back(3); });
  loop.set_deadline(std::nullopt);
  run_ready(loop);
  EXPECT_EQ(fired, std::vector{2});
}

TEST(EventLoop, DeadlinesSetInTheCallbackFireInTheirOrder) {
  auto loop = make_loop();
  const auto start = EventLoop::monotonic_now();
  std::vector<int> fired;
  loop.set_deadline(start + 1ms, [&] {
    fired.push_back(1);
    loop.set_deadline(start + 2ms, [&] {
      fired.push_back(2);
      loop.set_deadline(start, [&] { fired.push_back(3); });
    });
  });
  ASSERT_TRUE(run_until(loop, [&] { return fired.size() == 3; }));
  EXPECT_EQ(fired, (std::vector{1, 2, 3}));
}

TEST(EventLoop, IdleRunsOnlyWhenNothingElseIsReady) {
  auto loop = make_loop();
  const auto [socket, peer] = socket_pair();
  std::vector<std::string> order;
  const auto watch = loop.watch(socket.get(), {}, [&](Ready) {
    swallow(socket);
    order.emplace_back("input");
    // Input that arrives meanwhile also comes first.
    if (std::ranges::count(order, "input") == 2) poke(peer);
  });
  loop.on_idle([&] {
    order.emplace_back("idle");
    loop.set_idle_enabled(false);
  });
  loop.set_idle_enabled(true);
  poke(peer);
  poke(peer);
  loop.set_deadline(0ns, [&] { order.emplace_back("deadline"); });

  run_ready(loop);

  ASSERT_EQ(order.size(), 5U);
  EXPECT_EQ(order.back(), "idle");
  EXPECT_EQ(std::ranges::count(order, "input"), 3);
}

TEST(EventLoop, IdleRunsAgainAndAgainWhileEnabled) {
  auto loop = make_loop();
  int calls = 0;
  loop.on_idle([&] {
    if (++calls == 3) loop.set_idle_enabled(false);
  });
  run_ready(loop);
  EXPECT_EQ(calls, 0);

  loop.set_idle_enabled(true);
  run_ready(loop);

  EXPECT_EQ(calls, 3);
}

TEST(EventLoop, TheIdleCallbackMayReplaceItself) {
  auto loop = make_loop();
  std::vector<int> calls;
  const auto kept_alive = std::make_shared<int>(1);
  loop.on_idle([&, kept = kept_alive] {
    loop.on_idle([&] {
      calls.push_back(2);
      loop.set_idle_enabled(false);
    });
    calls.push_back(*kept);
  });
  loop.set_idle_enabled(true);
  run_ready(loop);
  EXPECT_EQ(calls, (std::vector{1, 2}));
}

TEST(EventLoop, TurnsSignalsIntoCallbacks) {
  auto loop = make_loop();
  std::vector<int> seen;
  ASSERT_TRUE(loop.on_signal({SIGINT, SIGTERM}, [&](int signal) {
    seen.push_back(signal);
    if (seen.size() == 2) loop.stop(128 + signal);
  }));
  loop.set_deadline(0ns, [] {
    ::kill(::getpid(), SIGINT);
    ::kill(::getpid(), SIGTERM);
  });

  const int code = loop.run();

  EXPECT_THAT(seen, testing::UnorderedElementsAre(SIGINT, SIGTERM));
  EXPECT_EQ(code, 128 + seen.back());
}

TEST(EventLoop, GivesItsSignalsBackWhenItGoes) {
  sigset_t blocked;
  {
    auto loop = make_loop();
    ASSERT_TRUE(loop.on_signal({SIGTERM}, [](int) {}));
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    EXPECT_EQ(::sigismember(&blocked, SIGTERM), 1);
  }
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_EQ(::sigismember(&blocked, SIGTERM), 0);
}

Nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

TEST(EventLoop, SleepsWhileNothingHappens) {
  auto loop = make_loop();
  const auto [socket, peer] = socket_pair();
  const auto watch = loop.watch(socket.get(), {}, [](Ready) { FAIL() << "nothing was sent"; });
  loop.on_idle([] { FAIL() << "it is not enabled"; });
  bool is_over = false;
  loop.set_deadline(EventLoop::monotonic_now() + 100ms, [&] { is_over = true; });
  const auto used_before = processor_time();
  int turns = 0;

  while (!is_over && turns < 100) {
    loop.turn(10s);
    ++turns;
  }

  // The deadline itself, and at most a wake-up or two by the kernel.
  EXPECT_LE(turns, 3);
  EXPECT_LT(processor_time() - used_before, 50ms);
}

}  // namespace
}  // namespace cxlemu::os
