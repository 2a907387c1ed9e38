#include "graph/passes/fuse.h"

#include <random>

#include "graph/text/text.h"
#include "graph/verify.h"
#include "ops/values.h"
#include "tests/testing/interpreter.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

std::string fused(const std::string& text) {
  const Graph after = fuse(parse_graph(text));
  verify(after);
  return print_graph(after);
}

std::size_t count(const std::string& text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(Fuse, MakesOneProgramOfAChain) {
  EXPECT_EQ(fused("x = input f32[2,3]\na = neg(x)\nb = exp(a)\nreturn b\n"),
            "x = input f32[2,3]\n"
            "v1 = fused(x, program=\"inputs 1; neg 0; exp 1; out elements 2\", shape=[2,3])\n"
            "return v1\n");
}

TEST(Fuse, LeavesSmallCallsThatStandAlone) {
  const std::string text = "x = input f32[2,3]\na = neg(x)\nreturn a\n";
  EXPECT_EQ(fused(text), text);
}

TEST(Fuse, TakesRowsColumnsAndNumbersAsTheyAre) {
  const std::string text = fused(
      "x = input f32[2,3]\nrow = input f32[3]\ncolumn = input f32[2,1]\n"
      "half = full(dtype=f32, shape=[], value=0.5)\n"
      "wide = expand(row, shape=[2,3])\n"
      "a = mul(x, wide)\nb = add(a, column)\nc = sub(b, half)\nreturn c\n");
  EXPECT_THAT(text, HasSubstr("fused(x, row, column, program=\"inputs 3; mul 0 1; add 3 2; constant 0.5; sub 4 5; "
                              "out elements 6\", shape=[2,3])"));
  EXPECT_EQ(count(text, "expand("), 0U);
  EXPECT_EQ(count(text, "full("), 0U);
}

TEST(Fuse, ComputesAConditionWhereItIsRead) {
  const std::string text =
      fused("x = input f32[4]\ny = input f32[4]\nc = gt(x, y)\na = where(c, x, y)\nb = exp(a)\nreturn b\n");
  EXPECT_THAT(text, HasSubstr("inputs 2; gt 0 1; where 2 0 1; exp 3; out elements 4"));
  EXPECT_EQ(count(text, "gt("), 0U);
}

TEST(Fuse, StartsFromAProductThatNothingElseReads) {
  EXPECT_EQ(fused("x = input f32[4,8]\nw = input f32[8,6]\nbias = input f32[6]\n"
                  "p = matmul(x, w, transpose_a=false, transpose_b=false)\na = add(p, bias)\nb = relu(a)\nreturn b\n"),
            "x = input f32[4,8]\nw = input f32[8,6]\nbias = input f32[6]\n"
            "v3 = fused_matmul(x, w, bias, program=\"inputs 2; add 0 1; relu 2; out elements 3\", shape=[4,6], "
            "transpose_a=false, transpose_b=false)\n"
            "return v3\n");
}

TEST(Fuse, KeepsAProductThatIsReadElsewhere) {
  const std::string text = fused(
      "x = input f32[4,4]\nw = input f32[4,4]\np = matmul(x, w, transpose_a=false, transpose_b=false)\n"
      "a = neg(p)\nb = exp(a)\nq = matmul(p, w, transpose_a=false, transpose_b=false)\nreturn b, q\n");
  EXPECT_EQ(count(text, "fused_matmul("), 0U);
  EXPECT_EQ(count(text, "fused("), 1U);
}

TEST(Fuse, AddsUpTheColumnsOfAGradientInTheSamePass) {
  const std::string text = fused(
      "g = input f32[4,8]\nw = input f32[6,8]\nh = input f32[4,6]\n"
      "p = matmul(g, w, transpose_a=false, transpose_b=true)\nd = relu_grad(p, h)\n"
      "s = sum(d, dims=[0], keepdim=false)\nreturn d, s\n");
  EXPECT_THAT(text, HasSubstr("program=\"inputs 2; relu_grad 0 1; out elements 2; out column_sums 2\""));
  EXPECT_EQ(count(text, "= sum("), 0U);
}

TEST(Fuse, AddsUpBlocksOfATotal) {
  const std::string text =
      fused("x = input f32[64,64]\na = square(x)\ns = sum(a, dims=[0,1], keepdim=false)\nreturn s\n");
  EXPECT_THAT(text, HasSubstr("out block_sums 1"));
  EXPECT_THAT(text, HasSubstr("sum_blocks("));
}

TEST(Fuse, TakesTheUpdateIntoTheProductThatIsTheGradient) {
  const std::string text = fused(
      "x = input f32[16,8]\ng = input f32[16,4]\nw = input f32[8,4]\nm = input f32[8,4]\nlr = input f64[]\n"
      "d = matmul(x, g, transpose_a=true, transpose_b=false)\n"
      "p, b = sgd_step(w, d, m, lr, dampening=0.0, momentum=0.5, nesterov=false, weight_decay=0.0)\n"
      "return p, b\n");
  EXPECT_THAT(text,
              HasSubstr("inputs 4; constant 0.5; mul 4 2; add 5 0; mul 3 6; sub 1 7; out elements 8; out elements 6"));
  EXPECT_EQ(count(text, "sgd_step("), 0U);
}

TEST(Fuse, NeverMakesACycleThroughAnotherCall) {
  const std::string text =
      fused("x = input f32[4,4]\na = neg(x)\ns = softmax(a, dim=1)\nb = add(a, s)\nc = exp(b)\nreturn c\n");
  EXPECT_EQ(count(text, "softmax("), 1U);
  EXPECT_THAT(text, HasSubstr("inputs 2; add 0 1; exp 2; out elements 3"));
}

TEST(Fuse, KeepsTheOrderOfInputsAndOutputs) {
  const std::string text =
      fused("unused = input f32[3]\nx = input f32[3]\na = neg(x)\nb = exp(a)\nreturn b, unused, a\n");
  EXPECT_THAT(text, HasSubstr("unused = input f32[3]\nx = input f32[3]\n"));
  EXPECT_THAT(text, HasSubstr("out elements 1; out elements 2"));
  EXPECT_THAT(text, HasSubstr("return v2.1, unused, v2.0"));
}

TEST(Fuse, LeavesAGraphWithoutElementwiseCallsAsItIs) {
  const std::string text =
      "x = input f32[4,4]\np = matmul(x, x, transpose_a=false, transpose_b=false)\ns = softmax(p, dim=1)\nreturn s\n";
  EXPECT_EQ(fused(text), text);
}

TEST(Fuse, LeavesOtherDtypesAsTheyAre) {
  const std::string text = "x = input f64[4]\na = neg(x)\nb = exp(a)\nreturn b\n";
  EXPECT_EQ(fused(text), text);
}

TEST(Fuse, GivesWhatOtherCallsReadAsResults) {
  const std::string text = fused("x = input f32[4,4]\na = neg(x)\nb = exp(a)\ns = softmax(a, dim=1)\nreturn b, s\n");
  EXPECT_THAT(text, HasSubstr("inputs 1; neg 0; exp 1; out elements 1; out elements 2"));
  EXPECT_THAT(text, HasSubstr("softmax(v1.0, dim=1)"));
}

TEST(Fuse, MakesTwoProgramsAroundACallThatReadsOneAndFeedsTheOther) {
  const std::string text = fused(
      "x = input f32[4,4]\na = neg(x)\nb = exp(a)\ns = softmax(b, dim=1)\nc = mul(b, s)\nd = tanh(c)\nreturn d\n");
  EXPECT_EQ(count(text, "fused("), 2U);
  EXPECT_THAT(text, HasSubstr("inputs 1; neg 0; exp 1; out elements 2"));
  EXPECT_THAT(text, HasSubstr("inputs 2; mul 0 1; tanh 2; out elements 3"));
}

TEST(Fuse, ReadsASumOnlyInAnotherProgram) {
  const std::string text = fused(
      "x = input f32[4,4]\na = square(x)\ns = sum(a, dims=[0], keepdim=false)\nb = div(a, s)\nc = exp(b)\nreturn c\n");
  EXPECT_EQ(count(text, "fused("), 2U);
  EXPECT_THAT(text, HasSubstr("inputs 1; square 0; out elements 1; out column_sums 1"));
  EXPECT_THAT(text, HasSubstr("inputs 2; div 0 1; exp 2; out elements 3"));
}

TEST(Fuse, TakesOneF64AsANumber) {
  const std::string text = fused(
      "w = input f32[3]\ng = input f32[3]\nlr = input f64[]\na = neg(g)\n"
      "p, b = sgd_step(w, a, g, lr, dampening=0.0, momentum=0.5, nesterov=false, weight_decay=0.0)\nreturn p\n");
  EXPECT_THAT(text, HasSubstr("fused(g, w, lr, program=\"inputs 3; "));
}

TEST(Fuse, KeepsProgramsOfDifferentShapesApart) {
  const std::string text =
      fused("x = input f32[4]\ny = input f32[4,4]\na = neg(x)\nb = exp(a)\nc = mul(y, b)\nd = tanh(c)\nreturn d\n");
  EXPECT_EQ(count(text, "fused("), 2U);
  EXPECT_THAT(text, HasSubstr("shape=[4])"));
  EXPECT_THAT(text, HasSubstr("shape=[4,4])"));
}

TEST(Fuse, StartsFromTheLastOfTwoProducts) {
  const std::string text = fused(
      "x = input f32[4,4]\nw = input f32[4,4]\np = matmul(x, w, transpose_a=false, transpose_b=false)\n"
      "q = matmul(w, x, transpose_a=false, transpose_b=true)\na = add(p, q)\nb = relu(a)\nreturn b\n");
  EXPECT_EQ(count(text, "= matmul("), 1U);
  EXPECT_THAT(text,
              HasSubstr("fused_matmul(w, x, p, program=\"inputs 2; add 1 0; relu 2; out elements 3\", shape=[4,4], "
                        "transpose_a=false, transpose_b=true)"));
}

TEST(Fuse, DropsWhatNothingReads) {
  const std::string text = fused("x = input f32[3]\na = neg(x)\nb = exp(a)\nc = tanh(b)\nreturn b\n");
  EXPECT_THAT(text, HasSubstr("out elements 2\", shape=[3])"));
}

TEST(Fuse, SplitsAVeryLongChain) {
  std::string text = "x = input f32[8]\na0 = neg(x)\n";
  for (int i = 1; i < 1000; ++i) text += "a" + std::to_string(i) + " = neg(a" + std::to_string(i - 1) + ")\n";
  const std::size_t programs = count(fused(text + "return a999\n"), "fused(");
  EXPECT_GE(programs, 8U);
  EXPECT_LE(programs, 10U);
}

// Graphs of elementwise calls, sums and products on a few shapes.
Graph random_graph(std::uint64_t seed, std::vector<HostTensor>& inputs) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Graph graph;
  Builder builder(graph);
  std::vector<Value> values;
  for (const Shape& shape : {Shape{12, 12}, Shape{12, 12}, Shape{12}, Shape{12, 1}, Shape{}}) {
    values.push_back(builder.value({graph.add_input({DType::f32, shape}), 0}));
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < shape.numel(); ++i) numbers.push_back(static_cast<double>(below(512)) / 128 - 2);
    inputs.emplace_back(TensorType{DType::f32, shape}, numbers);
  }
  const auto pick = [&] { return values[values.size() - 1 - below(std::min<std::size_t>(values.size(), 8))]; };
  for (int i = 0; i < 40; ++i) {
    const Value a = pick(), b = values[below(values.size())];
    switch (below(10)) {
      case 0:
        values.push_back(tanh(a));
        break;
      case 1:
        values.push_back(where(gt(a, b), a, b));
        break;
      case 2:
        if (a.rank() == 2 && a.shape()[1] == 12) values.push_back(sum(a, {0}, below(2) == 0) * 0.125);
        break;
      case 3:
        values.push_back(sum(a, {}, false) * 0.01);
        break;
      case 4:
        if (a.shape() == b.shape() && a.shape() == Shape{12, 12})
          values.push_back(matmul(a, below(2) == 0, b, below(2) == 0) * 0.1);
        break;
      case 5:
        values.push_back(relu(a));
        break;
      case 6:
        values.push_back(softmax(a, 0));
        break;
      default:
        values.push_back(below(2) == 0 ? a + b : a * b * 0.5);
    }
  }
  for (int i = 0; i < 3; ++i) graph.outputs().push_back(pick().id());
  return graph;
}

TEST(Fuse, ChangesNoBits) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<HostTensor> inputs;
    const Graph graph = random_graph(seed, inputs);
    const Graph after = fuse(graph);
    verify(after);
    const std::vector<HostTensor> plain = interpret(graph, inputs), together = interpret(after, inputs);
    for (std::size_t k = 0; k < plain.size(); ++k)
      ASSERT_TRUE(plain[k].same_bits(together[k])) << "seed " << seed << ", output " << k << "\n" << print_graph(after);
  }
}

}  // namespace
}  // namespace weft
