// Looking at a value is a cache: it changes no result, no bit, no gradient, no gradient function and no error.
#include <gtest/gtest.h>

#include <functional>

#include "weft/weft.h"

namespace weft {
namespace {

// What a program gives when each tensor that it hands over is looked at, and when none is.
struct Outcome {
  float looked, not_looked;
};
Outcome outcomes(const std::function<float(std::function<void(const Tensor&)>)>& program) {
  return {program([](const Tensor& t) { (void)t.item(); }), program([](const Tensor&) {})};
}

TEST(LooksTest, TheOrderInWhichGradientsAreAddedUpIsThatOfTheProgram) {
  const Outcome outcome = outcomes([](const auto& look) {
    const Tensor w = ones({}).requires_grad_();
    const Tensor a = w * -1e8 + w * 1e8;
    look(a);
    (w * 1.0 + a).backward();
    return w.grad().item<float>();
  });
  EXPECT_EQ(outcome.looked, outcome.not_looked);
}

TEST(LooksTest, ABackwardInBetweenIsNoOtherOrder) {
  const auto slope = [](bool compiled) {
    const Tensor w = ones({}).requires_grad_();
    const auto body = [&] {
      const Tensor a = w * -1e8 + w * 1e8;
      (w * 0.0).backward();
      (w * 1.0 + a).backward();
    };
    if (compiled) {
      compile(body)();
    } else {
      body();
    }
    return w.grad().item<float>();
  };
  EXPECT_EQ(slope(false), slope(true));
}

TEST(LooksTest, GradSeesUsesFromBeforeALook) {
  const Tensor x = tensor({1.0}).requires_grad_();
  const Tensor a = x * 2;
  (void)a.item();
  const Tensor b = x * 3;
  EXPECT_EQ(grad({a + b}, {x})[0].item(), 5);
}

TEST(LooksTest, AResultThatWasLookedAtTakesWritesWithGradients) {
  for (const bool look : {false, true}) {
    const Tensor w = full({}, 3).requires_grad_();
    const Tensor y = ones({}) * 2;
    if (look) (void)y.item();
    y.add_(w * w);
    (y * w).backward();
    EXPECT_EQ(w.grad().item(), 29) << look;
  }
}

TEST(LooksTest, ALookKeepsTheGradientFunction) {
  const Tensor y = exp(ones({}).requires_grad_());
  (void)y.item();
  EXPECT_STREQ(y.grad_fn().name(), "ExpBackward0");
  EXPECT_FALSE(y.is_leaf());
}

TEST(LooksTest, ALoopThatLooksEachRoundKeepsNoHistoryOfWhatNeedsNone) {
  Tensor y = ones({8});
  (void)(y * 0.9).sum().item();  // plans the round
  const std::size_t before = eager_stats().plans;
  for (int i = 0; i < 100; ++i) {
    y = tanh(y * 0.9);
    (void)y.sum().item();
  }
  EXPECT_LE(eager_stats().plans - before, 2u);  // each round has the structure of the one before
}

}  // namespace
}  // namespace weft
