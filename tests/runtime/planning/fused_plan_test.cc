// Plans of fused calls: which operands their results may overwrite.
#include <gtest/gtest.h>

#include "graph/element_program.h"
#include "graph/text/text.h"
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

// A call of a random program. Most operands die with it, some are given twice or read once more; registers may be
// results more than once, and operands results.
class RandomCall {
 public:
  explicit RandomCall(std::uint64_t seed) : random_(seed) {}

  std::string text() {
    constexpr std::int64_t kRows[] = {1, 7, 40, 300, 2000}, kCols[] = {1, 5, 64, 700};
    const std::int64_t rows = kRows[below(5)], cols = kCols[below(4)];
    const auto dims = [](std::int64_t a, std::int64_t b) {
      return "[" + std::to_string(a) + "," + std::to_string(b) + "]";
    };
    const bool product = cols > 1 && below(3) == 0, flat = !product && below(3) == 0;
    if (product) add_operand(dims(rows, 20)), add_operand(dims(20, cols));
    for (std::size_t i = 0, count = 1 + below(4); i < count; ++i) {
      const std::string shapes[] = {dims(rows, cols), "[]", "[" + std::to_string(cols) + "]", dims(rows, 1)};
      if (i > 0 && below(4) == 0)
        operands_.push_back(operands_.back());
      else
        add_operand(shapes[flat ? below(2) : below(4)]);
    }
    const std::size_t results = 1 + below(4);
    std::string names, returned;
    for (std::size_t k = 0; k < results; ++k) {
      const std::string number = std::to_string(k), separator = k > 0 ? ", " : "";
      names += separator + "y" + number;
      after_ += "z" + number + " = neg(y" + number + ")\n";
      returned += separator + "z" + number;
    }
    if (below(4) == 0) {
      after_ += "again = neg(" + operands_[0] + ")\n";
      returned += ", again";
    }
    std::string call = product ? "fused_matmul(" : "fused(";
    for (const std::string& operand : operands_) call += operand + ", ";
    return before_ + names + " = " + call + "program=\"" +
           program(operands_.size() - (product ? 1 : 0), results, flat) + "\", shape=" + dims(rows, cols) +
           (product ? ", transpose_a=false, transpose_b=false" : "") + ")\n" + after_ + "return " + returned + "\n";
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  void add_operand(const std::string& dims) {
    const std::string number = std::to_string(operands_.size());
    before_ += "x" + number + " = input f32" + dims + "\na" + number + " = sin(x" + number + ")\n";
    operands_.push_back("a" + number);
  }

  std::string program(std::size_t inputs, std::size_t results, bool flat) {
    constexpr ElementFn kCodes[] = {ElementFn::neg, ElementFn::add,     ElementFn::sub,  ElementFn::mul,
                                    ElementFn::gt,  ElementFn::maximum, ElementFn::tanh, ElementFn::where};
    ElementProgram program;
    program.num_inputs = static_cast<std::uint16_t>(inputs);
    std::size_t known = inputs;
    const auto any = [&] { return static_cast<Register>(below(known)); };
    for (std::size_t i = below(7); i > 0; --i, ++known)
      below(8) == 0 ? program.constant(0.5) : program.emit(kCodes[below(8)], {any(), any(), any()});
    const ElementOutputKind sums = flat ? ElementOutputKind::block_sums : ElementOutputKind::column_sums;
    for (; results > 0; --results)
      program.outputs.push_back({below(3) == 0 ? sums : ElementOutputKind::elements, any()});
    return program.str();
  }

  std::mt19937_64 random_;
  std::vector<std::string> operands_;
  std::string before_, after_;
};

TEST(FusedPlan, OfRandomProgramsIsRight) {
  std::size_t in_place = 0, in_parts = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const std::string text = RandomCall(seed).text();
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + text);
    const auto plan = expect_plan_is_right(text);
    for (const Step& step : plan->steps) {
      if (step.node == Step::kNoNode || !plan->program.graph.node(step.node).op->name.starts_with("fused")) continue;
      in_parts += step.part == 1;
      for (const Slot& in : plan->inputs_of(step))
        for (const Slot& out : plan->outputs_of(step)) in_place += step.part == 0 && in == out;
    }
  }
  EXPECT_GT(in_place, 30u);
  EXPECT_GT(in_parts, 30u);
}

}  // namespace
}  // namespace weft
