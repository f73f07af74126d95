#include "base/timeline.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace cxlemu {
namespace {

using namespace std::chrono_literals;

TEST(Timeline, FiresInOrderOfDeadlineAndThenOfSetting) {
  Timeline timeline;
  std::vector<int> fired;
  timeline.at(20ns, [&] { fired.push_back(3); });
  timeline.at(10ns, [&] { fired.push_back(1); });
  timeline.at(10ns, [&] { fired.push_back(2); });

  timeline.advance_to(20ns);

  EXPECT_EQ(fired, (std::vector{1, 2, 3}));
}

TEST(Timeline, StandsAtTheDeadlineInsideAnAction) {
  Timeline timeline;
  Time seen{};
  timeline.at(7ns, [&] { seen = timeline.now(); });

  timeline.advance_to(100ns);

  EXPECT_EQ(seen, 7ns);
  EXPECT_EQ(timeline.now(), 100ns);
}

TEST(Timeline, FiresWhatAnActionAddsWithinTheSameAdvance) {
  Timeline timeline;
  int fired = 0;
  timeline.after(1ns, [&] { timeline.after(1ns, [&] { ++fired; }); });

  timeline.advance_to(2ns);

  EXPECT_EQ(fired, 1);
}

TEST(Timeline, DoesNotFireWhatWasCancelled) {
  Timeline timeline;
  int fired = 0;
  const auto key = timeline.after(1ns, [&] { ++fired; });

  timeline.cancel(key);
  timeline.cancel(key);
  timeline.advance_to(5ns);

  EXPECT_EQ(fired, 0);
  EXPECT_EQ(timeline.next(), std::nullopt);
}

TEST(Timeline, NeverGoesBack) {
  Timeline timeline;
  timeline.advance_to(10ns);
  timeline.advance_to(3ns);
  EXPECT_EQ(timeline.now(), 10ns);
}

TEST(Timeline, NamesTheNextDeadline) {
  Timeline timeline;
  timeline.at(30ns, [] {});
  timeline.at(20ns, [] {});
  EXPECT_EQ(timeline.next(), 20ns);
}

}  // namespace
}  // namespace cxlemu
