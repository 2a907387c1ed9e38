#include "graph/passes/eliminate_dead_nodes.h"

#include "tests/testing/matchers.h"

namespace weft {
namespace {

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
