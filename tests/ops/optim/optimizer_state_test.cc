// Groups of parameters, and what optimizers hand out and take by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "weft/autograd.h"
#include "weft/function.h"
#include "weft/ops.h"
#include "weft/optim.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

Tensor parameter(double value) { return full({1}, value).requires_grad_(); }

std::vector<std::string> names(const StateDict& state) {
  std::vector<std::string> found;
  for (const auto& entry : state) found.push_back(entry.first);
  return found;
}

void step_with(optim::Optimizer& optimizer, const Tensor& p, double gradient) {
  p.set_grad(full(p.shape(), gradient));
  optimizer.step();
}

TEST(ParamGroups, HaveALearningRateAndOptionsOfTheirOwn) {
  const Tensor a = parameter(4), b = parameter(4);
  optim::SGD optimizer({a}, {.lr = 0.5});
  optimizer.add_param_group({b}, {.lr = 0.25, .weight_decay = 1});
  EXPECT_EQ(optimizer.num_groups(), 2u);
  a.set_grad(full({1}, 2));
  b.set_grad(full({1}, 2));
  optimizer.step();
  EXPECT_EQ(a.item(), 3);
  EXPECT_EQ(b.item(), 4 - 0.25 * (2 + 4));
}

TEST(ParamGroups, SetLrIsForAllOrForOne) {
  optim::SGD optimizer({parameter(1)}, {.lr = 0.5});
  optimizer.add_param_group({parameter(1)}, {.lr = 0.25});
  optimizer.set_lr(0.125, 1);
  EXPECT_EQ(optimizer.lr(0), 0.5);
  EXPECT_EQ(optimizer.lr(1), 0.125);
  optimizer.set_lr(1);
  EXPECT_EQ(optimizer.lr(0), 1);
  EXPECT_EQ(optimizer.lr(1), 1);
  EXPECT_THAT(error_of([&] { optimizer.lr(2); }), HasSubstr("[SGD] group 2 of 2 does not exist"));
}

TEST(ParamGroups, OneThatComesLaterIsUpdatedByCompiledSteps) {
  const Tensor a = parameter(4), b = parameter(4);
  optim::SGD optimizer({a}, {.lr = 0.5});
  const auto step = compile([&] {
    (a + b).sum().backward();
    optimizer.step();
    a.set_grad({});
    b.set_grad({});
  });
  step();
  EXPECT_EQ(b.item(), 4);
  optimizer.add_param_group({b}, {.lr = 1});
  step();
  EXPECT_EQ(a.item(), 3);
  EXPECT_EQ(b.item(), 3);
}

TEST(ParamGroups, RefuseParametersThatAreThereAlready) {
  const Tensor a = parameter(4);
  optim::Adam optimizer({a});
  EXPECT_THAT(error_of([&] { optimizer.add_param_group({a}); }), HasSubstr("[Adam] parameter 0 is there twice"));
  EXPECT_THAT(error_of([&] { optimizer.add_param_group({}); }), HasSubstr("[Adam] there are no parameters"));
  EXPECT_THAT(error_of([&] { optimizer.add_param_group({parameter(1)}, {.eps = -1}); }), HasSubstr("[Adam] eps"));
  EXPECT_EQ(optimizer.num_groups(), 1u);
}

TEST(ParamGroups, OfAdamWDecayAsAdamWDoes) {
  optim::AdamW optimizer({parameter(1)});
  optimizer.add_param_group({parameter(1)});
  EXPECT_EQ(optimizer.state_dict().at("param_groups.1.weight_decay").item(), 1e-2);
}

TEST(Optimizer, MaximizeGoesWithTheGradient) {
  const Tensor p = parameter(4);
  optim::SGD optimizer({p}, {.lr = 0.5, .maximize = true});
  step_with(optimizer, p, 2);
  EXPECT_EQ(p.item(), 5);
}

TEST(Adam, WithAmsgradKeepsTheLargestSecondMoment) {
  const Tensor p = parameter(4);
  optim::Adam optimizer({p}, {.lr = 0.5, .beta1 = 0, .beta2 = 0.75, .eps = 0, .amsgrad = true});
  step_with(optimizer, p, 4);
  EXPECT_NEAR(p.item(), 3.5, 1e-6);
  // v = 0.75 * 4 + 0.25 * 1 = 3.25 and u = 4: the step is 0.5 * 1 / sqrt(4 / (1 - 0.5625)).
  step_with(optimizer, p, 1);
  EXPECT_NEAR(p.item(), 3.5 - 0.5 / std::sqrt(4 / 0.4375), 1e-6);
  EXPECT_EQ(optimizer.state_dict().at("state.0.max_exp_avg_sq").item(), 4);
}

TEST(OptimizerState, IsNamedByParameterAndGroup) {
  optim::SGD optimizer({parameter(1), parameter(1)}, {.momentum = 0.9});
  EXPECT_THAT(names(optimizer.state_dict()),
              ElementsAre("state.0.momentum_buffer", "state.1.momentum_buffer", "param_groups.0.lr",
                          "param_groups.0.momentum", "param_groups.0.dampening", "param_groups.0.weight_decay",
                          "param_groups.0.nesterov", "param_groups.0.maximize", "param_groups.0.params"));
}

TEST(OptimizerState, OfAdamHasTheNamesThatPyTorchGives) {
  const StateDict state = optim::Adam({parameter(1)}).state_dict();
  EXPECT_TRUE(state.contains("state.0.step"));
  EXPECT_TRUE(state.contains("state.0.exp_avg"));
  EXPECT_TRUE(state.contains("state.0.exp_avg_sq"));
}

using Make = std::function<std::unique_ptr<optim::Optimizer>(const Tensor&)>;

// Three steps, a state that another optimizer takes, and three steps of both.
void expect_resumes(const Make& make) {
  const Tensor p = parameter(4);
  const auto optimizer = make(p);
  for (const double g : {2.0, -1.0, 3.0}) step_with(*optimizer, p, g);
  const Tensor q = p.detach().clone().requires_grad_();
  const auto resumed = make(q);
  optimizer->set_lr(0.125);
  resumed->load_state_dict(optimizer->state_dict());
  for (const double g : {1.0, 5.0, -2.0}) {
    step_with(*optimizer, p, g);
    step_with(*resumed, q, g);
  }
  EXPECT_EQ(p.item(), q.item());
}

TEST(OptimizerState, ContinuesWithTheSameBits) {
  expect_resumes([](const Tensor& p) {
    return std::make_unique<optim::SGD>(std::vector{p}, optim::SGDOptions{.momentum = 0.9, .dampening = 0.5});
  });
  expect_resumes([](const Tensor& p) { return std::make_unique<optim::Adam>(std::vector{p}); });
  expect_resumes([](const Tensor& p) {
    return std::make_unique<optim::AdamW>(std::vector{p}, optim::AdamWOptions{.amsgrad = true, .maximize = true});
  });
}

TEST(OptimizerState, BringsItsOptionsAndCompiledStepsFollowThem) {
  const Tensor p = parameter(4);
  optim::SGD optimizer({p}, {.lr = 0.5}), other({parameter(1)}, {.lr = 0.25, .weight_decay = 1});
  const auto step = compile([&] {
    (p * 2).sum().backward();
    optimizer.step();
    optimizer.zero_grad();
  });
  step();
  EXPECT_EQ(p.item(), 3);
  optimizer.load_state_dict(other.state_dict());
  step();
  EXPECT_EQ(p.item(), 3 - 0.25 * (2 + 3));
  EXPECT_EQ(step.stats().traces, 2u);
}

StateDict with(StateDict state, const std::string& name, const Tensor& value) {
  state.erase(name);
  state.insert(name, value);
  return state;
}

TEST(OptimizerState, ThatDoesNotFitIsRefusedAndChangesNothing) {
  const Tensor p = parameter(4);
  optim::SGD optimizer({p}, {.lr = 0.5, .momentum = 0.9});
  step_with(optimizer, p, 2);
  const StateDict good = optimizer.state_dict();
  StateDict lacking = good;
  lacking.erase("state.0.momentum_buffer");
  const auto error = [&](const StateDict& state) { return error_of([&] { optimizer.load_state_dict(state); }); };
  EXPECT_THAT(error(lacking), HasSubstr("[load_state_dict] SGD: 1 missing: \"state.0.momentum_buffer\""));
  EXPECT_THAT(error(with(good, "state.0.momentum_buffer", ones(2))), HasSubstr("is f32[1], given f32[2]"));
  EXPECT_THAT(error(with(good, "param_groups.0.lr", full({}, -1))), HasSubstr("[SGD] lr -1.000000: negative"));
  EXPECT_THAT(error(with(good, "param_groups.0.momentum", full({}, -1))), HasSubstr("[SGD] momentum -1.000000"));
  EXPECT_THAT(error(with(good, "param_groups.0.momentum", full({}, 0))), HasSubstr("need another state"));
  EXPECT_THAT(error(with(good, "param_groups.0.params", full({1}, 3))), HasSubstr("the parameters have other numbers"));
  EXPECT_EQ(optimizer.state_dict().at("param_groups.0.momentum").item(), 0.9);
  EXPECT_EQ(optimizer.state_dict().at("state.0.momentum_buffer").item(), 2);
}

}  // namespace
}  // namespace weft
