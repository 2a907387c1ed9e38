#include <gmock/gmock.h>

#include <algorithm>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

TEST(DropoutTest, DropsAboutTheShareAskedForAndScalesTheRest) {
  manual_seed(3);
  const std::vector<float> y = dropout(ones({10'000}), .75, true).to_vector<float>();
  EXPECT_THAT(y, Each(AnyOf(Eq(0.f), Eq(4.f))));
  EXPECT_NEAR(static_cast<double>(std::count(y.begin(), y.end(), 0.f)), 7'500, 150);
}

TEST(DropoutTest, GradientHasTheSameMask) {
  manual_seed(3);
  const Tensor x = ones({100}).requires_grad_();
  const Tensor y = dropout(x, .5, true);
  EXPECT_STREQ(y.grad_fn().name(), "MulBackward0");
  y.sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), y.to_vector<float>());
}

TEST(DropoutTest, CanBeDifferentiatedTwice) {
  manual_seed(3);
  const Tensor x = full({20}, 3).requires_grad_();
  const Tensor y = dropout(x, .5, true);
  const Tensor dx = grad({(y * y).sum()}, {x}, {.create_graph = true})[0];
  const Tensor ddx = grad({dx.sum()}, {x})[0];  // 2 m^2 for the mask m of 0 and 2
  const std::vector<float> mask = y.to_vector<float>(), second = ddx.to_vector<float>();
  for (std::size_t i = 0; i < mask.size(); ++i) EXPECT_EQ(second[i], mask[i] == 0 ? 0 : 8) << i;
}

TEST(DropoutTest, EachCallDropsOthers) {
  manual_seed(3);
  const Tensor x = ones({100});
  EXPECT_NE(dropout(x, .5, true).to_vector<float>(), dropout(x, .5, true).to_vector<float>());
}

TEST(DropoutTest, DoesNothingOutsideOfTrainingOrForZero) {
  const Tensor x = ones({5});
  EXPECT_TRUE(dropout(x, .5, false).is_same(x));
  EXPECT_TRUE(dropout(x, 0, true).is_same(x));
  EXPECT_EQ(dropout(2.5, 0, true).item(), 2.5);
}

TEST(DropoutTest, OfEverythingIsZero) { EXPECT_THAT(dropout(ones({5}), 1, true).to_vector<float>(), Each(Eq(0.f))); }

TEST(DropoutTest, OfNoElements) { EXPECT_THAT(dropout(ones({0, 2}), .5, true).to_vector<float>(), IsEmpty()); }

TEST(DropoutTest, RefusesWhatIsNoProbability) {
  const Tensor x = ones({2});
  EXPECT_THAT([&] { dropout(x, -.1, true); }, ThrowsMessage<Error>(HasSubstr("[dropout] p = -0.1")));
  EXPECT_THAT([&] { dropout(x, 1.5, false); }, ThrowsMessage<Error>(HasSubstr("outside of [0, 1]")));
  EXPECT_THAT([&] { dropout(x, std::nan(""), true); }, ThrowsMessage<Error>(HasSubstr("outside of [0, 1]")));
  EXPECT_THAT([&] { dropout(tensor({1, 2}), .5, true); }, ThrowsMessage<Error>(HasSubstr("floating")));
  EXPECT_THAT([&] { dropout(Tensor(), .5, false); }, ThrowsMessage<Error>(HasSubstr("undefined")));
}

}  // namespace
}  // namespace weft
