#include <gmock/gmock.h>

#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const double kNan = std::numeric_limits<double>::quiet_NaN();

HostTensor argmax_of(const HostTensor& x, std::int64_t dim, bool keepdim = false) {
  return evaluate(
      [&](auto v) {
        return v[0].builder().record(*find_op("argmax"), {v[0]}, {{"dim", dim}, {"keepdim", keepdim}});
      },
      {x});
}

const HostTensor kMatrix({DType::f32, {2, 3}}, {1, 9, -3, 4, 5, 6});

TEST(ArgmaxTest, AlongEachDim) {
  EXPECT_EQ(argmax_of(kMatrix, 1).type().str(), "i64[2]");
  EXPECT_THAT(argmax_of(kMatrix, 1), has_values({1, 2}));
  EXPECT_THAT(argmax_of(kMatrix, 0), has_values({1, 0, 1}));
  EXPECT_EQ(argmax_of(kMatrix, 0, true).type().str(), "i64[1,3]");
}

TEST(ArgmaxTest, OfEqualElementsTheFirst) {
  EXPECT_THAT(argmax_of(HostTensor({DType::i64, {4}}, {2, 7, 7, 1}), 0), has_values({1}));
}

TEST(ArgmaxTest, RefusesBool) {
  EXPECT_THAT(
      [] {
        argmax_of(HostTensor({DType::boolean, {3}}, {0, 1, 1}), 0);
      },
      ThrowsMessage<Error>(HasSubstr("[argmax] a: bool[3]: is not defined for bool")));
}

TEST(ArgmaxTest, TheFirstNanIsTheMaximum) {
  EXPECT_THAT(argmax_of(HostTensor({DType::f32, {4}}, {2, kNan, 7, kNan}), 0), has_values({1}));
  EXPECT_THAT(argmax_of(HostTensor({DType::f64, {2}}, {kNan, 7}), 0), has_values({0}));
}

TEST(ArgmaxTest, NoElementsAreLegalWhereTheyAreNotReduced) {
  EXPECT_EQ(argmax_of(HostTensor({DType::f32, {0, 3}}), 1).type().str(), "i64[0]");
  EXPECT_THROW(argmax_of(HostTensor({DType::f32, {0, 3}}), 0), Error);
}

TEST(ArgmaxTest, RefusesHostileAttributes) {
  EXPECT_THROW(argmax_of(kMatrix, 2), Error);
  EXPECT_THROW(argmax_of(kMatrix, -1), Error);
}

TEST(ArgmaxTest, OfATensorCountsRowMajor) {
  const Tensor x = tensor({{1.0, 9.0, -3.0}, {4.0, 5.0, 6.0}});
  EXPECT_EQ(argmax(x).item<std::int64_t>(), 1);
  EXPECT_EQ(x.argmax(std::nullopt, true).shape().str(), "[1,1]");
  EXPECT_THAT(x.argmax(-1).to_vector<std::int64_t>(), ElementsAre(1, 2));
}

TEST(ArgmaxTest, OfNothingIsRefused) {
  EXPECT_THAT(
      [] {
        argmax(zeros({0, 3}));
      },
      ThrowsMessage<Error>(HasSubstr("[argmax] a: f32[0,3]: no elements have no extreme")));
}

TEST(ArgmaxTest, IsOutsideOfTheGraphOfGradients) { EXPECT_FALSE(argmax(ones({3}).requires_grad_()).requires_grad()); }

}  // namespace
}  // namespace weft
