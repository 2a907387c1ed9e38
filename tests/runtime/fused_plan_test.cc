// Plans of fused calls: which operands their results may overwrite.
#include <gtest/gtest.h>

#include "graph/text.h"
#include "tests/testing/memory_checker.h"
#include "tests/testing/random_dag.h"

namespace weft {
namespace {

// A plan of the graph gives the bits of the interpreter, also where all memory is poisoned once nothing needs it.
std::shared_ptr<const Plan> expect_plan_is_right(std::string_view text) {
  Program program;
  program.graph = parse_graph(text);
  const auto plan = make_plan(std::move(program));
  EXPECT_EQ(check_plan(*plan), "");
  BoundRun bound(plan);
  const std::vector<HostTensor> expected = bound.interpreted();
  bound.execute(serial_executor());
  expect_outputs(bound, expected);
  PoisonExecutor poison(1);
  bound.execute(poison);
  expect_outputs(bound, expected);
  return plan;
}

bool shares_bytes(const Plan& plan, StepId s, std::size_t operand, std::size_t result) {
  return plan.inputs_of(plan.steps[s])[operand] == plan.outputs_of(plan.steps[s])[result];
}

TEST(FusedPlan, AResultTakesTheBytesOfAMatrixThatDies) {
  const auto plan = expect_plan_is_right(
      "x = input f32[50,60]\na = exp(x)\nb = fused(a, program=\"inputs 1; neg 0; exp 1; out elements 2\", "
      "shape=[50,60])\nc = neg(b)\nreturn c\n");
  EXPECT_TRUE(shares_bytes(*plan, 1, 0, 0));
}

TEST(FusedPlan, ColumnSumsLeaveTheRowAloneThatAllRowsRead) {
  const auto plan = expect_plan_is_right(
      "x = input f32[200,1000]\nr = input f32[1000]\na = exp(r)\n"
      "s = fused(x, a, program=\"inputs 2; sub 0 1; square 2; out column_sums 3\", shape=[200,1000])\n"
      "t = neg(s)\nreturn t\n");
  EXPECT_FALSE(shares_bytes(*plan, 1, 1, 0));
}

TEST(FusedPlan, ColumnSumsInPartsLeaveTheRowAloneThatAllRowsRead) {
  expect_plan_is_right(
      "x = input f32[1000,1000]\nr = input f32[1000]\na = exp(r)\n"
      "s = fused(x, a, program=\"inputs 2; sub 0 1; square 2; out column_sums 3\", shape=[1000,1000])\n"
      "t = neg(s)\nreturn t\n");
}

TEST(FusedPlan, ColumnSumsOfAProductLeaveTheRowAloneThatAllRowsRead) {
  expect_plan_is_right(
      "x = input f32[200,30]\nw = input f32[30,100]\nr = input f32[100]\na = exp(r)\n"
      "s = fused_matmul(x, w, a, program=\"inputs 2; add 0 1; out column_sums 2\", shape=[200,100], "
      "transpose_a=false, transpose_b=false)\nt = neg(s)\nreturn t\n");
}

TEST(FusedPlan, AnOperandThatIsAResultKeepsItsBytesUntilItIsCopied) {
  expect_plan_is_right(
      "x = input f32[50,60]\na = exp(x)\n"
      "b, c = fused(a, program=\"inputs 1; neg 0; out elements 1; out elements 0\", shape=[50,60])\n"
      "d = neg(b)\ne = neg(c)\nreturn d, e\n");
}

TEST(FusedPlan, AnOperandWhoseColumnsAreSummedKeepsItsBytesUntilThen) {
  expect_plan_is_right(
      "x = input f32[50,60]\na = exp(x)\n"
      "b, c = fused(a, program=\"inputs 1; neg 0; out elements 1; out column_sums 0\", shape=[50,60])\n"
      "d = neg(b)\ne = neg(c)\nreturn d, e\n");
}

// As running statistics are written: a variable that all rows read, and that takes their sums.
TEST(FusedPlan, ColumnSumsLeaveTheVariableAloneThatAllRowsRead) {
  Program program;
  program.graph = parse_graph(
      "x = input f32[200,1000]\nv = input f32[1000]\n"
      "s = fused(x, v, program=\"inputs 2; sub 0 1; square 2; out column_sums 3\", shape=[200,1000])\nreturn s\n");
  program.num_variables = 1;
  program.writes = {0};
  BoundRun bound(make_plan(std::move(program)));
  const std::vector<HostTensor> expected = bound.interpreted();
  bound.execute(serial_executor());
  expect_outputs(bound, expected);
}

TEST(FusedPlan, TwoOperandsMayChangePlaces) {
  expect_plan_is_right(
      "x = input f32[50,60]\ny = input f32[50,60]\na = exp(x)\nb = exp(y)\n"
      "c, d = fused(a, b, program=\"inputs 2; out elements 1; out elements 0\", shape=[50,60])\n"
      "e = neg(c)\nf = neg(d)\nreturn e, f\n");
}

TEST(FusedPlan, FactorsOfAProductAreNotOverwritten) {
  const auto plan = expect_plan_is_right(
      "x = input f32[40,40]\nw = input f32[40,40]\na = exp(x)\n"
      "b = fused_matmul(a, w, program=\"inputs 1; neg 0; out elements 1\", shape=[40,40], transpose_a=false, "
      "transpose_b=false)\nc = neg(b)\nreturn c\n");
  EXPECT_FALSE(shares_bytes(*plan, 1, 0, 0));
}

}  // namespace
}  // namespace weft
