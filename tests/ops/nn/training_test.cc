// Clipping of gradients, averages of weights, gradients of several micro-batches.
#include "weft/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "weft/autograd.h"
#include "weft/function.h"
#include "weft/nn.h"
#include "weft/ops.h"
#include "weft/optim.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

std::vector<Tensor> with_gradients() {
  const Tensor a = zeros({2}).requires_grad_(), b = zeros({1}).requires_grad_(), none = zeros({1}).requires_grad_();
  a.set_grad(tensor({3.0, 0.0}));
  b.set_grad(tensor({-4.0}));
  return {a, none, b};
}

TEST(ClipGradNorm, ScalesGradientsDownToTheNorm) {
  const auto p = with_gradients();
  EXPECT_EQ(nn::clip_grad_norm_(p, 2.5).item(), 5);
  EXPECT_THAT(p[0].grad().to_vector<float>(), Pointwise(FloatNear(1e-6f), {1.5f, 0.0f}));
  EXPECT_NEAR(p[2].grad().item(), -2, 1e-6);
}

TEST(ClipGradNorm, LeavesSmallGradientsAsTheyAre) {
  const auto p = with_gradients();
  EXPECT_EQ(nn::clip_grad_norm_(p, 10).item(), 5);
  EXPECT_EQ(p[2].grad().item(), -4);
}

TEST(ClipGradNorm, KnowsOtherNorms) {
  EXPECT_EQ(nn::clip_grad_norm_(with_gradients(), 10, 1).item(), 7);
  EXPECT_EQ(nn::clip_grad_norm_(with_gradients(), 10, std::numeric_limits<double>::infinity()).item(), 4);
  EXPECT_EQ(nn::clip_grad_norm_({}, 1).item(), 0);
}

TEST(ClipGradNorm, RefusesWhatIsNotFiniteWhereAsked) {
  const Tensor p = zeros({1}).requires_grad_();
  p.set_grad(full({1}, std::numeric_limits<double>::infinity()));
  EXPECT_THAT(error_of([&] { nn::clip_grad_norm_({p}, 1, 2, true); }), HasSubstr("the norm of the gradients is inf"));
  EXPECT_THAT(error_of([&] { nn::clip_grad_norm_({p}, -1); }), HasSubstr("max_norm -1.000000: negative"));
}

TEST(ClipGradValue, ClampsEachElement) {
  const auto p = with_gradients();
  nn::clip_grad_value_(p, 3.5);
  EXPECT_THAT(p[0].grad().to_vector<float>(), ElementsAre(3, 0));
  EXPECT_EQ(p[2].grad().item(), -3.5);
}

// Five steps with clipping; the weights.
std::vector<float> train_clipped(bool compiled) {
  manual_seed(3);
  nn::Linear model(3, 2);
  const Tensor x = randn({8, 3}) * 10;
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const auto body = [&] {
    model(x).square().mean().backward();
    const Tensor norm = nn::clip_grad_norm_(model.parameters(), 0.5);
    optimizer.step();
    optimizer.zero_grad();
    return norm;
  };
  const auto step = compile(body);
  for (int i = 0; i < 5; ++i) EXPECT_GT((compiled ? step() : body()).item(), 0.5);
  return model.weight.to_vector<float>();
}

TEST(ClipGradNorm, InACompiledStepGivesTheBitsOfEagerSteps) { EXPECT_EQ(train_clipped(true), train_clipped(false)); }

TEST(MicroBatches, AccumulateTheGradientOfTheWholeBatch) {
  const Tensor x = arange(0, 8, 1, kFloat64).view({8, 1});
  const auto gradient = [&](std::int64_t size) {
    const Tensor w = full({1, 1}, 0.5, kFloat64).requires_grad_();
    const auto backward = compile([&](Tensor part) { (part.matmul(w).square().sum() / 8).backward(); });
    for (std::int64_t i = 0; i < 8; i += size) backward(x.narrow(0, i, size).clone());
    return w.grad().item();
  };
  // d/dw mean (x w)^2 = 2 w mean(x^2) = 17.5
  EXPECT_EQ(gradient(8), 17.5);
  EXPECT_EQ(gradient(2), 17.5);
}

TEST(MicroBatches, OneCompiledStepAfterSeveralBackwardPasses) {
  const Tensor w = full({1}, 1).requires_grad_();
  optim::SGD optimizer({w}, {.lr = 0.5});
  const auto backward = compile([&](Tensor x) { (w * x).sum().backward(); });
  const auto step = compile([&] {
    optimizer.step();
    optimizer.zero_grad();
  });
  for (const double x : {1.0, 2.0, 3.0}) backward(full({1}, x));
  step();
  EXPECT_EQ(w.item(), 1 - 0.5 * 6);
  EXPECT_FALSE(w.grad().defined());
}

struct Average : ::testing::Test {
  nn::Linear model{1, 1, false};
  std::shared_ptr<nn::Linear> copy = std::make_shared<nn::Linear>(1, 1, false);

  void set(double value) { nn::init::constant_(model.weight, value); }
};

TEST_F(Average, OfEqualWeightsIsTheMean) {
  nn::AveragedModel average(copy);
  for (const double w : {2.0, 4.0, 9.0}) {
    set(w);
    average.update_parameters(model);
  }
  EXPECT_EQ(copy->weight.item(), 5);
  EXPECT_EQ(average.n_averaged.item<int>(), 3);
  EXPECT_EQ(average(ones({1, 1})).item(), 5);
  EXPECT_TRUE(average.state_dict().contains("module.weight"));
}

TEST_F(Average, WithADecayForgetsExponentially) {
  nn::AveragedModel average(copy, {.ema_decay = 0.75});
  for (const double w : {2.0, 4.0, 0.5}) {
    set(w);
    average.update_parameters(model);
  }
  // 2; 2 + (4 - 2) / 4 = 2.5; 2.5 + (0.5 - 2.5) / 4 = 2
  EXPECT_EQ(copy->weight.item(), 2);
}

TEST_F(Average, IsUpdatedByCompiledStepsAsByEagerOnes) {
  nn::AveragedModel average(copy);
  const auto update = compile([&] { average.update_parameters(model); });
  for (const double w : {2.0, 4.0, 9.0}) {
    set(w);
    update();
  }
  EXPECT_EQ(copy->weight.item(), 5);
  EXPECT_EQ(update.stats().traces, 1u);
}

TEST_F(Average, TakesBuffersOver) {
  nn::BatchNorm norm(1);
  const auto of = std::make_shared<nn::BatchNorm>(1);
  nn::AveragedModel average(of);
  norm.running_mean.fill_(3);
  average.update_parameters(norm);
  norm.running_mean.fill_(5);
  average.update_parameters(norm);
  EXPECT_EQ(of->running_mean.item(), 5);
}

TEST_F(Average, OfAnotherModelIsRefused) {
  nn::AveragedModel average(copy);
  EXPECT_THAT(error_of([&] { average.update_parameters(nn::Linear(2, 1, false)); }),
              HasSubstr("[AveragedModel] a: f32[1,1], b: f32[1,2]: the model is another one"));
  EXPECT_THAT(error_of([&] { average.update_parameters(nn::Linear(1, 1)); }), HasSubstr("2 tensors of the model, 1"));
}

}  // namespace
}  // namespace weft
