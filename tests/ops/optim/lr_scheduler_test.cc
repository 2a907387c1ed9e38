// Schedules against PyTorch 2.14: the rates of the first epochs. And that compiled steps follow them.
#include "weft/lr_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "weft/adaptive_optim.h"
#include "weft/function.h"
#include "weft/ops.h"
#include "weft/optim.h"

namespace weft::optim {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

using Values = std::vector<double>;

struct Rates : ::testing::Test {
  SGD optimizer{{zeros({1}).requires_grad_()}, {.lr = 0.1, .momentum = 0.9}};

  // Of epochs 0, 1, ...
  void expect_rates(LRScheduler& schedule, const Values& rates) {
    Values found;
    for (std::size_t t = 0; t < rates.size(); ++t, schedule.step()) {
      found.push_back(optimizer.lr());
      EXPECT_EQ(schedule.get_last_lr(), Values{optimizer.lr()});
      if (t + 1 == rates.size()) break;
    }
    EXPECT_THAT(found, Pointwise(DoubleNear(1e-14), rates));
  }
  double momentum() { return optimizer.state_dict().at("param_groups.0.momentum").item(); }
};

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

TEST_F(Rates, FollowAFunctionOfTheEpoch) {
  LambdaLR schedule(optimizer, [](std::int64_t t) { return 1.0 / (1 + static_cast<double>(t)); });
  expect_rates(schedule, {0.1, 0.05, 0.0333333333333333, 0.025, 0.02, 0.0166666666666667});
}

TEST_F(Rates, AreMultipliedByAFunctionOfTheEpoch) {
  MultiplicativeLR schedule(optimizer, [](std::int64_t t) { return t % 2 ? 0.5 : 1.25; });
  expect_rates(schedule, {0.1, 0.05, 0.0625, 0.03125, 0.0390625, 0.01953125});
}

TEST_F(Rates, FallEveryFewEpochs) {
  StepLR schedule(optimizer, 3, 0.5);
  expect_rates(schedule, {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025});
}

TEST_F(Rates, FallAtMilestones) {
  MultiStepLR schedule(optimizer, {2, 5, 5}, 0.5);
  expect_rates(schedule, {0.1, 0.1, 0.05, 0.05, 0.05, 0.0125, 0.0125, 0.0125});
}

TEST_F(Rates, AreSmallerForSomeEpochs) {
  ConstantLR schedule(optimizer, 0.25, 3);
  expect_rates(schedule, {0.025, 0.025, 0.025, 0.1, 0.1, 0.1});
}

TEST_F(Rates, WarmUpInALine) {
  LinearLR schedule(optimizer, 0.25, 0.75, 4);
  expect_rates(schedule, {0.025, 0.0375, 0.05, 0.0625, 0.075, 0.075, 0.075, 0.075});
}

TEST_F(Rates, FallByAFactor) {
  ExponentialLR schedule(optimizer, 0.9);
  expect_rates(schedule, {0.1, 0.09, 0.081, 0.0729, 0.06561, 0.059049});
}

TEST_F(Rates, FallByAPolynomial) {
  PolynomialLR schedule(optimizer, 4, 2);
  expect_rates(schedule, {0.1, 0.05625, 0.025, 0.00625, 0, 0, 0});
}

TEST_F(Rates, FollowACosine) {
  CosineAnnealingLR schedule(optimizer, 4, 0.01);
  expect_rates(schedule, {0.1, 0.0868198051533946, 0.055, 0.0231801948466054, 0.01, 0.0231801948466054, 0.055,
                          0.0868198051533947, 0.1, 0.0868198051533947, 0.055, 0.0231801948466054});
}

TEST_F(Rates, StartACosineAnew) {
  CosineAnnealingWarmRestarts schedule(optimizer, 2, 2, 0.01);
  expect_rates(schedule, {0.1, 0.055, 0.1, 0.0868198051533946, 0.055, 0.0231801948466054, 0.1, 0.0965745789630079,
                          0.0868198051533946, 0.072220754456429, 0.055});
}

TEST_F(Rates, GoUpAndDownInCycles) {
  CyclicLR schedule(optimizer, {.base_lr = 0.01, .max_lr = 0.1, .step_size_up = 3, .step_size_down = 2});
  expect_rates(schedule, {0.01, 0.04, 0.07, 0.1, 0.055, 0.01, 0.04, 0.07, 0.1, 0.055, 0.01, 0.04});
  EXPECT_NEAR(momentum(), 0.866666666666667, 1e-14);
}

TEST_F(Rates, GoUpAndDownInLowerCycles) {
  CyclicLR schedule(optimizer, {.base_lr = 0.01,
                                .max_lr = 0.1,
                                .step_size_up = 2,
                                .mode = CyclicLROptions::Mode::triangular2,
                                .cycle_momentum = false});
  expect_rates(schedule, {0.01, 0.055, 0.1, 0.055, 0.01, 0.0325, 0.055, 0.0325, 0.01, 0.02125, 0.0325, 0.02125});
}

TEST_F(Rates, GoUpAndDownBelowAnExponential) {
  CyclicLR schedule(optimizer, {.base_lr = 0.01,
                                .max_lr = 0.1,
                                .step_size_up = 2,
                                .mode = CyclicLROptions::Mode::exp_range,
                                .gamma = 0.9,
                                .cycle_momentum = false});
  expect_rates(schedule,
               {0.01, 0.0505, 0.0829, 0.042805, 0.01, 0.03657205, 0.05782969, 0.0315233605, 0.01, 0.027433922005});
}

TEST_F(Rates, MakeOneCycle) {
  OneCycleLR schedule(optimizer, {.max_lr = 0.1, .total_steps = 10});
  expect_rates(schedule, {0.004, 0.052, 0.1, 0.0950484632013474, 0.0811745653949763, 0.0611262021936289,
                          0.0388741978063711, 0.0188258346050237, 0.00495193679865263, 4e-07});
  EXPECT_NEAR(momentum(), 0.95, 1e-14);
}

TEST_F(Rates, MakeOneCycleOfThreePhases) {
  OneCycleLR schedule(optimizer, {.max_lr = 0.1,
                                  .total_steps = 10,
                                  .pct_start = 0.4,
                                  .anneal_strategy = OneCycleLROptions::Anneal::linear,
                                  .cycle_momentum = false,
                                  .three_phase = true});
  expect_rates(schedule, {0.004, 0.036, 0.068, 0.1, 0.068, 0.036, 0.004, 0.0026668, 0.0013336, 4.00000000000227e-07});
}

TEST_F(Rates, ComeOneScheduleAfterAnother) {
  LRSchedulers parts{std::make_shared<LinearLR>(optimizer, 0.1, 1.0, 3),
                     std::make_shared<CosineAnnealingLR>(optimizer, 4),
                     std::make_shared<ExponentialLR>(optimizer, 0.5)};
  SequentialLR schedule(optimizer, parts, {3, 6});
  expect_rates(schedule, {0.01, 0.04, 0.07, 0.1, 0.0853553390593274, 0.05, 0.1, 0.05, 0.025, 0.0125, 0.00625});
}

TEST_F(Rates, FollowSeveralSchedulesAtOnce) {
  ChainedScheduler schedule(
      {std::make_shared<ConstantLR>(optimizer, 0.1, 2), std::make_shared<ExponentialLR>(optimizer, 0.9)});
  expect_rates(schedule, {0.01, 0.009, 0.081, 0.0729, 0.06561, 0.059049});
}

void expect_plateau(Optimizer& optimizer, ReduceLROnPlateau& schedule, const Values& metrics, const Values& rates) {
  Values found;
  for (const double metric : metrics) {
    found.push_back(optimizer.lr());
    schedule.step(metric);
  }
  EXPECT_THAT(found, Pointwise(DoubleNear(1e-14), rates));
}

TEST_F(Rates, FallWhenAMetricStaysWhereItIs) {
  ReduceLROnPlateau schedule(optimizer, {.factor = 0.5, .patience = 1, .cooldown = 1, .min_lr = 0.02});
  expect_plateau(optimizer, schedule, {5, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3},
                 {0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.02, 0.02});
}

TEST_F(Rates, FallWhenAMetricDoesNotGrow) {
  ReduceLROnPlateau schedule(optimizer, {.mode = ReduceLROnPlateauOptions::Mode::max,
                                         .patience = 0,
                                         .threshold = 0.5,
                                         .threshold_mode = ReduceLROnPlateauOptions::ThresholdMode::abs});
  expect_plateau(optimizer, schedule, {1, 1.4, 2, 2.6, 2.7, 4}, {0.1, 0.1, 0.01, 0.01, 0.01, 0.001});
}

// d/dp of p^2 {1, 2, 3}, ten steps, compiled or not; the parameter.
Values train(const std::function<std::unique_ptr<Optimizer>(const Tensor&)>& make, bool compiled) {
  const Tensor p = tensor({1.0, -2.0, 0.5}, kFloat64).requires_grad_(), c = tensor({1.0, 2.0, 3.0}, kFloat64);
  const auto optimizer = make(p);
  OneCycleLR schedule(*optimizer, {.max_lr = 0.05, .total_steps = 20});
  const auto body = [&] {
    optimizer->zero_grad();
    (p * p * c).sum().backward();
    optimizer->step();
  };
  const auto step = compile(body);
  for (int t = 0; t < 10; ++t) {
    compiled ? step() : body();
    schedule.step();
  }
  EXPECT_EQ(step.stats().traces, compiled ? 1u : 0u);
  return p.to_vector<double>();
}

TEST(Momentum, IsCycledAsPyTorchDoesAndNothingIsCompiledAgain) {
  const auto sgd = [](const Tensor& p) {
    return std::make_unique<SGD>(std::vector{p}, SGDOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true});
  };
  const auto adam = [](const Tensor& p) {
    return std::make_unique<Adam>(std::vector{p}, AdamOptions{.weight_decay = 0.01});
  };
  EXPECT_THAT(train(sgd, false), Pointwise(DoubleNear(1e-11), Values{-0.466923780908, 0.569827133832, 0.025257598084}));
  EXPECT_THAT(train(adam, false), Pointwise(DoubleNear(1e-11), Values{0.730813506238, -1.727094564, 0.239404968074}));
  EXPECT_EQ(train(sgd, true), train(sgd, false));
  EXPECT_EQ(train(adam, true), train(adam, false));
}

TEST(Momentum, OfAnOptimizerWithoutItCannotBeCycled) {
  RMSprop optimizer({zeros({1}).requires_grad_()});
  EXPECT_THAT(error_of([&] { OneCycleLR(optimizer, {.max_lr = 0.1, .total_steps = 10}); }),
              HasSubstr("[RMSprop] the momentum of this optimizer cannot be changed"));
}

TEST_F(Rates, HaveAStateThatContinues) {
  CosineAnnealingWarmRestarts schedule(optimizer, 2, 2, 0.01);
  for (int t = 0; t < 3; ++t) schedule.step();
  const StateDict state = schedule.state_dict(), of_optimizer = optimizer.state_dict();
  SGD other({zeros({1}).requires_grad_()}, {.lr = 0.5, .momentum = 0.9});
  CosineAnnealingWarmRestarts resumed(other, 2, 2, 0.01);
  other.load_state_dict(of_optimizer);
  resumed.load_state_dict(state);
  EXPECT_EQ(resumed.last_epoch(), 3);
  EXPECT_EQ(resumed.get_last_lr(), schedule.get_last_lr());
  for (int t = 0; t < 4; ++t) {
    schedule.step();
    resumed.step();
    EXPECT_EQ(other.lr(), optimizer.lr());
  }
}

TEST_F(Rates, OfSeveralGroupsKeepTheirProportion) {
  optimizer.add_param_group({zeros({1}).requires_grad_()}, {.lr = 0.4, .momentum = 0.9});
  ExponentialLR schedule(optimizer, 0.5);
  schedule.step();
  EXPECT_THAT(schedule.get_last_lr(), ::testing::ElementsAre(0.05, 0.2));
}

TEST_F(Rates, ThatCannotBeAreRefused) {
  ExponentialLR schedule(optimizer, 0.5);
  EXPECT_THAT(error_of([&] { StepLR(optimizer, 0); }), HasSubstr("[StepLR] step_size 0: not above 0"));
  EXPECT_THAT(error_of([&] { LambdaLR(optimizer, LRFactor()); }), HasSubstr("[LambdaLR] a function is empty"));
  EXPECT_THAT(error_of([&] { SequentialLR(optimizer, {}, {}); }), HasSubstr("[SequentialLR] there are no schedules"));
  EXPECT_THAT(error_of([&] { schedule.load_state_dict({}); }), HasSubstr("[load_state_dict] ExponentialLR: 3 missing"));
  EXPECT_THAT(error_of([&] { compile([&] { schedule.step(); })(); }), HasSubstr("while a function is traced"));
  StateDict state = schedule.state_dict();
  state.erase("last_epoch");
  state.insert("last_epoch", full({}, 0.5));
  EXPECT_THAT(error_of([&] { schedule.load_state_dict(state); }), HasSubstr("\"last_epoch\" is 0.500000: no count"));
  EXPECT_EQ(schedule.last_epoch(), 0);
  OneCycleLR cycle(optimizer, {.max_lr = 0.1, .total_steps = 1});
  cycle.step();
  EXPECT_THAT(error_of([&] { cycle.step(); }), HasSubstr("[OneCycleLR] step 2 of 1"));
  optimizer.add_param_group({zeros({1}).requires_grad_()});
  EXPECT_THAT(error_of([&] { schedule.step(); }), HasSubstr("groups were added since the schedule was made"));
}

}  // namespace
}  // namespace weft::optim
