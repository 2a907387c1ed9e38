#include "weft/dims.h"

#include <gmock/gmock.h>

#include <array>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::int64_t> numbers(DimsRef dims) { return dims.vec(); }

TEST(DimsRefTest, TakesBraces) {
  EXPECT_THAT(numbers({2, -1, 4}), ElementsAre(2, -1, 4));
  EXPECT_THAT(numbers({0}), ElementsAre(0));
  EXPECT_THAT(numbers({}), IsEmpty());
}

TEST(DimsRefTest, TakesVectorsSpansAndShapes) {
  const std::vector<std::int64_t> vector{2, 3};
  const std::array<std::int64_t, 2> array{4, 5};
  EXPECT_THAT(numbers(vector), ElementsAre(2, 3));
  EXPECT_THAT(numbers(std::span<const std::int64_t>(array)), ElementsAre(4, 5));
  EXPECT_THAT(numbers(Shape{6, 7}), ElementsAre(6, 7));
  EXPECT_THAT(numbers(Shape{}), IsEmpty());
}

TEST(DimsRefTest, TakesOneNumberOfAnyIntegerType) {
  EXPECT_THAT(numbers(0), ElementsAre(0));
  EXPECT_THAT(numbers(std::int64_t{-1}), ElementsAre(-1));
  EXPECT_THAT(numbers(std::size_t{3}), ElementsAre(3));
  static_assert(!std::is_convertible_v<bool, DimsRef>);
  static_assert(!std::is_convertible_v<double, DimsRef>);
}

TEST(DimsRefTest, ACopyOfOneNumberDoesNotReferToTheOriginal) {
  DimsRef first = 5;
  const DimsRef copy = first;
  first = DimsRef();
  EXPECT_THAT(copy.vec(), ElementsAre(5));
}

TEST(DimsRefTest, CreationTakesEachForm) {
  const Tensor y = ones({2, 3});
  EXPECT_EQ(zeros(y.shape()).shape(), Shape({2, 3}));
  EXPECT_EQ(ones(3).shape(), Shape({3}));
  EXPECT_EQ(zeros({}).shape(), Shape());
  EXPECT_EQ(full(std::vector<std::int64_t>{1, 2}, 7).shape(), Shape({1, 2}));
  EXPECT_EQ(rand(y.sizes()).shape(), y.shape());
  EXPECT_EQ(randint(0, 10, 4).shape(), Shape({4}));
}

TEST(DimsRefTest, ReductionsTakeEachForm) {
  const Tensor x = tensor({{1., 2.}, {3., 4.}});
  EXPECT_THAT(x.sum(0).to_vector<float>(), ElementsAre(4, 6));
  EXPECT_THAT(x.sum({0}).to_vector<float>(), ElementsAre(4, 6));
  EXPECT_THAT(x.sum(-1, true).shape(), Shape({2, 1}));
  EXPECT_THAT(x.sum({0, 1}).item(), 10);
  EXPECT_THAT(x.sum({}).item(), 10);
  EXPECT_THAT(x.sum().item(), 10);
  EXPECT_THAT(x.mean(1).to_vector<float>(), ElementsAre(1.5, 3.5));
  EXPECT_THAT(x.max(1).to_vector<float>(), ElementsAre(2, 4));
  EXPECT_THAT(x.min({0}).to_vector<float>(), ElementsAre(1, 2));
  EXPECT_THAT(sum(x, 1).to_vector<float>(), ElementsAre(3, 7));
}

TEST(DimsRefTest, ShapeOperationsTakeEachForm) {
  const Tensor x = arange(6), y = zeros({2, 3});
  EXPECT_EQ(x.view(y.shape()).shape(), Shape({2, 3}));
  EXPECT_EQ(y.view(-1).shape(), Shape({6}));
  EXPECT_EQ(y.reshape({3, -1}).shape(), Shape({3, 2}));
  EXPECT_EQ(y.permute({1, 0}).shape(), Shape({3, 2}));
  EXPECT_EQ(zeros({2, 1}).expand({2, -1}).shape(), Shape({2, 1}));
  EXPECT_EQ(zeros({1, 3}).expand(y.shape()).shape(), Shape({2, 3}));
}

}  // namespace
}  // namespace weft
