// In-place methods of functions, and writes through views that several views make up.
#include <gmock/gmock.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

std::vector<float> elements(const Tensor& x) { return x.to_vector<float>(); }

TEST(InPlaceFunctions, AreTheFunctionsOfTheSameName) {
  const Tensor x = tensor({0., 1., 4.});
  EXPECT_TRUE(x.sqrt_().is_same(x));
  EXPECT_THAT(elements(x), ElementsAre(0, 1, 2));
  EXPECT_THAT(elements(x.pow_(2).neg_().clamp_(-3)), ElementsAre(0, -1, -3));
  EXPECT_THAT(elements(x.masked_fill_(x < -2, 5)), ElementsAre(0, -1, 5));
  EXPECT_THAT(elements(x.index_fill_(0, tensor({0}), 7)), ElementsAre(7, -1, 5));
  EXPECT_THAT(elements(x.index_add_(0, tensor({1, 1}), ones(2), 2)), ElementsAre(7, 3, 5));
  EXPECT_THAT(elements(x.scatter_(0, tensor({2}), 0)), ElementsAre(7, 3, 0));
}

TEST(InPlaceFunctions, PassGradientsOnEagerlyAndCompiled) {
  const auto body = [](const Tensor& w) {
    const Tensor x = w * 2;
    x.exp_().relu_().index_add_(0, tensor({0, 0}), w);
    EXPECT_STREQ(x.grad_fn().name(), "IndexAddBackward0");
    return std::vector<Tensor>{x, grad({x.sum()}, {w})[0]};
  };
  const Tensor w = tensor({0., 1.}).requires_grad_();
  const auto eager = body(w), compiled = compile(body)(w);
  EXPECT_THAT(elements(eager[1]), ElementsAre(3, testing::FloatNear(15.7781f, 1e-3f)));
  EXPECT_EQ(elements(compiled[0]), elements(eager[0]));
  EXPECT_EQ(elements(compiled[1]), elements(eager[1]));
}

TEST(ViewsOfViews, AreWrittenThrough) {
  const Tensor x = zeros({2, 3});
  split(x, 2, 1)[1].fill_(5);
  diagonal(x).fill_(1);
  movedim(x, 0, 1).select(0, 1).add_(1);
  unbind(x)[0].mul_(10);
  EXPECT_THAT(elements(x), ElementsAre(10, 10, 50, 0, 2, 5));
}

TEST(ViewsOfViews, AreTensorsOfTheirOwnWhereNothingMoves) {
  const Tensor w = ones(4).requires_grad_();
  const NoGradGuard no_grad;
  const Tensor moved = movedim(w, 0, -1), unflattened = unflatten(w, 0, {4});
  const GradModeGuard grad_mode(true);
  EXPECT_FALSE((moved * 2).requires_grad());
  EXPECT_FALSE((unflattened.reshape(4) * 2).requires_grad());
}

TEST(RandomFills, FollowTheGenerator) {
  manual_seed(1);
  const Tensor x = zeros(1000).uniform_(2, 3), y = zeros(1000).normal_(5, 0.1);
  EXPECT_GE(x.min().item(), 2);
  EXPECT_LT(x.max().item(), 3);
  EXPECT_NEAR(y.mean().item(), 5, 0.02);
  manual_seed(1);
  EXPECT_EQ(elements(zeros(1000).uniform_(2, 3)), elements(x));
}

}  // namespace
}  // namespace weft
