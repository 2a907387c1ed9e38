#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const double kNan = std::numeric_limits<double>::quiet_NaN();
const double kInf = std::numeric_limits<double>::infinity();

HostTensor max_of(const HostTensor& x, DimsRef dims, bool keepdim = false) {
  return evaluate([&](auto v) { return max(v[0], dims, keepdim); }, {x});
}
HostTensor min_of(const HostTensor& x, DimsRef dims, bool keepdim = false) {
  return evaluate([&](auto v) { return min(v[0], dims, keepdim); }, {x});
}

const HostTensor kMatrix({DType::f32, {2, 3}}, {1, 9, -3, 4, 5, 6});

TEST(ExtremeTest, OverAllElements) {
  EXPECT_THAT(max_of(kMatrix, {}), has_values({9}));
  EXPECT_THAT(min_of(kMatrix, {}), has_values({-3}));
}

TEST(ExtremeTest, OverRowsAndColumns) {
  EXPECT_THAT(max_of(kMatrix, {1}), has_values({9, 6}));
  EXPECT_THAT(min_of(kMatrix, {1}), has_values({-3, 4}));
  EXPECT_THAT(max_of(kMatrix, {0}), has_values({4, 9, 6}));
  EXPECT_THAT(min_of(kMatrix, {-2}), has_values({1, 5, -3}));
  EXPECT_EQ(max_of(kMatrix, {0}, true).type().str(), "f32[1,3]");
}

TEST(ExtremeTest, OverOuterAndInnerDims) {
  const HostTensor x({DType::i64, {2, 2, 2}}, {1, 8, 3, 4, 5, 6, 7, 2});
  EXPECT_THAT(max_of(x, {0, 2}), has_values({8, 7}));
  EXPECT_THAT(min_of(x, {0, 2}), has_values({1, 2}));
}

TEST(ExtremeTest, OfEachDtype) {
  EXPECT_THAT(max_of(HostTensor({DType::f64, {2}}, {-1, -kInf}), {}), has_values({-1}));
  EXPECT_THAT(min_of(HostTensor({DType::i64, {3}}, {5, -7, 2}), {}), has_values({-7}));
  const HostTensor any = max_of(HostTensor({DType::boolean, {3}}, {0, 1, 0}), {});
  EXPECT_EQ(any.type().str(), "bool[]");
  EXPECT_THAT(any, has_values({1}));
}

// The extreme is found wherever it stands in rows of every length around the unrolling.
TEST(ExtremeTest, FindsTheExtremeAtEveryPlace) {
  for (std::size_t n = 1; n < 20; ++n)
    for (std::size_t at = 0; at < n; ++at) {
      std::vector<double> values(n, -1);
      values[at] = 2;
      EXPECT_THAT(max_of(HostTensor({DType::f32, {static_cast<std::int64_t>(n)}}, values), {}), has_values({2}));
      values[at] = -2;
      EXPECT_THAT(min_of(HostTensor({DType::f32, {static_cast<std::int64_t>(n)}}, values), {}), has_values({-2}));
      values[at] = kNan;
      EXPECT_TRUE(std::isnan(max_of(HostTensor({DType::f32, {static_cast<std::int64_t>(n)}}, values), {}).at(0)));
    }
}

TEST(ExtremeTest, NanWins) {
  const HostTensor x({DType::f32, {2, 2}}, {1, kNan, 3, kInf});
  EXPECT_THAT(max_of(x, {0}), has_values({3, kNan}));
  EXPECT_THAT(min_of(x, {0}), has_values({1, kNan}));
  EXPECT_THAT(min_of(x, {1}), has_values({kNan, 3}));
}

TEST(ExtremeTest, RefusesToReduceNoElements) {
  EXPECT_THAT(
      [] {
        max_of(HostTensor({DType::f32, {0}}), {});
      },
      ThrowsMessage<Error>(HasSubstr("[max] a: f32[0]: no elements have no extreme")));
  EXPECT_THROW(min_of(HostTensor({DType::f32, {2, 0}}), {1}), Error);
}

TEST(ExtremeTest, NoElementsAreLegalWhereTheyAreNotReduced) {
  EXPECT_EQ(max_of(HostTensor({DType::f32, {2, 0}}), {0}).type().str(), "f32[0]");
  EXPECT_EQ(min_of(HostTensor({DType::f32, {0, 3}}), {1}).type().str(), "f32[0]");
}

TEST(ExtremeTest, ScalarsAreTheirOwnExtreme) {
  EXPECT_THAT(max_of(HostTensor({DType::f32, {}}, {3}), {}), has_values({3}));
  EXPECT_THAT(min_of(HostTensor({DType::f32, {}}, {3}), {0}), has_values({3}));
}

TEST(ExtremeTest, GradientGoesToTheExtreme) {
  const auto gradients = evaluate_gradients([](auto v) { return max(v[0], {1}, false); }, {kMatrix},
                                            HostTensor({DType::f32, {2}}, {10, 20}));
  EXPECT_THAT(gradients, ElementsAre(has_values({0, 10, 0, 0, 0, 20})));
}

TEST(ExtremeTest, TiesShareTheGradientEvenly) {
  const HostTensor x({DType::f64, {4}}, {7, 1, 7, 7});
  const auto of_max =
      evaluate_gradients([](auto v) { return max(v[0], {}, false); }, {x}, HostTensor({DType::f64, {}}, {6}));
  EXPECT_THAT(of_max, ElementsAre(has_values({2, 0, 2, 2})));
  const auto of_min =
      evaluate_gradients([](auto v) { return min(v[0], {0}, true); }, {x}, HostTensor({DType::f64, {1}}, {6}));
  EXPECT_THAT(of_min, ElementsAre(has_values({0, 6, 0, 0})));
}

// As in PyTorch: max() ends at the last of equal elements, amax() at the first.
TEST(ExtremeTest, OfZerosOfBothSignsTheLastIsThatOfAWholeTensorTheFirstThatOverDims) {
  const auto negative = [](const HostTensor& x) { return std::signbit(x.at(0)); };
  for (const DType dtype : {DType::f32, DType::f64}) {
    const HostTensor ends_negative({dtype, {3}}, {0, 0, -0.0}), starts_negative({dtype, {3}}, {-0.0, 0, 0});
    for (const auto of : {max_of, min_of}) {
      EXPECT_TRUE(negative(of(ends_negative, {}, false)));
      EXPECT_FALSE(negative(of(starts_negative, {}, false)));
      EXPECT_FALSE(negative(of(ends_negative, {0}, false)));
      EXPECT_TRUE(negative(of(starts_negative, {0}, false)));
    }
  }
}

// As in PyTorch: where max() has a gradient at nan, amax() has none.
TEST(ExtremeTest, GradientsAtNan) {
  const HostTensor x({DType::f64, {3}}, {1, kNan, kNan}), seed({DType::f64, {}}, {6});
  EXPECT_THAT(evaluate_gradients([](auto v) { return max(v[0], {}, false); }, {x}, seed),
              ElementsAre(has_values({0, 3, 3})));
  EXPECT_THAT(evaluate_gradients([](auto v) { return max(v[0], {0}, false); }, {x}, seed),
              ElementsAre(has_values({kNan, kNan, kNan})));
}

TEST(ExtremeTest, TheOnlyNanGetsTheWholeGradientOfMaxAndMin) {
  const HostTensor x({DType::f32, {3}}, {1, kNan, 3}), seed({DType::f32, {}}, {1});
  EXPECT_THAT(evaluate_gradients([](auto v) { return max(v[0], {}, false); }, {x}, seed),
              ElementsAre(has_values({0, 1, 0})));
  EXPECT_THAT(evaluate_gradients([](auto v) { return min(v[0], {}, false); }, {x}, seed),
              ElementsAre(has_values({0, 1, 0})));
}

TEST(ExtremeTest, GradientFunctionsAreNamedAsInPyTorch) {
  const Tensor x = ones({2, 3}).requires_grad_();
  EXPECT_STREQ(x.max({}, true).grad_fn().name(), "AmaxBackward0");
  EXPECT_STREQ(x.max(std::vector<std::int64_t>{}).grad_fn().name(), "AmaxBackward0");
  EXPECT_STREQ(x.max().grad_fn().name(), "MaxBackward1");
  EXPECT_STREQ(x.min().grad_fn().name(), "MinBackward1");
  EXPECT_STREQ(x.max({1}).grad_fn().name(), "AmaxBackward0");
  EXPECT_STREQ(x.min({1}).grad_fn().name(), "AminBackward0");
}

TEST(ExtremeTest, GradientOfAScalarIsTheGradient) {
  const auto gradients = evaluate_gradients([](auto v) { return max(v[0], {}, false); },
                                            {HostTensor({DType::f32, {}}, {3})}, HostTensor({DType::f32, {}}, {5}));
  EXPECT_THAT(gradients, ElementsAre(has_values({5})));
}

}  // namespace
}  // namespace weft
