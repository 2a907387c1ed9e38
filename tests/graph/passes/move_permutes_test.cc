#include "graph/passes/move_permutes.h"

#include "graph/passes/optimize.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

Graph optimized(const Graph& graph) { return optimize(graph); }

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

TEST(MovePermutes, AnOperandThatBroadcastsAlongOneDimIsSeenAlongThatDim) {
  expect_rewrite(optimized, R"(
      a = input f32[2,3,4]
      b = input f32[4]
      c = input f32[4,1]
      p = permute(a, dims=[0,2,1])
      q = permute(a, dims=[1,0,2])
      y = mul(p, c)
      z = add(q, b)
      return y, z)",
                 R"(
      a = input f32[2,3,4]
      b = input f32[4]
      c = input f32[4,1]
      v3 = reshape(c, shape=[1,1,4])
      v4 = mul(a, v3)
      y = permute(v4, dims=[0,2,1])
      v6 = reshape(b, shape=[1,1,4])
      v7 = add(a, v6)
      z = permute(v7, dims=[1,0,2])
      return y, z)");
}

TEST(MovePermutes, OperandsThatBroadcastAlongSeveralDimsStay) {
  const char* text = R"(
      a = input f32[2,3,4]
      b = input f32[4,3]
      p = permute(a, dims=[0,2,1])
      y = mul(p, b)
      return y)";
  expect_rewrite(move_permutes, text, text);
}

TEST(MovePermutes, WhatIsRepeatedIsPermutedBefore) {
  expect_rewrite(optimized, R"(
      a = input f32[2,3,4]
      b = input f32[2,1,3]
      e = expand(b, shape=[2,4,3])
      p = permute(a, dims=[0,2,1])
      y = mul(p, e)
      q = permute(e, dims=[0,2,1])
      return y, q)",
                 R"(
      a = input f32[2,3,4]
      b = input f32[2,1,3]
      v2 = reshape(b, shape=[2,3,1])
      v3 = expand(v2, shape=[2,3,4])
      v4 = mul(a, v3)
      y = permute(v4, dims=[0,2,1])
      return y, v3)");
}

TEST(MovePermutes, WhatIsRepeatedKeepsItsShapeInSums) {
  expect_rewrite(move_permutes, R"(
      a = input f32[2,3,4]
      b = input f32[1,4,1]
      p = permute(a, dims=[0,2,1])
      e = expand(b, shape=[2,4,3])
      y = accumulate(p, e)
      return y)",
                 R"(
      a = input f32[2,3,4]
      b = input f32[1,4,1]
      v2 = permute(b, dims=[0,2,1])
      v3 = expand(v2, shape=[2,3,4])
      v4 = accumulate(a, v3)
      y = permute(v4, dims=[0,2,1])
      return y)");
}

TEST(MovePermutes, PartsAndJoinsNameTheirDimInTheOrderBefore) {
  expect_rewrite(move_permutes, R"(
      a = input f32[2,3,4]
      p = permute(a, dims=[0,2,1])
      s = slice(p, dim=1, end=3, start=1, step=1)
      f = flip(s, dims=[0,1])
      y = cat(f, f, dim=2)
      return y)",
                 R"(
      a = input f32[2,3,4]
      v1 = slice(a, dim=2, end=3, start=1, step=1)
      v2 = flip(v1, dims=[0,2])
      v3 = cat(v2, v2, dim=1)
      y = permute(v3, dims=[0,2,1])
      return y)");
}

TEST(MovePermutes, BordersOfZerosOrOfANumberMoveAlong) {
  expect_rewrite(move_permutes, R"(
      a = input f32[2,3,4]
      p = permute(a, dims=[0,2,1])
      z = slice_scatter(p, dim=1, size=6, start=1, step=1)
      n = full(dtype=f32, shape=[2,6,1], value=2.0)
      y = cat(n, z, dim=2)
      return y)",
                 R"(
      a = input f32[2,3,4]
      v1 = slice_scatter(a, dim=2, size=6, start=1, step=1)
      v2 = full(dtype=f32, shape=[2,1,6], value=2.0)
      v3 = cat(v2, v1, dim=1)
      y = permute(v3, dims=[0,2,1])
      return y)");
}

TEST(MovePermutes, SumsStay) {
  const char* text = R"(
      a = input f32[2,3,4]
      p = permute(a, dims=[0,2,1])
      y = sum(p, dims=[1], keepdim=false)
      return y)";
  expect_rewrite(move_permutes, text, text);
}

TEST(MovePermutes, PermutesThereAndBackVanish) {
  expect_rewrite(optimized, R"(
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
