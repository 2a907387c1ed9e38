#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

TEST(FullTest, FillsEachDtype) {
  EXPECT_THAT(full({2}, 1.5).to_vector<float>(), ElementsAre(1.5f, 1.5f));
  EXPECT_THAT(full({2}, 1.5, kFloat64).to_vector<double>(), ElementsAre(1.5, 1.5));
  EXPECT_THAT(full({2}, -3, kInt64).to_vector<std::int64_t>(), ElementsAre(-3, -3));
  EXPECT_THAT(full({2}, 2, kBool).to_vector<bool>(), ElementsAre(true, true));
}

TEST(FullTest, ZerosAndOnesTakeShapeAndDtype) {
  EXPECT_THAT(zeros({2, 2}).to_vector<float>(), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(ones({3}, kInt64).to_vector<std::int64_t>(), ElementsAre(1, 1, 1));
  const Tensor like = zeros_like(ones({2, 3}, kFloat64));
  EXPECT_EQ(like.shape(), Shape({2, 3}));
  EXPECT_EQ(like.dtype(), kFloat64);
  EXPECT_EQ(ones_like(like).sum().item(), 6);
}

TEST(FullTest, OfAScalarAndOfNoElements) {
  EXPECT_EQ(full({}, 7).item(), 7);
  EXPECT_THAT(full({2, 0}, 7).to_vector<float>(), IsEmpty());
}

TEST(FullTest, KeepsNanAndInfinityInFloats) {
  EXPECT_TRUE(std::isnan(full({}, std::nan("")).item()));
  EXPECT_EQ(full({}, -INFINITY, kFloat64).item(), -INFINITY);
}

TEST(FullTest, RefusesValuesThatIntegersCannotHold) {
  for (const double value : {std::nan(""), 0x1p63, -0x1.8p63, static_cast<double>(INFINITY)})
    EXPECT_THAT([&] { full({2}, value, kInt64); }, ThrowsMessage<Error>(HasSubstr("[full]"))) << value;
  EXPECT_EQ(full({}, -0x1p63, kInt64).item<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
}

TEST(FullTest, RefusesMissingAndMistypedAttributes) {
  Graph graph;
  Builder b(graph);
  const OpDef& op = *find_op("full");
  EXPECT_THAT([&] { b.record(op, {}); }, ThrowsMessage<Error>(HasSubstr("attribute 'dtype'")));
  EXPECT_THAT(
      [&] {
        b.record(op, {}, {{"dtype", kFloat32}, {"shape", true}, {"value", 1.0}});
      },
      ThrowsMessage<Error>(HasSubstr("attribute 'shape'")));
  EXPECT_THAT(
      [&] {
        b.record(op, {}, {{"dtype", kFloat32}, {"shape", Dims{-1}}, {"value", 1.0}});
      },
      ThrowsMessage<Error>(HasSubstr("negative extent")));
}

TEST(ArangeTest, CountsFromStartToBelowEnd) {
  EXPECT_THAT(arange(4).to_vector<std::int64_t>(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(arange(1, 8, 3).to_vector<std::int64_t>(), ElementsAre(1, 4, 7));
  EXPECT_THAT(arange(1, 7, 3).to_vector<std::int64_t>(), ElementsAre(1, 4));
  EXPECT_THAT(arange(3, 0, -1).to_vector<std::int64_t>(), ElementsAre(3, 2, 1));
  EXPECT_THAT(arange(0, 1, .25, kFloat32).to_vector<float>(), ElementsAre(0, .25f, .5f, .75f));
  EXPECT_THAT(arange(0, 1, .25).to_vector<float>(), ElementsAre(0, .25f, .5f, .75f));
  EXPECT_THAT(arange(3.0).to_vector<float>(), ElementsAre(0, 1, 2));
  EXPECT_THAT(arange(0, 0.5, 1, kInt64).to_vector<std::int64_t>(), ElementsAre(0));
}

TEST(ArangeTest, IntegersHaveAsManyStepsAsTheNumbersAndWholeOnes) {
  EXPECT_THAT(arange(0, 5, 1.5, kInt64).to_vector<std::int64_t>(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(arange(.5, 5, 2, kInt64).to_vector<std::int64_t>(), ElementsAre(0, 2, 4));
}

TEST(ArangeTest, IsEmptyWhereStartIsEnd) { EXPECT_THAT(arange(2, 2).to_vector<std::int64_t>(), IsEmpty()); }

TEST(ArangeTest, RefusesWhatHasNoElements) {
  EXPECT_THAT([] { arange(0, 3, 0); }, ThrowsMessage<Error>(HasSubstr("step must not be 0")));
  EXPECT_THAT([] { arange(0, 3, -1); }, ThrowsMessage<Error>(HasSubstr("[arange] end lies on the other side")));
  EXPECT_THAT([] { arange(.5, .25); }, ThrowsMessage<Error>(HasSubstr("[arange] end lies on the other side")));
  EXPECT_THAT([] { arange(0, INFINITY); }, ThrowsMessage<Error>(HasSubstr("finite")));
  EXPECT_THAT([] { arange(0, 1e300); }, ThrowsMessage<Error>(HasSubstr("too long")));
  EXPECT_THAT([] { arange(0, 0x1p41); }, ThrowsMessage<Error>(HasSubstr("2^40")));
  EXPECT_THAT([] { arange(0, 2, 1, kBool); }, ThrowsMessage<Error>(HasSubstr("bool")));
}

TEST(EyeTest, HasOnesOnTheDiagonal) {
  EXPECT_THAT(eye(2).to_vector<float>(), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(eye(3, kInt64).to_vector<std::int64_t>(), ElementsAre(1, 0, 0, 0, 1, 0, 0, 0, 1));
  EXPECT_THAT(eye(2, kBool).to_vector<bool>(), ElementsAre(true, false, false, true));
  EXPECT_EQ(eye(0).shape(), Shape({0, 0}));
}

TEST(EyeTest, RefusesANegativeExtent) {
  EXPECT_THAT([] { eye(-1); }, ThrowsMessage<Error>(HasSubstr("negative extent")));
}

TEST(CreationTest, MadeTensorsAreLeaves) {
  EXPECT_TRUE(ones({2}).is_leaf());
  EXPECT_TRUE(arange(3).is_leaf());
  EXPECT_TRUE(eye(2).requires_grad_().requires_grad());
}

// PyTorch 2.14.
TEST(Linspace, OfIntegersCutsOffBetweenWholeEnds) {
  const auto numbers = [](const Tensor& x) { return x.to(kInt64).to_vector<std::int64_t>(); };
  EXPECT_EQ(numbers(linspace(0, 10, 4, kInt64)), (std::vector<std::int64_t>{0, 3, 6, 10}));
  EXPECT_EQ(numbers(linspace(-5, 5, 4, kInt32)), (std::vector<std::int64_t>{-5, -1, 1, 5}));
  EXPECT_EQ(numbers(linspace(0.5, 10.7, 4, kInt64)), (std::vector<std::int64_t>{0, 3, 6, 10}));
  EXPECT_EQ(numbers(logspace(0, 3, 4, 10, kInt64)), (std::vector<std::int64_t>{1, 10, 100, 1000}));
  EXPECT_EQ(linspace(0, 3, 1, kUInt8).dtype(), kUInt8);
}

}  // namespace
}  // namespace weft
