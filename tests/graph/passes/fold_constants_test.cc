#include "graph/passes/fold_constants.h"

#include "tests/testing/matchers.h"

namespace weft {
namespace {

TEST(FoldConstants, ComputesElementwiseCallsOnConstants) {
  expect_rewrite(fold_constants, R"(
      a = full(dtype=f64, shape=[2,1], value=3.0)
      b = full(dtype=f64, shape=[3], value=0.5)
      c = sub(a, b)
      d = mul(c, c)
      return d)",
                 "d = full(dtype=f64, shape=[2,3], value=6.25)\nreturn d");
}

TEST(FoldConstants, RoundsAsTheDtypeDoes) {
  expect_rewrite(fold_constants, R"(
      a = full(dtype=f32, shape=[], value=1.0)
      b = full(dtype=f32, shape=[], value=3.0)
      c = div(a, b)
      d = cast(c, dtype=f64)
      return d)",
                 "d = full(dtype=f64, shape=[], value=0.3333333432674408)\nreturn d");
}

TEST(FoldConstants, ComputesComparisonsAndIntegers) {
  expect_rewrite(fold_constants, R"(
      a = full(dtype=i64, shape=[2], value=7.0)
      b = full(dtype=i64, shape=[2], value=2.0)
      c = lt(a, b)
      d = mul(a, b)
      return c, d)",
                 R"(
      c = full(dtype=bool, shape=[2], value=0.0)
      d = full(dtype=i64, shape=[2], value=14.0)
      return c, d)");
}

TEST(FoldConstants, CarriesConstantsThroughShapes) {
  expect_rewrite(fold_constants, R"(
      a = full(dtype=f32, shape=[6], value=2.0)
      b = reshape(a, shape=[2,3])
      c = permute(b, dims=[1,0])
      d = expand(c, shape=[4,3,2])
      return d)",
                 "d = full(dtype=f32, shape=[4,3,2], value=2.0)\nreturn d");
}

TEST(FoldConstants, LeavesCallsOnOtherValues) {
  const char* text = R"(
      x = input f32[2]
      a = full(dtype=f32, shape=[2], value=2.0)
      b = add(x, a)
      c = sum(a, dims=[0], keepdim=false)
      return b, c)";
  expect_rewrite(fold_constants, text, text);
}

TEST(FoldConstants, LeavesWhatADoubleDoesNotHold) {
  const char* nan = R"(
      a = full(dtype=f32, shape=[], value=-1.0)
      b = log(a)
      return b)";
  expect_rewrite(fold_constants, nan, nan);
  const char* large = R"(
      a = full(dtype=i64, shape=[], value=3037000500.0)
      b = mul(a, a)
      return b)";
  expect_rewrite(fold_constants, large, large);
}

TEST(FoldConstants, FoldsValuesOfNoElements) {
  expect_rewrite(fold_constants, R"(
      a = full(dtype=f32, shape=[0,3], value=2.0)
      b = neg(a)
      return b)",
                 "b = full(dtype=f32, shape=[0,3], value=-2.0)\nreturn b");
}

}  // namespace
}  // namespace weft
