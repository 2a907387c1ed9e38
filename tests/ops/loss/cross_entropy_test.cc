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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

GraphFn loss_fn(Reduction reduction) {
  return [reduction](std::span<const Value> v) {
    return v[0].builder().record(*find_op("cross_entropy"), v, {{"reduction", static_cast<std::int64_t>(reduction)}});
  };
}
HostTensor loss_of(const HostTensor& logits, const HostTensor& target, Reduction reduction) {
  return evaluate(loss_fn(reduction), {logits, target});
}

const double kLog3 = std::log(3.0);
// Softmax: (1/4, 3/4) and (1/2, 1/2).
const HostTensor kLogits({DType::f32, {2, 2}}, {0, kLog3, 1, 1});
const HostTensor kTarget({DType::i64, {2}}, {1, 0});
const double kLoss0 = -std::log(.75), kLoss1 = std::log(2.0);

TEST(CrossEntropyTest, OfKnownNumbers) {
  EXPECT_THAT(loss_of(kLogits, kTarget, Reduction::none), has_values({kLoss0, kLoss1}, 1e-6));
  EXPECT_THAT(loss_of(kLogits, kTarget, Reduction::sum), has_values({kLoss0 + kLoss1}, 1e-6));
  EXPECT_THAT(loss_of(kLogits, kTarget, Reduction::mean), has_values({(kLoss0 + kLoss1) / 2}, 1e-6));
}

TEST(CrossEntropyTest, IsLogSoftmaxOfTheTarget) {
  for (const std::int64_t classes : {1, 2, 10, 16, 17, 100, 3500}) {
    constexpr std::int64_t kRows = 5;
    HostTensor logits({DType::f32, {kRows, classes}}), target({DType::i64, {kRows}});
    for (std::int64_t i = 0; i < logits.numel(); ++i) logits.set(i, 3 * std::sin(1.7 * static_cast<double>(i)));
    for (std::int64_t i = 0; i < kRows; ++i) target.set(i, static_cast<double>((7 * i + 3) % classes));
    const HostTensor logs = evaluate([](auto v) { return log_softmax(v[0], 1); }, {logits});
    std::vector<double> expected;
    for (std::int64_t i = 0; i < kRows; ++i)
      expected.push_back(-logs.at(i * classes + static_cast<std::int64_t>(target.at(i))));
    EXPECT_THAT(loss_of(logits, target, Reduction::none), has_values(expected, 1e-6)) << classes;
    const HostTensor logits64({DType::f64, logits.type().shape}, logits.doubles());
    EXPECT_THAT(loss_of(logits64, target, Reduction::none), has_values(expected, 1e-6)) << classes;
  }
}

TEST(CrossEntropyTest, LargeLogitsDoNotOverflow) {
  const HostTensor logits({DType::f32, {2, 2}}, {1e4, -1e4, 1e4, -1e4});
  EXPECT_THAT(loss_of(logits, kTarget, Reduction::none), has_values({2e4, 0}));
}

TEST(CrossEntropyTest, NoSamples) {
  const HostTensor logits({DType::f32, {0, 3}}), target({DType::i64, {0}});
  EXPECT_EQ(loss_of(logits, target, Reduction::none).type().str(), "f32[0]");
  EXPECT_THAT(loss_of(logits, target, Reduction::sum), has_values({0}));
  EXPECT_THAT(loss_of(logits, target, Reduction::mean), has_values({std::numeric_limits<double>::quiet_NaN()}));
  const auto gradients =
      evaluate_gradients(loss_fn(Reduction::mean), {logits, target}, HostTensor({DType::f32, {}}, {1}));
  EXPECT_THAT(gradients, ElementsAre(has_values({})));
}

// softmax - onehot, for the gradients 8 and 2 of the losses.
TEST(CrossEntropyTest, GradientOfKnownNumbers) {
  EXPECT_THAT(evaluate_gradients(loss_fn(Reduction::none), {kLogits, kTarget}, HostTensor({DType::f32, {2}}, {8, 2})),
              ElementsAre(has_values({2, -2, -1, 1}, 1e-6)));
  EXPECT_THAT(evaluate_gradients(loss_fn(Reduction::mean), {kLogits, kTarget}, HostTensor({DType::f32, {}}, {8})),
              ElementsAre(has_values({1, -1, -2, 2}, 1e-6)));
  EXPECT_THAT(evaluate_gradients(loss_fn(Reduction::sum), {kLogits, kTarget}, HostTensor({DType::f32, {}}, {8})),
              ElementsAre(has_values({2, -2, -4, 4}, 1e-6)));
}

TEST(CrossEntropyTest, GradientsAgreeWithDifferences) {
  const HostTensor logits({DType::f64, {3, 4}}, {.1, -1, 2, .5, 1, 1.5, -.3, .2, -2, .7, .9, 0});
  const HostTensor target({DType::i64, {3}}, {2, 0, 3});
  for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum})
    EXPECT_TRUE(gradcheck([&](auto v) { return loss_fn(reduction)(v); }, {logits, target}));
}

TEST(CrossEntropyTest, RefusesTargetsThatAreNoClass) {
  for (const std::int64_t bad : {-1, 2, -100}) {
    const HostTensor target({DType::i64, {2}}, {1, static_cast<double>(bad)});
    EXPECT_THAT([&] { loss_of(kLogits, target, Reduction::mean); },
                ThrowsMessage<Error>(AllOf(HasSubstr("[cross_entropy] a: f32[2,2], b: i64[2]"),
                                           HasSubstr("target[1] is " + std::to_string(bad) + ", outside of [0,2)"))));
    EXPECT_THROW(evaluate_gradients(loss_fn(Reduction::sum), {kLogits, target}, HostTensor({DType::f32, {}}, {1})),
                 Error);
  }
}

TEST(CrossEntropyTest, NoClassesHaveNoTarget) {
  EXPECT_THROW(loss_of(HostTensor({DType::f32, {2, 0}}), kTarget, Reduction::mean), Error);
}

TEST(CrossEntropyTest, RefusesOtherShapesAndDtypes) {
  const HostTensor floats({DType::f32, {2}}, {1, 0}), three({DType::i64, {3}}, {0, 0, 0});
  EXPECT_THROW(loss_of(kLogits, floats, Reduction::mean), Error);
  EXPECT_THROW(loss_of(kLogits, three, Reduction::mean), Error);
  EXPECT_THROW(loss_of(HostTensor({DType::i64, {2, 2}}, {1, 2, 3, 4}), kTarget, Reduction::mean), Error);
  EXPECT_THROW(loss_of(kLogits, kTarget, static_cast<Reduction>(3)), Error);
}

TEST(CrossEntropyTest, OfTensors) {
  const Tensor logits = tensor({{0.0, 0.0}, {1.0, 1.0}}).requires_grad_();
  const Tensor loss = cross_entropy(logits, tensor({1, 0}));
  EXPECT_NEAR(loss.item(), std::log(2.0), 1e-6);
  EXPECT_STREQ(loss.grad_fn().name(), "NllLossBackward0");
  loss.backward();
  EXPECT_THAT(logits.grad().to_vector<float>(), ElementsAre(.25f, -.25f, -.25f, .25f));
}

TEST(CrossEntropyTest, OfOneSampleOfOneClassIsZeroAndNotMinusZero) {
  for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum})
    EXPECT_FALSE(std::signbit(cross_entropy(tensor({5.0}), tensor(0), reduction).item()));
}

TEST(CrossEntropyTest, OfOneSampleWithoutTheDimOfSamples) {
  const Tensor loss = cross_entropy(tensor({0.0, 0.0}), tensor(1), Reduction::none);
  EXPECT_EQ(loss.shape().str(), "[]");
  EXPECT_NEAR(loss.item(), std::log(2.0), 1e-6);
}

}  // namespace
}  // namespace weft
