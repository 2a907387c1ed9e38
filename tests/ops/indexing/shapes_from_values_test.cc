// Functions whose result has a shape that depends on values.
#include <gmock/gmock.h>

#include <cmath>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

std::vector<std::int64_t> numbers(const Tensor& x) { return x.to_vector<std::int64_t>(); }

TEST(MaskedSelect, TakesWhatTheMaskSaysInOrder) {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}}).requires_grad_();
  const Tensor selected = masked_select(x, x > 2.5);
  EXPECT_EQ(to_string(selected), "tensor([3., 4., 5., 6.], grad_fn=<MaskedSelectBackward0>)");
  (selected * selected).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, 0, 6, 8, 10, 12));
}

TEST(MaskedSelect, BroadcastsBothOperands) {
  const Tensor rows = tensor({{1.}, {2.}}), mask = tensor({true, false, true});
  EXPECT_THAT(masked_select(rows, mask).to_vector<float>(), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(masked_select(rows, tensor({false})).to_vector<float>(), IsEmpty());
}

TEST(Nonzero, GivesCoordinates) {
  EXPECT_EQ(to_string(nonzero(tensor({{0, 3}, {5, 0}}))), "tensor([[0, 1],\n        [1, 0]])");
  EXPECT_EQ(nonzero(zeros({2, 3})).shape(), Shape({0, 2}));
  EXPECT_EQ(nonzero(ones({})).shape(), Shape({1, 0}));
}

TEST(OneHot, MarksEachIndex) {
  EXPECT_EQ(to_string(one_hot(tensor({2, 0}))), "tensor([[0, 0, 1],\n        [1, 0, 0]])");
  EXPECT_EQ(one_hot(tensor({2, 0}), 5).shape(), Shape({2, 5}));
}

TEST(Unique, SortsAndDropsRepetitions) {
  EXPECT_THAT(numbers(unique(tensor({{3, 1}, {3, 2}}))), ElementsAre(1, 2, 3));
  EXPECT_THAT(numbers(unique(zeros(0, kInt64))), IsEmpty());
}

TEST(Bincount, CountsEachNumber) {
  EXPECT_THAT(numbers(bincount(tensor({1, 3, 1}))), ElementsAre(0, 2, 0, 1));
  EXPECT_THAT(numbers(bincount(tensor({1}), 3)), ElementsAre(0, 1, 0));
}

TEST(ShapesFromValues, AreRefusedInACompiledFunction) {
  auto f = compile([](Tensor x) { return masked_select(x, x > 0); });
  EXPECT_THAT([&] { f(ones({3})); }, ThrowsMessage<Error>(HasSubstr("depends on values, which do not exist inside")));
}

TEST(Median, OfAnEvenNumberIsTheLowerOne) {
  EXPECT_EQ(median(tensor({4., 1., 3., 2.})).item(), 2);
  EXPECT_TRUE(std::isnan(median(tensor({1., NAN, 2.})).item()));
  const auto [values, indices] = median(tensor({{1., NAN, 2.}, {3., 1., 2.}}), 1);
  EXPECT_EQ(to_string(values), "tensor([nan, 2.])");
  EXPECT_THAT(numbers(indices), ElementsAre(1, 2));
}

TEST(Median, OfInfiniteElementsIsInfinite) {
  const Tensor x = tensor({INFINITY, INFINITY, 1.}).requires_grad_(), y = median(x);
  EXPECT_EQ(y.item(), INFINITY);
  y.backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0.5, 0.5, 0));
}

TEST(Median, OfALineWithNanIsTheFirstOne) {
  const Tensor x = tensor({2., NAN, 3., NAN}).requires_grad_();
  const auto [values, indices] = median(x, 0);
  EXPECT_EQ(indices.item(), 1);
  values.backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, 1, 0, 0));
  EXPECT_TRUE(std::isnan(median(zeros(0)).item()));
}

TEST(Sort, HasIndicesWithoutGradients) {
  const auto [values, indices] = sort(tensor({2., 1.}).requires_grad_());
  EXPECT_TRUE(values.requires_grad());
  EXPECT_FALSE(indices.requires_grad());
  EXPECT_FALSE((indices * 0.5).requires_grad());
}

TEST(Sort, PutsNanLastAndKeepsTheOrderOfEqualElements) {
  const auto [values, indices] = sort(tensor({2., NAN, 1., 2., -INFINITY}));
  EXPECT_EQ(to_string(values), "tensor([-inf, 1., 2., 2., nan])");
  EXPECT_THAT(numbers(indices), ElementsAre(4, 2, 0, 3, 1));
  EXPECT_THAT(numbers(argsort(tensor({1, 1, 1}), 0, true)), ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace weft
