#include <gmock/gmock.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Rows of the weight are the outputs: x0 + 2 x1 and 3 x0 + 4 x1.
Tensor weight() { return tensor({{1., 2.}, {3., 4.}}); }

TEST(LinearTest, MultipliesByTheTransposedWeightAndAddsTheBias) {
  const Tensor x = tensor({{1., 0.}, {0., 1.}, {1., 1.}});
  EXPECT_THAT(linear(x, weight()).to_vector<float>(), ElementsAre(1, 3, 2, 4, 3, 7));
  EXPECT_THAT(linear(x, weight(), tensor({10., 20.})).to_vector<float>(), ElementsAre(11, 23, 12, 24, 13, 27));
}

TEST(LinearTest, TakesAnyNumberOfLeadingDims) {
  EXPECT_THAT(linear(tensor({1., 1.}), weight(), tensor({10., 20.})).to_vector<float>(), ElementsAre(13, 27));
  EXPECT_EQ(linear(zeros({5, 3, 2}), weight()).shape(), Shape({5, 3, 2}));
  EXPECT_EQ(linear(zeros({0, 2}), weight(), zeros({2})).shape(), Shape({0, 2}));
  EXPECT_THAT(linear(zeros({1, 0}), zeros({2, 0}), tensor({1., 2.})).to_vector<float>(), ElementsAre(1, 2));
}

TEST(LinearTest, GradientsOfAllThree) {
  const Tensor x = tensor({{1., 2.}, {3., 4.}}).requires_grad_(), w = weight().requires_grad_();
  const Tensor b = zeros({2}).requires_grad_();
  linear(x, w, b).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(4, 6, 4, 6));
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(4, 6, 4, 6));
  EXPECT_THAT(b.grad().to_vector<float>(), ElementsAre(2, 2));
}

TEST(LinearTest, NamesGradientFunctionsAsTorch) {
  const Tensor w = weight().requires_grad_(), b = zeros({2});
  EXPECT_STREQ(linear(zeros({3, 2}), w, b).grad_fn().name(), "AddmmBackward0");
  EXPECT_STREQ(linear(zeros({3, 2}), w).grad_fn().name(), "MmBackward0");
  EXPECT_STREQ(linear(zeros({4, 3, 2}), w, b).grad_fn().name(), "ViewBackward0");
  EXPECT_STREQ(linear(zeros({1, 3, 2}).transpose(0, 1), w, b).grad_fn().name(), "ViewBackward0");
  EXPECT_STREQ(linear(zeros({4, 3, 2}).transpose(0, 1), w, b).grad_fn().name(), "AddBackward0");
}

TEST(LinearTest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(
      [] {
        linear(zeros({3, 4}), weight());
      },
      ThrowsMessage<Error>(HasSubstr("[linear] a: f32[3,4], b: f32[2,2]: the last extent of x")));
  EXPECT_THAT([] { linear(tensor(1.), weight()); }, ThrowsMessage<Error>(HasSubstr("the last extent of x")));
  EXPECT_THAT([] { linear(zeros({3, 2}), zeros({2})); }, ThrowsMessage<Error>(HasSubstr("must be a matrix")));
  EXPECT_THAT([] { linear(zeros({3, 2}), weight(), zeros({3})); }, ThrowsMessage<Error>(HasSubstr("bias")));
  EXPECT_THAT([] { linear(zeros({3, 2}, kFloat64), weight()); }, ThrowsMessage<Error>(HasSubstr("dtypes differ")));
  EXPECT_THAT([] { linear(zeros({3, 2}), Tensor()); }, ThrowsMessage<Error>(HasSubstr("undefined")));
}

}  // namespace
}  // namespace weft
