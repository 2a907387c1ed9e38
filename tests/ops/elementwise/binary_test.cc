#include <gmock/gmock.h>

#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr DType kNumbers[] = {DType::f32, DType::f64, DType::i64};

using Function = Value (*)(const Value&, const Value&);

HostTensor apply(Function fn, const HostTensor& a, const HostTensor& b) {
  return evaluate([&](auto v) { return fn(v[0], v[1]); }, {a, b});
}
HostTensor vec(DType dtype, const std::vector<double>& values) {
  return {{dtype, {static_cast<std::int64_t>(values.size())}}, values};
}
// The gradients of sum(fn(a, b)) for a result of this shape.
std::vector<HostTensor> slopes(Function fn, const HostTensor& a, const HostTensor& b, const Shape& result) {
  const HostTensor ones({a.type().dtype, result}, std::vector<double>(static_cast<std::size_t>(result.numel()), 1));
  return evaluate_gradients([&](auto v) { return fn(v[0], v[1]); }, {a, b}, ones);
}

TEST(BinaryTest, ArithmeticOnNumbers) {
  for (const DType dtype : kNumbers) {
    const HostTensor a = vec(dtype, {7, -2, 0}), b = vec(dtype, {2, 5, -4});
    EXPECT_THAT(apply(add, a, b), has_values({9, 3, -4}));
    EXPECT_THAT(apply(sub, a, b), has_values({5, -7, 4}));
    EXPECT_THAT(apply(mul, a, b), has_values({14, -10, 0}));
    EXPECT_THAT(apply(maximum, a, b), has_values({7, 5, 0}));
    EXPECT_THAT(apply(minimum, a, b), has_values({2, -2, -4}));
    EXPECT_EQ(apply(add, a, b).type().dtype, dtype);
  }
}

TEST(BinaryTest, DivisionOfIntegersGivesF32) {
  EXPECT_THAT(apply(div, vec(DType::i64, {7, -2}), vec(DType::i64, {2, 4})), is_near(vec(DType::f32, {3.5, -0.5}), 0));
}

TEST(BinaryTest, DivisionByZero) {
  for (const DType dtype : {DType::f32, DType::f64})
    EXPECT_THAT(apply(div, vec(dtype, {1, -1, 0}), vec(dtype, {0, 0, 0})), has_values({kInf, -kInf, kNan}));
}

TEST(BinaryTest, BoolAddsAsOrAndMultipliesAsAnd) {
  const HostTensor a = vec(DType::boolean, {0, 0, 1, 1}), b = vec(DType::boolean, {0, 1, 0, 1});
  EXPECT_THAT(apply(add, a, b), is_near(vec(DType::boolean, {0, 1, 1, 1}), 0));
  EXPECT_THAT(apply(mul, a, b), is_near(vec(DType::boolean, {0, 0, 0, 1}), 0));
  EXPECT_THAT([&] { apply(sub, a, b); }, ThrowsMessage<Error>(HasSubstr("[sub] a: bool[4], b: bool[4]: ")));
}

TEST(BinaryTest, NanWinsMaximumAndMinimum) {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const Function fn : {maximum, minimum})
      EXPECT_THAT(apply(fn, vec(dtype, {kNan, 1}), vec(dtype, {1, kNan})), has_values({kNan, kNan}));
}

TEST(BinaryTest, OfZerosOfBothSignsTheFirstOperandIsMaximumAndMinimum) {
  const std::vector<double> zeros(37, 0.0), minus_zeros(37, -0.0);
  for (const DType dtype : {DType::f32, DType::f64})
    for (const Function fn : {maximum, minimum}) {
      EXPECT_THAT(apply(fn, vec(dtype, zeros), vec(dtype, minus_zeros)), has_bits_of(vec(dtype, zeros)));
      EXPECT_THAT(apply(fn, vec(dtype, minus_zeros), vec(dtype, zeros)), has_bits_of(vec(dtype, minus_zeros)));
    }
}

TEST(BinaryTest, IntegersWrapAround) {
  HostTensor highest({DType::i64, {1}});
  *highest.as<std::int64_t>() = std::numeric_limits<std::int64_t>::max();
  const HostTensor sum = apply(add, highest, vec(DType::i64, {1}));
  EXPECT_EQ(*sum.as<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_THAT(apply(mul, highest, vec(DType::i64, {2})), has_values({-2}));
}

TEST(BinaryTest, DtypesArePromoted) {
  const HostTensor i = vec(DType::i64, {1, 2}), f = vec(DType::f32, {0.5, 0.5}), d = vec(DType::f64, {0.25, 0.25});
  EXPECT_THAT(apply(add, i, f), is_near(vec(DType::f32, {1.5, 2.5}), 0));
  EXPECT_THAT(apply(mul, f, d), is_near(vec(DType::f64, {0.125, 0.125}), 0));
  EXPECT_THAT(apply(add, vec(DType::boolean, {1, 0}), i), is_near(vec(DType::i64, {2, 2}), 0));
  EXPECT_THAT(apply(add, f, HostTensor({DType::f64, {}}, {1})), is_near(vec(DType::f32, {1.5, 1.5}), 0));
}

TEST(BinaryTest, ShapesBroadcast) {
  const HostTensor matrix({DType::f32, {2, 3}}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(apply(add, matrix, vec(DType::f32, {10, 20, 30})), has_values({11, 22, 33, 14, 25, 36}));
  EXPECT_THAT(apply(add, HostTensor({DType::f32, {2, 1}}, {10, 20}), matrix), has_values({11, 12, 13, 24, 25, 26}));
  EXPECT_THAT(apply(sub, HostTensor({DType::f32, {}}, {10}), matrix), has_values({9, 8, 7, 6, 5, 4}));
  const HostTensor outer = apply(mul, HostTensor({DType::f32, {2, 1}}, {1, 2}), vec(DType::f32, {3, 4, 5}));
  EXPECT_THAT(outer, is_near({{DType::f32, {2, 3}}, {3, 4, 5, 6, 8, 10}}, 0));
}

TEST(BinaryTest, NoElementsBroadcast) {
  EXPECT_EQ(apply(add, HostTensor({DType::f32, {0, 3}}), vec(DType::f32, {1, 2, 3})).type().str(), "f32[0,3]");
  EXPECT_EQ(apply(add, HostTensor({DType::i64, {2, 0}}), HostTensor({DType::i64, {2, 1}}, {1, 2})).numel(), 0);
}

TEST(BinaryTest, ShapesThatDoNotBroadcastAreRefused) {
  EXPECT_THAT(
      [] {
        apply(add, HostTensor({DType::f32, {2, 3}}), HostTensor({DType::f32, {4, 5}}));
      },
      ThrowsMessage<Error>(
          AllOf(HasSubstr("[add] a: f32[2,3], b: f32[4,5]: the shapes do not broadcast"), HasSubstr("hint: "))));
}

TEST(BinaryTest, AResultOfTooManyElementsIsRefused) {
  Graph graph;
  Builder builder(graph);
  const std::int64_t many = std::int64_t{1} << 30;
  const Value column = full(builder, {DType::f32, {many, 1}}, 0), row = full(builder, {DType::f32, {many}}, 0);
  EXPECT_THAT([&] { add(column, row); }, ThrowsMessage<Error>(HasSubstr("[add] a: f32[1073741824,1]")));
}

TEST(BinaryTest, SlopesThatOneCanCheckByHand) {
  const HostTensor a = vec(DType::f32, {6}), b = vec(DType::f32, {2});
  const auto at = [&](Function fn) {
    const auto both = slopes(fn, a, b, {1});
    return std::vector<double>{both.at(0).at(0), both.at(1).at(0)};
  };
  EXPECT_EQ(at(add), (std::vector<double>{1, 1}));
  EXPECT_EQ(at(sub), (std::vector<double>{1, -1}));
  EXPECT_EQ(at(mul), (std::vector<double>{2, 6}));
  EXPECT_EQ(at(div), (std::vector<double>{0.5, -1.5}));
  EXPECT_EQ(at(maximum), (std::vector<double>{1, 0}));
  EXPECT_EQ(at(minimum), (std::vector<double>{0, 1}));
}

TEST(BinaryTest, EqualElementsShareTheSlopeOfMaximumAndMinimum) {
  for (const Function fn : {maximum, minimum})
    for (const HostTensor& slope : slopes(fn, vec(DType::f32, {3}), vec(DType::f32, {3}), {1}))
      EXPECT_THAT(slope, has_values({0.5}));
}

TEST(BinaryTest, SlopesOfBroadcastOperandsAreSummed) {
  const HostTensor matrix({DType::f32, {2, 3}}, {1, 2, 3, 4, 5, 6}), row = vec(DType::f32, {1, 10, 100});
  const auto both = slopes(mul, matrix, row, {2, 3});
  EXPECT_THAT(both.at(0), has_values({1, 10, 100, 1, 10, 100}));
  EXPECT_THAT(both.at(1), is_near(vec(DType::f32, {5, 7, 9}), 0));
}

}  // namespace
}  // namespace weft
