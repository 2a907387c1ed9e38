#include "ops/reduce/reduce.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

HostTensor count_up(DType dtype, const Shape& shape) {
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i + 1);
  return {{dtype, shape}, values};
}

HostTensor sum_of(const HostTensor& x, const Dims& dims, bool keepdim = false) {
  return evaluate([&](auto v) { return sum(v[0], dims, keepdim); }, {x});
}
HostTensor mean_of(const HostTensor& x, const Dims& dims, bool keepdim = false) {
  return evaluate([&](auto v) { return mean(v[0], dims, keepdim); }, {x});
}

const HostTensor kMatrix = count_up(DType::f32, {2, 3});  // 1 2 3 / 4 5 6

TEST(SumTest, AddsAllElements) {
  const HostTensor total = sum_of(kMatrix, {});
  EXPECT_EQ(total.type().str(), "f32[]");
  EXPECT_THAT(total, has_values({21}));
}

TEST(SumTest, AddsRowsAndColumns) {
  EXPECT_THAT(sum_of(kMatrix, {1}), has_values({6, 15}));
  EXPECT_THAT(sum_of(kMatrix, {0}), has_values({5, 7, 9}));
}

TEST(SumTest, KeepsDimsWhenAsked) {
  EXPECT_EQ(sum_of(kMatrix, {1}, true).type().str(), "f32[2,1]");
  EXPECT_EQ(sum_of(kMatrix, {}, true).type().str(), "f32[1,1]");
  EXPECT_EQ(sum_of(kMatrix, {1}).type().str(), "f32[2]");
}

TEST(SumTest, CountsNegativeDimsFromTheEnd) { EXPECT_THAT(sum_of(kMatrix, {-2}), has_values({5, 7, 9})); }

TEST(SumTest, AddsTheMiddleDim) {
  // [[1 2 / 3 4], [5 6 / 7 8]]
  EXPECT_THAT(sum_of(count_up(DType::f32, {2, 2, 2}), {1}), has_values({4, 6, 12, 14}));
}

TEST(SumTest, AddsOuterAndInnerDimsTogether) {
  EXPECT_THAT(sum_of(count_up(DType::f32, {2, 2, 2}), {0, 2}), has_values({14, 22}));
  EXPECT_THAT(sum_of(count_up(DType::i64, {2, 1, 2, 2}), {2, 0}), has_values({16, 20}));
}

// Every set of dims of a shape whose extents are all different, against sums that a loop over indices makes.
TEST(SumTest, AgreesWithALoopForEverySetOfDims) {
  const Shape shape{3, 1, 5, 2, 7};
  const HostTensor x = count_up(DType::f64, shape);
  for (unsigned set = 1; set < 32; ++set) {
    Dims dims;
    for (int d = 0; d < 5; ++d)
      if (set >> d & 1) dims.push_back(d);
    const Shape kept = reduced_shape(shape, dims, true);
    std::vector<double> expected(static_cast<std::size_t>(kept.numel()));
    for (std::int64_t i = 0; i < shape.numel(); ++i) {
      std::int64_t rest = i, to = 0, stride = 1;
      for (int d = 4; d >= 0; --d) {
        if (!(set >> d & 1)) to += rest % shape[d] * stride;
        rest /= shape[d];
        stride *= kept[d];
      }
      expected[static_cast<std::size_t>(to)] += x.at(i);
    }
    EXPECT_THAT(sum_of(x, dims), has_values(expected)) << "set " << set;
  }
}

// Lengths around the widths of vectors and blocks. The sums are whole numbers below 2^24, so f32 must be exact.
TEST(SumTest, AddsRowsAndColumnsOfEveryLength) {
  for (const std::int64_t n : {1, 2, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65, 129, 255, 2047, 2048, 2049, 4500}) {
    const double expected = static_cast<double>(n) * static_cast<double>(n + 1) / 2;
    EXPECT_THAT(sum_of(count_up(DType::f32, {n}), {0}), has_values({expected})) << n;
    EXPECT_THAT(sum_of(count_up(DType::f32, {n, 1}), {1}), has_values(count_up(DType::f32, {n}).doubles())) << n;
    // Row 2 of [2, n] is row 1 plus n in each column.
    std::vector<double> columns;
    for (std::int64_t c = 1; c <= n; ++c) columns.push_back(static_cast<double>(2 * c + n));
    EXPECT_THAT(sum_of(count_up(DType::f32, {2, n}), {0}), has_values(columns)) << n;
    const double of_ones = static_cast<double>(n);
    const HostTensor ones({DType::f32, {n, 5}}, std::vector<double>(static_cast<std::size_t>(5 * n), 1));
    EXPECT_THAT(sum_of(ones, {0}), has_values({of_ones, of_ones, of_ones, of_ones, of_ones})) << n;
  }
}

// Added one after the other in f32, 2^25 halves stop growing at 2^23.
TEST(SumTest, AddsManyElementsWithoutLosingSmallOnes) {
  constexpr std::int64_t kMany = std::int64_t{1} << 25;
  HostTensor x({DType::f32, {kMany}});
  std::fill_n(x.as<float>(), kMany, 0.5f);
  EXPECT_THAT(sum_of(x, {}), has_values({0x1p24}));
}

// Added one after the other in f32, five million times 0.1 make 500900.
TEST(SumTest, AddsManyRowsWithoutLosingSmallOnes) {
  const std::vector<float> sums = full({5000000, 2}, 0.1).sum({0}).to_vector<float>();
  EXPECT_THAT(sums, ElementsAre(FloatNear(500000, 1), FloatNear(500000, 1)));
}

TEST(SumTest, AddsTheGradientsOfManyRowsWithoutLosingSmallOnes) {
  const Tensor bias = zeros({2}).requires_grad_();
  (zeros({5000000, 2}) + bias).backward(full({5000000, 2}, 0.1));
  EXPECT_THAT(bias.grad().to_vector<float>(), ElementsAre(FloatNear(500000, 1), FloatNear(500000, 1)));
}

TEST(SumTest, SumOfNoElementsIsZero) {
  EXPECT_THAT(sum_of(HostTensor({DType::f32, {0}}), {}), has_values({0}));
  EXPECT_THAT(sum_of(HostTensor({DType::f64, {2, 0}}), {1}), has_values({0, 0}));
  EXPECT_THAT(sum_of(HostTensor({DType::i64, {0, 3}}), {0}), has_values({0, 0, 0}));
  EXPECT_EQ(sum_of(HostTensor({DType::f32, {2, 0, 3}}), {0, 2}).type().str(), "f32[0]");
  EXPECT_EQ(sum_of(HostTensor({DType::f32, {2, 0}}), {0}).type().str(), "f32[0]");
}

TEST(SumTest, SumOfAScalarIsTheScalar) {
  const HostTensor x({DType::f32, {}}, {7});
  EXPECT_THAT(sum_of(x, {}), has_values({7}));
  EXPECT_THAT(sum_of(x, {-1}, true), has_values({7}));
}

TEST(SumTest, CountsBools) {
  const HostTensor total = sum_of(HostTensor({DType::boolean, {4}}, {1, 0, 1, 1}), {});
  EXPECT_EQ(total.type().str(), "i64[]");
  EXPECT_THAT(total, has_values({3}));
}

TEST(SumTest, IntegersWrapAround) {
  HostTensor x({DType::i64, {2}});
  x.as<std::int64_t>()[0] = std::numeric_limits<std::int64_t>::max();
  x.as<std::int64_t>()[1] = 1;
  EXPECT_EQ(sum_of(x, {}).as<std::int64_t>()[0], std::numeric_limits<std::int64_t>::min());
}

TEST(SumTest, RefusesDimsOutOfRangeOrGivenTwice) {
  EXPECT_THAT([] { sum_of(kMatrix, {2}); }, ThrowsMessage<Error>(HasSubstr("[sum] a: f32[2,3]")));
  EXPECT_THAT(
      [] {
        sum_of(kMatrix, {1, -1});
      },
      ThrowsMessage<Error>(HasSubstr("[sum] a: f32[2,3]: dim 1 is given twice")));
}

TEST(SumTest, RefusesHostileAttributes) {
  for (const Attrs& attrs : {Attrs{}, Attrs{{"dims", Dims{0}}}, Attrs{{"dims", 1.5}, {"keepdim", false}},
                             Attrs{{"dims", Dims{-1}}, {"keepdim", false}}, Attrs{{"dims", Dims{2}}, {"keepdim", true}},
                             Attrs{{"dims", Dims{1, 0}}, {"keepdim", true}}})
    EXPECT_THROW(evaluate([&](auto v) { return v[0].builder().record(*find_op("sum"), {v[0]}, attrs); }, {kMatrix}),
                 Error);
}

TEST(SumTest, GradientReachesEveryElement) {
  const HostTensor seed({DType::f32, {2}}, {10, 20});
  const auto gradients = evaluate_gradients([](auto v) { return sum(v[0], {1}, false); }, {kMatrix}, seed);
  EXPECT_THAT(gradients, ElementsAre(has_values({10, 10, 10, 20, 20, 20})));
}

// Interpreted, where nothing is simplified, and as a user gets it.
TEST(SumTest, OfMinusZerosIsZero) {
  for (const std::int64_t n : {1, 2, 17}) {
    const HostTensor x({DType::f32, {n}}, std::vector<double>(static_cast<std::size_t>(n), -0.0));
    EXPECT_FALSE(std::signbit(sum_of(x, {}).at(0)));
    EXPECT_FALSE(std::signbit((zeros({n}) * -1).sum().item()));
    EXPECT_FALSE(std::signbit((zeros({n}) * -1).mean().item()));
  }
}

// PyTorch adds what broadcasting added, be it one row only.
TEST(SumTest, GradientsOfWhatWasBroadcastAreSums) {
  const Tensor x = zeros({3}).requires_grad_(), y = zeros({3}).requires_grad_(), z = zeros({1, 3}).requires_grad_();
  (x + z - y).backward(zeros({1, 3}) * -1);
  for (const Tensor& sum : {x, y}) EXPECT_FALSE(std::signbit(sum.grad().to_vector<float>()[0]));
  EXPECT_TRUE(std::signbit(z.grad().to_vector<float>()[0]));
}

TEST(MeanTest, DividesByTheCount) {
  EXPECT_THAT(mean_of(kMatrix, {}), has_values({3.5}));
  EXPECT_THAT(mean_of(kMatrix, {1}), has_values({2, 5}));
  EXPECT_THAT(mean_of(kMatrix, {-2}, true), has_values({2.5, 3.5, 4.5}));
}

TEST(MeanTest, MeanOfNoElementsIsNan) {
  EXPECT_TRUE(std::isnan(mean_of(HostTensor({DType::f32, {0}}), {}).at(0)));
  EXPECT_TRUE(std::isnan(mean_of(HostTensor({DType::f64, {1, 0}}), {1}).at(0)));
}

TEST(ReduceTest, GradientFunctionsAreNamedAsInPyTorch) {
  const Tensor x = ones({2, 3}).requires_grad_();
  EXPECT_STREQ(x.sum().grad_fn().name(), "SumBackward0");
  EXPECT_STREQ(x.sum({1}).grad_fn().name(), "SumBackward1");
  EXPECT_STREQ(x.sum({}, true).grad_fn().name(), "SumBackward1");
  EXPECT_STREQ(x.sum(std::vector<std::int64_t>{}).grad_fn().name(), "SumBackward1");
  EXPECT_STREQ(x.mean().grad_fn().name(), "MeanBackward0");
  EXPECT_STREQ(x.mean({1}, true).grad_fn().name(), "MeanBackward1");
  EXPECT_THAT(x.mean({1}, true).to_vector<float>(), ElementsAre(1, 1));
}

TEST(MeanTest, RefusesIntegers) {
  EXPECT_THAT(
      [] {
        mean_of(HostTensor({DType::i64, {2}}, {1, 2}), {});
      },
      ThrowsMessage<Error>(HasSubstr("[mean] a: i64[2]: needs a floating tensor")));
}

TEST(MeanTest, GradientIsSharedEvenly) {
  const auto gradients =
      evaluate_gradients([](auto v) { return mean(v[0], {}, false); }, {kMatrix}, HostTensor({DType::f32, {}}, {3}));
  EXPECT_THAT(gradients, ElementsAre(has_values({.5, .5, .5, .5, .5, .5})));
}

HostTensor sum_to_of(const HostTensor& x, const Shape& shape) {
  return evaluate([&](auto v) { return sum_to(v[0], shape); }, {x});
}

TEST(SumToTest, UndoesBroadcasting) {
  EXPECT_THAT(sum_to_of(kMatrix, {3}), has_values({5, 7, 9}));
  EXPECT_EQ(sum_to_of(kMatrix, {2, 1}).type().str(), "f32[2,1]");
  EXPECT_THAT(sum_to_of(kMatrix, {2, 1}), has_values({6, 15}));
  EXPECT_THAT(sum_to_of(kMatrix, {}), has_values({21}));
  EXPECT_THAT(sum_to_of(count_up(DType::f32, {1, 1, 3}), {3}), has_values({1, 2, 3}));
  EXPECT_THAT(sum_to_of(HostTensor({DType::f32, {0, 2}}), {1, 2}), has_values({0, 0}));
}

TEST(SumToTest, EqualShapesCostNothing) {
  Graph graph;
  Builder builder(graph);
  const Value x = builder.value({graph.add_input(kMatrix.type()), 0});
  EXPECT_EQ(sum_to(x, {2, 3}).id(), x.id());
}

TEST(SumToTest, RefusesShapesThatDoNotBroadcast) {
  EXPECT_THROW(sum_to_of(kMatrix, {2}), Error);
  EXPECT_THROW(sum_to_of(kMatrix, {1, 2, 3}), Error);
}

TEST(MeanTest, OfNoElementsIsNanAndItsGradientsGradientIsZero) {
  const Tensor x = zeros({0}).requires_grad_(), weight = ones({}).requires_grad_();
  const Tensor y = x.mean();
  EXPECT_TRUE(std::isnan(y.item<float>()));
  const Tensor slope = grad({y}, {x}, {.grad_outputs = {weight}, .create_graph = true})[0];
  EXPECT_EQ(grad({slope.sum()}, {weight})[0].item<float>(), 0);
}

}  // namespace
}  // namespace weft
