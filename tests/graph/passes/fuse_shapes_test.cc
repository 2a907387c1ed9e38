// Fusion of sums, products and broadcasts of all sizes: the same bits as call by call.
#include <gtest/gtest.h>

#include "graph/passes/fuse.h"
#include "graph/text/text.h"
#include "graph/verify.h"
#include "tests/testing/interpreter.h"

namespace weft {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::vector<HostTensor> inputs_of(const Graph& graph) {
  std::vector<HostTensor> inputs;
  std::uint32_t random = 7;
  for (const NodeId n : graph.inputs()) {
    HostTensor& x = inputs.emplace_back(graph.node(n).outputs[0]);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      random = random * 1664525U + 1013904223U;
      x.set(i, static_cast<double>(static_cast<float>(random >> 8) * 0x1p-23F - 0.9F));
    }
  }
  return inputs;
}

// The graph with {m}, {n} and {k} replaced must become a call of `op`, and give the bits that it gives without it.
void expect_same_bits(const std::string& text, const std::string& op, std::int64_t m, std::int64_t n,
                      std::int64_t k = 0) {
  const Graph graph = parse_graph(
      replaced(replaced(replaced(text, "{m}", std::to_string(m)), "{n}", std::to_string(n)), "{k}", std::to_string(k)));
  const Graph after = fuse(graph);
  verify(after);
  const std::string printed = print_graph(after);
  EXPECT_NE(printed.find(" " + op + "("), std::string::npos) << printed;
  const std::vector<HostTensor> inputs = inputs_of(graph);
  const std::vector<HostTensor> plain = interpret(graph, inputs), together = interpret(after, inputs);
  for (std::size_t i = 0; i < plain.size(); ++i)
    EXPECT_TRUE(plain[i].same_bits(together[i])) << "output " << i << " of\n" << printed;
}

constexpr std::int64_t kSizes[] = {1, 2, 3, 16, 47, 48, 49, 130, 1025};

TEST(FuseShapes, SumsOfColumns) {
  for (const std::int64_t m : kSizes)
    for (const std::int64_t n : kSizes)
      expect_same_bits(
          "x = input f32[{m},{n}]\na = square(x)\nb = neg(a)\ns = sum(b, dims=[0], keepdim=false)\nreturn s, a\n",
          "fused", m, n);
}

TEST(FuseShapes, SumsOfColumnsThatKeepTheirDims) {
  for (const std::int64_t m : kSizes)
    expect_same_bits(
        "x = input f32[{m},2,{n}]\na = square(x)\nb = neg(a)\ns = sum(b, dims=[0,1], keepdim=true)\nreturn s, a\n",
        "fused", m, 5);
}

TEST(FuseShapes, TotalSums) {
  for (const std::int64_t m : kSizes)
    for (const std::int64_t n : kSizes)
      expect_same_bits(
          "x = input f32[{m},{n}]\na = square(x)\nb = neg(a)\ns = sum(b, dims=[0,1], keepdim=false)\nreturn s, a\n",
          "fused", m, n);
}

TEST(FuseShapes, TotalSumsOfWhatHasNoDims) {
  expect_same_bits("x = input f32[]\na = square(x)\nb = neg(a)\ns = sum(b, dims=[], keepdim=false)\nreturn s, a\n",
                   "fused", 0, 0);
}

TEST(FuseShapes, OperandsOfAllKinds) {
  for (const std::int64_t m : kSizes)
    for (const std::int64_t n : kSizes)
      expect_same_bits(
          "x = input f32[{m},{n}]\nr = input f32[{n}]\nc = input f32[{m},1]\no = input f32[1,1]\nd = input f64[]\n"
          "a = add(x, r)\nb = mul(a, c)\ne = sub(o, b)\nreturn b, e\n",
          "fused", m, n);
}

TEST(FuseShapes, ProductsWithABiasAndAnActivation) {
  for (const std::int64_t m : kSizes)
    for (const std::int64_t n : {1, 2, 10, 64, 65, 200})
      expect_same_bits(
          "x = input f32[{m},{k}]\nw = input f32[{k},{n}]\nbias = input f32[{n}]\n"
          "p = matmul(x, w, transpose_a=false, transpose_b=false)\na = add(p, bias)\nb = tanh(a)\nreturn b\n",
          "fused_matmul", m, n, 33);
}

TEST(FuseShapes, GradientsOfProductsWithThoseOfTheirBias) {
  for (const std::int64_t m : kSizes)
    for (const std::int64_t n : {2, 10, 64, 65, 200})
      for (const std::int64_t k : {1, 40, 300})
        expect_same_bits(
            "g = input f32[{m},{k}]\nw = input f32[{n},{k}]\nh = input f32[{m},{n}]\n"
            "p = matmul(g, w, transpose_a=false, transpose_b=true)\nd = relu_grad(p, h)\n"
            "s = sum(d, dims=[0], keepdim=false)\nreturn d, s\n",
            "fused_matmul", m, n, k);
}

TEST(FuseShapes, GradientsOfAProductOfOneColumn) {
  for (const std::int64_t m : {2, 3, 49, 130})
    expect_same_bits(
        "g = input f32[{m},4]\nw = input f32[1,4]\nh = input f32[{m},1]\n"
        "p = matmul(g, w, transpose_a=false, transpose_b=true)\nd = relu_grad(p, h)\n"
        "s = sum(d, dims=[0], keepdim=false)\nreturn d, s\n",
        "fused", m, 1);
}

TEST(FuseShapes, LargeProductsInParts) {
  for (const char* flags : {"false, transpose_b=false", "false, transpose_b=true"}) {
    const std::string w = std::string(flags).ends_with("true") ? "f32[{n},{k}]" : "f32[{k},{n}]";
    expect_same_bits("x = input f32[{m},{k}]\nw = input " + w +
                         "\nh = input f32[{m},{n}]\np = matmul(x, w, transpose_a=" + flags +
                         ")\nd = relu_grad(p, h)\ns = sum(d, dims=[0], keepdim=false)\nreturn d, s\n",
                     "fused_matmul", 300, 450, 270);
  }
}

}  // namespace
}  // namespace weft
