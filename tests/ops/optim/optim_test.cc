// Optimizers: steps that can be worked out by hand, long runs against the formulas in double, compiled steps, errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor parameter(double value) { return full({1}, value).requires_grad_(); }

// The values of a parameter that starts at 4 after each step with these gradients.
std::vector<double> trajectory(const std::function<std::unique_ptr<optim::Optimizer>(const Tensor&)>& make,
                               const std::vector<double>& gradients) {
  const Tensor p = parameter(4);
  const auto optimizer = make(p);
  std::vector<double> values;
  for (const double g : gradients) {
    p.set_grad(full({1}, g));
    optimizer->step();
    values.push_back(p.item());
  }
  return values;
}

std::vector<double> sgd(const optim::SGDOptions& options, const std::vector<double>& gradients) {
  return trajectory([&](const Tensor& p) { return std::make_unique<optim::SGD>(std::vector{p}, options); }, gradients);
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

TEST(Sgd, GoesAgainstTheGradient) { EXPECT_THAT(sgd({.lr = 0.5}, {2, 2, -1}), ElementsAre(3, 2, 2.5)); }

TEST(Sgd, MomentumSumsGradients) {
  // b = 2, 3, 3.5
  EXPECT_THAT(sgd({.lr = 0.5, .momentum = 0.5}, {2, 2, 2}), ElementsAre(3, 1.5, -0.25));
}

TEST(Sgd, NesterovLooksAhead) {
  // b = 2, 3; the step is along 2 + 0.5 * 2 = 3 and 2 + 0.5 * 3 = 3.5
  EXPECT_THAT(sgd({.lr = 0.5, .momentum = 0.5, .nesterov = true}, {2, 2}), ElementsAre(2.5, 0.75));
}

TEST(Sgd, DampeningSparesTheFirstGradient) {
  // b = 2, 0.5 * 2 + 0.75 * 2 = 2.5, 0.5 * 2.5 + 0.75 * 2 = 2.75
  EXPECT_THAT(sgd({.lr = 0.5, .momentum = 0.5, .dampening = 0.25}, {2, 2, 2}), ElementsAre(3, 1.75, 0.375));
}

TEST(Sgd, WeightDecayAddsTheParameterToTheGradient) {
  // 2 + 0.5 * 4 = 4, then 2 + 0.5 * 2 = 3
  EXPECT_THAT(sgd({.lr = 0.5, .weight_decay = 0.5}, {2, 2}), ElementsAre(2, 0.5));
}

TEST(Adam, StepsByTheLearningRateWhereTheGradientIsConstant) {
  const auto values = trajectory(
      [](const Tensor& p) { return std::make_unique<optim::Adam>(std::vector{p}, optim::AdamOptions{.lr = 0.5}); },
      {2, 2, 2});
  EXPECT_NEAR(values[0], 3.5, 1e-6);
  EXPECT_NEAR(values[1], 3.0, 1e-6);
  EXPECT_NEAR(values[2], 2.5, 1e-6);
}

TEST(Adam, CorrectsTheBiasOfBothAverages) {
  const auto values = trajectory(
      [](const Tensor& p) {
        return std::make_unique<optim::Adam>(std::vector{p},
                                             optim::AdamOptions{.lr = 0.5, .beta1 = 0.5, .beta2 = 0.75, .eps = 0});
      },
      {2, -2});
  EXPECT_NEAR(values[0], 3.5, 1e-6);
  // m = -0.5 / (1 - 0.25), v = 1.75 / (1 - 0.5625) = 4: the step is 0.5 * (-2 / 3) / 2
  EXPECT_NEAR(values[1], 3.5 + 1.0 / 6, 1e-6);
}

TEST(AdamW, DecaysTheParameterAndNotTheGradient) {
  const auto values = trajectory(
      [](const Tensor& p) {
        return std::make_unique<optim::AdamW>(std::vector{p}, optim::AdamWOptions{.lr = 0.5, .weight_decay = 0.5});
      },
      {2});
  EXPECT_NEAR(values[0], 4 * 0.75 - 0.5, 1e-6);
}

// The formulas of weft/optim.h, one element in double.
struct Reference {
  double p, b = 0, m = 0, v = 0;
  int t = 0;

  void sgd(double g, const optim::SGDOptions& o) {
    ++t;
    g += o.weight_decay * p;
    b = t == 1 ? g : o.momentum * b + (1 - o.dampening) * g;
    p -= o.lr * (o.nesterov ? g + o.momentum * b : b);
  }
  void adam(double g, const optim::AdamOptions& o, bool decoupled) {
    ++t;
    if (decoupled) p *= 1 - o.lr * o.weight_decay;
    if (!decoupled) g += o.weight_decay * p;
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const double correct1 = 1 - std::pow(o.beta1, t), correct2 = 1 - std::pow(o.beta2, t);
    p -= o.lr / correct1 * m / (std::sqrt(v) / std::sqrt(correct2) + o.eps);
  }
};

// 20 steps over 37 elements (whole vectors and a rest) with changing gradients.
void expect_follows(DType dtype, double tolerance, const std::function<std::unique_ptr<optim::Optimizer>(Tensor)>& make,
                    const std::function<void(Reference&, double)>& step) {
  constexpr int kSize = 37;
  std::vector<double> start(kSize);
  for (int i = 0; i < kSize; ++i) start[i] = std::sin(i + 1.0);
  const Tensor p = from_data(start, {kSize}).to(dtype).detach().requires_grad_();
  const auto optimizer = make(p);
  std::vector<Reference> expected;
  for (const double value : start) expected.push_back({value});
  for (int t = 0; t < 20; ++t) {
    std::vector<double> gradient(kSize);
    for (int i = 0; i < kSize; ++i) gradient[i] = std::cos(3.0 * i + t);
    p.set_grad(from_data(gradient, {kSize}).to(dtype));
    optimizer->step();
    for (int i = 0; i < kSize; ++i) step(expected[i], gradient[i]);
  }
  const std::vector<double> values = p.detach().to(kFloat64).to_vector<double>();
  for (int i = 0; i < kSize; ++i) EXPECT_NEAR(values[i], expected[i].p, tolerance) << "element " << i;
}

TEST(Sgd, FollowsTheFormulaFor20Steps) {
  const std::vector<optim::SGDOptions> cases = {{.lr = 0.1, .momentum = 0.9},
                                                {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true},
                                                {.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .weight_decay = 0.01}};
  for (const auto& options : cases) {
    const auto make = [&](const Tensor& p) { return std::make_unique<optim::SGD>(std::vector{p}, options); };
    const auto step = [&](Reference& r, double g) { r.sgd(g, options); };
    expect_follows(kFloat32, 2e-5, make, step);
    expect_follows(kFloat64, 1e-13, make, step);
  }
}

TEST(Adam, FollowsTheFormulaFor20Steps) {
  for (const double weight_decay : {0.0, 0.01}) {
    const optim::AdamOptions options{.lr = 0.05, .weight_decay = weight_decay};
    const auto make = [&](const Tensor& p) { return std::make_unique<optim::Adam>(std::vector{p}, options); };
    const auto step = [&](Reference& r, double g) { r.adam(g, options, false); };
    expect_follows(kFloat32, 2e-5, make, step);
    expect_follows(kFloat64, 1e-13, make, step);
  }
}

TEST(AdamW, FollowsTheFormulaFor20Steps) {
  const auto make = [](const Tensor& p) {
    return std::make_unique<optim::AdamW>(std::vector{p}, optim::AdamWOptions{.lr = 0.05, .weight_decay = 0.1});
  };
  const auto step = [](Reference& r, double g) { r.adam(g, {.lr = 0.05, .weight_decay = 0.1}, true); };
  expect_follows(kFloat32, 2e-5, make, step);
  expect_follows(kFloat64, 1e-13, make, step);
}

TEST(Optimizer, LeavesParametersWithoutAGradientAlone) {
  const Tensor used = parameter(4), unused = parameter(4);
  optim::Adam optimizer({used, unused}, {.lr = 0.5});
  used.set_grad(full({1}, 2));
  optimizer.step();
  EXPECT_NEAR(used.item(), 3.5, 1e-6);
  EXPECT_EQ(unused.item(), 4);
  // The bias correction of its first update is that of t = 1, although the optimizer made a step before.
  unused.set_grad(full({1}, 2));
  optimizer.step();
  EXPECT_NEAR(unused.item(), 3.5, 1e-6);
}

TEST(Optimizer, StepWithoutGradientsChangesNothing) {
  const Tensor p = parameter(4);
  optim::SGD optimizer({p}, {.lr = 0.5});
  optimizer.step();
  EXPECT_EQ(p.item(), 4);
}

TEST(Optimizer, ZeroGradClearsGradients) {
  const Tensor p = parameter(4);
  optim::SGD optimizer({p});
  (p * p).sum().backward();
  EXPECT_TRUE(p.grad().defined());
  optimizer.zero_grad();
  EXPECT_FALSE(p.grad().defined());
}

TEST(Optimizer, CapturedValuesKeepWhatTheyHad) {
  const Tensor p = parameter(4);
  optim::SGD optimizer({p}, {.lr = 0.5});
  const Tensor before = p * 10;
  p.set_grad(full({1}, 2));
  optimizer.step();
  EXPECT_EQ(before.item(), 40);
  EXPECT_EQ((p * 10).item(), 30);
}

TEST(Optimizer, SetLrTakesEffectWithoutCompilingAgain) {
  const Tensor p = parameter(4);
  optim::SGD optimizer({p}, {.lr = 0.5});
  const auto step = compile([&] {
    optimizer.zero_grad();
    const Tensor loss = (p * 2).sum();
    loss.backward();
    optimizer.step();
    return loss;
  });
  EXPECT_EQ(step().item(), 8);
  EXPECT_EQ(p.item(), 3);
  optimizer.set_lr(0.25);
  EXPECT_EQ(optimizer.lr(), 0.25);
  EXPECT_EQ(step().item(), 6);
  EXPECT_EQ(p.item(), 2.5);
  EXPECT_EQ(step.stats().traces, 1u);
}

// A small network on fixed data; the weights after 5 steps.
std::vector<float> train(const std::function<std::unique_ptr<optim::Optimizer>(std::vector<Tensor>)>& make,
                         bool compiled) {
  manual_seed(5);
  nn::Sequential model(nn::Linear(3, 8), nn::Tanh(), nn::Linear(8, 1));
  const Tensor x = randn({6, 3}), y = randn({6, 1});
  const auto optimizer = make(model.parameters());
  const auto body = [&] {
    optimizer->zero_grad();
    const Tensor loss = mse_loss(model(x), y);
    loss.backward();
    optimizer->step();
    return loss;
  };
  const auto step = compile(body);
  for (int i = 0; i < 5; ++i) compiled ? step().item() : body().item();
  std::vector<float> weights;
  for (const Tensor& p : model.parameters())
    for (const float w : p.detach().to_vector<float>()) weights.push_back(w);
  return weights;
}

TEST(Optimizer, CompiledStepsGiveTheBitsOfEagerSteps) {
  const auto sgd = [](std::vector<Tensor> p) {
    return std::make_unique<optim::SGD>(std::move(p), optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .dampening = 0.1});
  };
  const auto adam = [](std::vector<Tensor> p) { return std::make_unique<optim::Adam>(std::move(p)); };
  EXPECT_EQ(train(sgd, true), train(sgd, false));
  EXPECT_EQ(train(adam, true), train(adam, false));
}

TEST(Optimizer, RefusesBadParameters) {
  const Tensor p = parameter(1);
  EXPECT_THAT(error_of([] { optim::SGD({}); }), HasSubstr("[SGD] there are no parameters"));
  EXPECT_THAT(error_of([&] { optim::Adam({p, p}); }), HasSubstr("[Adam] parameter 1 is there twice"));
  EXPECT_THAT(error_of([&] { optim::SGD({p * 2}); }), HasSubstr("result of an operation"));
  EXPECT_THAT(error_of([&] { optim::SGD({arange(3)}); }), HasSubstr("not floating"));
  EXPECT_THAT(error_of([&] { optim::SGD({Tensor()}); }), HasSubstr("undefined"));
}

TEST(Optimizer, RefusesBadOptions) {
  const std::vector<Tensor> p{parameter(1)};
  EXPECT_THAT(error_of([&] { optim::SGD(p, {.lr = -1}); }), HasSubstr("[SGD] lr -1.000000: negative"));
  EXPECT_THAT(error_of([&] { optim::SGD(p, {.momentum = -1}); }), HasSubstr("momentum"));
  EXPECT_THAT(error_of([&] { optim::SGD(p, {.nesterov = true}); }), HasSubstr("nesterov needs momentum"));
  EXPECT_THAT(error_of([&] { optim::Adam(p, {.beta1 = 1}); }), HasSubstr("beta1"));
  EXPECT_THAT(error_of([&] { optim::AdamW(p, {.eps = -1}); }), HasSubstr("[AdamW] eps"));
  EXPECT_THAT(error_of([&] { optim::SGD(p).set_lr(std::nan("")); }), HasSubstr("[SGD] lr"));
}

}  // namespace
}  // namespace weft
