// Which draws of the generator parameters start from.
#include <gtest/gtest.h>

#include "weft/weft.h"

namespace weft {
namespace {

std::vector<float> weights(const nn::Module& module) {
  std::vector<float> all;
  for (const Tensor& parameter : module.parameters()) {
    const std::vector<float> values = parameter.to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

// The network whose parts are certainly made from left to right.
std::vector<float> in_order() {
  manual_seed(3);
  nn::Sequential model;
  model.push_back(nn::Linear(2, 3));
  model.push_back(nn::ReLU());
  model.push_back(nn::Linear(3, 2, false));
  model.push_back(nn::Linear(2, 1));
  return weights(model);
}

TEST(FirstValuesTest, PartsInParenthesesDrawFromLeftToRight) {
  manual_seed(3);
  const nn::Sequential model(nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 2, false), nn::Linear(2, 1));
  EXPECT_EQ(weights(model), in_order());
}

TEST(FirstValuesTest, PartsInBracesDrawFromLeftToRight) {
  manual_seed(3);
  const nn::Sequential model{nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 2, false), nn::Linear(2, 1)};
  EXPECT_EQ(weights(model), in_order());
}

TEST(FirstValuesTest, NestedAndSharedPartsDrawFromLeftToRight) {
  manual_seed(3);
  const nn::Sequential model(nn::Sequential(nn::Linear(2, 3), nn::ReLU()),
                             nn::Sequential(std::make_shared<nn::Linear>(3, 2, false), nn::Linear(2, 1)));
  EXPECT_EQ(weights(model), in_order());
}

TEST(FirstValuesTest, TheGeneratorGoesOnWhereTheLastPartHasLeftIt) {
  in_order();
  const std::vector<float> next = rand({4}).to_vector<float>();
  manual_seed(3);
  const nn::Sequential model(nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 2, false), nn::Linear(2, 1));
  EXPECT_EQ(rand({4}).to_vector<float>(), next);
}

TEST(FirstValuesTest, AModuleDrawsWhenItIsMade) {
  manual_seed(0);
  const nn::Linear a(3, 4);
  manual_seed(1);
  const nn::Linear b(3, 4);
  manual_seed(0);
  EXPECT_EQ(weights(nn::Linear(3, 4)), weights(a));
  manual_seed(1);
  EXPECT_EQ(weights(nn::Linear(3, 4)), weights(b));
}

TEST(FirstValuesTest, PartsThatHadANameKeepTheirValues) {
  nn::Linear a(2, 2), b(2, 2);
  const std::vector<float> of_a = weights(a), of_b = weights(b);
  const nn::Sequential model(std::move(b), std::move(a));
  EXPECT_EQ(weights(model[0]), of_b);
  EXPECT_EQ(weights(model[1]), of_a);
}

TEST(FirstValuesTest, PartsThatOthersHoldKeepTheirValues) {
  const auto a = std::make_shared<nn::Linear>(2, 2), b = std::make_shared<nn::Linear>(2, 2);
  const std::vector<float> of_a = weights(*a), of_b = weights(*b);
  const nn::Sequential model(b, a);
  EXPECT_EQ(weights(*a), of_a);
  EXPECT_EQ(weights(*b), of_b);
}

nn::Linear of_ones() {
  nn::Linear layer(2, 2);
  nn::init::constant_(layer.weight, 1);
  return layer;
}

TEST(FirstValuesTest, ParametersThatWereWrittenToKeepTheirValues) {
  const nn::Sequential model(of_ones(), nn::Linear(2, 2), of_ones());
  EXPECT_EQ(model[0].parameters()[0].to_vector<float>(), std::vector<float>(4, 1));
  EXPECT_EQ(model[2].parameters()[0].to_vector<float>(), std::vector<float>(4, 1));
}

struct Block : nn::Module {
  std::shared_ptr<nn::Linear> inner = register_module("inner", nn::Linear(2, 3));
  Tensor scale = register_uniform("scale", {3}, 0.5);
};

TEST(FirstValuesTest, ModulesOfTheUserTakePart) {
  manual_seed(9);
  nn::Sequential expected;
  expected.push_back(Block());
  expected.push_back(Block());
  manual_seed(9);
  EXPECT_EQ(weights(nn::Sequential(Block(), Block())), weights(expected));
}

}  // namespace
}  // namespace weft
