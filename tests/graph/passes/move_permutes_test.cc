#include "graph/passes/move_permutes.h"

#include "graph/passes/optimize.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

TEST(MovePermutes, AnElementwiseCallOfAPermuteIsMadeBeforeIt) {
  expect_rewrite(move_permutes, R"(
      a = input f32[2,3,4]
      p = permute(a, dims=[0,2,1])
      y = relu(p)
      return y)",
                 R"(
      a = input f32[2,3,4]
      v1 = relu(a)
      y = permute(v1, dims=[0,2,1])
      return y)");
}

TEST(MovePermutes, OperandsThatArePermutedAlikeAndNumbersMoveTogether) {
  expect_rewrite(move_permutes, R"(
      a = input f32[2,3,4]
      b = input f32[2,3,4]
      n = input f32[]
      p = permute(a, dims=[0,2,1])
      q = permute(b, dims=[0,2,1])
      s = add(p, q)
      y = mul(s, n)
      return y)",
                 R"(
      a = input f32[2,3,4]
      b = input f32[2,3,4]
      n = input f32[]
      v3 = add(a, b)
      v4 = mul(v3, n)
      y = permute(v4, dims=[0,2,1])
      return y)");
}

TEST(MovePermutes, OperandsOfOtherOrdersStay) {
  const char* text = R"(
      a = input f32[2,3,4]
      b = input f32[2,4,3]
      p = permute(a, dims=[0,2,1])
      y = add(p, b)
      return y)";
  expect_rewrite(move_permutes, text, text);
}

TEST(MovePermutes, OperandsThatBroadcastStay) {
  const char* text = R"(
      a = input f32[2,3,4]
      b = input f32[4,3]
      p = permute(a, dims=[0,2,1])
      y = mul(p, b)
      return y)";
  expect_rewrite(move_permutes, text, text);
}

TEST(MovePermutes, PermutesThereAndBackVanish) {
  expect_rewrite([](const Graph& graph) { return optimize(graph); }, R"(
      a = input f32[2,3,4]
      p = permute(a, dims=[0,2,1])
      y = relu(p)
      q = permute(y, dims=[0,2,1])
      return q)",
                 R"(
      a = input f32[2,3,4]
      v1 = relu(a)
      return v1)");
}

}  // namespace
}  // namespace weft
