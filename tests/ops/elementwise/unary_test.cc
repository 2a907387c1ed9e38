#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr DType kAllFloats[] = {DType::f32, DType::f64};
constexpr DType kAllNumbers[] = {DType::f32, DType::f64, DType::i64};

using Function = Value (*)(const Value&);

HostTensor apply(Function fn, DType dtype, const std::vector<double>& x) {
  const HostTensor input({dtype, {static_cast<std::int64_t>(x.size())}}, x);
  return evaluate([&](auto v) { return fn(v[0]); }, {input});
}

// d sum(fn(x)) / dx
HostTensor slope(Function fn, DType dtype, const std::vector<double>& x) {
  const TensorType type{dtype, {static_cast<std::int64_t>(x.size())}};
  const HostTensor ones(type, std::vector<double>(x.size(), 1));
  return evaluate_gradients([&](auto v) { return fn(v[0]); }, {HostTensor(type, x)}, ones).at(0);
}

TEST(UnaryTest, ArithmeticOnNumbers) {
  for (const DType dtype : kAllNumbers) {
    EXPECT_THAT(apply(neg, dtype, {-2, 0, 3}), has_values({2, 0, -3}));
    EXPECT_THAT(apply(abs, dtype, {-2, 0, 3}), has_values({2, 0, 3}));
    EXPECT_THAT(apply(sign, dtype, {-2, 0, 3}), has_values({-1, 0, 1}));
    EXPECT_THAT(apply(square, dtype, {-2, 0, 3}), has_values({4, 0, 9}));
    EXPECT_THAT(apply(relu, dtype, {-2, 0, 3}), has_values({0, 0, 3}));
    EXPECT_EQ(apply(neg, dtype, {1}).type().dtype, dtype);
  }
}

TEST(UnaryTest, FunctionsOfFloats) {
  for (const DType dtype : kAllFloats) {
    EXPECT_THAT(apply(sqrt, dtype, {0, 4, 2}), has_values({0, 2, std::sqrt(2.0)}, 1e-6));
    EXPECT_THAT(apply(exp, dtype, {0, 1, -1}), has_values({1, 2.718281828, 0.367879441}, 1e-6));
    EXPECT_THAT(apply(log, dtype, {1, 2.718281828459045, 0.5}), has_values({0, 1, -0.693147181}, 1e-6));
    EXPECT_THAT(apply(sin, dtype, {0, 1.5707963267948966, -1}), has_values({0, 1, -0.841470985}, 1e-6));
    EXPECT_THAT(apply(cos, dtype, {0, 3.141592653589793, 1}), has_values({1, -1, 0.540302306}, 1e-6));
    EXPECT_THAT(apply(tanh, dtype, {0, 1, -1}), has_values({0, 0.761594156, -0.761594156}, 1e-6));
    EXPECT_THAT(apply(sigmoid, dtype, {0, 1, -1}), has_values({0.5, 0.731058579, 0.268941421}, 1e-6));
    EXPECT_THAT(apply(erf, dtype, {0, 1, -1}), has_values({0, 0.842700793, -0.842700793}, 1e-6));
    EXPECT_THAT(apply(gelu, dtype, {0, 1, -1}), has_values({0, 0.841344746, -0.158655254}, 1e-6));
  }
}

TEST(UnaryTest, LimitsAtInfinity) {
  for (const DType dtype : kAllFloats) {
    EXPECT_THAT(apply(exp, dtype, {-kInf, kInf, 1000, -1000}), has_values({0, kInf, kInf, 0}));
    EXPECT_THAT(apply(log, dtype, {0, kInf, -1}), has_values({-kInf, kInf, kNan}));
    EXPECT_THAT(apply(tanh, dtype, {-kInf, kInf, -100}), has_values({-1, 1, -1}));
    EXPECT_THAT(apply(sigmoid, dtype, {-kInf, kInf, 1000}), has_values({0, 1, 1}));
    EXPECT_THAT(apply(erf, dtype, {-kInf, kInf, 100}), has_values({-1, 1, 1}));
    EXPECT_THAT(apply(gelu, dtype, {-kInf, kInf, -1000}), has_values({0, kInf, 0}));
    EXPECT_THAT(apply(sin, dtype, {kInf}), has_values({kNan}));
    EXPECT_THAT(apply(sqrt, dtype, {-1, kInf}), has_values({kNan, kInf}));
  }
}

TEST(UnaryTest, NanStaysNan) {
  const Function functions[] = {neg, abs, square, sqrt, exp, log, sin, cos, tanh, sigmoid, relu, erf, gelu};
  for (const Function fn : functions)
    for (const DType dtype : kAllFloats) EXPECT_THAT(apply(fn, dtype, {kNan}), has_values({kNan}));
}

TEST(UnaryTest, TheSignOfNanIsZero) {
  for (const DType dtype : kAllFloats) EXPECT_THAT(apply(sign, dtype, {kNan, -2, 0, 3}), has_values({0, -1, 0, 1}));
}

TEST(UnaryTest, SineAndReluKeepTheSignOfZero) {
  for (const DType dtype : kAllFloats)
    for (const Function fn : {sin, relu}) EXPECT_TRUE(std::signbit(apply(fn, dtype, {-0.0}).at(0)));
}

// PyTorch's kernels differ: that of tensors of f32 has no -0.
TEST(UnaryTest, GeluIsMinusZeroInF64Only) {
  for (const double x : {-0.0, -100.0}) {
    EXPECT_FALSE(std::signbit(apply(gelu, DType::f32, {x}).at(0)));
    EXPECT_TRUE(std::signbit(apply(gelu, DType::f64, {x}).at(0)));
  }
}

TEST(UnaryTest, GeluOfIntegersIsRefused) {
  EXPECT_THAT([] { apply(gelu, DType::i64, {1}); }, ThrowsMessage<Error>(HasSubstr("[gelu] a: i64[1]: takes f32")));
}

TEST(UnaryTest, SquaresOfBoolAreIntegers) {
  EXPECT_THAT(apply(square, DType::boolean, {1, 0}), is_near({{DType::i64, {2}}, {1, 0}}, 0));
}

TEST(UnaryTest, NegationKeepsTheSignOfZero) {
  for (const DType dtype : kAllFloats) EXPECT_TRUE(std::signbit(apply(neg, dtype, {0}).at(0)));
}

TEST(UnaryTest, FunctionsOfIntegersGiveF32) {
  EXPECT_THAT(apply(sqrt, DType::i64, {4, 9}), is_near({{DType::f32, {2}}, {2, 3}}, 0));
  EXPECT_THAT(apply(exp, DType::boolean, {0}), is_near({{DType::f32, {1}}, {1}}, 0));
}

TEST(UnaryTest, IntegersWrapAround) {
  HostTensor lowest({DType::i64, {1}});
  *lowest.as<std::int64_t>() = std::numeric_limits<std::int64_t>::min();
  EXPECT_THAT(evaluate([](auto v) { return neg(v[0]); }, {lowest}), has_bits_of(lowest));
  EXPECT_THAT(evaluate([](auto v) { return abs(v[0]); }, {lowest}), has_bits_of(lowest));
}

TEST(UnaryTest, ArithmeticOnBoolIsRefused) {
  EXPECT_THAT([] { apply(neg, DType::boolean, {1}); },
              ThrowsMessage<Error>(HasSubstr("[neg] a: bool[1]: is not defined for bool")));
}

TEST(UnaryTest, SlopesAtKinks) {
  for (const DType dtype : kAllFloats) {
    EXPECT_THAT(slope(abs, dtype, {-2, 0, 3}), has_values({-1, 0, 1}));
    EXPECT_THAT(slope(relu, dtype, {-2, 0, 3}), has_values({0, 0, 1}));
  }
}

TEST(UnaryTest, TheSlopeOfAbsAtNanIsZero) {
  for (const DType dtype : kAllFloats) EXPECT_THAT(slope(abs, dtype, {kNan, 1}), has_values({0, 1}));
}

TEST(UnaryTest, SlopesThatOneCanCheckByHand) {
  EXPECT_THAT(slope(neg, DType::f32, {5}), has_values({-1}));
  EXPECT_THAT(slope(square, DType::f32, {5}), has_values({10}));
  EXPECT_THAT(slope(sqrt, DType::f32, {4}), has_values({0.25}));
  EXPECT_THAT(slope(log, DType::f32, {4}), has_values({0.25}));
  EXPECT_THAT(slope(exp, DType::f32, {0}), has_values({1}));
  EXPECT_THAT(slope(sigmoid, DType::f32, {0}), has_values({0.25}));
  EXPECT_THAT(slope(tanh, DType::f32, {0}), has_values({1}));
  EXPECT_THAT(slope(gelu, DType::f32, {0}), has_values({0.5}, 1e-7));
}

// Lengths around the width of a vector: each element is e^0, so a wrong or a missing one shows.
TEST(UnaryTest, EveryLength) {
  for (std::int64_t n = 0; n < 70; ++n) {
    const HostTensor zeros({DType::f32, {n}}, std::vector<double>(static_cast<std::size_t>(n)));
    EXPECT_THAT(evaluate([](auto v) { return exp(v[0]); }, {zeros}),
                has_values(std::vector<double>(static_cast<std::size_t>(n), 1)));
  }
}

}  // namespace
}  // namespace weft
