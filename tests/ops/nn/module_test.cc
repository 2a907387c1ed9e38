// Modules: names, parts, modes, and the layers' functions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const nn::Module& module) {
  std::vector<std::string> found;
  for (const auto& entry : module.named_parameters()) found.push_back(entry.first);
  return found;
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

// y = x + inner(x)
struct Residual : nn::Module {
  std::shared_ptr<nn::Linear> inner = register_module("inner", nn::Linear(2, 2));
  Tensor scale = register_parameter("scale", ones({2}));
  Tensor forward(const Operand& x) override { return x + (*inner)(x)*scale; }
};

// Lets a test register what it likes.
struct Open : nn::Module {
  using nn::Module::register_module;
  using nn::Module::register_parameter;
};

TEST(Module, ParametersAreNamedByTheirPathInOrderOfRegistration) {
  nn::Sequential model(nn::Linear(3, 2), nn::ReLU(), nn::Sequential(nn::Linear(2, 1, false)));
  EXPECT_THAT(names(model), ElementsAre("0.weight", "0.bias", "2.0.weight"));
}

TEST(Module, OwnParametersComeBeforeThoseOfParts) {
  EXPECT_THAT(names(Residual()), ElementsAre("scale", "inner.weight", "inner.bias"));
}

TEST(Module, ParametersAreTheTensorsOfTheLayers) {
  nn::Linear layer(3, 2);
  const std::vector<Tensor> parameters = layer.parameters();
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_TRUE(parameters[0].is_same(layer.weight));
  EXPECT_TRUE(parameters[1].is_same(layer.bias));
  EXPECT_TRUE(layer.weight.requires_grad());
  EXPECT_TRUE(layer.weight.is_leaf());
}

TEST(Module, PartUsedTwiceCountsOnce) {
  const auto shared = std::make_shared<nn::Linear>(2, 2);
  nn::Sequential model(shared, nn::Tanh(), shared);
  EXPECT_THAT(names(model), ElementsAre("0.weight", "0.bias"));
}

TEST(Module, TrainingModeReachesNestedParts) {
  nn::Sequential model(nn::Sequential(nn::Dropout(0.5)), nn::ReLU());
  auto& dropout = *model.children()[0].second->children()[0].second;
  EXPECT_TRUE(dropout.is_training());
  model.eval();
  EXPECT_FALSE(dropout.is_training());
  model.train();
  EXPECT_TRUE(dropout.is_training());
}

TEST(Module, ZeroGradClearsAllGradients) {
  nn::Sequential model(nn::Linear(2, 2), nn::Linear(2, 1));
  model(ones({1, 2})).sum().backward();
  for (const Tensor& parameter : model.parameters()) EXPECT_TRUE(parameter.grad().defined());
  model.zero_grad();
  for (const Tensor& parameter : model.parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(Module, MovedModuleKeepsItsParameters) {
  nn::Linear layer(2, 2);
  const Tensor weight = layer.weight;
  const nn::Linear moved = std::move(layer);
  EXPECT_TRUE(moved.parameters()[0].is_same(weight));
}

TEST(Module, OwnModuleComputesItsFunction) {
  Residual block;
  nn::init::constant_(block.inner->weight, 2);
  nn::init::constant_(block.inner->bias, 1);
  nn::init::constant_(block.scale, 10);
  // inner gives 2 (3 + 4) + 1 = 15 for both elements.
  EXPECT_THAT(block(tensor({{3.0, 4.0}})).to_vector<float>(), ElementsAre(153, 154));
}

TEST(Module, RefusesBadNames) {
  Open module;
  module.register_parameter("weight", ones({1}));
  EXPECT_THAT(error_of([&] { module.register_parameter("weight", ones({1})); }), HasSubstr("\"weight\" is taken"));
  EXPECT_THAT(error_of([&] { module.register_module("weight", nn::ReLU()); }), HasSubstr("\"weight\" is taken"));
  EXPECT_THAT(error_of([&] { module.register_parameter("a.b", ones({1})); }), HasSubstr("has a dot"));
  EXPECT_THAT(error_of([&] { module.register_parameter("", ones({1})); }), HasSubstr("empty"));
  EXPECT_THAT(names(module), ElementsAre("weight"));
}

TEST(Module, RefusesWhatIsNoParameter) {
  Open module;
  EXPECT_THAT(error_of([&] { module.register_parameter("p", Tensor()); }), HasSubstr("undefined"));
  EXPECT_THAT(error_of([&] { module.register_parameter("p", arange(3)); }), HasSubstr("floating"));
  const Tensor leaf = ones({1}).requires_grad_();
  EXPECT_THAT(error_of([&] { module.register_parameter("p", leaf * 2); }), HasSubstr("result of an operation"));
  EXPECT_THAT(names(module), ElementsAre());
}

TEST(Module, RefusesNullAndCyclicParts) {
  EXPECT_THAT(error_of([] { nn::Sequential().push_back(std::shared_ptr<nn::Module>()); }), HasSubstr("is null"));
  const auto inner = std::make_shared<Open>();
  const auto outer = std::make_shared<Open>();
  outer->register_module("inner", inner);
  EXPECT_THAT(error_of([&] { inner->register_module("outer", outer); }), HasSubstr("contains this one"));
  EXPECT_THAT(error_of([&] { inner->register_module("self", inner); }), HasSubstr("contains this one"));
}

TEST(Module, ModuleWithoutForwardSaysSo) {
  Open module;
  EXPECT_THAT(error_of([&] { module(ones({1})); }), HasSubstr("forward is not overridden"));
}

TEST(Linear, MultipliesByTheTransposedWeightAndAddsTheBias) {
  nn::Linear layer(2, 3);
  {
    NoGradGuard no_grad;
    layer.weight.copy_(tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}));
    layer.bias.copy_(tensor({0.5, 0.25, 0.125}));
  }
  EXPECT_THAT(layer(tensor({{1.0, 10.0}})).to_vector<float>(), ElementsAre(21.5, 43.25, 65.125));
}

TEST(Linear, WrongWidthIsAnErrorWithTheCallersLine) {
  nn::Sequential model(nn::Linear(3, 2));
  const Tensor narrow = ones({4, 2});
  const int line = __LINE__ + 1;
  const std::string text = error_of([&] { model(narrow); });
  EXPECT_THAT(text, HasSubstr("f32[4,2]"));
  EXPECT_THAT(text, HasSubstr("module_test.cc:" + std::to_string(line)));
}

TEST(Linear, RefusesNegativeExtents) {
  EXPECT_THAT(error_of([] { nn::Linear(-1, 2); }), HasSubstr("[Linear] in -1: negative"));
  EXPECT_THAT(error_of([] { nn::Linear(1, -2); }), HasSubstr("[Linear] out -2: negative"));
}

TEST(Linear, OfNoInputsGivesItsBias) {
  nn::Linear layer(0, 2);
  EXPECT_THAT(layer(ones({1, 0})).to_vector<float>(), ElementsAre(0, 0));
}

TEST(Sequential, AppliesItsPartsInOrder) {
  nn::Sequential model(nn::Linear(1, 1), nn::ReLU(), nn::Linear(1, 1));
  for (const Tensor& parameter : model.parameters()) nn::init::constant_(parameter, -2);
  // -2 * 3 - 2 = -8, relu gives 0, -2 * 0 - 2 = -2; and -2 * -3 - 2 = 4, -2 * 4 - 2 = -10.
  EXPECT_THAT(model(tensor({{3.0}, {-3.0}})).to_vector<float>(), ElementsAre(-2, -10));
}

TEST(Sequential, PartsAreReachedByIndex) {
  nn::Sequential model(nn::Linear(4, 2), nn::Tanh());
  EXPECT_EQ(model.size(), 2u);
  EXPECT_EQ(model[0].str(), "Linear(4, 2)");
  EXPECT_EQ(model.str(), "Sequential(Linear(4, 2), Tanh())");
  EXPECT_THAT(error_of([&] { model[2]; }), HasSubstr("part 2 of 2"));
}

TEST(Layers, ActivationsAreTheFunctionsOfTheirNames) {
  const Tensor x = tensor({-1.0, 0.0, 2.0});
  EXPECT_EQ(nn::ReLU()(x).to_vector<float>(), relu(x).to_vector<float>());
  EXPECT_EQ(nn::Tanh()(x).to_vector<float>(), tanh(x).to_vector<float>());
  EXPECT_EQ(nn::Sigmoid()(x).to_vector<float>(), sigmoid(x).to_vector<float>());
  EXPECT_EQ(nn::GELU()(x).to_vector<float>(), gelu(x).to_vector<float>());
}

TEST(Layers, FlattenKeepsTheFirstDimension) {
  EXPECT_EQ(nn::Flatten()(zeros({2, 3, 4})).shape(), Shape({2, 12}));
  EXPECT_EQ(nn::Flatten(0)(zeros({2, 3, 4})).shape(), Shape({24}));
}

TEST(Dropout, ScalesWhatItKeepsInTrainingMode) {
  manual_seed(7);
  nn::Dropout dropout(0.75);
  const std::vector<float> y = dropout(ones({1000})).to_vector<float>();
  EXPECT_EQ(std::set<float>(y.begin(), y.end()), (std::set<float>{0, 4}));
  // 1000 draws: the share that is kept is within 5 standard deviations (0.0137 each) of 0.25.
  const auto kept = std::count(y.begin(), y.end(), 4.0f);
  EXPECT_GT(kept, 180);
  EXPECT_LT(kept, 320);
}

TEST(Dropout, IsTheIdentityInEvaluationMode) {
  nn::Dropout dropout(0.75);
  dropout.eval();
  EXPECT_THAT(dropout(tensor({1.0, 2.0, 3.0})).to_vector<float>(), ElementsAre(1, 2, 3));
}

TEST(Dropout, RefusesWhatIsNoProbability) {
  EXPECT_THAT(error_of([] { nn::Dropout(1.5); }), HasSubstr("not a probability"));
  EXPECT_THAT(error_of([] { nn::Dropout(std::nan("")); }), HasSubstr("not a probability"));
}

}  // namespace
}  // namespace weft
