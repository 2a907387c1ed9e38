// An op takes part in passes by what its definition says of it; the passes know none by name.
#include "graph/passes/fold_constants.h"
#include "graph/passes/fold_transposes.h"
#include "graph/passes/fuse.h"
#include "graph/passes/simplify.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

Types infer_same(const OpCall& call) { return {call.in(0)}; }
Types infer_number(const OpCall&) { return {{DType::f32, {2, 3}}}; }
Kernel compile_nothing(const OpCall&) {
  return {.run = [](const KernelArgs&) {}};
}

constexpr OpDef kNumber{
    .name = "test_number", .infer = infer_number, .compile = compile_nothing, .trait = Trait::constant};
WEFT_REGISTER_OP(kNumber);

constexpr OpDef kRotate{.name = "test_rotate",
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .infer = infer_same,
                        .compile = compile_nothing,
                        .trait = Trait::part};
WEFT_REGISTER_OP(kRotate);

constexpr OpDef kTurn{.name = "test_turn",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .infer = infer_same,
                      .compile = compile_nothing,
                      .trait = Trait::permute};
WEFT_REGISTER_OP(kTurn);

constexpr OpDef kTimes{.name = "test_times",
                       .min_inputs = 2,
                       .max_inputs = 2,
                       .infer = infer_same,
                       .compile = compile_nothing,
                       .trait = Trait::product};
WEFT_REGISTER_OP(kTimes);

std::optional<ValueId> cancel(Rewriter& r, const Call& call) {
  if (&r.op(call.operands[0]) != call.op) return std::nullopt;
  return r.operand(call.operands[0]);
}
constexpr OpDef kMirror{.name = "test_mirror",
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .infer = infer_same,
                        .compile = compile_nothing,
                        .simplify = cancel};
WEFT_REGISTER_OP(kMirror);

TEST(Traits, ConstantsAndWhatMovesTheirElementsFold) {
  expect_rewrite(fold_constants, R"(
      a = test_number(value=2.0)
      b = test_rotate(a)
      c = neg(b)
      return c)",
                 "c = full(dtype=f32, shape=[2,3], value=-2.0)\nreturn c");
}

TEST(Traits, PermutesBecomeFlagsOfProducts) {
  expect_rewrite(fold_transposes, R"(
      a = input f32[2,2]
      b = input f32[2,2]
      t = test_turn(b, dims=[1,0])
      c = test_times(a, t, transpose_a=false, transpose_b=true)
      return c)",
                 R"(
      a = input f32[2,2]
      b = input f32[2,2]
      c = test_times(a, b, transpose_a=false, transpose_b=false)
      return c)");
}

TEST(Traits, AnOpSimplifiesItsOwnCalls) {
  expect_rewrite(simplify, R"(
      x = input f32[2]
      a = test_mirror(x)
      b = test_mirror(a)
      c = test_mirror(b)
      return c)",
                 R"(
      x = input f32[2]
      c = test_mirror(x)
      return c)");
}

TEST(Traits, ElementwiseReadersOfConstantsFuseThem) {
  expect_rewrite(fuse, R"(
      x = input f32[2,3]
      a = test_number(value=2.0)
      b = mul(x, a)
      c = exp(b)
      return c)",
                 R"(
      x = input f32[2,3]
      v1 = fused(x, program="inputs 1; constant 2; mul 0 1; exp 2; out elements 3", shape=[2,3])
      return v1)");
}

}  // namespace
}  // namespace weft
