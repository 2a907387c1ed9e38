#include <gmock/gmock.h>

#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr DType kAll[] = {DType::f32, DType::f64, DType::i64};

using Function = Value (*)(const Value&, const Value&);

HostTensor vec(DType dtype, const std::vector<double>& values) {
  return {{dtype, {static_cast<std::int64_t>(values.size())}}, values};
}
HostTensor apply(Function fn, const HostTensor& a, const HostTensor& b) {
  return evaluate([&](auto v) { return fn(v[0], v[1]); }, {a, b});
}

TEST(CompareTest, ComparesNumbers) {
  for (const DType dtype : kAll) {
    const HostTensor a = vec(dtype, {1, 2, 3}), b = vec(dtype, {2, 2, 2});
    EXPECT_THAT(apply(eq, a, b), is_near(vec(DType::boolean, {0, 1, 0}), 0));
    EXPECT_THAT(apply(ne, a, b), is_near(vec(DType::boolean, {1, 0, 1}), 0));
    EXPECT_THAT(apply(lt, a, b), is_near(vec(DType::boolean, {1, 0, 0}), 0));
    EXPECT_THAT(apply(le, a, b), is_near(vec(DType::boolean, {1, 1, 0}), 0));
    EXPECT_THAT(apply(gt, a, b), is_near(vec(DType::boolean, {0, 0, 1}), 0));
    EXPECT_THAT(apply(ge, a, b), is_near(vec(DType::boolean, {0, 1, 1}), 0));
  }
}

TEST(CompareTest, ComparesBools) {
  const HostTensor a = vec(DType::boolean, {0, 0, 1, 1}), b = vec(DType::boolean, {0, 1, 0, 1});
  EXPECT_THAT(apply(eq, a, b), has_values({1, 0, 0, 1}));
  EXPECT_THAT(apply(lt, a, b), has_values({0, 1, 0, 0}));
}

TEST(CompareTest, NanEqualsNothing) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const HostTensor nan = vec(dtype, {kNan}), one = vec(dtype, {1});
    for (const Function fn : {eq, lt, le, gt, ge}) EXPECT_THAT(apply(fn, nan, one), has_values({0}));
    EXPECT_THAT(apply(eq, nan, nan), has_values({0}));
    EXPECT_THAT(apply(ne, nan, one), has_values({1}));
    EXPECT_THAT(apply(ne, nan, nan), has_values({1}));
  }
}

TEST(CompareTest, PromotesAndBroadcasts) {
  const HostTensor column({DType::i64, {2, 1}}, {1, 2}), row = vec(DType::f32, {0.5, 1, 1.5});
  EXPECT_THAT(apply(gt, column, row), is_near({{DType::boolean, {2, 3}}, {1, 0, 0, 1, 1, 1}}, 0));
}

// Lengths around the width of a vector. Element i of the result tells whether i < 20.
TEST(CompareTest, EveryLength) {
  for (std::int64_t n = 0; n < 70; ++n) {
    HostTensor x({DType::f32, {n}});
    std::vector<double> expected;
    for (std::int64_t i = 0; i < n; ++i) {
      x.set(i, static_cast<double>(i));
      expected.push_back(i < 20);
    }
    EXPECT_THAT(apply(lt, x, HostTensor({DType::f32, {}}, {20})), has_values(expected));
  }
}

TEST(LogicalTest, CombinesBools) {
  const HostTensor a = vec(DType::boolean, {0, 0, 1, 1}), b = vec(DType::boolean, {0, 1, 0, 1});
  EXPECT_THAT(apply(logical_and, a, b), has_values({0, 0, 0, 1}));
  EXPECT_THAT(apply(logical_or, a, b), has_values({0, 1, 1, 1}));
  EXPECT_THAT(apply(logical_xor, a, b), has_values({0, 1, 1, 0}));
  EXPECT_THAT(evaluate([](auto v) { return logical_not(v[0]); }, {a}), has_values({1, 1, 0, 0}));
}

TEST(LogicalTest, TakesNumbersAsTheirTruth) {
  const HostTensor a = vec(DType::f32, {0, 0.5, kNan}), b = vec(DType::i64, {1, 0, -1});
  EXPECT_THAT(apply(logical_and, a, b), is_near(vec(DType::boolean, {0, 0, 1}), 0));
  EXPECT_THAT(evaluate([](auto v) { return logical_not(v[0]); }, {a}), is_near(vec(DType::boolean, {1, 0, 0}), 0));
}

TEST(LogicalTest, TheOpItselfTakesBoolOnly) {
  Graph graph;
  Builder builder(graph);
  const Value x = full(builder, {DType::f32, {2}}, 1);
  EXPECT_THAT(
      [&] {
        builder.record(*find_op("logical_and"), {x, x});
      },
      ThrowsMessage<Error>(HasSubstr("[logical_and] a: f32[2], b: f32[2]: takes bool")));
}

}  // namespace
}  // namespace weft
