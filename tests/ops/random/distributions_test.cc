#include <gmock/gmock.h>

#include <algorithm>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

TEST(Randperm, IsAPermutation) {
  manual_seed(3);
  std::vector<std::int64_t> order = randperm(50).to_vector<std::int64_t>();
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (std::int64_t i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Bernoulli, IsOneAsOftenAsItsProbability) {
  manual_seed(3);
  const Tensor p = tensor({0., 0.25, 1.}).unsqueeze(1).expand({3, 10000});
  const std::vector<float> means = bernoulli(p).mean(1).to_vector<float>();
  EXPECT_THAT(means, ElementsAre(0, testing::FloatNear(0.25f, 0.02f), 1));
}

TEST(Multinomial, DrawsByWeight) {
  manual_seed(3);
  const Tensor weights = tensor({{1., 0., 3.}, {0., 1., 0.}});
  const Tensor drawn = multinomial(weights, 4000, /*replacement=*/true);
  EXPECT_NEAR((drawn.select(0, 0) == 2).to(kFloat32).mean().item(), 0.75, 0.03);
  EXPECT_EQ((drawn.select(0, 0) == 1).sum().item(), 0);
  EXPECT_EQ((drawn.select(0, 1) == 1).sum().item(), 4000);
}

TEST(Multinomial, WithoutReplacementDrawsEachIndexOnce) {
  manual_seed(3);
  std::vector<std::int64_t> drawn = multinomial(ones(20), 20).to_vector<std::int64_t>();
  std::sort(drawn.begin(), drawn.end());
  for (std::int64_t i = 0; i < 20; ++i) EXPECT_EQ(drawn[static_cast<std::size_t>(i)], i);
  int first = 0;
  for (int draw = 0; draw < 400; ++draw) first += multinomial(tensor({1., 3.}), 1).item<int>();
  EXPECT_NEAR(first, 300, 40);
}

TEST(Multinomial, NeverDrawsWhatHasNoWeight) {
  manual_seed(5);
  const Tensor weights = zeros(1 << 20);
  weights.index_put_({7}, 1);
  for (int draw = 0; draw < 20; ++draw) EXPECT_EQ(multinomial(weights, 1).item(), 7);
}

TEST(Normal, HasItsMeanAndDeviation) {
  manual_seed(3);
  const Tensor x = normal(2, 0.5, {20000}, kFloat64);
  EXPECT_NEAR(x.mean().item(), 2, 0.02);
  EXPECT_NEAR(x.std().item(), 0.5, 0.02);
}

TEST(Linspace, HasBothEnds) {
  EXPECT_EQ(to_string(linspace(0, 1, 5)), "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])");
  EXPECT_EQ(linspace(-0.1, 0.7, 11, kFloat64).select(0, -1).item(), 0.7);
  EXPECT_EQ(to_string(linspace(3, 4, 1)), "tensor([3.])");
  EXPECT_EQ(to_string(logspace(0, 2, 3)), "tensor([  1.,  10., 100.])");
}

TEST(Likes, HaveTheShapeAndDtypeOfTheirModel) {
  const Tensor model = zeros({2, 3}, kFloat64);
  for (const Tensor& x : {full_like(model, 2), empty_like(model), rand_like(model), randn_like(model)}) {
    EXPECT_EQ(x.shape(), model.shape());
    EXPECT_EQ(x.dtype(), kFloat64);
  }
}

}  // namespace
}  // namespace weft
