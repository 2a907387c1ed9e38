#include <gmock/gmock.h>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

HostTensor select(const HostTensor& condition, const HostTensor& a, const HostTensor& b) {
  return evaluate([](auto v) { return where(v[0], v[1], v[2]); }, {condition, a, b});
}
HostTensor vec(DType dtype, const std::vector<double>& values) {
  return {{dtype, {static_cast<std::int64_t>(values.size())}}, values};
}

TEST(WhereTest, SelectsElements) {
  const HostTensor condition = vec(DType::boolean, {1, 0, 1});
  for (const DType dtype : {DType::f32, DType::f64, DType::i64})
    EXPECT_THAT(select(condition, vec(dtype, {1, 2, 3}), vec(dtype, {4, 5, 6})), is_near(vec(dtype, {1, 5, 3}), 0));
  EXPECT_THAT(select(condition, vec(DType::boolean, {1, 1, 0}), vec(DType::boolean, {0, 0, 0})),
              is_near(vec(DType::boolean, {1, 0, 0}), 0));
}

// Each operand in turn moves or stays within a row: 20 columns pass the width of a vector.
TEST(WhereTest, EveryOperandBroadcasts) {
  const Shape shapes[] = {{2, 20}, {2, 1}, {20}, {}};
  const auto ramp = [](DType dtype, const Shape& shape, double first) {
    HostTensor x({dtype, shape});
    for (std::int64_t i = 0; i < x.numel(); ++i) x.set(i, dtype == DType::boolean ? i % 3 == 0 : first + double(i));
    return x;
  };
  const auto at = [](const HostTensor& x, std::int64_t row, std::int64_t column) {
    const Shape& shape = x.type().shape;
    const std::int64_t columns = shape.rank() > 0 ? shape[shape.rank() - 1] : 1;
    return x.at((shape.rank() > 1 ? row * columns : 0) + (columns > 1 ? column : 0));
  };
  for (const Shape& sc : shapes)
    for (const Shape& sa : shapes)
      for (const Shape& sb : shapes)
        for (const DType dtype : {DType::f32, DType::f64}) {
          const HostTensor c = ramp(DType::boolean, sc, 0), a = ramp(dtype, sa, 100), b = ramp(dtype, sb, 200);
          const HostTensor result = select(c, a, b);
          const Shape& shape = result.type().shape;
          const std::int64_t columns = shape.rank() > 0 ? shape[shape.rank() - 1] : 1;
          for (std::int64_t i = 0; i < result.numel(); ++i) {
            const std::int64_t row = i / columns, column = i % columns;
            EXPECT_EQ(result.at(i), at(c, row, column) != 0 ? at(a, row, column) : at(b, row, column))
                << sc << sa << sb << " element " << i;
          }
        }
}

TEST(WhereTest, PromotesTheChoices) {
  EXPECT_THAT(select(vec(DType::boolean, {1, 0}), vec(DType::i64, {1, 2}), vec(DType::f32, {0.5, 1.5})),
              is_near(vec(DType::f32, {1, 1.5}), 0));
}

TEST(WhereTest, EachChoiceTakesTheSlopeWhereItWasSelected) {
  const HostTensor condition = vec(DType::boolean, {1, 0, 1});
  const auto slopes = evaluate_gradients([](auto v) { return where(v[0], v[1], v[2]); },
                                         {condition, vec(DType::f32, {1, 2, 3}), HostTensor({DType::f32, {}}, {9})},
                                         vec(DType::f32, {10, 20, 30}));
  ASSERT_EQ(slopes.size(), 2u);
  EXPECT_THAT(slopes[0], has_values({10, 0, 30}));
  EXPECT_THAT(slopes[1], is_near({{DType::f32, {}}, {20}}, 0));
}

TEST(WhereTest, AConditionThatIsNotBoolIsRefused) {
  const HostTensor x = vec(DType::f32, {1});
  EXPECT_THAT([&] { select(x, x, x); }, ThrowsMessage<Error>(HasSubstr("the condition must be bool")));
}

}  // namespace
}  // namespace weft
