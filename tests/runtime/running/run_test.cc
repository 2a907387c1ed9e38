#include "runtime/running/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "graph/builder.h"
#include "graph/storage.h"
#include "runtime/planning/plan_text.h"
#include "tests/testing/dag_ops.h"
#include "tests/testing/memory_checker.h"
#include "tests/testing/random_dag.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

// result = argument + 2, variable becomes variable + argument
Program small_program() {
  Program program;
  Builder b(program.graph);
  const Value x = b.value({program.graph.add_input({DType::f32, {2}}), 0});
  const Value v = b.value({program.graph.add_input({DType::f32, {2}}), 0});
  program.num_variables = 1;
  program.writes = {0};
  const Value y = b.record(kTestNext, {b.record(kTestNext, {x})});
  program.graph.outputs() = {y.id(), b.record(kTestAdd, {v, x}).id()};
  return program;
}

TEST(Run, ComputesResultsAndVariables) {
  weft::Run run(make_plan(small_program()));
  alignas(64) float x[2] = {1, 2};
  alignas(64) float v[2] = {10, 20};
  alignas(64) float y[2] = {};
  run.bind_argument(0, x);
  run.bind_variable(0, v, v);
  run.bind_result(0, y);
  run.execute(serial_executor());
  run.execute(serial_executor());
  EXPECT_EQ(y[0], 3.0F);
  EXPECT_EQ(y[1], 4.0F);
  EXPECT_EQ(v[0], 12.0F);
  EXPECT_EQ(v[1], 24.0F);
}

TEST(Run, FollowsARebinding) {
  weft::Run run(make_plan(small_program()));
  alignas(64) float x[2] = {1, 2};
  alignas(64) float other[2] = {5, 6};
  alignas(64) float v[2] = {};
  alignas(64) float y[2] = {};
  run.bind_argument(0, x);
  run.bind_variable(0, v, v);
  run.bind_result(0, y);
  run.execute(serial_executor());
  run.bind_argument(0, other);
  run.execute(serial_executor());
  EXPECT_EQ(y[0], 7.0F);
  EXPECT_EQ(v[0], 6.0F);
}

TEST(Run, WritesBesideTheValueThatIsThere) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto plan = make_plan(random_program(seed, {}));
    BoundRun in_place(plan, seed), beside(plan, seed);
    const std::vector<HostTensor> before = beside.variables;
    std::vector<HostTensor> next;
    next.reserve(before.size());
    for (std::size_t j = 0; j < before.size(); ++j) {
      next.push_back(before[j]);
      beside.run.bind_variable(j, beside.variables[j].data(), next[j].data());
    }
    in_place.execute(serial_executor());
    beside.execute(serial_executor());
    for (const std::uint32_t j : plan->program.writes)
      EXPECT_TRUE(next[j].same_bits(in_place.variables[j])) << "seed " << seed << ", variable " << j;
    for (std::size_t j = 0; j < before.size(); ++j)
      EXPECT_TRUE(beside.variables[j].same_bits(before[j])) << "seed " << seed << ", variable " << j;
  }
}

TEST(Run, FlushesDenormalsWhereItIsTold) {
  weft::Run run(make_plan(small_program()));
  const float denormal = std::numeric_limits<float>::denorm_min();
  alignas(64) float x[2] = {denormal, denormal}, v[2] = {denormal, 1}, y[2] = {};
  run.bind_argument(0, x);
  run.bind_variable(0, v, v);
  run.bind_result(0, y);
  run.execute(serial_executor());
  EXPECT_EQ(v[0], 2 * denormal);
  run.flush_denormals();
  run.execute(serial_executor());
  EXPECT_EQ(v[0], 0.0F);
}

TEST(Run, RefusesToStartUnbound) {
  weft::Run run(make_plan(small_program()));
  try {
    run.execute(serial_executor());
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[run] argument 0 is not bound");
  }
}

TEST(Run, TakesThePlannedBytesAndNoOthers) {
  const auto plan = make_plan(small_program());
  alignas(64) float x[2] = {1, 2}, v[2] = {10, 20}, y[2] = {};
  const std::size_t before = Buffer::live_bytes();
  {
    weft::Run run(plan);
    EXPECT_EQ(Buffer::live_bytes(), before);
    run.bind_argument(0, x);
    run.bind_variable(0, v, v);
    run.bind_result(0, y);
    run.execute(serial_executor());
    EXPECT_EQ(run.arena_bytes(), plan->stats.arena_bytes + plan->stats.scratch_bytes);
    EXPECT_LE(Buffer::live_bytes() - before, run.arena_bytes());  // for the next run
  }
  EXPECT_EQ(Buffer::live_bytes(), before);  // nothing is kept for programs that are gone
}

TEST(Run, NamesTheNodeThatFailed) {
  Program program;
  Builder b(program.graph);
  b.where = SourceLocation::current("train.cc", 42);
  const Value x = b.value({program.graph.add_input({DType::f32, {2, 3}}), 0});
  program.graph.outputs() = {b.record(kTestCheck, {x}, {{"id", std::int64_t{7}}}).id()};
  BoundRun bound(make_plan(std::move(program)));
  arm_check(7);
  try {
    bound.execute(serial_executor());
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[test_check] a: f32[2,3]: check 7 failed\n  at train.cc:42");
    EXPECT_EQ(error.where().line, 42);
  }
  arm_check(-1);
  EXPECT_NO_THROW(bound.execute(serial_executor()));
}

TEST(Run, AgreesWithTheInterpreterOnRandomPrograms) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    BoundRun bound(make_plan(random_program(seed, {.throw_every = seed % 2 * 15})), seed);
    const std::vector<HostTensor> expected = bound.interpreted();
    bound.execute(serial_executor());
    expect_outputs(bound, expected);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << "\n" << describe(bound.run.plan());
  }
}

TEST(Run, NeedsNoBytesThatThePlanGaveAway) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    BoundRun bound(make_plan(random_program(seed)), seed);
    const std::vector<HostTensor> expected = bound.interpreted();
    PoisonExecutor poison(seed);
    bound.execute(poison);
    expect_outputs(bound, expected);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << "\n" << describe(bound.run.plan());
  }
}

// Keeps a count of its own calls: what a library handle might do.
Types infer_scalar(const OpCall&) { return {{DType::f32, {}}}; }
Kernel compile_counting(const OpCall&) {
  return {.run = nullptr, .instance = [] {
            return KernelFn(
                [calls = 0](const KernelArgs& args) mutable { *args.output<float>() = static_cast<float>(++calls); });
          }};
}
constexpr OpDef kCounting{
    .name = "test_counting", .min_inputs = 1, .max_inputs = 1, .infer = infer_scalar, .compile = compile_counting};

TEST(Run, GivesEachStepOfEachRunItsOwnKernelState) {
  Program program;
  Builder b(program.graph);
  const Value x = b.value({program.graph.add_input({DType::f32, {}}), 0});
  program.graph.outputs() = {b.record(kCounting, {x}).id(), b.record(kCounting, {x}).id()};
  const auto plan = make_plan(std::move(program));
  BoundRun first(plan);
  BoundRun second(plan);
  first.execute(serial_executor());
  first.execute(serial_executor());
  second.execute(serial_executor());
  EXPECT_EQ(first.results[0].at(0), 2);
  EXPECT_EQ(first.results[1].at(0), 2);
  EXPECT_EQ(second.results[0].at(0), 1);
}

}  // namespace
}  // namespace weft
