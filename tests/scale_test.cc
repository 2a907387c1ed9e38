// Graphs of sizes and shapes on which recursion, or quadratic work at any stage, would not come back.
#include <gtest/gtest.h>

#include <cmath>

#include "weft/weft.h"

namespace weft {
namespace {

TEST(Scale, AChainOfAMillionNodesIsCapturedDifferentiatedPlannedRunAndDestroyed) {
  constexpr int kLength = 1000000;
  auto derivative = compile([](Tensor x) {
    x.requires_grad_();
    Tensor y = x;
    for (int i = 0; i < kLength; ++i) y = y.relu();
    return grad({y.sum()}, {x})[0];
  });
  EXPECT_EQ(derivative(tensor({2.0, -1.0})).to_vector<float>(), (std::vector<float>{1, 0}));
}

TEST(Scale, AnEagerChainOfAHundredThousandNodesRuns) {
  const Tensor x = tensor({1.0}).requires_grad_();
  Tensor y = x;
  for (int i = 0; i < 100000; ++i) y = y + x;
  y.backward();
  EXPECT_EQ(x.grad().item(), 100001);
}

TEST(Scale, ANodeWithTenThousandConsumersGetsOneAccumulateOfAsManySlots) {
  auto derivative = compile([](Tensor x) {
    x.requires_grad_();
    std::vector<Tensor> uses;
    for (int i = 0; i < 10000; ++i) uses.push_back((x * i).sum());
    return grad({stack(uses).sum()}, {x})[0];
  });
  EXPECT_EQ(derivative(tensor({1.0}, kFloat64)).item(), 10000.0 * 9999 / 2);
}

TEST(Scale, ADiamondOf200LevelsIsWalkedOnceANodeNotOnceAPath) {
  auto both = compile([](Tensor x) {
    x.requires_grad_();
    Tensor y = x;
    for (int i = 0; i < 200; ++i) y = y * 0.5 + y.sin() * 0.5;
    return std::tuple(y, grad({y.sum()}, {x})[0]);
  });
  const auto [y, dydx] = both(tensor({1.0}, kFloat64));
  double value = 1, slope = 1;
  for (int i = 0; i < 200; ++i) {
    slope *= 0.5 + 0.5 * std::cos(value);
    value = 0.5 * value + 0.5 * std::sin(value);
  }
  EXPECT_NEAR(y.item(), value, 1e-12);
  EXPECT_NEAR(dydx.item(), slope, 1e-12);
}

}  // namespace
}  // namespace weft
