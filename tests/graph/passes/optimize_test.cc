#include "graph/passes/optimize.h"

#include "graph/builder.h"
#include "graph/text/text.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

TEST(Optimize, PassesBuildOnEachOther) {
  // The constants fold to a factor of one, which vanishes; then both arms are equal, and the transposes cancel.
  expect_rewrite(optimize, R"(
      x = input f32[2,3]
      half = full(dtype=f32, shape=[], value=0.5)
      two = full(dtype=f32, shape=[], value=2.0)
      one = mul(half, two)
      a = mul(x, one)
      p = relu(a)
      q = relu(x)
      t = permute(q, dims=[1,0])
      u = permute(t, dims=[1,0])
      y = sub(p, u)
      return y)",
                 R"(
      x = input f32[2,3]
      p = relu(x)
      y = sub(p, p)
      return y)");
}

TEST(Optimize, ASecondRunFindsNothing) {
  const Graph once = optimize(parse_graph(R"(
      x = input f32[3,1]
      w = input f32[3,4]
      t = permute(x, dims=[1,0])
      y = matmul(t, w, transpose_a=false, transpose_b=false)
      z = sum(y, dims=[0], keepdim=true)
      s = square(z)
      r = pow_scalar(z, exponent=2.0)
      u = add(s, r)
      return u)"));
  EXPECT_EQ(print_graph(optimize(once)), print_graph(once));
}

// A chain that recursion would not survive, and that quadratic time would not finish.
TEST(Optimize, AMillionNodesInAChain) {
  constexpr std::size_t kLength = 1'000'000;
  Graph graph;
  Builder builder(graph);
  Value x = builder.value({graph.add_input({DType::f32, {}}), 0});
  for (std::size_t i = 0; i < kLength; ++i) x = builder.record(*find_op(i % 2 ? "relu" : "tanh"), {x});
  graph.outputs() = {x.id()};
  EXPECT_EQ(optimize(graph).size(), kLength + 1);
}

TEST(Optimize, ASharedDiamondCollapses) {
  Graph graph;
  Builder builder(graph);
  Value x = builder.value({graph.add_input({DType::f32, {}}), 0});
  for (int i = 0; i < 200; ++i)
    x = builder.record(*find_op("add"), {builder.record(*find_op("relu"), {x}), builder.record(*find_op("relu"), {x})});
  graph.outputs() = {x.id()};
  EXPECT_EQ(optimize(graph).size(), 401u);
}

}  // namespace
}  // namespace weft
