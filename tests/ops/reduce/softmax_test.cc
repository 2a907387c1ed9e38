#include <gmock/gmock.h>

#include <cmath>
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

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

HostTensor softmax_of(const HostTensor& x, std::int64_t dim) {
  return evaluate([dim](auto v) { return softmax(v[0], dim); }, {x});
}
HostTensor log_softmax_of(const HostTensor& x, std::int64_t dim) {
  return evaluate([dim](auto v) { return log_softmax(v[0], dim); }, {x});
}

// Fixed numbers in [-4, 4].
HostTensor waves(DType dtype, const Shape& shape) {
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(4 * std::sin(1 + 2.3 * static_cast<double>(i)));
  return {{dtype, shape}, values};
}

const double kLog3 = std::log(3.0);

TEST(SoftmaxTest, OfKnownNumbers) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const HostTensor x({dtype, {2, 2}}, {0, kLog3, 5, 5});
    EXPECT_THAT(softmax_of(x, 1), has_values({.25, .75, .5, .5}, 1e-6));
    EXPECT_THAT(log_softmax_of(x, -1), has_values({std::log(.25), std::log(.75), std::log(.5), std::log(.5)}, 1e-6));
  }
}

TEST(SoftmaxTest, AlongTheFirstDim) {
  const HostTensor x({DType::f32, {2, 2}}, {0, 5, kLog3, 5});
  EXPECT_THAT(softmax_of(x, 0), has_values({.25, .5, .75, .5}, 1e-6));
  EXPECT_THAT(log_softmax_of(x, 0), has_values({std::log(.25), std::log(.5), std::log(.75), std::log(.5)}, 1e-6));
}

// Rows and columns of every length around the width of a vector, against f64 sums made here.
TEST(SoftmaxTest, AgreesWithTheFormula) {
  for (const std::int64_t n : {1, 2, 3, 7, 8, 10, 15, 16, 17, 33, 64, 65, 100, 200, 1024, 1025, 3500})
    for (const std::int64_t inner : {1, 3, 17}) {
      const HostTensor x = waves(DType::f32, {2, n, inner});
      std::vector<double> expected(static_cast<std::size_t>(x.numel())), logs(expected);
      for (std::int64_t line = 0; line < 2 * inner; ++line) {
        const std::int64_t first = line / inner * n * inner + line % inner;
        double total = 0;
        for (std::int64_t r = 0; r < n; ++r) total += std::exp(x.at(first + r * inner));
        for (std::int64_t r = 0; r < n; ++r) {
          const auto i = static_cast<std::size_t>(first + r * inner);
          logs[i] = x.at(first + r * inner) - std::log(total);
          expected[i] = std::exp(logs[i]);
        }
      }
      EXPECT_THAT(softmax_of(x, 1), has_values(expected, 1e-6)) << n << " " << inner;
      EXPECT_THAT(log_softmax_of(x, 1), has_values(logs, 1e-6)) << n << " " << inner;
      const HostTensor x64({DType::f64, x.type().shape}, x.doubles());
      EXPECT_THAT(softmax_of(x64, 1), has_values(expected, 1e-14)) << n << " " << inner;
      EXPECT_THAT(log_softmax_of(x64, 1), has_values(logs, 1e-14)) << n << " " << inner;
    }
}

// The first term is 1, the others are about a tenth.
TEST(SoftmaxTest, OfLongLinesIsExactToAFewUnits) {
  constexpr std::int64_t kLine = 600001;
  const float log_tenth = std::log(0.1f);
  const double sum = 1 + (kLine - 1) * std::exp(static_cast<double>(log_tenth));
  for (const std::int64_t inner : {1, 2}) {
    HostTensor x({DType::f32, {kLine, inner}});
    std::fill_n(x.as<float>(), x.numel(), log_tenth);
    for (std::int64_t c = 0; c < inner; ++c) x.set(c, 0);
    const HostTensor y = softmax_of(x, 0);
    for (std::int64_t c = 0; c < inner; ++c) EXPECT_NEAR(y.at(c) * sum, 1, 2e-6) << inner;
  }
}

TEST(SoftmaxTest, LargeNumbersDoNotOverflow) {
  const HostTensor x({DType::f32, {3}}, {1e4, 1e4, -1e4});
  EXPECT_THAT(softmax_of(x, 0), has_values({.5, .5, 0}));
  EXPECT_THAT(log_softmax_of(x, 0), has_values({std::log(.5), std::log(.5), -2e4 - std::log(2.0)}, 1e-6));
}

TEST(SoftmaxTest, InfinitiesAndNans) {
  EXPECT_THAT(softmax_of(HostTensor({DType::f32, {3}}, {-kInf, 0, 0}), 0), has_values({0, .5, .5}));
  EXPECT_THAT(softmax_of(HostTensor({DType::f32, {2}}, {-kInf, -kInf}), 0), has_values({kNan, kNan}));
  EXPECT_THAT(log_softmax_of(HostTensor({DType::f32, {2}}, {-kInf, 0}), 0), has_values({-kInf, 0}));
}

// Wherever the NaN stands, and whichever way a line is read.
TEST(SoftmaxTest, ANanSpoilsItsLineOnly) {
  constexpr std::int64_t kLine = 35;
  for (std::int64_t at = 0; at < kLine; ++at) {
    HostTensor rows = waves(DType::f32, {2, kLine});
    rows.set(at, kNan);
    const std::vector<double> out = softmax_of(rows, 1).doubles();
    for (std::int64_t i = 0; i < 2 * kLine; ++i)
      EXPECT_EQ(std::isnan(out[static_cast<std::size_t>(i)]), i < kLine) << at << " " << i;
    HostTensor columns = waves(DType::f32, {kLine, 2});
    columns.set(2 * at, kNan);
    const std::vector<double> down = softmax_of(columns, 0).doubles();
    for (std::int64_t i = 0; i < 2 * kLine; ++i)
      EXPECT_EQ(std::isnan(down[static_cast<std::size_t>(i)]), i % 2 == 0) << at << " " << i;
  }
}

TEST(SoftmaxTest, NoElementsAreLegal) {
  for (const Shape& shape : {Shape{0, 3}, Shape{3, 0}, Shape{0}, Shape{2, 0, 3}})
    for (int dim = 0; dim < shape.rank(); ++dim) {
      EXPECT_EQ(softmax_of(HostTensor({DType::f32, shape}), dim).type().shape, shape);
      EXPECT_EQ(log_softmax_of(HostTensor({DType::f64, shape}), dim).type().shape, shape);
    }
}

TEST(SoftmaxTest, OfAScalarIsOne) {
  EXPECT_THAT(softmax_of(HostTensor({DType::f32, {}}, {7}), 0), has_values({1}));
  EXPECT_THAT(log_softmax_of(HostTensor({DType::f32, {}}, {7}), -1), has_values({0}));
}

TEST(SoftmaxTest, RefusesIntegersAndDimsOutOfRange) {
  EXPECT_THAT(
      [] {
        softmax_of(HostTensor({DType::i64, {2}}, {1, 2}), 0);
      },
      ThrowsMessage<Error>(HasSubstr("[softmax] a: i64[2]: needs a floating tensor")));
  EXPECT_THAT(
      [] {
        log_softmax_of(HostTensor({DType::f32, {2}}, {1, 2}), 1);
      },
      ThrowsMessage<Error>(HasSubstr("[log_softmax] a: f32[2]")));
}

TEST(SoftmaxTest, GradientsAgreeWithDifferences) {
  const HostTensor x = waves(DType::f64, {2, 3, 2});
  for (int dim = 0; dim < 3; ++dim) {
    EXPECT_TRUE(gradcheck([dim](auto v) { return softmax(v[0], dim); }, {x}));
    EXPECT_TRUE(gradcheck([dim](auto v) { return log_softmax(v[0], dim); }, {x}));
  }
}

// p = (1/4, 3/4), dy = (1, 0): p (dy - p . dy) = (3/16, -3/16).
TEST(SoftmaxTest, GradientOfKnownNumbers) {
  const auto gradients =
      evaluate_gradients([](auto v) { return softmax(v[0], 0); }, {HostTensor({DType::f32, {2}}, {0, kLog3})},
                         HostTensor({DType::f32, {2}}, {1, 0}));
  EXPECT_THAT(gradients, ElementsAre(has_values({3 / 16., -3 / 16.}, 1e-6)));
}

TEST(SoftmaxTest, GradientFunctionsAreNamedAsInPyTorch) {
  const Tensor x = zeros({2}).requires_grad_();
  EXPECT_STREQ(softmax(x, 0).grad_fn().name(), "SoftmaxBackward0");
  EXPECT_STREQ(log_softmax(x, 0).grad_fn().name(), "LogSoftmaxBackward0");
}

}  // namespace
}  // namespace weft
