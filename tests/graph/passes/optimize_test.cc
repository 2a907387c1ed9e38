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

TEST(Optimize, AnObserverSeesTheGraphAfterEachPass) {
  const Graph graph = parse_graph(R"(
      x = input f32[2,3]
      half = full(dtype=f32, shape=[], value=0.5)
      two = full(dtype=f32, shape=[], value=2.0)
      one = mul(half, two)
      a = mul(x, one)
      return a)");
  std::vector<std::string> passes, texts;
  const PreparedGraph prepared = run_passes(graph, [&](std::string_view pass, const Graph& after) {
    passes.emplace_back(pass);
    texts.push_back(print_graph(after));
  });
  EXPECT_THAT(passes, ::testing::ElementsAre("fold_constants", "simplify", "move_permutes", "fold_transposes",
                                             "merge_equal_calls", "fuse"));
  EXPECT_EQ(texts[0], dedent(R"(
      x = input f32[2,3]
      one = full(dtype=f32, shape=[], value=1.0)
      a = mul(x, one)
      return a)"));
  EXPECT_EQ(texts[1], "x = input f32[2,3]\nreturn x\n");
  EXPECT_EQ(texts[3], print_graph(prepared.unfused));
  EXPECT_EQ(texts[4], print_graph(prepared.fused));
}

TEST(Optimize, AnObserverChangesNothing) {
  const Graph graph = parse_graph(R"(
      x = input f32[64,32]
      w = input f32[16,32]
      t = permute(w, dims=[1,0])
      y = matmul(x, t, transpose_a=false, transpose_b=false)
      z = relu(y)
      return z)");
  const PreparedGraph observed = run_passes(graph, [](std::string_view, const Graph&) {});
  EXPECT_EQ(print_graph(observed.fused), print_graph(run_passes(graph).fused));
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
