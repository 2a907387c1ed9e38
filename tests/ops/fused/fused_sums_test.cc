// The sums of fused programs have the bits of the calls that they stand for, however many terms they have.
#include <gtest/gtest.h>

#include <array>

#include "graph/element_program.h"
#include "graph/text/text.h"
#include "ops/kernels/gemm/gemm.h"
#include "tests/testing/interpreter.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

HostTensor numbers(const Shape& shape) {
  HostTensor x({DType::f32, shape});
  std::uint32_t seed = 1;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    seed = seed * 1664525U + 1013904223U;
    x.set(i, static_cast<double>(seed >> 8) * 0x1p-23 - 0.9);
  }
  return x;
}

std::vector<HostTensor> run(const std::string& text, const std::vector<HostTensor>& inputs) {
  return interpret(parse_graph(text), inputs);
}

// Rows around the borders of levels, of blocks and of what a product finishes at once; more than one segment.
TEST(FusedSums, OfProductsHaveTheBitsOfTheCallsThatTheyStandFor) {
  constexpr int kLevel = static_cast<int>(kSumRows) * 32, kLong = static_cast<int>(kSegment);
  for (const auto& [m, n, k] : {std::array<int, 3>{kLevel - 1, 70, 3},
                                {kLevel, 70, 3},
                                {kLevel + 1, 70, 3},
                                {kLevel + 1, 66, 600},
                                {32 * kLevel + 1, 18, 2},
                                {30, 66, kLong + 1},
                                {4, 66, 2 * kLong + 1}}) {
    const auto extent = [](int e) { return std::to_string(e); };
    const std::string a = "a = input f32[" + extent(m) + "," + extent(k) + "]\n",
                      b = "b = input f32[" + extent(n) + "," + extent(k) + "]\n",
                      inputs = a + b + "c = input f32[" + extent(n) + "]\n";
    const std::string fused = inputs +
                              "y, s = fused_matmul(a, b, c, program=\"inputs 2; add 0 1; out elements 2; out " +
                              "column_sums 2\", shape=[" + extent(m) + "," + extent(n) +
                              "], transpose_a=false, transpose_b=true)\nreturn y, s\n";
    const std::string calls = inputs + "p = matmul(a, b, transpose_a=false, transpose_b=true)\ny = add(p, c)\n" +
                              "s = sum(y, dims=[0], keepdim=false)\nreturn y, s\n";
    const std::vector<HostTensor> operands{numbers({m, k}), numbers({n, k}), numbers({n})};
    const std::vector<HostTensor> results = run(fused, operands), expected = run(calls, operands);
    EXPECT_THAT(results[0], has_bits_of(expected[0])) << m << "x" << n << "x" << k;
    EXPECT_THAT(results[1], has_bits_of(expected[1])) << m << "x" << n << "x" << k;
  }
}

}  // namespace
}  // namespace weft
