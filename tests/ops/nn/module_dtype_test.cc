// Module::to(dtype), and the state of the generator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/autograd.h"
#include "weft/checkpoint.h"
#include "weft/function.h"
#include "weft/nn.h"
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

TEST(ModuleTo, ConvertsFloatingParametersAndBuffersWhereTheyAre) {
  nn::Sequential model(nn::Linear(2, 3), nn::BatchNorm(3));
  const Tensor weight = model.parameters()[0];
  const std::vector<float> before = weight.to_vector<float>();
  EXPECT_EQ(&model.to(kFloat64), &model);
  EXPECT_EQ(weight.dtype(), kFloat64);
  EXPECT_TRUE(weight.requires_grad());
  EXPECT_TRUE(weight.is_leaf());
  EXPECT_EQ(weight.to_vector<double>(), std::vector<double>(before.begin(), before.end()));
  EXPECT_EQ(model.state_dict().at("1.running_var").dtype(), kFloat64);
  EXPECT_EQ(model.state_dict().at("1.num_batches_tracked").dtype(), kInt64);
  EXPECT_EQ(model(ones({4, 2}, kFloat64)).dtype(), kFloat64);
}

TEST(ModuleTo, ConvertsGradientsToo) {
  nn::Linear layer(1, 1, false);
  (layer(full({1, 1}, 3))).sum().backward();
  layer.to(kFloat64);
  EXPECT_EQ(layer.weight.grad().dtype(), kFloat64);
  EXPECT_EQ(layer.weight.grad().item(), 3);
  layer(full({1, 1}, 2, kFloat64)).sum().backward();
  EXPECT_EQ(layer.weight.grad().item(), 5);
}

TEST(ModuleTo, HasCompiledFunctionsTracedAgain) {
  nn::Linear layer(1, 1, false);
  nn::init::constant_(layer.weight, 2);
  const auto f = compile([&] { return layer.weight.detach() * 3; });
  EXPECT_EQ(f().dtype(), kFloat32);
  layer.to(kFloat64);
  EXPECT_EQ(f().dtype(), kFloat64);
  EXPECT_EQ(f().item(), 6);
}

TEST(ModuleTo, WhatWasCapturedBeforeStaysWhatItWas) {
  nn::Linear layer(1, 1, false);
  nn::init::constant_(layer.weight, 2);
  const Tensor y = layer.weight.detach() + 1, z = layer.weight * 3;
  layer.to(kFloat64);
  EXPECT_EQ(y.dtype(), kFloat32);
  EXPECT_EQ(z.item(), 6);
  EXPECT_EQ(y.item(), 3);
}

TEST(ModuleTo, LeavesViewsThatSaySo) {
  nn::Linear layer(1, 1, false);
  const Tensor view = layer.weight.detach();
  layer.to(kFloat64);
  const std::string text = "the tensor that this is a view of is f64[1,1] by now";
  EXPECT_THAT(error_of([&] { view.item(); }), HasSubstr(text));
  EXPECT_THAT(error_of([&] { view.fill_(1); }), HasSubstr(text));
  EXPECT_THAT(error_of([&] { view + 1; }), HasSubstr(text));
  EXPECT_THAT(error_of([&] { view.mutable_data_ptr<float>(); }), HasSubstr(text));
}

TEST(ModuleTo, TrainsInTheNewDtype) {
  nn::Linear layer(2, 1);
  layer.to(kFloat64);
  optim::Adam optimizer(layer.parameters(), {.lr = 0.1});
  const auto step = compile([&](Tensor x) {
    const Tensor loss = layer(x).square().mean();
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    return loss;
  });
  const Tensor x = ones({4, 2}, kFloat64);
  const double first = step(x).item();
  for (int i = 0; i < 20; ++i) step(x);
  EXPECT_LT(step(x).item(), first);
}

TEST(ModuleTo, RefusesWhatIsNotFloating) {
  nn::Linear layer(1, 1);
  EXPECT_THAT(error_of([&] { layer.to(kInt64); }), HasSubstr("[to] Linear(1, 1): i64 is not floating"));
  EXPECT_THAT(error_of([&] { compile([&] { layer.to(kFloat64); })(); }), HasSubstr("while a function is traced"));
  EXPECT_EQ(layer.weight.dtype(), kFloat32);
}

TEST(RngState, GivesTheSameDrawsAgain) {
  manual_seed(7);
  rand({3});
  const Tensor state = get_rng_state();
  EXPECT_THAT(state.to_vector<std::int64_t>(), ElementsAre(7, 1));
  const std::vector<float> first = rand({5}).to_vector<float>();
  rand({2});
  set_rng_state(state);
  EXPECT_EQ(rand({5}).to_vector<float>(), first);
  EXPECT_THAT(state.to_vector<std::int64_t>(), ElementsAre(7, 1));
}

TEST(RngState, IsWhereCompiledFunctionsDrawFrom) {
  const auto draw = compile([] { return rand({4}); });
  draw();
  const Tensor state = get_rng_state();
  const std::vector<float> first = draw().to_vector<float>();
  draw();
  set_rng_state(state);
  EXPECT_EQ(draw().to_vector<float>(), first);
  set_rng_state(state);
  EXPECT_EQ(rand({4}).to_vector<float>(), first);
  EXPECT_EQ(draw.stats().traces, 1u);
}

}  // namespace
}  // namespace weft
