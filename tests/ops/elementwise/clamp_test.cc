#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
using Bound = std::optional<double>;

HostTensor vec(DType dtype, const std::vector<double>& values) {
  return {{dtype, {static_cast<std::int64_t>(values.size())}}, values};
}
HostTensor clamped(const HostTensor& x, Bound min, Bound max) {
  return evaluate([&](auto v) { return clamp(v[0], min, max); }, {x});
}

TEST(ClampTest, KeepsElementsBetweenTheBounds) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i64}) {
    const HostTensor x = vec(dtype, {-3, -1, 0, 2, 5});
    EXPECT_THAT(clamped(x, -1, 2), is_near(vec(dtype, {-1, -1, 0, 2, 2}), 0));
    EXPECT_THAT(clamped(x, 0, {}), has_values({0, 0, 0, 2, 5}));
    EXPECT_THAT(clamped(x, {}, 0), has_values({-3, -1, 0, 0, 0}));
  }
}

TEST(ClampTest, NanStaysAndInfinitiesGo) {
  for (const DType dtype : {DType::f32, DType::f64})
    EXPECT_THAT(clamped(vec(dtype, {kNan, -kInf, kInf}), -1, 2), has_values({kNan, -1, 2}));
}

TEST(ClampTest, TheUpperBoundWinsOverALargerLowerOne) {
  EXPECT_THAT(clamped(vec(DType::f32, {0, 5}), 3, 1), has_values({1, 1}));
}

TEST(ClampTest, FractionalAndInfiniteBoundsMakeIntegersF32) {
  EXPECT_THAT(clamped(vec(DType::i64, {0, 1}), 0.5, {}), is_near(vec(DType::f32, {0.5, 1}), 0));
  EXPECT_THAT(clamped(vec(DType::i64, {0, 1}), {}, kInf), is_near(vec(DType::f32, {0, 1}), 0));
}

TEST(ClampTest, BoolIsClampedAsAnInteger) {
  EXPECT_THAT(clamped(vec(DType::boolean, {0, 1}), 1, 2), is_near(vec(DType::i64, {1, 1}), 0));
  EXPECT_THAT(clamped(vec(DType::boolean, {0, 1}), {}, 0.5), is_near(vec(DType::f32, {0, 0.5}), 0));
}

TEST(ClampTest, ABoundThatIsNanMakesNanOfAllWithSlopeZero) {
  EXPECT_THAT(clamped(vec(DType::f32, {-1, 3}), kNan, {}), has_values({kNan, kNan}));
  EXPECT_THAT(clamped(vec(DType::i64, {-1, 3}), 0, kNan), is_near(vec(DType::f32, {kNan, kNan}), 0));
  const auto slope = evaluate_gradients([](auto v) { return clamp(v[0], {}, kNan); }, {vec(DType::f64, {-1, 3})},
                                        vec(DType::f64, {1, 1}));
  EXPECT_THAT(slope.at(0), has_values({0, 0}));
}

TEST(ClampTest, TheSlopeIsOneBetweenTheBoundsAndZeroAtThem) {
  const auto slope = evaluate_gradients([](auto v) { return clamp(v[0], -1, 2); }, {vec(DType::f32, {-3, -1, 0, 2, 5})},
                                        vec(DType::f32, {1, 1, 1, 1, 1}));
  EXPECT_THAT(slope.at(0), has_values({0, 0, 1, 0, 0}));
}

TEST(ClampTest, BoundsAreChecked) {
  const HostTensor x = vec(DType::f32, {1});
  EXPECT_THAT([&] { clamped(x, {}, {}); }, ThrowsMessage<Error>(HasSubstr("[clamp] a: f32[1]: needs min or max")));
}

TEST(HardtanhTest, PassesTheGradientOfNan) {
  const Tensor x = tensor({NAN, 2., 0.5}).requires_grad_();
  hardtanh(x).sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (std::vector<float>{1, 0, 1}));
}

TEST(EluTest, PassesTheGradientOfNan) {
  const Tensor x = tensor({NAN, 2., 0.}).requires_grad_();
  elu(x, 0.5).sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (std::vector<float>{1, 1, 0.5}));
}

TEST(SoftshrinkTest, PassesTheGradientOfNan) {
  const Tensor x = tensor({NAN, 2., 0.5}).requires_grad_();
  softshrink(x).sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (std::vector<float>{1, 1, 0}));
}

// s(x) (1 - s(x)) for the sigmoid s.
TEST(LogaddexpTest, HasASecondDerivativeWhereTheOperandsAreEqual) {
  const Tensor x = zeros({}, kFloat64).requires_grad_(), y = zeros({}, kFloat64);
  const Tensor slope = grad({logaddexp(x, y)}, {x}, {.create_graph = true})[0];
  EXPECT_EQ(slope.item(), 0.5);
  EXPECT_EQ(grad({slope}, {x})[0].item(), 0.25);
  EXPECT_EQ(logaddexp(full({}, -INFINITY), full({}, -INFINITY)).item(), -INFINITY);
}

}  // namespace
}  // namespace weft
