#include "runtime/running/executor.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <set>
#include <thread>

#include "graph/builder.h"
#include "runtime/running/tsan.h"
#include "tests/testing/dag_ops.h"
#include "tests/testing/random_dag.h"

namespace weft {
namespace {

// Tasks however small the program.
const std::unique_ptr<Executor> g_own_tasks = make_tbb_executor(-1);
const std::unique_ptr<Executor> g_group_tasks = make_task_group_executor(-1);

class TbbExecutor : public ::testing::TestWithParam<Executor*> {};
INSTANTIATE_TEST_SUITE_P(OfTasks, TbbExecutor, ::testing::Values(g_own_tasks.get(), g_group_tasks.get()),
                         [](const auto& test) { return test.param == g_own_tasks.get() ? "Own" : "Group"; });

// The number of nodes that may throw, numbered from 0.
std::int64_t checks_in(const Program& program) {
  std::int64_t checks = 0;
  for (NodeId n = 0; n < program.graph.size(); ++n) checks += program.graph.node(n).op == &kTestCheck ? 1 : 0;
  return checks;
}

bool same_bits(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const HostTensor& x, const HostTensor& y) { return x.same_bits(y); });
}

// Every check fails in turn: the variables keep their values, and the run after that gives what it always gives.
void fail_everywhere(Executor& executor, std::size_t throw_every) {
  const Program program = random_program(5, {.nodes = 200, .results = 40, .throw_every = throw_every});
  const auto plan = make_plan(program);
  int failures = 0;
  for (std::int64_t id = 0; id < checks_in(program); ++id) {
    BoundRun bound(plan);
    const std::vector<HostTensor> before = bound.variables;
    const std::vector<HostTensor> expected = bound.interpreted();
    arm_check(id);
    try {
      bound.execute(executor);
    } catch (const Error&) {  // a check that no output needs never runs
      ++failures;
      EXPECT_TRUE(same_bits(bound.variables, before)) << "check " << id;
      arm_check(-1);
      bound.execute(executor);
    }
    arm_check(-1);
    expect_outputs(bound, expected);
  }
  EXPECT_GT(failures, 20);
}

TEST(SerialExecutor, LeavesVariablesAloneWhenAnyNodeFails) {
  fail_everywhere(serial_executor(), 1);
  fail_everywhere(serial_executor(), 3);
}

TEST_P(TbbExecutor, LeavesVariablesAloneWhenAnyNodeFails) {
  tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  tbb::task_arena(4).execute([&] {
    fail_everywhere(*GetParam(), 1);
    fail_everywhere(*GetParam(), 3);
  });
}

TEST_P(TbbExecutor, RunsAnEmptyProgram) {
  BoundRun bound(make_plan({}));
  EXPECT_NO_THROW(bound.execute(*GetParam()));
}

TEST_P(TbbExecutor, RunsAChainOfAMillionNodes) {
  Program program;
  Builder b(program.graph);
  Value x = b.value({program.graph.add_input({DType::f32, {}}), 0});
  for (int i = 0; i < 1000000; ++i) x = b.record(kTestNext, {x});
  program.graph.outputs() = {x.id()};
  BoundRun bound(make_plan(std::move(program)));
  bound.arguments[0].set(0, 0);
  tbb::task_arena(2).execute([&] { bound.execute(*GetParam()); });
  EXPECT_EQ(bound.results[0].at(0), 1000000);
}

TEST_P(TbbExecutor, RunsANodeOfTenThousandConsumers) {
  Program program;
  Builder b(program.graph);
  const Value x = b.record(kTestNextApart, {b.value({program.graph.add_input({DType::f32, {4}}), 0})});
  std::vector<Value> consumers;
  for (int i = 0; i < 10000; ++i) consumers.push_back(b.record(kTestNextApart, {x}));
  program.graph.outputs() = {b.record(kTestMix, consumers).id()};
  BoundRun bound(make_plan(std::move(program)));
  const std::vector<HostTensor> expected = bound.interpreted();
  tbb::task_arena(2).execute([&] { bound.execute(*GetParam()); });
  expect_outputs(bound, expected);
}

TEST_P(TbbExecutor, RunsSideBySideRunsOfOnePlan) {
  tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  const auto plan = make_plan(random_program(3, {.nodes = 150}));
  std::vector<std::thread> callers;
  for (std::uint64_t seed = 0; seed < 4; ++seed)
    callers.emplace_back([&plan, seed] {
      for (int round = 0; round < 20; ++round) {
        BoundRun bound(plan, seed);
        const std::vector<HostTensor> expected = bound.interpreted();
        bound.execute(*GetParam());
        expect_outputs(bound, expected);
      }
    });
  for (std::thread& caller : callers) caller.join();
}

TEST_P(TbbExecutor, RunsInsideOfTheCallersParallelLoop) {
  if (kThreadSanitizer) GTEST_SKIP() << "the loop of the test hands its iterations over inside of TBB, unseen";
  tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  const auto plan = make_plan(random_program(4, {.nodes = 100}));
  tbb::task_arena(4).execute([&] {
    tbb::parallel_for(0, 40, [&](int i) {
      // Without isolation a waiting caller would start another iteration on top of this one.
      thread_local bool inside = false;
      EXPECT_FALSE(inside);
      inside = true;
      BoundRun bound(plan, static_cast<std::uint64_t>(i));
      const std::vector<HostTensor> expected = bound.interpreted();
      bound.execute(*GetParam());
      expect_outputs(bound, expected);
      inside = false;
    });
  });
}

std::set<std::thread::id> g_threads;  // used by one thread only, or the test fails

Types infer_same(const OpCall& call) { return {call.in(0)}; }
Kernel compile_noting(const OpCall&) {
  return {.run = [](const KernelArgs&) { g_threads.insert(std::this_thread::get_id()); }};
}
constexpr OpDef kNoting{
    .name = "test_noting", .min_inputs = 1, .max_inputs = 1, .infer = infer_same, .compile = compile_noting};

Program noting_program(std::size_t nodes) {
  Program program;
  Builder b(program.graph);
  const Value x = b.value({program.graph.add_input({DType::f32, {0}}), 0});
  for (std::size_t i = 0; i < nodes; ++i) program.graph.outputs().push_back(b.record(kNoting, {x}).id());
  return program;
}

TEST_P(TbbExecutor, StaysOnTheCallingThreadInAnArenaOfOne) {
  g_threads.clear();
  BoundRun bound(make_plan(noting_program(2000)));
  std::thread::id caller;
  tbb::task_arena(1).execute([&] {
    caller = std::this_thread::get_id();
    bound.execute(*GetParam());
  });
  EXPECT_EQ(g_threads, std::set{caller});
}

TEST(DefaultExecutor, StaysOnTheCallingThreadForATinyProgram) {
  g_threads.clear();
  BoundRun bound(make_plan(noting_program(20)));
  bound.execute(tbb_executor());
  EXPECT_EQ(g_threads, std::set{std::this_thread::get_id()});
}

}  // namespace
}  // namespace weft
