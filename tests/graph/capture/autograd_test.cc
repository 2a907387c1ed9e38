// backward(), grad() and what they refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> values(const Tensor& t) { return t.to_vector<float>(); }

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Tensor leaf(const Literal& v) { return tensor(v, kFloat32).requires_grad_(); }

TEST(Backward, OfANonScalarNeedsWeights) {
  const Tensor y = leaf({1.0, 2.0}) * 2;
  EXPECT_THAT(error_of([&] { y.backward(); }), HasSubstr("[backward] f32[2]: only a scalar"));
}

TEST(Backward, NamesTheUsersLine) {
  const Tensor y = leaf({1.0, 2.0}) * 2;
  const std::string message = error_of([&] { y.backward(); });
  EXPECT_THAT(message, HasSubstr("autograd_test.cc:" + std::to_string(__LINE__ - 1)));
}

TEST(Backward, RefusesWeightsOfAnotherShape) {
  const Tensor y = leaf({1.0, 2.0}) * 2;
  EXPECT_THAT(error_of([&] { y.backward(ones({3})); }), HasSubstr("[backward] f32[2], weights: f32[3]"));
}

TEST(Backward, RefusesATensorThatRequiresNoGrad) {
  EXPECT_THAT(error_of([] { ones({1}).backward(); }), HasSubstr("does not require gradients"));
}

TEST(Backward, ThroughAUsedUpGraphIsRefused) {
  const Tensor x = leaf({3.0});
  const Tensor y = x * x;
  y.backward();
  EXPECT_THAT(error_of([&] { y.backward(); }), HasSubstr("used up by an earlier backward()"));
  const Tensor z = y * 2;  // its value can still be used
  EXPECT_EQ(z.item(), 18);
  EXPECT_THAT(error_of([&] { z.backward(); }), HasSubstr("used up by an earlier backward()"));
}

TEST(Backward, RetainGraphAllowsAnother) {
  const Tensor x = leaf({3.0});
  const Tensor y = x * x;
  y.backward({}, /*retain_graph=*/true);
  y.backward();
  EXPECT_THAT(values(x.grad()), ElementsAre(12));
}

TEST(Backward, OfTwoLossesCapturedTogetherLeavesTheOtherWhole) {
  const Tensor a = leaf({2.0}), b = leaf({5.0});
  const Tensor first = a * a, second = b * b * b;
  first.backward();
  second.backward();
  EXPECT_THAT(values(a.grad()), ElementsAre(4));
  EXPECT_THAT(values(b.grad()), ElementsAre(75));
}

TEST(Backward, KeepsTheValuesOfTensorsThatAreHeld) {
  const Tensor x = leaf({3.0});
  const Tensor h = x * 2;
  const Tensor y = h * h;
  y.backward();
  x.data() *= 10;
  EXPECT_THAT(values(h), ElementsAre(6));
  EXPECT_THAT(values(y), ElementsAre(36));
}

TEST(Backward, SumsTheGradientsOfAllUsesOfALeaf) {
  const Tensor x = leaf({2.0});
  (x * x + x * 3 + x).backward();
  EXPECT_THAT(values(x.grad()), ElementsAre(2 * 2 + 3 + 1));
}

TEST(Backward, WeightsThatRequireGradientsGiveGradientsThatDoNot) {
  const Tensor x = leaf({1.0, 2.0}), weights = leaf({3.0, 4.0});
  (x + 1).backward(weights);
  EXPECT_THAT(values(x.grad()), ElementsAre(3, 4));
  EXPECT_FALSE(x.grad().requires_grad());
  x.grad().zero_();
  EXPECT_THAT(values(x.grad()), ElementsAre(0, 0));
  EXPECT_THAT(values(weights), ElementsAre(3, 4));
}

TEST(Backward, JoinsGraphsThatWereCapturedApart) {
  const Tensor x = leaf({2.0}), w = leaf({3.0});
  const Tensor y = x * x;
  y.item();  // ends the graph of y
  const Tensor v = w * w;
  v.item();
  (y * v).backward();
  EXPECT_THAT(values(x.grad()), ElementsAre(2 * 2 * 9));
  EXPECT_THAT(values(w.grad()), ElementsAre(2 * 3 * 4));
}

TEST(RequiresGrad, IsRefusedForIntegers) {
  EXPECT_THAT(error_of([] { tensor({1, 2}).requires_grad_(); }), HasSubstr("only floating tensors"));
}

TEST(RequiresGrad, IsRefusedForNonLeaves) {
  const Tensor y = leaf({1.0}) * 2;
  EXPECT_THAT(error_of([&] { y.requires_grad_(false); }), HasSubstr("only the flag of a leaf"));
}

TEST(RequiresGrad, Propagates) {
  const Tensor a = ones({1}), b = leaf({1.0});
  EXPECT_FALSE((a * a).requires_grad());
  EXPECT_TRUE((a * b).requires_grad());
  EXPECT_FALSE((b > 0).requires_grad());
}

TEST(NoGrad, NestsAndSurvivesExceptions) {
  {
    const NoGradGuard outer;
    try {
      const NoGradGuard inner;
      throw 1;
    } catch (int) {
    }
    EXPECT_FALSE(grad_enabled());
    {
      const GradModeGuard on(true);
      EXPECT_TRUE((leaf({1.0}) * 2).requires_grad());
    }
    EXPECT_FALSE((leaf({1.0}) * 2).requires_grad());
  }
  EXPECT_TRUE(grad_enabled());
}

TEST(RetainGrad, KeepsTheGradientOfAResult) {
  const Tensor x = leaf({3.0});
  const Tensor h = x * 2;
  EXPECT_FALSE(h.retains_grad());
  h.retain_grad();
  (h * h).backward();
  EXPECT_THAT(values(h.grad()), ElementsAre(12));
  EXPECT_THAT(values(x.grad()), ElementsAre(24));
}

TEST(Detach, CutsTheGraphAndSharesTheValue) {
  const Tensor x = leaf({3.0});
  const Tensor d = (x * x).detach();
  EXPECT_FALSE(d.requires_grad());
  EXPECT_TRUE(d.is_leaf());
  (d * x).backward();
  EXPECT_THAT(values(x.grad()), ElementsAre(9));
}

TEST(Grad, TouchesNoGradField) {
  const Tensor x = leaf({3.0});
  const auto g = grad({x * x}, {x});
  EXPECT_THAT(values(g[0]), ElementsAre(6));
  EXPECT_FALSE(x.grad().defined());
}

TEST(Grad, OfAGradientIsTheSecondDerivative) {
  const Tensor x = leaf({2.0});
  const Tensor y = x * x * x;
  const Tensor first = grad({y}, {x}, {.create_graph = true})[0];
  const Tensor second = grad({first}, {x}, {.create_graph = true})[0];
  const Tensor third = grad({second}, {x})[0];
  EXPECT_EQ(first.item(), 12);
  EXPECT_EQ(second.item(), 12);
  EXPECT_EQ(third.item(), 6);
}

// c = x^3, g = 3 x^2: the derivative of c + g^2 + x^2 is 3 x^2 + 36 x^3 + 2 x.
TEST(Grad, OfAnExpressionWithAnEarlierGradient) {
  const Tensor x = leaf({1.0});
  const Tensor c = x * x * x;
  const Tensor g = grad({c}, {x}, {.create_graph = true})[0];
  EXPECT_EQ(grad({c + g * g + x * x}, {x})[0].item(), 41);
}

TEST(Grad, OfAPowerWithTheExponentZeroIsZero) {
  const Tensor x = leaf({1.0, 2.0});
  EXPECT_THAT(values(grad({pow(x, 0.0).sum()}, {x})[0]), ElementsAre(0, 0));
}

TEST(Grad, OfAnUnusedInputIsRefusedUnlessAllowed) {
  const Tensor x = leaf({2.0}), unused = leaf({1.0});
  EXPECT_THAT(error_of([&] { grad({x * x}, {unused}); }), HasSubstr("no output depends on input 0"));
  EXPECT_FALSE(grad({x * x}, {unused}, {.allow_unused = true})[0].defined());
}

TEST(Grad, WithRespectToAResult) {
  const Tensor x = leaf({2.0});
  const Tensor h = x * 3;
  EXPECT_THAT(values(grad({h * h}, {h})[0]), ElementsAre(12));
}

TEST(CreateGraph, MakesGradFieldsDifferentiable) {
  const Tensor x = leaf({2.0});
  (x * x * x).backward({}, false, /*create_graph=*/true);
  const Tensor g = x.grad();
  x.set_grad({});
  g.backward();
  EXPECT_THAT(values(x.grad()), ElementsAre(12));
}

TEST(InPlace, WritesToALeafThatRequiresGradAreRefused) {
  const Tensor x = leaf({2.0});
  EXPECT_THAT(error_of([&] { x.mul_(2); }), HasSubstr("a leaf that requires gradients is written in place"));
  const NoGradGuard no_grad;
  x.mul_(2);
  EXPECT_THAT(values(x), ElementsAre(4));
}

TEST(InPlace, OnAResultIsPartOfTheGraph) {
  const Tensor x = leaf({2.0});
  const Tensor y = x * 3;
  y.mul_(y);
  y.backward();
  EXPECT_THAT(values(x.grad()), ElementsAre(2 * 9 * 2));
}

TEST(InPlace, ChangesEveryHandle) {
  const Tensor x = ones({2});
  const Tensor same = x;
  x.add_(1);
  EXPECT_THAT(values(same), ElementsAre(2, 2));
}

TEST(Data, WritesReachTheLeafButNoOperationCapturedBefore) {
  const Tensor x = leaf({1.0, 2.0});
  const Tensor y = x * 10;
  x.data().mutable_data_ptr<float>()[0] = 7;
  EXPECT_THAT(values(x), ElementsAre(7, 2));
  EXPECT_THAT(values(y), ElementsAre(10, 20));
}

TEST(Undefined, IsRefusedByName) {
  EXPECT_THAT(error_of([] { Tensor() + 1; }), HasSubstr("undefined tensor"));
  EXPECT_THAT(error_of([] { Tensor().shape(); }), HasSubstr("undefined tensor"));
}

TEST(Autograd, ALeafThatRequiresGradientsNoMoreGetsNone) {
  const Tensor w = ones({2}).requires_grad_(), v = ones({2}).requires_grad_();
  const Tensor loss = (w * v * 2).sum();
  w.requires_grad_(false);
  loss.backward();
  EXPECT_FALSE(w.grad().defined());
  EXPECT_EQ(v.grad().to_vector<float>(), (std::vector<float>{2, 2}));
}

}  // namespace
}  // namespace weft
