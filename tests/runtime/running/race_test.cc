// Programs whose steps hand their bytes to each other in every way, on more workers than cores. Under ThreadSanitizer
// this shows whether the counters alone order the steps; seeded_bugs.sh shows that it would tell.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include "tests/testing/random_dag.h"

namespace weft {
namespace {

constexpr int kRounds = 50;

void run_rounds(const std::shared_ptr<const Plan>& plan, std::uint64_t seed) {
  tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  const std::unique_ptr<Executor> tasks = make_tbb_executor(-1);
  tbb::task_arena arena(4);
  BoundRun bound(plan, seed);
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<HostTensor> expected = bound.interpreted();
    arena.execute([&] { bound.execute(*tasks); });
    expect_outputs(bound, expected);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Race, NoneInRandomPrograms) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) run_rounds(make_plan(random_program(seed, {.nodes = 320})), seed);
}

TEST(Race, NoneInProgramsThatMayThrow) {
  for (std::uint64_t seed = 10; seed < 13; ++seed)
    run_rounds(make_plan(random_program(seed, {.nodes = 320, .variables = 12, .throw_every = 8})), seed);
}

TEST(Race, NoneWhenStepsThrow) {
  tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  const std::unique_ptr<Executor> tasks = make_tbb_executor(-1);
  tbb::task_arena arena(4);
  BoundRun bound(make_plan(random_program(20, {.nodes = 320, .throw_every = 4})));
  for (std::int64_t id = 0; id < 60; ++id) {
    arm_check(id);
    const std::vector<HostTensor> before = bound.variables;
    try {
      arena.execute([&] { bound.execute(*tasks); });
    } catch (const Error&) {
      for (std::size_t j = 0; j < before.size(); ++j) EXPECT_TRUE(bound.variables[j].same_bits(before[j]));
    }
  }
  arm_check(-1);
}

// The plan, but some of its steps do not wait for the last one that they should wait for.
std::shared_ptr<const Plan> without_some_edges(const Plan& plan) {
  std::vector<StepId> last(plan.steps.size());
  for (StepId s = 0; s < plan.steps.size(); ++s)
    for (const StepId next : plan.successors_of(s)) last[next] = s;
  const auto is_missing = [&](StepId from, StepId to) {
    return to % 4 == 0 && plan.dependencies[to] > 1 && last[to] == from;
  };
  auto broken = std::make_shared<Plan>(plan);
  broken->successors = Rows<StepId>(plan.steps.size(), [&](auto add) {
    for (StepId s = 0; s < plan.steps.size(); ++s)
      for (const StepId next : plan.successors_of(s))
        if (!is_missing(s, next)) add(s, next);
  });
  for (StepId s = 0; s < plan.steps.size(); ++s)
    if (is_missing(last[s], s)) --broken->dependencies[s];
  return broken;
}

// A race, which seeded_bugs.sh expects.
TEST(Race, DISABLED_WhereEdgesAreMissing) {
  for (std::uint64_t seed = 0; seed < 6; ++seed)
    run_rounds(without_some_edges(*make_plan(random_program(seed, {.nodes = 320}))), seed);
}

}  // namespace
}  // namespace weft
