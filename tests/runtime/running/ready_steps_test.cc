#include "runtime/running/ready_steps.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// One call in four parts, all of them ready and equally urgent.
Plan four_parts() {
  Plan plan;
  plan.kernels.emplace_back().parts = 4;
  for (std::uint32_t part = 0; part < 4; ++part) plan.steps.push_back({.part = part});
  plan.seconds = plan.remaining = std::vector<float>(4, 1);
  return plan;
}

TEST(ReadySteps, GivesEachWorkerThePartsAtItsPlace) {
  const Plan plan = four_parts();
  ReadySteps ready(plan);
  ready.provide_workers(8, 2);  // of eight that an arena could have, two are at it
  for (StepId s = 0; s < 4; ++s) ready.push(s, ReadySteps::kNoWorker);
  EXPECT_EQ(ready.pop(1), 2U);
  EXPECT_EQ(ready.pop(1), 3U);
  EXPECT_EQ(ready.pop(0), 0U);
  EXPECT_EQ(ready.pop(0), 1U);
}

TEST(ReadySteps, GivesAWorkerThatHasNoneThoseOfOthers) {
  const Plan plan = four_parts();
  ReadySteps ready(plan);
  ready.provide_workers(8, 2);
  ready.push(0, ReadySteps::kNoWorker);
  EXPECT_EQ(ready.pop(7), 0U);
}

}  // namespace
}  // namespace weft
