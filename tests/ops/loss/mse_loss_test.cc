#include <gmock/gmock.h>

#include <cmath>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(MseLossTest, ReducesSquaresOfDifferences) {
  const Tensor a = tensor({1.0, 2.0, 5.0}), b = tensor({1.0, 4.0, 1.0});
  EXPECT_THAT(mse_loss(a, b, Reduction::none).to_vector<float>(), ElementsAre(0, 4, 16));
  EXPECT_EQ(mse_loss(a, b, Reduction::sum).item(), 20);
  EXPECT_FLOAT_EQ(mse_loss(a, b).item<float>(), 20.0f / 3);
}

TEST(MseLossTest, GradientIsTwiceTheDifferenceOverTheCount) {
  const Tensor a = tensor({1.0, 2.0}).requires_grad_(), b = tensor({3.0, -2.0}).requires_grad_();
  const Tensor loss = mse_loss(a, b);
  EXPECT_STREQ(loss.grad_fn().name(), "MseLossBackward0");
  loss.backward();
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(-2, 4));
  EXPECT_THAT(b.grad().to_vector<float>(), ElementsAre(2, -4));
}

TEST(Losses, AreCalledAsTheirReductionIs) {
  const Tensor a = ones({2}).requires_grad_(), b = zeros({2});
  EXPECT_STREQ(l1_loss(a, b, Reduction::none).grad_fn().name(), "AbsBackward0");
  EXPECT_STREQ(l1_loss(a, b).grad_fn().name(), "MeanBackward0");
  EXPECT_STREQ(margin_ranking_loss(a, b, ones({2}), 0, Reduction::sum).grad_fn().name(), "SumBackward0");
}

TEST(MseLossTest, ScalarsCountInThePromotion) {
  const Tensor a = tensor({1.0, 2.0}), b = tensor(3.0, kFloat64);
  EXPECT_EQ(mse_loss(a, b).dtype(), kFloat64);
  EXPECT_EQ(mse_loss(a, b, Reduction::sum).item(), 5);
  EXPECT_EQ(mse_loss(a, tensor({1, 4})).dtype(), kFloat32);
}

TEST(MseLossTest, OfNoElements) {
  EXPECT_TRUE(std::isnan(mse_loss(zeros({0}), zeros({0})).item()));
  EXPECT_EQ(mse_loss(zeros({0}), zeros({0}), Reduction::sum).item(), 0);
}

TEST(MseLossTest, RefusesIntegers) {
  EXPECT_THAT(
      [] {
        mse_loss(tensor({1, 2}), tensor({3, 4}));
      },
      ThrowsMessage<Error>(HasSubstr("[mse_loss] a: i64[2], b: i64[2]: needs a floating tensor")));
}

TEST(MseLossTest, RefusesShapesThatDoNotBroadcast) { EXPECT_THROW(mse_loss(zeros({2}), zeros({3})), Error); }

}  // namespace
}  // namespace weft
