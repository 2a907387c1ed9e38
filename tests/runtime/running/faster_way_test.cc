#include "runtime/running/faster_way.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

using Way = FasterWay::Way;

struct Spent {
  int parallel = 0, serial = 0;  // runs
  double seconds = 0;
};

// So many runs, which take these seconds.
Spent run(FasterWay& ways, int runs, double parallel, double serial) {
  Spent spent;
  for (int i = 0; i < runs; ++i) {
    const Way way = ways.next();
    const double seconds = way == Way::parallel ? parallel : serial;
    ways.took(way, seconds);
    ++(way == Way::parallel ? spent.parallel : spent.serial);
    spent.seconds += seconds;
  }
  return spent;
}

TEST(FasterWay, IsParallelUntilTheOtherCanBeAfforded) {
  FasterWay ways;
  EXPECT_EQ(run(ways, 300, 1, 2).serial, 0);
}

TEST(FasterWay, StaysWithTheFasterOneForAboutOnePercentMore) {
  FasterWay ways;
  EXPECT_LT(run(ways, 100000, 1, 2).seconds, 100000 * 1.011);
  FasterWay others;
  EXPECT_LT(run(others, 100000, 1.5, 1).seconds, 100000 * 1.011 + 300);
}

TEST(FasterWay, FollowsTheMachine) {
  FasterWay ways;
  run(ways, 1000, 1, 2);
  EXPECT_GT(run(ways, 10000, 3, 2).serial, 9000);
  EXPECT_GT(run(ways, 10000, 1, 2).parallel, 9000);
}

TEST(FasterWay, DoesNotChangeForAFewPercent) {
  FasterWay ways;
  EXPECT_GT(run(ways, 10000, 1.02, 1).parallel, 8500);
}

TEST(FasterWay, IsNotMisledByASlowRun) {
  FasterWay ways;
  run(ways, 1000, 1, 2);
  EXPECT_EQ(ways.next(), Way::parallel);
  ways.took(Way::parallel, 50);
  EXPECT_GT(run(ways, 1000, 1, 2).parallel, 980);
}

}  // namespace
}  // namespace weft
