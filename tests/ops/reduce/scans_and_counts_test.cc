// Places, counts and bins, as PyTorch 2.14 gives them.
#include <gmock/gmock.h>

#include <limits>

#include "weft/arrange.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

const double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int64_t> numbers(const Tensor& x) { return x.to(kInt64).to_vector<std::int64_t>(); }

TEST(Argmin, IsTheFirstOfEqualOnesAndNan) {
  const Tensor x = tensor({{1.0, 3.0, 3.0, kNan}, {2.0, -1.0, 2.0, -1.0}});
  EXPECT_EQ(argmin(x).item<int>(), 3);
  EXPECT_THAT(numbers(argmin(x, 1)), ElementsAre(3, 1));
  EXPECT_EQ(argmin(x, std::nullopt, true).shape(), (Shape{1, 1}));
  EXPECT_EQ(argmin(zeros({2, 0}), 0).shape(), Shape{0});
}

TEST(CumulativeExtremes, HaveThePlaceOfTheLastOfEqualOnes) {
  const Tensor x = tensor({{1.0, 3.0, 3.0, kNan, 5.0, kNan}, {2.0, -1.0, 2.0, 2.0, -1.0, 0.0}});
  EXPECT_THAT(numbers(cummax(x, 1).indices), ElementsAre(0, 1, 2, 3, 3, 5, 0, 0, 2, 3, 3, 3));
  EXPECT_THAT(numbers(cummin(x, 1).indices), ElementsAre(0, 0, 0, 3, 3, 5, 0, 1, 1, 1, 4, 4));
  EXPECT_THAT(numbers(cummax(tensor({true, false}), 0).values), ElementsAre(1, 1));
  EXPECT_EQ(cummax(zeros({0, 2}), 0).indices.shape(), (Shape{0, 2}));
  EXPECT_EQ(cummin(tensor(3.0), 0).values.shape(), Shape{});
}

TEST(Sums, OfWhatCounts) {
  const Tensor x = tensor({{1.0, 0.0, kNan}, {2.0, 0.0, 0.0}});
  EXPECT_EQ(count_nonzero(x).item<int>(), 3);
  EXPECT_THAT(numbers(count_nonzero(x, 1)), ElementsAre(2, 1));
  EXPECT_EQ(nansum(tensor({1, 2}, kInt32)).dtype(), kInt64);
  EXPECT_EQ(nansum(tensor({true, true})).item<int>(), 2);
  EXPECT_EQ(trace(tensor({{1, 2, 3}, {4, 5, 6}}, kInt32)).dtype(), kInt64);
  EXPECT_EQ(trace(zeros({0, 3})).item(), 0);
}

TEST(Differences, AreTakenAgainAndAgain) {
  EXPECT_THAT(numbers(diff(tensor({1, 4, 2, 8}))), ElementsAre(3, -2, 6));
  EXPECT_THAT(numbers(diff(tensor({1, 4, 2, 8}), 2)), ElementsAre(-5, 8));
  EXPECT_THAT(numbers(diff(tensor({true, false, false}))), ElementsAre(1, 0));
  EXPECT_THAT(numbers(diff(tensor({5, 2}, kUInt8))), ElementsAre(253));
  EXPECT_EQ(diff(tensor({1, 2}), 5).shape(), Shape{0});
  EXPECT_THAT(numbers(diff(tensor({1, 2}), 0)), ElementsAre(1, 2));
}

TEST(Quantiles, HaveTheirOwnDimFirst) {
  EXPECT_EQ(quantile(zeros({2, 3}), {0.3, 0.4}, 1, true).shape(), (Shape{2, 2, 1}));
  EXPECT_EQ(quantile(zeros({2, 3}), 0.3, std::nullopt, true).shape(), (Shape{1, 1}));
  EXPECT_EQ(quantile(zeros({2, 3}), {0.3, 0.4}, std::nullopt, true).shape(), (Shape{2, 1, 1}));
  EXPECT_EQ(quantile(zeros({2, 3, 4}), {0.3, 0.4, 0.5}, 1).shape(), (Shape{3, 2, 4}));
  EXPECT_EQ(quantile(tensor(3.0), 0.5, 0).item(), 3);
}

TEST(Mode, IsTheLeastOfTheMostFrequentAtItsLastPlace) {
  const Sorted found = mode(tensor({{3.0, 1.0, 3.0, 1.0, 2.0}, {5.0, 5.0, 5.0, 1.0, 1.0}}));
  EXPECT_THAT(numbers(found.values), ElementsAre(1, 5));
  EXPECT_THAT(numbers(found.indices), ElementsAre(3, 2));
  EXPECT_EQ(mode(tensor({true, false, true})).indices.item<int>(), 2);
  EXPECT_EQ(mode(tensor(3.0)).indices.item<int>(), 0);
  EXPECT_EQ(mode(zeros({2, 0}), 0).values.shape(), Shape{0});
}

TEST(Histc, CountsFromTheLeastToTheLargest) {
  const Tensor x = tensor({1.0, 2.0, 1.0, 4.0, 0.0, 4.5, 3.99});
  EXPECT_THAT(numbers(histc(x, 4, 0, 4)), ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(numbers(histc(tensor({1.0, 1.0}), 4)), ElementsAre(0, 0, 2, 0));
  EXPECT_THAT(numbers(histc(tensor({1.0, 1.0, 2.0}), 4, 1, 1)), ElementsAre(2, 0, 0, 1));
  EXPECT_THAT(numbers(histc(tensor({1.0, kNan, 2.0}), 4, 0, 4)), ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(numbers(histc(zeros(0), 3)), ElementsAre(0, 0, 0));
}

TEST(Covariance, CountsObservationsByTheirWeights) {
  const Tensor x = tensor({{1.0, 2.0, 4.0, 8.0}, {3.0, 1.0, 0.0, 5.0}});
  const Tensor weighted = cov(x, 0, tensor({1, 2, 3, 1}), tensor({0.1, 0.2, 0.3, 0.4}));
  EXPECT_NEAR(weighted[0][0].item(), 4.86728382, 1e-5);
  EXPECT_NEAR(weighted[0][1].item(), 3.08333302, 1e-5);
  EXPECT_NEAR(weighted[1][1].item(), 4.02777767, 1e-5);
  EXPECT_EQ(to_string(cov(x, 5)), "tensor([[inf, inf],\n        [inf, inf]])");
  EXPECT_NEAR(cov(tensor({1, 2, 5})).item(), 4.33333349, 1e-6);
  EXPECT_EQ(corrcoef(tensor({1.0, 2.0, 5.0})).item(), 1);
}

TEST(RunsAndPlaces, FollowTheOrderOfTheElements) {
  EXPECT_THAT(numbers(unique_consecutive(tensor({1, 1, 2, 2, 3, 1, 1}))), ElementsAre(1, 2, 3, 1));
  EXPECT_EQ(unique_consecutive(tensor({kNan, kNan})).numel(), 2);
  const Tensor sorted = tensor({1.0, 3.0, 3.0, 5.0}), x = tensor({{0.0, 3.0, 6.0}, {kNan, 5.0, 1.0}});
  EXPECT_THAT(numbers(searchsorted(sorted, x)), ElementsAre(0, 1, 4, 4, 3, 0));
  EXPECT_THAT(numbers(bucketize(x, sorted, false, true)), ElementsAre(0, 3, 4, 4, 4, 1));
  EXPECT_THAT(numbers(searchsorted(tensor({{1, 3}, {5, 7}}), tensor({{3}, {3}}))), ElementsAre(1, 0));
  EXPECT_EQ(searchsorted(tensor({1, 3, 3, 5}), 3.5, true).dtype(), kInt32);
  EXPECT_THAT(numbers(searchsorted(tensor({1.0, kNan, kNan}), tensor({kNan, 2.0}))), ElementsAre(3, 3));
}

TEST(Combinations, OfNoneAndOfTooMany) {
  EXPECT_EQ(combinations(tensor({1, 2}), 0).shape(), Shape{0});
  EXPECT_EQ(combinations(tensor({1, 2}), 3).shape(), (Shape{0, 3}));
  EXPECT_THAT(numbers(combinations(tensor({1, 2}), 2, true)), ElementsAre(1, 1, 1, 2, 2, 2));
  EXPECT_THAT(numbers(vander(tensor({1, 2, 3}), 5, true)), ElementsAre(1, 1, 1, 1, 1, 1, 2, 4, 8, 16, 1, 3, 9, 27, 81));
}

}  // namespace
}  // namespace weft
