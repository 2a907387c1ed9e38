// Where the new values of variables are computed, and when.
#include <gtest/gtest.h>

#include <utility>

#include "tests/testing/memory_checker.h"
#include "tests/testing/sketch.h"

namespace weft {
namespace {

Slot output_of(const Plan& plan, StepId s) { return plan.outputs_of(plan.steps[s])[0]; }
constexpr Slot kVariable0{Space::next, 0};

TEST(VariableWrites, AreInPlaceForElementwiseUpdates) {
  Sketch s;
  const Value x = s.input();
  const Value v = s.variable();
  s.write(0, s.add(v, x));
  const auto plan = s.plan();
  ASSERT_EQ(plan->steps.size(), 1U);
  EXPECT_EQ(output_of(*plan, 0), kVariable0);
}

TEST(VariableWrites, AreDirectForVariablesThatNobodyReads) {
  Sketch s;
  const Value x = s.input();
  s.variable();
  s.write(0, s.next_apart(x));
  const auto plan = s.plan();
  ASSERT_EQ(plan->steps.size(), 1U);
  EXPECT_EQ(output_of(*plan, 0), kVariable0);
}

TEST(VariableWrites, AreCopiesWhereTheUpdateIsNotElementwise) {
  Sketch s;
  const Value v = s.variable();
  s.write(0, s.next_apart(v));
  const auto plan = s.plan();
  ASSERT_EQ(plan->steps.size(), 2U);
  EXPECT_EQ(output_of(*plan, 1), kVariable0);
}

TEST(VariableWrites, WaitUntilTheOldValueIsRead) {
  Sketch s;
  const Value v = s.variable();
  s.write(0, s.next(v));
  const Value read = s.next_apart(v);
  std::swap(s.program.graph.outputs()[0], s.program.graph.outputs().emplace_back(read.id()));
  const auto plan = s.plan();
  ASSERT_EQ(plan->steps.size(), 2U);
  EXPECT_EQ(output_of(*plan, 1), kVariable0);
  EXPECT_EQ(plan->dependencies[1], 1U);
}

TEST(VariableWrites, AreCopiesWhereWaitingWouldMakeACycle) {
  Sketch s;  // a reads the new value of 0 and the old of 1, b the new of 1 and the old of 0
  const Value v0 = s.variable();
  const Value v1 = s.variable();
  const Value w0 = s.next(v0);
  const Value w1 = s.next(v1);
  s.result(s.add(w0, v1));
  s.result(s.add(w1, v0));
  s.write(0, w0);
  s.write(1, w1);
  const auto plan = s.plan();
  EXPECT_EQ(check_plan(*plan), "");
  EXPECT_GT(plan->steps.size(), 4U);
}

TEST(VariableWrites, CanSwapVariables) {
  Sketch s;
  const Value v0 = s.variable();
  const Value v1 = s.variable();
  s.write(0, v1);
  s.write(1, v0);
  BoundRun bound(s.plan());
  const std::vector<HostTensor> before = bound.variables;
  bound.execute(serial_executor());
  EXPECT_TRUE(bound.variables[0].same_bits(before[1]));
  EXPECT_TRUE(bound.variables[1].same_bits(before[0]));
}

TEST(VariableWrites, CopyTheValueThatAVariableKeeps) {
  Sketch s;
  s.write(0, s.variable());
  BoundRun bound(s.plan());
  ASSERT_EQ(bound.run.plan().steps.size(), 1U);
  HostTensor next(bound.variables[0].type());
  bound.run.bind_variable(0, bound.variables[0].data(), next.data());
  bound.execute(serial_executor());
  EXPECT_TRUE(next.same_bits(bound.variables[0]));
}

TEST(VariableWrites, ComeAfterAllThatMayThrow) {
  Sketch s;
  const Value x = s.input();
  const Value v = s.variable();
  s.write(0, s.add(v, x));
  s.program.graph.outputs().insert(s.program.graph.outputs().begin(), s.check(x).id());
  const auto plan = s.plan();
  ASSERT_EQ(plan->steps.size(), 2U);
  EXPECT_EQ(output_of(*plan, 1), kVariable0);
  EXPECT_EQ(plan->dependencies[1], 1U);
}

TEST(VariableWrites, AreCopiesOfWhatAStepMadeThatMayThrow) {
  Sketch s;
  s.write(0, s.check(s.variable()));
  const auto plan = s.plan();
  ASSERT_EQ(plan->steps.size(), 2U);
  EXPECT_EQ(output_of(*plan, 0).space, Space::arena);
}

TEST(VariableWrites, ShareOneGateAfterManyStepsThatMayThrow) {
  Sketch s;
  const Value x = s.input();
  std::vector<Value> variables;
  for (int j = 0; j < 50; ++j) variables.push_back(s.variable());
  for (int i = 0; i < 50; ++i) s.result(s.check(x));
  for (std::uint32_t j = 0; j < 50; ++j) s.write(j, s.add(variables[j], x));
  const auto plan = s.plan();
  EXPECT_EQ(plan->steps.size(), 101U);
  EXPECT_EQ(plan->successors.num_items(), 100U);
  EXPECT_EQ(check_plan(*plan), "");
}

}  // namespace
}  // namespace weft
