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

TEST(CatTest, PutsRowsAndColumnsSideBySide) {
  const Tensor a = tensor({{1., 2.}, {3., 4.}}), b = tensor({{5.}, {6.}});
  EXPECT_THAT(cat({a, b}, 1).to_vector<float>(), ElementsAre(1, 2, 5, 3, 4, 6));
  EXPECT_THAT(cat({a, a}).to_vector<float>(), ElementsAre(1, 2, 3, 4, 1, 2, 3, 4));
  EXPECT_EQ(cat({a, b, b}, -1).shape(), Shape({2, 4}));
}

TEST(CatTest, JoinsEveryDtype) {
  EXPECT_THAT(cat({tensor({1, 2}), tensor({3})}).to_vector<std::int64_t>(), ElementsAre(1, 2, 3));
  EXPECT_THAT(cat({tensor({true}), tensor({false})}).to_vector<bool>(), ElementsAre(true, false));
}

TEST(CatTest, PromotesDtypes) {
  const Tensor y = cat({tensor({1, 2}), tensor({.5})});
  EXPECT_EQ(y.dtype(), kFloat32);
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(1, 2, .5));
}

TEST(CatTest, OfTensorsWithoutElements) {
  EXPECT_THAT(cat({zeros({0, 2}), ones({1, 2}), zeros({0, 2})}).to_vector<float>(), ElementsAre(1, 1));
  EXPECT_THAT(cat({zeros({2, 0}), zeros({2, 0})}, 1).to_vector<float>(), IsEmpty());
}

TEST(CatTest, TensorsOfShapeZeroGoWithAnyRank) {
  const Tensor none = zeros({0}, kFloat64).requires_grad_(), x = tensor({{1., 2.}}).requires_grad_();
  const Tensor y = cat({none, x, none}, 1);
  EXPECT_EQ(y.dtype(), kFloat64);
  EXPECT_EQ(y.shape(), Shape({1, 2}));
  y.sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(1, 1));
  EXPECT_THAT(none.grad().to_vector<double>(), IsEmpty());
  EXPECT_EQ(cat({zeros({0}), zeros({0})}, 1).shape(), Shape({0}));
  EXPECT_THROW(cat({zeros({0}), zeros({1, 2})}, 2), Error);
  EXPECT_THROW(cat({zeros({0, 0}), zeros({1, 2})}), Error);
}

TEST(CatTest, GradientsAreTheParts) {
  const Tensor a = tensor({1., 2.}).requires_grad_(), b = tensor({3.}).requires_grad_();
  const Tensor y = cat({a, b, a});
  EXPECT_STREQ(y.grad_fn().name(), "CatBackward0");
  (y * tensor({1., 10., 100., 1000., 10000.})).sum().backward();
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(1001, 10010));
  EXPECT_THAT(b.grad().to_vector<float>(), ElementsAre(100));
}

TEST(CatTest, RefusesShapesThatDiffer) {
  EXPECT_THAT(
      [] {
        cat({zeros({2, 2}), zeros({2, 3})});
      },
      ThrowsMessage<Error>(HasSubstr("[cat] a: f32[2,2], b: f32[2,3]: operands 0 and 1 differ in dim 1")));
  EXPECT_THAT([] { cat({zeros({2}), zeros({2, 3})}); }, ThrowsMessage<Error>(HasSubstr("ranks differ")));
  EXPECT_THAT([] { cat({zeros({2})}, 1); }, ThrowsMessage<Error>(HasSubstr("[cat]")));
  EXPECT_THAT([] { cat({tensor(1.), tensor(2.)}); }, ThrowsMessage<Error>(HasSubstr("a scalar has no dims")));
  EXPECT_THAT([] { cat({}); }, ThrowsMessage<Error>(HasSubstr("at least one tensor")));
  EXPECT_THAT([] { cat({zeros({2}), Tensor()}); }, ThrowsMessage<Error>(HasSubstr("undefined")));
}

TEST(StackTest, AddsADim) {
  const Tensor a = tensor({1., 2.}).requires_grad_(), b = tensor({3., 4.});
  EXPECT_THAT(stack({a, b}).to_vector<float>(), ElementsAre(1, 2, 3, 4));
  const Tensor columns = stack({a, b}, -1);
  EXPECT_EQ(columns.shape(), Shape({2, 2}));
  EXPECT_THAT(columns.to_vector<float>(), ElementsAre(1, 3, 2, 4));
  EXPECT_STREQ(columns.grad_fn().name(), "StackBackward0");
}

TEST(StackTest, OfScalars) { EXPECT_THAT(stack({tensor(1.), tensor(2.)}).to_vector<float>(), ElementsAre(1, 2)); }

TEST(StackTest, RefusesShapesThatDiffer) {
  EXPECT_THAT(
      [] {
        stack({zeros({2}), zeros({1})});
      },
      ThrowsMessage<Error>(HasSubstr("[stack] a: f32[2], b: f32[1]: shapes differ")));
  EXPECT_THAT([] { stack({zeros({2})}, 2); }, ThrowsMessage<Error>(HasSubstr("dim 2 is outside of [-2, 1]")));
  EXPECT_THAT([] { stack({}); }, ThrowsMessage<Error>(HasSubstr("at least one tensor")));
}

}  // namespace
}  // namespace weft
