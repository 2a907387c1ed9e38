#include <gmock/gmock.h>

#include <limits>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();

// 0 1 2 / 3 4 5
Tensor matrix() { return arange(0, 6, 1, kFloat32).view({2, 3}); }

TEST(SliceTest, TakesRowsAndColumns) {
  EXPECT_THAT(matrix().slice(0, 1, 2).to_vector<float>(), ElementsAre(3, 4, 5));
  EXPECT_THAT(matrix().slice(1, 1, 3).to_vector<float>(), ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(matrix().slice(-1, 0, 1).to_vector<float>(), ElementsAre(0, 3));
}

TEST(SliceTest, CountsNegativePositionsFromTheEndAndClamps) {
  const Tensor x = arange(5);
  EXPECT_THAT(x.slice(0, -2, kMax).to_vector<std::int64_t>(), ElementsAre(3, 4));
  EXPECT_THAT(x.slice(0, kMin, -3).to_vector<std::int64_t>(), ElementsAre(0, 1));
  EXPECT_THAT(x.slice(0, 3, 1).to_vector<std::int64_t>(), IsEmpty());
  EXPECT_THAT(x.slice(0, 9, 12).to_vector<std::int64_t>(), IsEmpty());
}

TEST(SliceTest, Steps) {
  const Tensor x = arange(7);
  EXPECT_THAT(x.slice(0, 1, 7, 2).to_vector<std::int64_t>(), ElementsAre(1, 3, 5));
  EXPECT_THAT(x.slice(0, 0, 7, 3).to_vector<std::int64_t>(), ElementsAre(0, 3, 6));
  EXPECT_THAT(x.slice(0, 2, 7, kMax).to_vector<std::int64_t>(), ElementsAre(2));
  EXPECT_THAT(matrix().slice(1, 0, 3, 2).to_vector<float>(), ElementsAre(0, 2, 3, 5));
}

TEST(SliceTest, CutsEveryDtype) {
  EXPECT_THAT(tensor({true, false, true}).slice(0, 1, 3).to_vector<bool>(), ElementsAre(false, true));
  EXPECT_THAT(arange(3, 0, -1, kFloat64).slice(0, 1, 3).to_vector<double>(), ElementsAre(2, 1));
}

TEST(SliceTest, GradientIsZeroOutsideOfThePart) {
  const Tensor x = matrix().detach().requires_grad_();
  const Tensor y = x.slice(1, 0, 3, 2);
  EXPECT_STREQ(y.grad_fn().name(), "SliceBackward0");
  (y * tensor({{1., 2.}, {3., 4.}})).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(1, 0, 2, 3, 0, 4));
}

TEST(SliceTest, GradientOfNoElementsIsZero) {
  const Tensor x = ones({2}).requires_grad_();
  x.slice(0, 1, 1).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, 0));
}

TEST(SliceTest, RefusesWhatPythonWould) {
  EXPECT_THAT([] { matrix().slice(2, 0, 1); }, ThrowsMessage<Error>(HasSubstr("[slice] a: f32[2,3]: dim 2")));
  EXPECT_THAT([] { matrix().slice(0, 0, 1, 0); }, ThrowsMessage<Error>(HasSubstr("step 0 is below 1")));
  EXPECT_THAT([] { matrix().slice(0, 0, 1, -1); }, ThrowsMessage<Error>(HasSubstr("step -1 is below 1")));
  EXPECT_THAT([] { tensor(1.).slice(0, 0, 1); }, ThrowsMessage<Error>(HasSubstr("a scalar has no dims")));
}

TEST(SliceTest, RefusesAttributesThatLeaveTheOperand) {
  const auto with = [](std::string_view op, Attrs attrs) {
    evaluate([&](auto v) { return v[0].builder().record(*find_op(op), v, attrs); }, {HostTensor({DType::f32, {3}})});
  };
  const std::int64_t zero = 0, one = 1, two = 2, three = 3, four = 4;
  EXPECT_THAT(
      [&] {
        with("slice", {{"dim", one}, {"end", one}, {"start", zero}, {"step", one}});
      },
      ThrowsMessage<Error>(HasSubstr("attribute 'dim' is 1")));
  EXPECT_THAT(
      [&] {
        with("slice", {{"dim", zero}, {"end", four}, {"start", zero}, {"step", one}});
      },
      ThrowsMessage<Error>(HasSubstr("attribute 'end' is 4")));
  EXPECT_THAT(
      [&] {
        with("slice", {{"dim", zero}, {"end", one}, {"start", two}, {"step", one}});
      },
      ThrowsMessage<Error>(HasSubstr("attribute 'end' is 1")));
  EXPECT_THAT(
      [&] {
        with("slice", {{"dim", zero}, {"end", one}, {"start", zero}, {"step", kMax}});
      },
      ThrowsMessage<Error>(HasSubstr("attribute 'step'")));
  EXPECT_THAT(
      [&] {
        with("slice_scatter", {{"dim", zero}, {"size", four}, {"start", zero}, {"step", two}});
      },
      ThrowsMessage<Error>(HasSubstr("does not fit")));
  EXPECT_THAT(
      [&] {
        with("slice_scatter", {{"dim", zero}, {"size", three}, {"start", one}, {"step", one}});
      },
      ThrowsMessage<Error>(HasSubstr("does not fit")));
  EXPECT_THAT(
      [&] {
        with("slice_scatter", {{"dim", zero}, {"size", kMax}, {"start", zero}, {"step", one}});
      },
      ThrowsMessage<Error>(HasSubstr("attribute 'size'")));
}

TEST(NarrowTest, TakesALengthFromAStart) {
  EXPECT_THAT(arange(5).narrow(0, 1, 3).to_vector<std::int64_t>(), ElementsAre(1, 2, 3));
  EXPECT_THAT(arange(5).narrow(0, -2, 2).to_vector<std::int64_t>(), ElementsAre(3, 4));
  EXPECT_THAT(arange(5).narrow(0, 5, 0).to_vector<std::int64_t>(), IsEmpty());
}

TEST(NarrowTest, RefusesToLeaveTheOperand) {
  EXPECT_THAT([] { arange(5).narrow(0, 3, 3); }, ThrowsMessage<Error>(HasSubstr("[narrow] a: i64[5]: start 3")));
  EXPECT_THAT([] { arange(5).narrow(0, 1, kMax); }, ThrowsMessage<Error>(HasSubstr("[narrow]")));
  EXPECT_THAT([] { arange(5).narrow(0, 0, -1); }, ThrowsMessage<Error>(HasSubstr("[narrow]")));
  EXPECT_THAT([] { arange(5).narrow(0, kMin, 1); }, ThrowsMessage<Error>(HasSubstr("[narrow]")));
}

TEST(SelectTest, TakesOneIndexAndDropsTheDim) {
  EXPECT_THAT(matrix().select(0, 1).to_vector<float>(), ElementsAre(3, 4, 5));
  EXPECT_THAT(matrix().select(1, -1).to_vector<float>(), ElementsAre(2, 5));
  const Tensor y = ones({3}).requires_grad_().select(0, 0);
  EXPECT_EQ(y.shape(), Shape());
  EXPECT_STREQ(y.grad_fn().name(), "SelectBackward0");
}

TEST(SelectTest, OfATensorWithoutElements) { EXPECT_EQ(zeros({3, 0}).select(0, 1).shape(), Shape({0})); }

TEST(SelectTest, RefusesAnIndexOutOfRange) {
  EXPECT_THAT([] { matrix().select(0, 2); },
              ThrowsMessage<Error>(HasSubstr("[select] a: f32[2,3]: index 2 is outside of dim 0 of extent 2")));
  EXPECT_THAT([] { matrix().select(0, -3); }, ThrowsMessage<Error>(HasSubstr("index -3")));
  EXPECT_THAT([] { zeros({0}).select(0, 0); }, ThrowsMessage<Error>(HasSubstr("extent 0")));
  EXPECT_THAT([] { tensor(1.).select(0, 0); }, ThrowsMessage<Error>(HasSubstr("a scalar has no dims")));
}

}  // namespace
}  // namespace weft
