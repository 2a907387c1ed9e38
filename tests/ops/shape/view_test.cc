#include <gmock/gmock.h>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const Tensor& matrix() {
  static const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}}).requires_grad_();
  return x;
}

TEST(ViewTest, KeepsTheElementsUnderTheNewShape) {
  const Tensor y = matrix().view({3, 2});
  EXPECT_EQ(y.shape(), Shape({3, 2}));
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_STREQ(y.grad_fn().name(), "ViewBackward0");
}

TEST(ViewTest, WorksOutMinusOne) {
  EXPECT_EQ(matrix().view({-1}).shape(), Shape({6}));
  EXPECT_EQ(matrix().reshape({2, -1, 1}).shape(), Shape({2, 3, 1}));
  EXPECT_EQ(zeros({0, 3}).view({-1, 3}).shape(), Shape({0, 3}));
  EXPECT_EQ(ones({1, 1}).view({}).shape(), Shape());
}

TEST(ViewTest, GradientHasTheOperandsShape) {
  const Tensor x = tensor({{1., 2.}, {3., 4.}}).requires_grad_();
  (x.view({4}) * tensor({1., 10., 100., 1000.})).sum().backward();
  EXPECT_EQ(x.grad().shape(), Shape({2, 2}));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(1, 10, 100, 1000));
}

TEST(ViewTest, OfTheSameShapeIsAnotherTensor) {
  const Tensor y = matrix().view({2, 3});
  EXPECT_FALSE(y.is_same(matrix()));
  EXPECT_FALSE(y.is_leaf());
}

TEST(ViewTest, RefusesShapesThatDoNotFit) {
  EXPECT_THAT([] { matrix().view({4}); },
              ThrowsMessage<Error>(HasSubstr("[view] a: f32[2,3]: shape [4] does not fit 6 elements")));
  EXPECT_THAT([] { matrix().reshape({4, -1}); }, ThrowsMessage<Error>(HasSubstr("[reshape]")));
  EXPECT_THAT([] { matrix().view({-1, -1}); }, ThrowsMessage<Error>(HasSubstr("more than one -1")));
  EXPECT_THAT([] { matrix().view({-2, -3}); }, ThrowsMessage<Error>(HasSubstr("negative extent")));
  EXPECT_THAT([] { matrix().view({-1, 0}); }, ThrowsMessage<Error>(HasSubstr("any extent would do")));
  EXPECT_THAT([] { zeros({0}).view({-1, 0}); }, ThrowsMessage<Error>(HasSubstr("any extent would do")));
  EXPECT_THAT([] { matrix().view({1, 1, 1, 1, 1, 1, 1, 2, 3}); }, ThrowsMessage<Error>(HasSubstr("more than 8 dims")));
}

TEST(ViewTest, RefusesAttributesThatDoNotFit) {
  const HostTensor x({DType::f32, {4}}, {1, 2, 3, 4});
  const auto with = [&](Attrs attrs) {
    evaluate([&](auto v) { return v[0].builder().record(*find_op("reshape"), v, attrs); }, {x});
  };
  EXPECT_THAT([&] { with({}); }, ThrowsMessage<Error>(HasSubstr("attribute 'shape'")));
  EXPECT_THAT([&] { with({{"shape", Dims{5}}}); }, ThrowsMessage<Error>(HasSubstr("another number of elements")));
  EXPECT_THAT([&] { with({{"shape", Dims{-2, -2}}}); }, ThrowsMessage<Error>(HasSubstr("negative extent")));
}

TEST(FlattenTest, JoinsDims) {
  const Tensor x = zeros({2, 3, 4, 5});
  EXPECT_EQ(x.flatten().shape(), Shape({120}));
  EXPECT_EQ(x.flatten(1).shape(), Shape({2, 60}));
  EXPECT_EQ(x.flatten(1, 2).shape(), Shape({2, 12, 5}));
  EXPECT_EQ(x.flatten(-2, -2).shape(), Shape({2, 3, 4, 5}));
  EXPECT_EQ(zeros({2, 0, 3}).flatten(1).shape(), Shape({2, 0}));
  EXPECT_EQ(zeros({}).flatten().shape(), Shape({1}));
}

TEST(FlattenTest, RefusesDimsOutOfRangeOrOrder) {
  EXPECT_THAT([] { matrix().flatten(1, 0); }, ThrowsMessage<Error>(HasSubstr("start_dim comes after end_dim")));
  EXPECT_THAT([] { matrix().flatten(2); }, ThrowsMessage<Error>(HasSubstr("[flatten]")));
  EXPECT_THAT([] { zeros({}).flatten(1); }, ThrowsMessage<Error>(HasSubstr("[flatten]")));
}

TEST(SqueezeTest, DropsDimsOfExtentOne) {
  const Tensor x = zeros({1, 2, 1}).requires_grad_();
  EXPECT_EQ(x.squeeze().shape(), Shape({2}));
  EXPECT_EQ(x.squeeze(0).shape(), Shape({2, 1}));
  EXPECT_EQ(x.squeeze(-1).shape(), Shape({1, 2}));
  EXPECT_EQ(x.squeeze(1).shape(), Shape({1, 2, 1}));
  EXPECT_EQ(zeros({}).squeeze(-1).shape(), Shape());
  EXPECT_STREQ(x.squeeze().grad_fn().name(), "SqueezeBackward0");
  EXPECT_STREQ(x.squeeze(1).grad_fn().name(), "SqueezeBackward1");
}

TEST(SqueezeTest, RefusesADimOutOfRange) {
  EXPECT_THAT([] { matrix().squeeze(2); }, ThrowsMessage<Error>(HasSubstr("[squeeze]")));
  EXPECT_THAT([] { zeros({}).squeeze(1); }, ThrowsMessage<Error>(HasSubstr("[squeeze]")));
}

TEST(UnsqueezeTest, AddsADim) {
  EXPECT_EQ(matrix().unsqueeze(0).shape(), Shape({1, 2, 3}));
  EXPECT_EQ(matrix().unsqueeze(2).shape(), Shape({2, 3, 1}));
  EXPECT_EQ(matrix().unsqueeze(-1).shape(), Shape({2, 3, 1}));
  EXPECT_EQ(matrix().unsqueeze(-3).shape(), Shape({1, 2, 3}));
  EXPECT_EQ(zeros({}).unsqueeze(0).shape(), Shape({1}));
  EXPECT_STREQ(matrix().unsqueeze(0).grad_fn().name(), "UnsqueezeBackward0");
}

TEST(UnsqueezeTest, RefusesADimOutOfRangeAndTooManyDims) {
  EXPECT_THAT([] { matrix().unsqueeze(3); }, ThrowsMessage<Error>(HasSubstr("dim 3 is outside of [-3, 2]")));
  EXPECT_THAT(
      [] {
        zeros({1, 1, 1, 1, 1, 1, 1, 1}).unsqueeze(0);
      },
      ThrowsMessage<Error>(HasSubstr("as many dims as a tensor can have")));
}

TEST(CloneTest, IsATensorOfItsOwnThroughWhichGradientsFlow) {
  const Tensor x = tensor({1., 2.}).requires_grad_(), y = x.clone();
  EXPECT_STREQ(y.grad_fn().name(), "CloneBackward0");
  y.mul_(3);
  EXPECT_EQ(to_string(x), "tensor([1., 2.], requires_grad=True)");
  y.sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(3, 3));
}

TEST(ContiguousTest, DoesNotCountDimsOfExtentOne) {
  const Tensor x = ones({1, 3});
  x.transpose(0, 1).contiguous().mul_(2);
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(2, 2, 2));
}

TEST(ContiguousTest, IsTheTensorItselfUnlessItsElementsLieElsewhere) {
  const Tensor x = tensor({{1., 2.}, {3., 4.}});
  EXPECT_TRUE(x.contiguous().is_same(x));
  const Tensor y = x.t().contiguous();
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(1, 3, 2, 4));
  y.zero_();
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(1, 2, 3, 4));
}

}  // namespace
}  // namespace weft
