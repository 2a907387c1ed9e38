#include "graph/passes/rewriter.h"

#include "tests/testing/matchers.h"

namespace weft {
namespace {

// What the walk does without any rule.
Graph eliminate_common_subexpressions(const Graph& graph) { return rewrite(graph, {.merge_equal_calls = true}); }
Graph eliminate_dead_nodes(const Graph& graph) { return rewrite(graph, {}); }

TEST(EliminateCommonSubexpressions, MergesEqualCalls) {
  expect_rewrite(eliminate_common_subexpressions, R"(
      x = input f32[2,3]
      p = relu(x)
      q = relu(x)
      r = mul(p, q)
      return r)",
                 R"(
      x = input f32[2,3]
      p = relu(x)
      r = mul(p, p)
      return r)");
}

TEST(EliminateCommonSubexpressions, MergesCallsWhoseOperandsWereMerged) {
  expect_rewrite(eliminate_common_subexpressions, R"(
      x = input f32[2,3]
      p = relu(x)
      q = relu(x)
      a = exp(p)
      b = exp(q)
      return a, b)",
                 R"(
      x = input f32[2,3]
      p = relu(x)
      a = exp(p)
      return a, a)");
}

TEST(EliminateCommonSubexpressions, KeepsCallsWithOtherAttributesOrOperands) {
  const char* text = R"(
      x = input f32[2,2]
      y = input f32[2,2]
      a = sum(x, dims=[0], keepdim=true)
      b = sum(x, dims=[1], keepdim=true)
      c = sum(x, dims=[0], keepdim=false)
      d = sub(x, y)
      e = sub(y, x)
      return a, b, c, d, e)";
  expect_rewrite(eliminate_common_subexpressions, text, text);
}

TEST(EliminateCommonSubexpressions, TellsZeroFromMinusZeroButMergesNans) {
  expect_rewrite(eliminate_common_subexpressions, R"(
      a = full(dtype=f32, shape=[], value=0.0)
      b = full(dtype=f32, shape=[], value=-0.0)
      c = full(dtype=f32, shape=[], value=nan)
      d = full(dtype=f32, shape=[], value=nan)
      return a, b, c, d)",
                 R"(
      a = full(dtype=f32, shape=[], value=0.0)
      b = full(dtype=f32, shape=[], value=-0.0)
      c = full(dtype=f32, shape=[], value=nan)
      return a, b, c, c)");
}

TEST(EliminateCommonSubexpressions, NeverMergesInputs) {
  const char* text = "x = input f32[2]\ny = input f32[2]\nz = sub(x, y)\nreturn z";
  expect_rewrite(eliminate_common_subexpressions, text, text);
}

TEST(EliminateCommonSubexpressions, MergesNodesOfSeveralResults) {
  static constexpr OpDef kSplit{
      .name = "test_split", .min_inputs = 1, .max_inputs = 1, .infer = [](const OpCall& call) {
        return Types{call.in(0), call.in(0)};
      }};
  WEFT_REGISTER_OP(kSplit);
  expect_rewrite(eliminate_common_subexpressions, R"(
      x = input f32[2]
      a.0, a.1 = test_split(x)
      b.0, b.1 = test_split(x)
      c = sub(a.0, b.1)
      return c, b.0)",
                 R"(
      x = input f32[2]
      a.0, a.1 = test_split(x)
      c = sub(a.0, a.1)
      return c, a.0)");
}

TEST(EliminateDeadNodes, DropsWhatNoOutputNeeds) {
  expect_rewrite(eliminate_dead_nodes, R"(
      x = input f32[2]
      p = relu(x)
      q = exp(x)
      r = add(q, p)
      return p)",
                 R"(
      x = input f32[2]
      p = relu(x)
      return p)");
}

TEST(EliminateDeadNodes, KeepsAllInputsInOrder) {
  expect_rewrite(eliminate_dead_nodes, R"(
      a = input f32[2]
      p = relu(a)
      b = input f64[3] requires_grad
      return b)",
                 R"(
      a = input f32[2]
      b = input f64[3] requires_grad
      return b)");
}

TEST(EliminateDeadNodes, KeepsOutputsThatAppearTwice) {
  expect_rewrite(eliminate_dead_nodes, R"(
      x = input f32[2]
      p = relu(x)
      return p, x, p)",
                 R"(
      x = input f32[2]
      p = relu(x)
      return p, x, p)");
}

TEST(EliminateDeadNodes, KeepsPlacesInTheSource) {
  Graph graph;
  graph.add_input({DType::f32, {}}, false, SourceLocation::current("user.cc", 12));
  const std::vector<ValueId> operand{{0, 0}};
  graph.add(*find_op("relu"), operand, {}, {TensorType{}}, SourceLocation::current("user.cc", 13));
  graph.outputs() = {{1, 0}};
  const Graph result = eliminate_dead_nodes(graph);
  EXPECT_EQ(result.node(0).where.line, 12);
  EXPECT_EQ(result.node(1).where.line, 13);
}

}  // namespace
}  // namespace weft
