// Which programs are an update of gradient descent with momentum, and that products finish them with the same bits.
#include "ops/fused/fused_update.h"

#include <gtest/gtest.h>

#include "graph/text/text.h"
#include "tests/testing/interpreter.h"

namespace weft {
namespace {

constexpr const char* kUpdate =
    "inputs 4; constant 0.9; mul 4 2; add 5 0; mul 3 6; sub 1 7; out elements 8; out elements 6";

std::optional<FusedUpdate> find(const std::string& program) { return find_update(ElementProgram::parse(program)); }

TEST(FusedUpdate, TellsWhatIsWhat) {
  const auto found = find(kUpdate);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->param, 1);
  EXPECT_EQ(found->buffer, 2);
  EXPECT_EQ(found->rate, 3);
  EXPECT_EQ(found->momentum, 0.9F);
  EXPECT_EQ(found->param_result, 0U);
  EXPECT_EQ(found->buffer_result, 1U);
}

TEST(FusedUpdate, TakesOperandsAndResultsInAnyOrder) {
  const auto found = find("inputs 4; constant 0.9; mul 3 4; add 0 5; mul 6 1; sub 2 7; out elements 6; out elements 8");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->param, 2);
  EXPECT_EQ(found->buffer, 3);
  EXPECT_EQ(found->rate, 1);
  EXPECT_EQ(found->param_result, 1U);
}

TEST(FusedUpdate, IsNoOtherProgram) {
  for (const char* program :
       {// without momentum, with weight decay, Nesterov's
        "inputs 3; mul 2 0; sub 1 3; out elements 4",
        "inputs 4; constant 0.1; mul 4 1; add 0 5; constant 0.9; mul 7 2; add 8 6; mul 3 9; sub 1 10; out elements "
        "11; out elements 9",
        "inputs 4; constant 0.9; mul 4 2; add 5 0; mul 4 6; add 0 7; mul 3 8; sub 1 9; out elements 10; out "
        "elements 6",
        // a further result, sums, a difference the other way round, no gradient
        "inputs 4; constant 0.9; mul 4 2; add 5 0; mul 3 6; sub 1 7; out elements 8; out elements 6; out elements 7",
        "inputs 4; constant 0.9; mul 4 2; add 5 0; mul 3 6; sub 1 7; out elements 8; out column_sums 6",
        "inputs 4; constant 0.9; mul 4 2; add 5 0; mul 3 6; sub 7 1; out elements 8; out elements 6",
        "inputs 4; constant 0.9; mul 4 2; add 5 1; mul 3 6; sub 1 7; out elements 8; out elements 6",
        "inputs 4; mul 1 2; add 4 0; mul 3 5; sub 1 6; out elements 7; out elements 5",
        "inputs 2; neg 0; out elements 2; out elements 1"})
    EXPECT_FALSE(find(program)) << program;
}

// Products that are done in registers, in parts, in pieces of their columns, and over several depths.
TEST(FusedUpdate, HasTheBitsOfTheCallsThatItStandsFor) {
  for (const auto& [m, n, k] : {std::array<int, 3>{7, 64, 5},
                                {100, 130, 33},
                                {50, 63, 20},
                                {784, 512, 128},
                                {7, 70, 20000},
                                {30, 200, 600},
                                {1, 128, 9},
                                {97, 1024, 64}})
    for (const bool transposed : {true, false}) {
      const auto dims = [](int a, int b) { return "f32[" + std::to_string(a) + "," + std::to_string(b) + "]"; };
      const std::string matrix = dims(m, n),
                        flags = std::string("transpose_a=") + (transposed ? "true" : "false") + ", transpose_b=false";
      const std::string inputs = "x = input " + (transposed ? dims(k, m) : dims(m, k)) + "\ng = input " + dims(k, n) +
                                 "\nw = input " + matrix + "\nb = input " + matrix + "\nr = input f64[]\n";
      const std::string shape = ", shape=[" + std::to_string(m) + "," + std::to_string(n) + "]";
      const Graph fused = parse_graph(inputs + "w2, b2 = fused_matmul(x, g, w, b, r, program=\"" + kUpdate + "\"" +
                                      shape + ", " + flags + ")\nreturn w2, b2\n");
      const Graph plain = parse_graph(inputs + "p = matmul(x, g, " + flags +
                                      ")\nw2, b2 = sgd_step(w, p, b, r, dampening=0.0, momentum=0.9, nesterov=false, "
                                      "weight_decay=0.0)\nreturn w2, b2\n");
      std::vector<HostTensor> values;
      for (const NodeId input : fused.inputs()) {
        HostTensor& value = values.emplace_back(fused.node(input).outputs[0]);
        for (std::int64_t i = 0; i < value.numel(); ++i)
          value.set(i, static_cast<double>((i + static_cast<std::int64_t>(values.size())) * 37 % 101) / 101 - 0.45);
      }
      const std::vector<HostTensor> a = interpret(fused, values), b = interpret(plain, values);
      EXPECT_TRUE(a[0].same_bits(b[0])) << m << "x" << n << "x" << k;
      EXPECT_TRUE(a[1].same_bits(b[1])) << m << "x" << n << "x" << k;
    }
}

// The planner gives results the bytes of operands that die, and may exchange them.
TEST(FusedUpdate, MayWriteOverEitherOperand) {
  const Graph graph = parse_graph(
      "x = input f32[9,20]\ng = input f32[9,64]\nw = input f32[20,64]\nb = input f32[20,64]\nr = input f32[]\n"
      "w2, b2 = fused_matmul(x, g, w, b, r, program=\"" +
      std::string(kUpdate) + "\", shape=[20,64], transpose_a=true, transpose_b=false)\nreturn w2, b2\n");
  const Node& node = graph.node(graph.outputs()[0].node);
  std::vector<const TensorType*> types;
  std::vector<HostTensor> values;
  for (const NodeId input : graph.inputs()) {
    types.push_back(&graph.node(input).outputs[0]);
    HostTensor& value = values.emplace_back(*types.back());
    for (std::int64_t i = 0; i < value.numel(); ++i) value.set(i, static_cast<double>(i % 17) / 16 - 0.5);
  }
  const std::vector<HostTensor> expected = interpret(graph, values);
  const Kernel kernel = node.op->compile({*node.op, types, node.attrs, node.where, node.outputs});
  ASSERT_EQ(kernel.parts, 1U);
  HostTensor scratch(TensorType{DType::boolean, {static_cast<std::int64_t>(kernel.scratch_bytes) + 1}});
  std::vector<const void*> in;
  for (const HostTensor& value : values) in.push_back(value.data());
  void* const out[] = {values[3].data(), values[2].data()};
  kernel.run({in.data(), out, scratch.data()});
  EXPECT_TRUE(values[3].same_bits(expected[0]));
  EXPECT_TRUE(values[2].same_bits(expected[1]));
}

}  // namespace
}  // namespace weft
