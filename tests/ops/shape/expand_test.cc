#include <gmock/gmock.h>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

TEST(ExpandTest, RepeatsRowsColumnsAndScalars) {
  const Tensor row = tensor({1., 2.});
  EXPECT_THAT(row.expand({2, 2}).to_vector<float>(), ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(row.view({2, 1}).expand({2, 3}).to_vector<float>(), ElementsAre(1, 1, 1, 2, 2, 2));
  EXPECT_THAT(tensor(7.).expand({3}).to_vector<float>(), ElementsAre(7, 7, 7));
  EXPECT_THAT(row.view({1, 2, 1}).expand({2, 2, 2}).to_vector<float>(), ElementsAre(1, 1, 2, 2, 1, 1, 2, 2));
}

TEST(ExpandTest, MinusOneKeepsAnExtent) { EXPECT_EQ(zeros({3, 1}).expand({2, -1, 4}).shape(), Shape({2, 3, 4})); }

TEST(ExpandTest, CopiesEveryDtype) {
  EXPECT_THAT(tensor({true, false}).expand({2, 2}).to_vector<bool>(), ElementsAre(true, false, true, false));
  EXPECT_THAT(tensor({1, 2}).expand({2, 2}).to_vector<std::int64_t>(), ElementsAre(1, 2, 1, 2));
}

TEST(ExpandTest, ToNoElements) {
  EXPECT_THAT(zeros({1, 3}).expand({0, 3}).to_vector<float>(), IsEmpty());
  EXPECT_THAT(zeros({0}).expand({2, 0}).to_vector<float>(), IsEmpty());
}

TEST(ExpandTest, GradientIsTheSumOverTheCopies) {
  const Tensor x = tensor({{1.}, {2.}}).requires_grad_();
  const Tensor y = x.expand({3, 2, 2});
  EXPECT_STREQ(y.grad_fn().name(), "ExpandBackward0");
  y.sum().backward();
  EXPECT_EQ(x.grad().shape(), Shape({2, 1}));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(6, 6));
}

TEST(ExpandTest, GradientOfNoCopiesIsZero) {
  const Tensor x = ones({1, 2}).requires_grad_();
  x.expand({0, 2}).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, 0));
}

TEST(ExpandTest, RefusesExtentsOtherThanOne) {
  EXPECT_THAT(
      [] {
        zeros({2, 3}).expand({4, 3});
      },
      ThrowsMessage<Error>(HasSubstr("[expand] a: f32[2,3]: extent 2 of dim 0 cannot become that of [4,3]")));
  EXPECT_THAT([] { zeros({2, 3}).expand({3}); }, ThrowsMessage<Error>(HasSubstr("fewer dims")));
  EXPECT_THAT([] { zeros({3}).expand({-1, 3}); }, ThrowsMessage<Error>(HasSubstr("new dim")));
  EXPECT_THAT([] { zeros({3}).expand({-2, 3}); }, ThrowsMessage<Error>(HasSubstr("negative extent")));
  EXPECT_THAT([] { tensor(1.).expand({1 << 21, 1 << 21}); }, ThrowsMessage<Error>(HasSubstr("2^40")));
}

}  // namespace
}  // namespace weft
