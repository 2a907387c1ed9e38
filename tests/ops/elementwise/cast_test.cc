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
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr DType kAll[] = {DType::f32, DType::f64, DType::i64, DType::boolean};

HostTensor vec(DType dtype, const std::vector<double>& values) {
  return {{dtype, {static_cast<std::int64_t>(values.size())}}, values};
}
HostTensor as(DType dtype, const HostTensor& x) {
  return evaluate([&](auto v) { return cast(v[0], dtype); }, {x});
}

TEST(CastTest, KeepsNumbersThatBothDtypesHave) {
  for (const DType from : kAll)
    for (const DType to : kAll) EXPECT_THAT(as(to, vec(from, {0, 1})), is_near(vec(to, {0, 1}), 0));
}

TEST(CastTest, CutsFractionsOff) {
  for (const DType from : {DType::f32, DType::f64})
    EXPECT_THAT(as(DType::i64, vec(from, {1.9, -1.9, 0.5})), has_values({1, -1, 0}));
}

TEST(CastTest, EverythingButZeroIsTrue) {
  EXPECT_THAT(as(DType::boolean, vec(DType::f32, {0, -0.0, 0.25, kNan})), has_values({0, 0, 1, 1}));
  EXPECT_THAT(as(DType::boolean, vec(DType::i64, {0, 2, -1})), has_values({0, 1, 1}));
}

TEST(CastTest, NumbersThatI64LacksGiveTheNearestAndNanGivesZero) {
  for (const DType from : {DType::f32, DType::f64}) {
    const HostTensor result = as(DType::i64, vec(from, {kInf, 1e30, -1e30, kNan}));
    const std::int64_t* i = result.as<std::int64_t>();
    EXPECT_EQ(i[0], std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(i[1], std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(i[2], std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(i[3], 0);
  }
}

TEST(CastTest, ToTheSameDtypeIsTheValueItself) {
  Graph graph;
  Builder builder(graph);
  const Value x = full(builder, {DType::f32, {2}}, 1);
  EXPECT_EQ(cast(x, DType::f32).id(), x.id());
}

TEST(CastTest, SlopesAreCastBack) {
  const auto slope = evaluate_gradients([](auto v) { return cast(v[0], DType::f64); }, {vec(DType::f32, {1, 2})},
                                        vec(DType::f64, {3, 4}));
  EXPECT_THAT(slope.at(0), is_near(vec(DType::f32, {3, 4}), 0));
}

TEST(CastTest, ACallWithoutADtypeIsRefused) {
  Graph graph;
  Builder builder(graph);
  const Value x = full(builder, {DType::f32, {2}}, 1);
  EXPECT_THAT([&] { builder.record(*find_op("cast"), {x}); }, ThrowsMessage<Error>(HasSubstr("'dtype'")));
}

}  // namespace
}  // namespace weft
