#include "runtime/planning/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/planning/plan_text.h"
#include "tests/testing/memory_checker.h"
#include "tests/testing/random_dag.h"
#include "tests/testing/sketch.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

TEST(Plan, ComputesNodesThatDependOnNoInputOnce) {
  Sketch s;
  const Value x = s.input();
  s.result(s.add(x, s.next(s.next(s.constant()))));
  const auto plan = s.plan();
  ASSERT_EQ(plan->steps.size(), 1U);
  EXPECT_EQ(plan->inputs_of(plan->steps[0])[1], (Slot{Space::constant, 0}));
  EXPECT_EQ(plan->stats.constant_bytes, 64U);
  EXPECT_EQ(plan->constants->as<float>()[15], 18.0F);  // 1 + 15, twice plus one
}

TEST(Plan, MakesOneKernelForEqualCalls) {
  Sketch s;
  Value x = s.input();
  for (int i = 0; i < 10; ++i) x = s.next(x);
  s.result(s.next_apart(x));
  EXPECT_EQ(s.plan()->kernels.size(), 2U);
}

TEST(Plan, ComputesElementwiseChainsInPlace) {
  Sketch s;
  Value x = s.input();
  for (int i = 0; i < 10; ++i) x = s.next(x);
  s.result(x);
  const auto plan = s.plan();
  EXPECT_EQ(plan->stats.arena_bytes, 64U);
  EXPECT_EQ(plan->stats.without_reuse_bytes, 9 * 64U);
}

TEST(Plan, NeverComputesInPlaceOverAnArgumentOrAConstant) {
  Sketch s;
  const Value x = s.input();
  s.result(s.next_apart(s.next(x)));
  s.result(s.add(x, s.next(s.constant())));
  EXPECT_EQ(check_plan(*s.plan()), "");
}

TEST(Plan, ReportsBytes) {
  Sketch s;
  const Value x = s.input();
  const Value v = s.variable();
  s.result(s.next_apart(s.next_apart(s.add(x, v))));
  const PlanStats stats = s.plan()->stats;
  EXPECT_EQ(stats.argument_bytes, 64U);
  EXPECT_EQ(stats.variable_bytes, 64U);
  EXPECT_EQ(stats.result_bytes, 64U);
  EXPECT_EQ(stats.arena_bytes, 128U);
}

TEST(Plan, DescribesItself) {
  Sketch s;
  s.result(s.next_apart(s.next(s.input())));
  const std::string text = describe(*s.plan());
  EXPECT_THAT(text, HasSubstr("0: test_next %1(argument 0) -> arena+0, 0.06 us; then 1\n"));
  EXPECT_THAT(text, HasSubstr("1: test_next_apart %2(arena+0) -> result 0, 0.06 us; then\n"));
  EXPECT_THAT(text, HasSubstr("arena 64 bytes (64 without reuse)"));
}

TEST(Plan, RefusesMalformedPrograms) {
  Sketch twice;
  const Value v = twice.variable();
  twice.write(0, twice.next(v));
  twice.write(0, v);
  EXPECT_THROW(twice.plan(), Error);

  Sketch missing;
  missing.write(3, missing.variable());
  EXPECT_THROW(missing.plan(), Error);

  Sketch other_type;
  other_type.write(0, other_type.folded(other_type.variable()));
  EXPECT_THROW(other_type.plan(), Error);
}

TEST(Plan, IsSoundForRandomPrograms) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto plan = make_plan(random_program(seed, {.nodes = 20 + seed % 80, .throw_every = seed % 3 * 10}));
    ASSERT_EQ(check_plan(*plan), "") << "seed " << seed;
  }
}

TEST(Plan, OfAMillionNodesInAChainNeedsOneBuffer) {
  Sketch s;
  Value x = s.input();
  for (int i = 0; i < 1000000; ++i) x = s.next(x);
  s.result(s.next_apart(x));
  EXPECT_EQ(s.plan()->stats.arena_bytes, 64U);
}

TEST(Plan, OfANodeWithTenThousandConsumersHasAnEdgeForEach) {
  Sketch s;
  const Value x = s.next_apart(s.input());
  std::vector<Value> consumers;
  for (int i = 0; i < 10000; ++i) consumers.push_back(s.next_apart(x));
  s.result(s.builder.record(kTestMix, consumers));
  const auto plan = s.plan();
  EXPECT_EQ(plan->successors.num_items(), 20000U);
  EXPECT_EQ(plan->successors_of(0).size(), 10000U);
}

}  // namespace
}  // namespace weft
