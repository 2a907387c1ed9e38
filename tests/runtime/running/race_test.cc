// Programs whose steps hand their bytes to each other in every way, on more workers than cores. Under ThreadSanitizer
// this shows whether the counters alone order the steps; tests/runtime/seeded_bugs.sh shows that it would tell.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include "tests/testing/random_dag.h"

namespace weft {
namespace {

constexpr int kRounds = 50;

void run_rounds(std::uint64_t seed, const DagOptions& options) {
  tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  const std::unique_ptr<Executor> tasks = make_tbb_executor(-1);
  tbb::task_arena arena(4);
  BoundRun bound(make_plan(random_program(seed, options)), seed);
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<HostTensor> expected = bound.interpreted();
    arena.execute([&] { bound.execute(*tasks); });
    expect_outputs(bound, expected);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Race, NoneInRandomPrograms) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) run_rounds(seed, {.nodes = 320});
}

TEST(Race, NoneInProgramsThatMayThrow) {
  for (std::uint64_t seed = 10; seed < 13; ++seed) run_rounds(seed, {.nodes = 320, .variables = 12, .throw_every = 8});
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

}  // namespace
}  // namespace weft
