#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "ops/elementwise/elementwise.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kInf = std::numeric_limits<double>::infinity();

HostTensor vec(DType dtype, const std::vector<double>& values) {
  return {{dtype, {static_cast<std::int64_t>(values.size())}}, values};
}
HostTensor power(const HostTensor& x, double exponent) {
  return evaluate([&](auto v) { return pow(v[0], exponent); }, {x});
}
HostTensor power(const HostTensor& a, const HostTensor& b) {
  return evaluate([&](auto v) { return pow(v[0], v[1]); }, {a, b});
}
HostTensor slope(const std::vector<double>& x, double exponent) {
  return evaluate_gradients([&](auto v) { return pow(v[0], exponent); }, {vec(DType::f64, x)},
                            vec(DType::f64, std::vector<double>(x.size(), 1)))
      .at(0);
}

TEST(PowTest, NumbersAsExponents) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const HostTensor x = vec(dtype, {4, 0.25, 2});
    EXPECT_THAT(power(x, 0), has_values({1, 1, 1}));
    EXPECT_THAT(power(x, 1), has_values({4, 0.25, 2}));
    EXPECT_THAT(power(x, 2), has_values({16, 0.0625, 4}));
    EXPECT_THAT(power(x, 3), has_values({64, 0.015625, 8}));
    EXPECT_THAT(power(x, -1), has_values({0.25, 4, 0.5}));
    EXPECT_THAT(power(x, 0.5), has_values({2, 0.5, std::sqrt(2.0)}, 1e-7));
    EXPECT_THAT(power(x, 1.5), has_values({8, 0.125, 2 * std::sqrt(2.0)}, 1e-6));
  }
}

// The exponents with kernels of their own must agree with pow() where it is special, but for roots.
TEST(PowTest, SpecialElementsAreThoseOfTheStandardFunction) {
  const std::vector<double> x{0, -0.0, kInf, -kInf, -2, std::numeric_limits<double>::quiet_NaN()};
  for (const double exponent : {0.0, 1.0, 2.0, 3.0, -1.0}) {
    std::vector<double> expected;
    for (const double v : x) expected.push_back(std::pow(v, exponent));
    for (const DType dtype : {DType::f32, DType::f64})
      EXPECT_THAT(power(vec(dtype, x), exponent), has_values(expected)) << exponent;
  }
}

TEST(PowTest, RootsKeepTheSignOfZeroAndHaveNoValueAtMinusInfinity) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const DType dtype : {DType::f32, DType::f64}) {
    const HostTensor x = vec(dtype, {-0.0, 0, -kInf, kInf, 4});
    EXPECT_THAT(power(x, 0.5), has_values({-0.0, 0, nan, kInf, 2}));
    EXPECT_TRUE(std::signbit(power(x, 0.5).at(0)));
    EXPECT_THAT(power(x, -0.5), has_values({-kInf, kInf, nan, 0, 0.5}));
    EXPECT_FALSE(std::signbit(power(vec(dtype, {-0.0}), vec(dtype, {0.5})).at(0)));
  }
}

TEST(PowTest, PowersOfBoolAreIntegers) {
  EXPECT_THAT(power(vec(DType::boolean, {1, 0}), 0), is_near(vec(DType::i64, {1, 1}), 0));
  EXPECT_THAT(power(vec(DType::boolean, {1, 0}), 3), is_near(vec(DType::i64, {1, 0}), 0));
  EXPECT_THAT(power(vec(DType::boolean, {1, 0}), 0.5), is_near(vec(DType::f32, {1, 0}), 0));
}

TEST(PowTest, TensorsAsExponents) {
  for (const DType dtype : {DType::f32, DType::f64})
    EXPECT_THAT(power(HostTensor({dtype, {2, 1}}, {2, 9}), vec(dtype, {0, 0.5, 2})),
                is_near({{dtype, {2, 3}}, {1, std::sqrt(2.0), 4, 1, 3, 81}}, 1e-6));
}

TEST(PowTest, PowersOfIntegersAreExact) {
  EXPECT_THAT(power(vec(DType::i64, {3, -2, 0}), 5), is_near(vec(DType::i64, {243, -32, 0}), 0));
  EXPECT_THAT(power(vec(DType::i64, {2}), 62), has_values({0x1p62}));
  EXPECT_THAT(power(vec(DType::i64, {2}), 64), has_values({0}));  // wraps around
  EXPECT_THAT(power(vec(DType::i64, {2, 1, -1, -1, 0}), vec(DType::i64, {-1, -5, -2, -3, -1})),
              has_values({0, 1, 1, -1, 0}));
}

TEST(PowTest, FractionalExponentsMakeIntegersF32) {
  EXPECT_THAT(power(vec(DType::i64, {4, 9}), 0.5), is_near(vec(DType::f32, {2, 3}), 0));
}

TEST(PowTest, NegativeExponentsOfIntegersAreRefused) {
  EXPECT_THAT([] { power(vec(DType::i64, {2}), -1); },
              ThrowsMessage<Error>(HasSubstr("[pow_scalar] a: i64[1]: integers have no negative powers")));
}

TEST(PowTest, SlopesInTheBase) {
  EXPECT_THAT(slope({3, -2, 0}, 2), has_values({6, -4, 0}));
  EXPECT_THAT(slope({3, -2, 0}, 3), has_values({27, 12, 0}));
  EXPECT_THAT(slope({3, -2, 0}, 1), has_values({1, 1, 1}));
  EXPECT_THAT(slope({4}, -1), has_values({-0.0625}));
}

TEST(PowTest, TheExponentZeroHasTheSlopeZero) {
  Graph graph;
  Builder builder(graph);
  const Value x = builder.value({graph.add_input({DType::f32, {2}}, true), 0});
  const Value y = pow(x, 0.0);
  graph.outputs() = {differentiate(builder, {&y, 1}, std::vector{ones_like(y)}, {&x, 1})[0].id()};
  EXPECT_THAT(interpret(graph, {vec(DType::f32, {2, -3})})[0], has_values({0, 0}));
}

TEST(PowTest, SlopesInBaseAndExponent) {
  const auto slopes =
      evaluate_gradients([](auto v) { return pow(v[0], v[1]); },
                         {vec(DType::f64, {2, 0, 0, 5}), vec(DType::f64, {3, 2, 0, 0})}, vec(DType::f64, {1, 1, 1, 1}));
  EXPECT_THAT(slopes.at(0), has_values({12, 0, 0, 0}));
  EXPECT_THAT(slopes.at(1), has_values({8 * std::log(2.0), 0, 0, std::log(5.0)}, 1e-12));
}

TEST(Pow, OfATensorExponentIsTheSameWhetherItIsKnownOrNot) {
  for (const DType dtype : {kFloat32, kFloat64}) {
    const Tensor x = randn({10000}, dtype);
    const auto body = [dtype](Tensor base) { return pow(base, full({}, 2, dtype)); };
    EXPECT_TRUE(eq(body(x), compile(body)(x)).to_vector<bool>() == std::vector<bool>(10000, true));
  }
}

TEST(PowTest, OfBoolsIsBool) {
  const Tensor x = tensor({true, false});
  EXPECT_EQ(to_string(pow(x, true)), "tensor([ True, False])");
  EXPECT_EQ(to_string(pow(x, false)), "tensor([True, True])");
  EXPECT_EQ(to_string(pow(x, 1)), "tensor([1, 0])");
}

}  // namespace
}  // namespace weft
