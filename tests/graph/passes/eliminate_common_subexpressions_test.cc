#include "graph/passes/eliminate_common_subexpressions.h"

#include "tests/testing/matchers.h"

namespace weft {
namespace {

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

}  // namespace
}  // namespace weft
