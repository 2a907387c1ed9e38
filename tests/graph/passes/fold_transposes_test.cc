#include "graph/passes/fold_transposes.h"

#include "tests/testing/matchers.h"

namespace weft {
namespace {

TEST(FoldTransposes, APermuteOfTheLastTwoDimsBecomesAFlag) {
  expect_rewrite(fold_transposes, R"(
      a = input f32[3,2]
      b = input f32[4,3]
      p = permute(a, dims=[1,0])
      q = permute(b, dims=[1,0])
      c = matmul(p, q, transpose_a=false, transpose_b=false)
      return c)",
                 R"(
      a = input f32[3,2]
      b = input f32[4,3]
      c = matmul(a, b, transpose_a=true, transpose_b=true)
      return c)");
}

TEST(FoldTransposes, AFlagThatIsSetIsCleared) {
  expect_rewrite(fold_transposes, R"(
      a = input f32[7,2,3]
      b = input f32[7,3,4]
      p = permute(a, dims=[0,2,1])
      c = matmul(p, b, transpose_a=true, transpose_b=false)
      return c)",
                 R"(
      a = input f32[7,2,3]
      b = input f32[7,3,4]
      c = matmul(a, b, transpose_a=false, transpose_b=false)
      return c)");
}

TEST(FoldTransposes, OtherPermutesStay) {
  const char* text = R"(
      a = input f32[2,7,3]
      b = input f32[7,3,4]
      p = permute(a, dims=[1,0,2])
      c = matmul(p, b, transpose_a=false, transpose_b=false)
      return c)";
  expect_rewrite(fold_transposes, text, text);
}

TEST(FoldTransposes, APermuteThatIsReadElsewhereStaysForThat) {
  expect_rewrite(fold_transposes, R"(
      a = input f32[3,2]
      b = input f32[3,4]
      p = permute(a, dims=[1,0])
      c = matmul(p, b, transpose_a=false, transpose_b=false)
      return c, p)",
                 R"(
      a = input f32[3,2]
      b = input f32[3,4]
      p = permute(a, dims=[1,0])
      c = matmul(a, b, transpose_a=true, transpose_b=false)
      return c, p)");
}

}  // namespace
}  // namespace weft
