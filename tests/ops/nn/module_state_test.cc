// What modules hand out and take by name: state_dict(), load_state_dict(), buffers, the tree of modules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/autograd.h"
#include "weft/function.h"
#include "weft/nn.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const StateDict& state) {
  std::vector<std::string> found;
  for (const auto& entry : state) found.push_back(entry.first);
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

// A parameter of its own, a part, and a buffer of each kind.
struct Net : nn::Module {
  std::shared_ptr<nn::Linear> inner = register_module("inner", nn::Linear(2, 1));
  Tensor scale = register_parameter("scale", ones({2}));
  Tensor seen = register_buffer("seen", zeros({}, kInt64));
  Tensor cache = register_buffer("cache", zeros({3}), /*persistent=*/false);
  std::string str() const override { return "Net"; }
};

StateDict values_for_net() {
  return {{"scale", tensor({3.0, 4.0})},
          {"seen", tensor(7)},
          {"inner.weight", tensor({{5.0, 6.0}})},
          {"inner.bias", tensor({8.0})}};
}

TEST(StateDict, KeepsTheOrderInWhichNamesWerePut) {
  StateDict state{{"b", ones(1)}, {"a", ones(2)}, {"c", ones(3)}};
  EXPECT_THAT(names(state), ElementsAre("b", "a", "c"));
  EXPECT_TRUE(state.erase("a"));
  EXPECT_FALSE(state.erase("a"));
  EXPECT_THAT(names(state), ElementsAre("b", "c"));
  EXPECT_EQ(state.at("c").numel(), 3);
  EXPECT_EQ(state.find("a"), nullptr);
}

TEST(StateDict, RefusesNamesThatAreTakenOrNotThere) {
  StateDict state{{"a", ones(1)}};
  EXPECT_THAT(error_of([&] { state.insert("a", ones(1)); }), HasSubstr("[StateDict] \"a\": the name is taken"));
  EXPECT_THAT(error_of([&] { state.insert("b", Tensor()); }), HasSubstr("\"b\": undefined tensor"));
  EXPECT_THAT(error_of([&] { state.at("b"); }), HasSubstr("\"b\": there is no such name"));
}

TEST(ModuleState, NamesParametersAndPersistentBuffersOfAModuleBeforeItsParts) {
  EXPECT_THAT(names(Net().state_dict()), ElementsAre("scale", "seen", "inner.weight", "inner.bias"));
}

TEST(ModuleState, OfLayersHasTheNamesThatPyTorchGives) {
  const nn::Sequential model(nn::Conv2d(1, 2, 3), nn::BatchNorm2d(2), nn::ReLU());
  EXPECT_THAT(names(model.state_dict()), ElementsAre("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean",
                                                     "1.running_var", "1.num_batches_tracked"));
}

TEST(ModuleState, SharesElementsWithTheModuleOutsideOfTheGraph) {
  Net net;
  const Tensor scale = net.state_dict().at("scale");
  EXPECT_FALSE(scale.requires_grad());
  scale.fill_(9);
  EXPECT_THAT(net.scale.to_vector<float>(), ElementsAre(9, 9));
  NoGradGuard no_grad;
  net.scale.fill_(2);
  EXPECT_THAT(scale.to_vector<float>(), ElementsAre(2, 2));
}

TEST(ModuleState, HasASharedPartUnderEachOfItsNames) {
  const auto part = std::make_shared<nn::Linear>(1, 1, false);
  EXPECT_THAT(names(nn::Sequential(part, part).state_dict()), ElementsAre("0.weight", "1.weight"));
}

TEST(ModuleState, LoadingWritesToTheTensorsThatAreThere) {
  Net net;
  const Tensor scale = net.scale;
  const LoadReport report = net.load_state_dict(values_for_net());
  EXPECT_THAT(report.missing, ElementsAre());
  EXPECT_THAT(report.unexpected, ElementsAre());
  EXPECT_THAT(scale.to_vector<float>(), ElementsAre(3, 4));
  EXPECT_EQ(net.seen.item<int>(), 7);
  EXPECT_THAT(net.inner->weight.to_vector<float>(), ElementsAre(5, 6));
  EXPECT_EQ(net.inner->bias.item(), 8);
  EXPECT_TRUE(scale.requires_grad());
  EXPECT_TRUE(scale.is_leaf());
}

TEST(ModuleState, LoadingConvertsToTheDtypeThatIsThere) {
  Net net;
  StateDict state = values_for_net();
  state.erase("scale");
  state.insert("scale", tensor({0.5, 1.5}, kFloat64));
  net.load_state_dict(state);
  EXPECT_EQ(net.scale.dtype(), kFloat32);
  EXPECT_THAT(net.scale.to_vector<float>(), ElementsAre(0.5, 1.5));
}

TEST(ModuleState, OneErrorListsAllThatDoesNotFitAndNothingIsChanged) {
  Net net;
  const StateDict state{{"seen", tensor(7)},
                        {"inner.weight", ones({1, 3})},
                        {"inner.bias", ones({1})},
                        {"outer.bias", ones({1})},
                        {"extra", ones({1})}};
  const float bias = net.inner->bias.item<float>();
  const int line = __LINE__ + 1;
  const std::string text = error_of([&] { net.load_state_dict(state); });
  EXPECT_THAT(text, HasSubstr("[load_state_dict] Net: 1 missing: \"scale\"; 2 unexpected: \"outer.bias\", \"extra\"; "
                              "1 of another shape: \"inner.weight\" is f32[1,2], given f32[1,3]"));
  EXPECT_THAT(text, HasSubstr("module_state_test.cc:" + std::to_string(line)));
  EXPECT_EQ(net.seen.item<int>(), 0);
  EXPECT_EQ(net.inner->bias.item<float>(), bias);
}

TEST(ModuleState, LoadingThatIsNotStrictSaysWhatItLeftOut) {
  Net net;
  const LoadReport report = net.load_state_dict({{"seen", tensor(7)}, {"extra", ones(1)}}, /*strict=*/false);
  EXPECT_THAT(report.missing, ElementsAre("scale", "inner.weight", "inner.bias"));
  EXPECT_THAT(report.unexpected, ElementsAre("extra"));
  EXPECT_EQ(net.seen.item<int>(), 7);
  EXPECT_THAT(error_of([&] {
                net.load_state_dict({{"scale", ones(3)}}, false);
              }),
              HasSubstr("1 of another shape: \"scale\" is f32[2], given f32[3]"));
}

TEST(ModuleState, LoadedFromAnotherModuleIsACopy) {
  nn::Linear from(2, 2), to(2, 2);
  to.load_state_dict(from.state_dict());
  EXPECT_EQ(to.weight.to_vector<float>(), from.weight.to_vector<float>());
  const std::vector<float> before = to.weight.to_vector<float>();
  nn::init::constant_(from.weight, 3);
  EXPECT_EQ(to.weight.to_vector<float>(), before);
}

TEST(ModuleState, CompiledFunctionsSeeWhatWasLoadedAndAreNotTracedAgain) {
  nn::Linear layer(1, 1);
  const auto f = compile([&](Tensor x) { return layer(x); });
  f(ones({1, 1}));
  layer.load_state_dict({{"weight", tensor({{2.0}})}, {"bias", tensor({1.0})}});
  EXPECT_EQ(f(tensor({{3.0}})).item(), 7);
  EXPECT_EQ(f.stats().traces, 1u);
}

TEST(ModuleState, CannotBeLoadedWhileAFunctionIsTraced) {
  nn::Linear layer(1, 1);
  const auto f = compile([&](Tensor x) {
    layer.load_state_dict(layer.state_dict());
    return x;
  });
  EXPECT_THAT(error_of([&] { f(ones(1)); }), HasSubstr("values are loaded while a function is traced"));
}

TEST(Modules, AreNamedByTheirPathEachOnce) {
  const auto shared = std::make_shared<nn::ReLU>();
  nn::Sequential model(shared, nn::Sequential(nn::Linear(1, 1), shared));
  std::vector<std::string> found;
  for (const auto& [name, module] : model.named_modules()) found.push_back(name + " " + module->str());
  EXPECT_THAT(found,
              ElementsAre(" " + model.str(), "0 ReLU()", "1 Sequential(Linear(1, 1), ReLU())", "1.0 Linear(1, 1)"));
}

TEST(Modules, ApplyVisitsPartsBeforeTheModuleThatHasThem) {
  nn::Sequential model(nn::Linear(1, 1), nn::Sequential(nn::ReLU()));
  std::vector<std::string> visited;
  nn::Module& same = model.apply([&](nn::Module& module) { visited.push_back(module.str()); });
  EXPECT_EQ(&same, &model);
  EXPECT_THAT(visited, ElementsAre("Linear(1, 1)", "ReLU()", "Sequential(ReLU())", model.str()));
}

TEST(Modules, BuffersThatAreNotPersistentAreBuffersStill) {
  Net net;
  EXPECT_EQ(net.buffers().size(), 2u);
  EXPECT_TRUE(net.buffers()[1].is_same(net.cache));
}

TEST(Modules, BatchNormCountsTheBatchesOfTraining) {
  nn::BatchNorm norm(1);
  const auto f = compile([&](Tensor x) { return norm(x); });
  for (int i = 0; i < 3; ++i) f(arange(0, 4, 1, kFloat32).view({4, 1}));
  norm(arange(0, 4, 1, kFloat32).view({4, 1}));
  norm.eval();
  norm(arange(0, 4, 1, kFloat32).view({4, 1}));
  EXPECT_EQ(norm.num_batches_tracked.item<int>(), 4);
}

}  // namespace
}  // namespace weft
