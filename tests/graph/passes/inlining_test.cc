// What fused kernels compute again, so that nobody has to keep it.
#include <gmock/gmock.h>

#include "graph/passes/fuse.h"
#include "graph/text/text.h"
#include "graph/verify.h"
#include "tests/testing/interpreter.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string fused(const std::string& text) {
  const Graph after = fuse(parse_graph(text));
  verify(after);
  return print_graph(after);
}

// A layer whose gradient needs f(y): y = tanh(x) is in memory because a product reads it.
std::string layer(const std::string& f, const std::string& results = "d") {
  return "x = input f32[8,8]\nw = input f32[8,8]\none = full(dtype=f32, shape=[], value=1.0)\n"
         "n = neg(x)\ny = tanh(n)\n" +
         f +
         "p = matmul(y, w, transpose_a=false, transpose_b=false)\nq = exp(p)\n"
         "r = matmul(q, w, transpose_a=false, transpose_b=true)\nd = mul(r, v)\nreturn " +
         results + "\n";
}

TEST(Inlining, ComputesADerivativeAgainFromTheValueThatAProductReads) {
  const std::string text = fused(layer("s = square(y)\nv = sub(one, s)\n"));
  EXPECT_THAT(text, HasSubstr("inputs 1; neg 0; tanh 1; out elements 2\""));  // one result
  EXPECT_THAT(text, HasSubstr("inputs 2; constant 1; square 1; sub 2 3; mul 0 4; out elements 5"));
}

TEST(Inlining, OfOneValueReadTwice) {
  EXPECT_THAT(fused(layer("s = sub(one, y)\nv = mul(s, y)\n")),
              HasSubstr("inputs 2; constant 1; sub 2 1; mul 3 1; mul 0 4; out elements 5"));
}

TEST(Inlining, BelongsToTheCallThatReadsItHoweverSmall) {
  const std::string text = fused(
      "x = input f32[8,8]\nw = input f32[8,8]\none = full(dtype=f32, shape=[], value=1.0)\n"
      "y = tanh(x)\np = matmul(y, w, transpose_a=false, transpose_b=false)\ng = softmax(p, dim=1)\n"
      "s = square(y)\nv = sub(one, s)\nd = mul(g, v)\nreturn d\n");
  EXPECT_THAT(text, HasSubstr("constant 1; square 1; sub 2 3; mul 0 4; out elements 5"));
  EXPECT_THAT(text, Not(HasSubstr("= square(")));
}

TEST(Inlining, RepeatsNoFunctionThatIsCostly) {
  EXPECT_THAT(fused(layer("v = exp(y)\n")), HasSubstr("neg 0; tanh 1; exp 2; out elements 2; out elements 3"));
}

TEST(Inlining, RepeatsNothingThatIsMadeOfTwoValues) {
  EXPECT_THAT(fused(layer("v = sub(y, n)\n")), HasSubstr("tanh 1; sub 2 1; out elements 2; out elements 3"));
}

TEST(Inlining, RepeatsNothingThatComesIntoMemoryAllTheSame) {
  EXPECT_THAT(fused(layer("v = square(y)\n", "d, v")), HasSubstr("tanh 1; square 2; out elements 2; out elements 3"));
}

TEST(Inlining, RepeatsNothingWhoseOperandNobodyKeeps) {
  const std::string text = fused(
      "x = input f32[8,8]\nw = input f32[8,8]\ny = tanh(x)\nv = square(y)\ns = sum(v, dims=[0,1], keepdim=false)\n"
      "p = matmul(w, w, transpose_a=false, transpose_b=false)\nq = mul(p, v)\nd = mul(q, s)\nreturn d\n");
  EXPECT_THAT(text, HasSubstr("tanh 0; square 1; out elements 2"));
}

TEST(Inlining, ChangesNoBits) {
  for (const char* f : {"s = square(y)\nv = sub(one, s)\n", "s = sub(one, y)\nv = mul(s, y)\n", "v = exp(y)\n"}) {
    const Graph graph = parse_graph(layer(f));
    std::vector<HostTensor> inputs;
    for (const NodeId n : graph.inputs()) {
      HostTensor& x = inputs.emplace_back(graph.node(n).outputs[0]);
      for (std::int64_t i = 0; i < x.numel(); ++i) x.set(i, static_cast<double>(i * 37 % 101) / 101 - 0.5);
    }
    const std::vector<HostTensor> plain = interpret(graph, inputs), together = interpret(fuse(graph), inputs);
    EXPECT_TRUE(plain[0].same_bits(together[0])) << f;
  }
}

}  // namespace
}  // namespace weft
