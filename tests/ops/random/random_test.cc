#include "ops/random/random.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::Not;
using ::testing::ThrowsMessage;

HostTensor draw(std::string_view op, const TensorType& type, std::int64_t seed, std::int64_t number,
                std::int64_t offset = 0) {
  return evaluate(
      [&](std::span<const Value> v) {
        Attrs attrs{{"dtype", type.dtype}, {"offset", offset}, {"shape", type.shape.vec()}};
        if (op == "randint") {
          attrs.set("low", std::int64_t{-2});
          attrs.set("high", std::int64_t{3});
        }
        return v[0].builder().record(*find_op(op), v, attrs);
      },
      {HostTensor({DType::i64, {2}}, {static_cast<double>(seed), static_cast<double>(number)})});
}

double mean_of(const HostTensor& x) {
  const auto values = x.doubles();
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}
double variance_of(const HostTensor& x) {
  const double mean = mean_of(x);
  double sum = 0;
  for (const double v : x.doubles()) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(x.numel());
}

constexpr std::int64_t kMany = 100'000;

// The known answers of Random123 for a counter and a key of zeros.
TEST(RandTest, IsPhilox4x32) {
  const double expected[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  const HostTensor u = draw("rand", {DType::f32, {4}}, 0, 0);
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(u.at(i), std::floor(expected[i] / 256) * 0x1p-24) << i;
}

TEST(RandTest, LiesInTheUnitIntervalWithItsMeanAndVariance) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const HostTensor u = draw("rand", {dtype, {kMany}}, 1, 0);
    EXPECT_THAT(u.doubles(), Each(AllOf(Ge(0), Lt(1))));
    EXPECT_NEAR(mean_of(u), .5, .005);
    EXPECT_NEAR(variance_of(u), 1. / 12, .002);
  }
}

TEST(RandnTest, IsFiniteWithMeanZeroAndVarianceOne) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const HostTensor x = draw("randn", {dtype, {kMany}}, 1, 0);
    EXPECT_NEAR(mean_of(x), 0, .015);
    EXPECT_NEAR(variance_of(x), 1, .02);
    std::int64_t beyond_two = 0;
    for (const double v : x.doubles()) beyond_two += std::abs(v) > 2;
    EXPECT_NEAR(static_cast<double>(beyond_two) / kMany, .0455, .003);
  }
}

TEST(RandintTest, TakesEachIntegerEquallyOften) {
  for (const DType dtype : {DType::i64, DType::f32}) {
    const HostTensor x = draw("randint", {dtype, {kMany}}, 1, 0);
    std::array<int, 5> counts{};
    for (const double v : x.doubles()) ++counts.at(static_cast<std::size_t>(v + 2));
    for (const int count : counts) EXPECT_NEAR(count, kMany / 5, 500);
  }
}

TEST(RandomTest, IsAFunctionOfSeedDrawAndIndex) {
  for (const std::string_view op : {"rand", "randn", "randint"}) {
    const TensorType type{op == "randint" ? DType::i64 : DType::f32, {33}};
    const HostTensor x = draw(op, type, 5, 7);
    EXPECT_THAT(draw(op, type, 5, 7), has_bits_of(x));
    EXPECT_THAT(draw(op, type, 5, 3, 4), has_bits_of(x)) << "a draw before in the program counts like one before it";
    EXPECT_THAT(draw(op, type, 6, 7), Not(has_bits_of(x)));
    EXPECT_THAT(draw(op, type, 5, 8), Not(has_bits_of(x)));
  }
}

TEST(RandomTest, AShorterTensorIsTheBeginningOfALongerOne) {
  for (const std::string_view op : {"rand", "randn", "randint"}) {
    const std::vector<double> whole = draw(op, {DType::f64, {9}}, 5, 7).doubles();
    for (std::int64_t n = 0; n < 9; ++n)
      EXPECT_THAT(draw(op, {DType::f64, {n}}, 5, 7), has_values(std::vector<double>(whole.begin(), whole.begin() + n)));
  }
}

TEST(RandomTest, ManualSeedRepeatsTheStream) {
  manual_seed(11);
  const std::vector<float> first = rand({5}).to_vector<float>(), second = randn({5}).to_vector<float>();
  manual_seed(11);
  EXPECT_EQ(rand({5}).to_vector<float>(), first);
  EXPECT_EQ(randn({5}).to_vector<float>(), second);
}

TEST(RandomTest, DrawsDiffer) {
  manual_seed(11);
  EXPECT_NE(rand({5}).to_vector<float>(), rand({5}).to_vector<float>());
}

TEST(RandintTest, SpansTheWholeRangeOfI64) {
  const auto x = randint(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), {64})
                     .to_vector<std::int64_t>();
  EXPECT_TRUE(std::any_of(x.begin(), x.end(), [](std::int64_t v) { return v < -(std::int64_t{1} << 61); }));
  EXPECT_TRUE(std::any_of(x.begin(), x.end(), [](std::int64_t v) { return v > std::int64_t{1} << 61; }));
}

TEST(RandomTest, RefusesRangesAndDtypesWithoutNumbers) {
  EXPECT_THAT([] { randint(3, 3, {2}); }, ThrowsMessage<Error>(HasSubstr("no integer lies in [3, 3)")));
  EXPECT_THAT([] { randint(0, 2, {2}, kBool); }, ThrowsMessage<Error>(HasSubstr("[randint]")));
  EXPECT_THAT([] { randint(0, 1 << 25, {2}, kFloat32); }, ThrowsMessage<Error>(HasSubstr("f32 does not hold")));
  EXPECT_THAT([] { rand({2}, kInt64); }, ThrowsMessage<Error>(HasSubstr("wants a floating dtype")));
  EXPECT_THAT([] { randn({2}, kBool); }, ThrowsMessage<Error>(HasSubstr("wants a floating dtype")));
}

TEST(RandomTest, RefusesAStateThatIsNone) {
  EXPECT_THAT(
      [] {
        evaluate([](auto v) { return rand({v[0]}, {DType::f32, {2}}); }, {HostTensor({DType::i64, {1}}, {0})});
      },
      ThrowsMessage<Error>(HasSubstr("wants the generator's state")));
}

}  // namespace
}  // namespace weft
