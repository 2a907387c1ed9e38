// Initialisers: ranges, moments, and the same numbers for the same seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

double largest(const Tensor& x) { return x.abs().max().item(); }
double mean_square(const Tensor& x) { return x.square().mean().item(); }

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

// U(-b, b) has variance b^2 / 3. With n draws its estimate is within 5 standard deviations, each (2 / sqrt 5) / sqrt n
// of it.
void expect_uniform(const Tensor& x, double bound) {
  const double deviation = 0.895 / std::sqrt(static_cast<double>(x.numel()));
  EXPECT_LE(largest(x), bound);
  EXPECT_GT(largest(x), 0.99 * bound);
  EXPECT_NEAR(mean_square(x) / (bound * bound / 3), 1, 5 * deviation);
}

TEST(Init, LinearIsUniformInOneOverTheRootOfItsInputs) {
  manual_seed(1);
  const nn::Linear layer(64, 200);
  expect_uniform(layer.weight.detach(), 0.125);
  expect_uniform(layer.bias.detach(), 0.125);
}

TEST(Init, SameSeedGivesTheSameNetwork) {
  manual_seed(3);
  const nn::Linear a(5, 4);
  manual_seed(3);
  const nn::Linear b(5, 4);
  const nn::Linear c(5, 4);
  EXPECT_EQ(a.weight.to_vector<float>(), b.weight.to_vector<float>());
  EXPECT_EQ(a.bias.to_vector<float>(), b.bias.to_vector<float>());
  EXPECT_NE(a.weight.to_vector<float>(), c.weight.to_vector<float>());
}

TEST(Init, UniformFillsTheRange) {
  manual_seed(1);
  const Tensor x = nn::init::uniform_(zeros({10000}), 2, 6);
  expect_uniform(x - 4, 2);
}

TEST(Init, NormalHasItsMeanAndDeviation) {
  manual_seed(1);
  const Tensor x = nn::init::normal_(zeros({10000}), 3, 0.5);
  EXPECT_NEAR(x.mean().item(), 3, 5 * 0.5 / 100);
  EXPECT_NEAR(mean_square(x - 3), 0.25, 5 * 0.25 * std::sqrt(2.0) / 100);
}

TEST(Init, ConstantFills) { EXPECT_THAT(nn::init::constant_(zeros({2, 2}), 1.5).to_vector<float>(), Each(1.5f)); }

TEST(Init, KaimingBoundIsOfTheInputs) {
  manual_seed(1);
  expect_uniform(nn::init::kaiming_uniform_(zeros({200, 54})), 1.0 / 3);               // sqrt(6 / 54)
  expect_uniform(nn::init::kaiming_uniform_(zeros({200, 16}), std::sqrt(5.0)), 0.25);  // sqrt(1 / 16)
  expect_uniform(nn::init::kaiming_uniform_(zeros({200, 6, 3, 3})), 1.0 / 3);          // 6 * 3 * 3 inputs
}

TEST(Init, XavierBoundIsOfInputsAndOutputs) {
  manual_seed(1);
  expect_uniform(nn::init::xavier_uniform_(zeros({100, 50})), 0.2);  // sqrt(6 / 150)
  expect_uniform(nn::init::xavier_uniform_(zeros({100, 50}), 2), 0.4);
}

TEST(Init, WritesParametersWithoutAGradient) {
  const Tensor x = zeros({3}).requires_grad_();
  const Tensor y = nn::init::constant_(x, 2);
  EXPECT_TRUE(y.is_same(x));
  EXPECT_TRUE(x.is_leaf());
  EXPECT_TRUE(x.requires_grad());
  EXPECT_TRUE(grad_enabled());
}

TEST(Init, FillsDoublesToo) {
  manual_seed(1);
  const Tensor x = nn::init::uniform_(zeros({1000}, kFloat64));
  EXPECT_EQ(x.dtype(), kFloat64);
  expect_uniform(x * 2 - 1, 1);
}

TEST(Init, AcceptsTensorsOfNoElements) {
  EXPECT_EQ(nn::init::kaiming_uniform_(zeros({3, 0})).numel(), 0);
  EXPECT_EQ(nn::init::xavier_uniform_(zeros({0, 0})).numel(), 0);
}

TEST(Init, RefusesWhatItCannotFill) {
  EXPECT_THAT(error_of([] { nn::init::uniform_(arange(3)); }), HasSubstr("[uniform_] i64[3]: not a floating tensor"));
  EXPECT_THAT(error_of([] { nn::init::constant_(Tensor(), 1); }), HasSubstr("undefined"));
  EXPECT_THAT(error_of([] { nn::init::uniform_(zeros({3}), 2, 1); }), HasSubstr("not a range"));
  EXPECT_THAT(error_of([] { nn::init::normal_(zeros({3}), 0, -1); }), HasSubstr("negative"));
  EXPECT_THAT(error_of([] { nn::init::xavier_uniform_(zeros({3})); }), HasSubstr("the rank is below 2"));
}

}  // namespace
}  // namespace weft
