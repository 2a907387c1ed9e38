// Values of functions that have no gradient, as PyTorch 2.14 gives them.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "weft/elementwise.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

const double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int64_t> numbers(const Tensor& x) { return x.to(kInt64).to_vector<std::int64_t>(); }

TEST(Bits, AreThoseOfTwosComplement) {
  const Tensor a = tensor({-5, 7, 1, 1, -8}), b = tensor({3, -2, 70, -1, 65});
  EXPECT_THAT(numbers(bitwise_and(a, b)), ElementsAre(3, 6, 0, 1, 64));
  EXPECT_THAT(numbers(a | b), ElementsAre(-5, -1, 71, -1, -7));
  EXPECT_THAT(numbers(a ^ b), ElementsAre(-8, -7, 71, -2, -71));
  EXPECT_THAT(numbers(~a), ElementsAre(4, -8, -2, -2, 7));
}

TEST(Bits, ThatAShiftMovesOutAreLost) {
  const Tensor a = tensor({-5, 7, 1, 1, -8}), b = tensor({3, -2, 70, -1, 65});
  EXPECT_THAT(numbers(bitwise_left_shift(a, b)), ElementsAre(-40, 0, 0, 0, 0));
  EXPECT_THAT(numbers(bitwise_right_shift(a, b)), ElementsAre(-1, 0, 0, 0, -1));
  const Tensor u = tensor({200, 7, 1, 255}, kUInt8), by = tensor({3, 2, 70, 255}, kUInt8);
  EXPECT_THAT(numbers(bitwise_left_shift(u, by)), ElementsAre(64, 28, 0, 0));
  EXPECT_THAT(numbers(bitwise_right_shift(u, by)), ElementsAre(25, 1, 0, 0));
  const Tensor i = tensor({-5, 7, 1, -1, 1}, kInt32), j = tensor({3, 2, 70, -1, 31}, kInt32);
  EXPECT_THAT(numbers(bitwise_left_shift(i, j)), ElementsAre(-40, 28, 0, 0, std::numeric_limits<std::int32_t>::min()));
  EXPECT_THAT(numbers(bitwise_right_shift(i, j)), ElementsAre(-1, 1, 0, -1, 0));
}

TEST(Bits, OfBoolAndIntegersAreIntegers) {
  const Tensor flags = tensor({true, false});
  EXPECT_EQ((flags & tensor({true, true})).dtype(), kBool);
  EXPECT_THAT(numbers(flags ^ tensor({true, true})), ElementsAre(0, 1));
  EXPECT_THAT(numbers(flags | tensor({3, 4})), ElementsAre(3, 4));
  EXPECT_THAT(numbers(3 & tensor({1, 5, 2})), ElementsAre(1, 1, 2));
  EXPECT_THAT(numbers(~flags), ElementsAre(0, 1));
  EXPECT_THAT(numbers(~tensor({1, 200}, kUInt8)), ElementsAre(254, 55));
}

TEST(Signbit, IsSetForNegativeZero) {
  EXPECT_THAT(numbers(signbit(tensor({-1.0, -0.0, 0.0, kNan, -kNan}))), ElementsAre(1, 1, 0, 0, 1));
  EXPECT_THAT(numbers(signbit(tensor({-1, 0}))), ElementsAre(1, 0));
  EXPECT_THAT(numbers(signbit(tensor({true}))), ElementsAre(0));
}

TEST(Heaviside, TakesItsSecondOperandAtZero) {
  EXPECT_THAT(numbers(heaviside(tensor({-1.0, 0.0, kNan, 2.0}), tensor({5.0, 5.0, 5.0, 5.0}))),
              ElementsAre(0, 5, 0, 1));
  EXPECT_THAT(numbers(heaviside(tensor({-1, 0, 2}), 5)), ElementsAre(0, 5, 1));
  const Tensor x = tensor({1.0}).requires_grad_();
  EXPECT_FALSE(heaviside(x, x).requires_grad());
}

TEST(Infinities, AreToldApartByTheirSign) {
  EXPECT_THAT(numbers(isposinf(tensor({kInf, -kInf, kNan, 1.0}))), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(numbers(isneginf(tensor({kInf, -kInf, kNan, 1.0}))), ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(numbers(isneginf(tensor({1}))), ElementsAre(0));
}

TEST(RoundedQuotient, OfIntegersIsAnInteger) {
  EXPECT_THAT(numbers(div(tensor({7, -7, 8}), tensor({2, 2, -3}), "floor")), ElementsAre(3, -4, -3));
  const Tensor towards_zero = div(tensor({7, -7, 8}), tensor({2, 2, -3}), "trunc");
  EXPECT_THAT(numbers(towards_zero), ElementsAre(3, -3, -2));
  EXPECT_EQ(towards_zero.dtype(), kInt64);
  EXPECT_THAT(numbers(div(tensor({7, -7, 8}), 2.5, "floor")), ElementsAre(2, -3, 3));
}

TEST(Extremes, OfIntegersAndBoolsKeepTheirDtype) {
  EXPECT_THAT(numbers(fmax(tensor({1, 2}), tensor({-1, 2}))), ElementsAre(1, 2));
  EXPECT_EQ(fmin(tensor({true, false}), tensor({true, true})).dtype(), kBool);
  EXPECT_EQ(clamp_min(tensor({1, 2}), 1.5).dtype(), kFloat32);
  EXPECT_EQ(float_power(tensor({1, 2}), -2).dtype(), kFloat64);
  EXPECT_EQ(copysign(tensor({1, 2}), tensor({-1, 2})).dtype(), kFloat32);
  EXPECT_EQ(ldexp(tensor({1, 2}), tensor({1, 2})).dtype(), kFloat32);
}

TEST(Where, TakesNegativeNumbersAsU8WrappedAround) {
  EXPECT_THAT(numbers(where(tensor({true, false}), tensor({1, 2}, kUInt8), -1)), ElementsAre(1, 255));
  EXPECT_THAT(numbers(where(tensor({true, false}), tensor({1, 2}), 1LL << 40)), ElementsAre(1, 1LL << 40));
}

TEST(Closeness, FollowsTheToleranceOfTheSecondOperand) {
  const Tensor a = tensor({1.0, 1.0, kNan, kInf, kInf, -kInf}), b = tensor({1.0, 1.001, kNan, kInf, 1.0, kInf});
  EXPECT_THAT(numbers(isclose(a, b)), ElementsAre(1, 0, 0, 1, 0, 0));
  EXPECT_THAT(numbers(isclose(a, b, 1e-5, 1e-8, true)), ElementsAre(1, 0, 1, 1, 0, 0));
  EXPECT_THAT(numbers(isclose(tensor({100000, 2}), tensor({100001, 3}))), ElementsAre(1, 0));
  EXPECT_THAT(numbers(isclose(tensor({2}, kUInt8), tensor({3}, kUInt8), 0.4, 0)), ElementsAre(1));
  EXPECT_FALSE(allclose(a, b));
  EXPECT_TRUE(allclose(zeros(0), zeros(0)));
}

TEST(Equality, IsThatOfShapesAndElements) {
  EXPECT_TRUE(equal(tensor({1.0}), tensor({1})));
  EXPECT_FALSE(equal(tensor({kNan}), tensor({kNan})));
  EXPECT_FALSE(equal(tensor({1.0}), ones({1, 1})));
  EXPECT_TRUE(equal(zeros(0), zeros(0)));
  EXPECT_FALSE(equal(zeros({0, 2}), zeros({2, 0})));
}

TEST(Polygamma, OfLargeNegativeNumbersEnds) {
  EXPECT_NEAR(polygamma(3, tensor({-1e9 - 0.5}, kFloat64)).item(), 6 * 32.46969701133414, 1e-3);
  EXPECT_EQ(polygamma(2, tensor({-1e300}, kFloat64)).item(), -kInf);
  EXPECT_EQ(polygamma(2, tensor({0.0}, kFloat64)).item(), -kInf);
}

}  // namespace
}  // namespace weft
