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

TEST(Scale, BackwardOfTwentyThousandLossesThatWereCapturedTogether) {
  const Tensor w = ones({2}).requires_grad_();
  std::vector<Tensor> losses;
  for (int i = 0; i < 20000; ++i) losses.push_back((w * (i % 8)).sum());
  for (const Tensor& loss : losses) loss.backward();
  EXPECT_EQ(w.grad().to_vector<float>(), (std::vector<float>(2, 20000 / 8 * 28)));
}

TEST(Scale, FortyThousandTensorsThatWereCapturedTogetherAreLookedAtOneByOne) {
  const Tensor w = ones({2});
  std::vector<Tensor> sums;
  for (int i = 0; i < 40000; ++i) sums.push_back((w * i).sum());
  for (int i = 0; i < 40000; ++i) ASSERT_EQ(sums[static_cast<std::size_t>(i)].item(), 2 * i);
}

TEST(Scale, ALoopThatLooksAtANumberInEachOfTwentyThousandRounds) {
  Tensor y = zeros({8});
  for (int i = 1; i <= 20000; ++i) {
    y = y + 1;
    ASSERT_EQ(y.sum().item(), 8 * i);
  }
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

// Each level adds a hundred times the level below: the derivative is 100^4.
TEST(Scale, LevelsOfAHundredUsesOfTheLevelBelowAreNotWrittenOut) {
  const Tensor x = zeros({4}).requires_grad_();
  Tensor h = tanh(x);
  const Tensor first = h;
  for (int level = 0; level < 4; ++level) {
    Tensor y = h;
    for (int i = 1; i < 100; ++i) y = y + h;
    h = y;
  }
  const std::vector<Tensor> slopes = grad({tanh(h).sum()}, {first, x});
  EXPECT_EQ(slopes[0].to_vector<float>(), std::vector<float>(4, 1e8F));
  EXPECT_EQ(slopes[1].to_vector<float>(), std::vector<float>(4, 1e8F));
}

TEST(Scale, OneValueIsReadByMoreCallsThanASmallNumberCounts) {
  constexpr int kUses = 70000;  // more than 2^16
  const Tensor x = zeros({4}).requires_grad_();
  const Tensor h = tanh(x);
  Tensor y = h;
  for (int i = 1; i < kUses; ++i) y = y + h;
  EXPECT_EQ(grad({tanh(y).sum()}, {x})[0].to_vector<float>(), std::vector<float>(4, kUses));
}

}  // namespace
}  // namespace weft
