// Modules that hold others, or parameters, and modules of several tensors.
#include "weft/containers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/nn.h"
#include "weft/ops.h"

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

std::vector<std::string> names(const nn::Module& module) {
  std::vector<std::string> found;
  for (const auto& entry : module.named_parameters()) found.push_back(entry.first);
  return found;
}

// Two tensors in, two out.
struct SumAndProduct : nn::ModuleOf<std::pair<Tensor, Tensor>(Tensor, Tensor)> {
  Tensor scale = register_parameter("scale", full({1}, 2));
  std::pair<Tensor, Tensor> forward(Operand a, Operand b) override { return {(a + b) * scale, a * b}; }
};

// One tensor in, two out; has a part of several tensors.
struct Twice : nn::ModuleOf<std::vector<Tensor>(Tensor)> {
  std::shared_ptr<SumAndProduct> part = register_module("part", SumAndProduct());
  std::vector<Tensor> forward(Operand x) override {
    const auto [sum, product] = (*part)(x, x);
    return {sum, product};
  }
};

TEST(ModuleOf, TakesAndGivesSeveralTensors) {
  SumAndProduct module;
  const auto [sum, product] = module(tensor({3.0}), tensor({4.0}));
  EXPECT_EQ(sum.item(), 14);
  EXPECT_EQ(product.item(), 12);
}

TEST(ModuleOf, NestsLikeAnyModule) {
  Twice module;
  EXPECT_THAT(names(module), ElementsAre("part.scale"));
  const std::vector<Tensor> results = module(tensor({3.0}));
  EXPECT_EQ(results[0].item(), 12);
  EXPECT_EQ(results[1].item(), 9);
  module.eval();
  EXPECT_FALSE(module.part->is_training());
}

TEST(ModuleOf, ErrorsHaveTheLineOfTheCaller) {
  SumAndProduct module;
  const Tensor a = ones(2), b = ones(3);
  const int line = __LINE__ + 1;
  EXPECT_THAT(error_of([&] { module(a, b); }), HasSubstr("containers_test.cc:" + std::to_string(line)));
}

TEST(ModuleOf, IsNoModuleOfOneTensor) {
  Twice module;
  nn::Module& plain = module;
  EXPECT_THAT(error_of([&] { plain(ones(1)); }), HasSubstr("forward is not overridden"));
}

TEST(ModuleList, NamesItsPartsByNumber) {
  nn::ModuleList list(nn::Linear(2, 3), std::make_shared<nn::ReLU>());
  list.push_back(nn::Linear(3, 1, false));
  EXPECT_EQ(list.size(), 3u);
  EXPECT_THAT(names(list), ElementsAre("0.weight", "0.bias", "2.weight"));
  EXPECT_EQ(list[-1].str(), "Linear(3, 1, no bias)");
  EXPECT_EQ(list.str(), "ModuleList(Linear(2, 3), ReLU(), Linear(3, 1, no bias))");
  Tensor x = ones({1, 2});
  for (const auto& part : list) x = (*part)(x);
  EXPECT_EQ(x.shape(), Shape({1, 1}));
}

TEST(ModuleList, GivesPartsAsWhatTheyAre) {
  nn::ModuleList list(nn::Linear(2, 3), SumAndProduct());
  EXPECT_EQ(list.get<SumAndProduct>(1)(ones(1), ones(1)).first.item(), 4);
  EXPECT_THAT(error_of([&] { list.get<SumAndProduct>(0); }),
              HasSubstr("[ModuleList] part 0 is Linear(2, 3), no module of that type"));
  EXPECT_THAT(error_of([&] { list[2]; }), HasSubstr("[ModuleList] part 2 of 2 does not exist"));
}

TEST(ModuleDict, KeepsItsPartsByNameInOrder) {
  nn::ModuleDict dict;
  dict.insert("second", nn::Linear(1, 1, false));
  dict.insert("first", nn::ReLU());
  EXPECT_EQ(dict.str(), "ModuleDict(second: Linear(1, 1, no bias), first: ReLU())");
  EXPECT_TRUE(dict.contains("first"));
  EXPECT_EQ(dict.at("first")(tensor({-1.0})).item(), 0);
  EXPECT_EQ(dict.get<nn::Linear>("second").weight.numel(), 1);
  EXPECT_THAT(error_of([&] { dict.at("third"); }), HasSubstr("[ModuleDict] \"third\": there is no such part"));
  EXPECT_THAT(error_of([&] { dict.get<nn::ReLU>("second"); }), HasSubstr("no module of that type"));
  EXPECT_THAT(error_of([&] { dict.insert("first", nn::ReLU()); }), HasSubstr("\"first\" is taken"));
}

TEST(ParameterList, RegistersItsTensors) {
  nn::ParameterList list{ones({2}), zeros({3})};
  list.push_back(ones({1}));
  EXPECT_THAT(names(list), ElementsAre("0", "1", "2"));
  EXPECT_TRUE(list[-1].requires_grad());
  std::int64_t elements = 0;
  for (const Tensor& value : list) elements += value.numel();
  EXPECT_EQ(elements, 6);
  EXPECT_THAT(error_of([&] { list[3]; }), HasSubstr("[ParameterList] parameter 3 of 3 does not exist"));
}

}  // namespace
}  // namespace weft
