// Views share the elements of their base: writes go both ways, with gradients.
#include <gtest/gtest.h>

#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

TEST(ViewsTest, WritesToPartsWriteTheBase) {
  const Tensor x = zeros({2, 2});
  x.select(0, 0).fill_(9);
  x.narrow(0, 1, 1) += 7;
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(9, 9, 7, 7));
}

TEST(ViewsTest, WritesToAnotherOrderWriteTheBase) {
  const Tensor x = arange(6).to(kFloat32).reshape({2, 3});
  x.t().select(0, 1).mul_(10);
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(0, 10, 2, 3, 40, 5));
  x.permute({1, 0}).select(0, 0).fill_(-1);
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(-1, 10, 2, -1, 40, 5));
}

TEST(ViewsTest, WritesToAnotherShapeWriteTheBase) {
  const Tensor x = ones({2, 2});
  x.view({-1}).mul_(2);
  x.unsqueeze(0).flatten().slice(0, 1, 4, 2).fill_(0);
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(2, 0, 2, 0));
}

TEST(ViewsTest, WritesToTheBaseAreSeenByItsViews) {
  const Tensor x = zeros({4});
  const Tensor half = x.narrow(0, 0, 2), row = x.view({1, 4});
  x.fill_(3);
  EXPECT_THAT(half.to_vector<float>(), ElementsAre(3, 3));
  half.add_(1);
  EXPECT_THAT(row.to_vector<float>(), ElementsAre(4, 4, 3, 3));
}

TEST(ViewsTest, WhatWasComputedFromAViewEarlierStays) {
  const Tensor x = ones({2});
  const Tensor y = x.view({2, 1}) + 1;
  x.fill_(5);
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(2, 2));
}

TEST(ViewsTest, DetachSharesTheElements) {
  const Tensor w = zeros({1}).requires_grad_();
  w.detach().fill_(7);
  EXPECT_EQ(to_string(w), "tensor([7.], requires_grad=True)");
}

TEST(ViewsTest, GradientsFlowThroughWritesToViews) {
  const Tensor w = tensor({2.0, 3.0}).requires_grad_();
  const Tensor x = zeros({2, 2});
  x.select(0, 1).copy_(w * w);
  EXPECT_TRUE(x.requires_grad());
  (x * 10).sum().backward();
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(40, 60));
}

TEST(ViewsTest, OverwrittenPartsPassNoGradient) {
  const Tensor w = ones({3}).requires_grad_();
  const Tensor y = w * 2;
  y.narrow(0, 1, 1).zero_();
  y.sum().backward();
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(2, 0, 2));
}

TEST(ViewsTest, AViewOfALeafThatRequiresGradientsIsNotWritten) {
  const Tensor w = ones({2}).requires_grad_();
  EXPECT_THROW(w.view({2, 1}).mul_(2), Error);
  const NoGradGuard no_grad;
  w.view({2, 1}).mul_(2);
  EXPECT_THAT(w.to_vector<float>(), ElementsAre(2, 2));
}

TEST(ViewsTest, AReshapeThatNeedsACopyIsNoView) {
  const Tensor x = zeros({2, 3});
  x.t().reshape({6}).fill_(1);
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(ViewsTest, RepeatedElementsAreNotWritten) {
  EXPECT_THROW(ones({1}).expand({3}).add_(1), Error);
  const Tensor x = ones({1});
  x.expand({1, 1}).add_(1);  // nothing is repeated
  ones({1, 0}).expand({3, 0}).add_(1);
  EXPECT_EQ(x.item(), 2);
}

// Each place gets one value, whichever of its elements is written.
TEST(ViewsTest, RepeatedElementsAreFilled) {
  const Tensor x = zeros({2, 1});
  x.expand({3, 2, 4}).fill_(7);
  EXPECT_EQ(to_string(x), "tensor([[7.],\n        [7.]])");
  x.select(0, 1).expand({5}).zero_();
  EXPECT_EQ(to_string(x), "tensor([[7.],\n        [0.]])");
}

TEST(ViewsTest, AFlagThatTheBaseGetsLaterIsNoneOfTheViews) {
  const Tensor x = ones({2});
  const Tensor view = x.view({2, 1});
  x.requires_grad_();
  EXPECT_FALSE(view.requires_grad());
}

TEST(ViewsTest, CompiledAndEagerWritesAgree) {
  const auto body = [](Tensor x) {
    x.select(0, 0).mul_(3);
    x.narrow(1, 1, 1) += 1;
    return x.t() * 2;
  };
  const Tensor a = arange(4).to(kFloat32).reshape({2, 2}).detach() + 0, b = a + 0;
  const Tensor eager = body(a), compiled = compile(body)(b);
  EXPECT_EQ(a.to_vector<float>(), b.to_vector<float>());
  EXPECT_EQ(eager.to_vector<float>(), compiled.to_vector<float>());
}

TEST(Views, OfATensorWithAHistoryThatWereMadeWithoutGradModeAreNotWrittenWithIt) {
  const Tensor x = ones({3}).requires_grad_() * 2;
  Tensor view;
  {
    const NoGradGuard no_grad;
    view = x.select(0, 0);
  }
  EXPECT_THROW(view.fill_(1), Error);
  const NoGradGuard no_grad;
  view.fill_(1);
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{1, 2, 2}));
}

TEST(Views, OfExpandedTensorsAreNotWritten) {
  const Tensor x = ones({1, 3});
  EXPECT_THROW(x.expand({4, 3}).select(0, 2).fill_(1), Error);
  EXPECT_THROW(x.expand({4, 3}).narrow(0, 1, 1).fill_(1), Error);
}

TEST(Views, HaveAnotherGradientFunctionOnceTheirBaseWasWritten) {
  const Tensor x = ones({2}).requires_grad_(), y = x * 2, view = y.view({2, 1}), other = y.select(0, 0);
  EXPECT_STREQ(view.grad_fn().name(), "ViewBackward0");
  view.add_(1);
  EXPECT_STREQ(view.grad_fn().name(), "AsStridedBackward0");
  EXPECT_STREQ(other.grad_fn().name(), "AsStridedBackward0");
  EXPECT_STREQ(y.select(0, 0).grad_fn().name(), "SelectBackward0");
}

}  // namespace
}  // namespace weft
