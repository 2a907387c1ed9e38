// Hooks of modules.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/testing/tensor_values.h"
#include "weft/function.h"
#include "weft/module.h"
#include "weft/nn.h"
#include "weft/ops.h"
#include "weft/recurrent.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

struct Twice : nn::Module {
  Tensor forward(const Operand& x) override { return x.tensor() * 2; }
};

TEST(ModuleHooks, BeforeForwardMayReplaceWhatItIsGiven) {
  Twice twice;
  twice.register_forward_pre_hook([](nn::Module&, const Tensor& x) { return x + 1; });
  EXPECT_THAT(twice(tensor({1, 2}, kFloat32)), equals(Floats{4, 6}));
}

TEST(ModuleHooks, AfterForwardSeeWhatItWasGivenAndMayReplaceItsResult) {
  Twice twice;
  twice.register_forward_pre_hook([](nn::Module&, const Tensor& x) { return x + 1; });
  twice.register_forward_hook([](nn::Module&, const Tensor& x, const Tensor& y) { return y - x; });
  EXPECT_THAT(twice(tensor({1, 2}, kFloat32)), equals(Floats{2, 3}));
}

TEST(ModuleHooks, AreCalledInTheOrderOfRegistrationUntilTheyAreRemoved) {
  Twice twice;
  std::vector<std::string> log;
  HookHandle first =
      twice.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { log.push_back("1"); });
  twice.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { log.push_back("2"); });
  twice(ones(1));
  first.remove();
  twice(ones(1));
  EXPECT_THAT(log, ElementsAre("1", "2", "2"));
}

TEST(ModuleHooks, OfPartsAreCalledInTheirPlace) {
  auto inner = std::make_shared<Twice>();
  nn::Sequential model(inner, nn::ReLU());
  inner->register_forward_hook([](nn::Module&, const Tensor&, const Tensor& y) { return -y; });
  EXPECT_THAT(model(tensor({1, -2}, kFloat32)), equals(Floats{0, 4}));
}

TEST(ModuleHooks, ArePartOfATracedFunctionWhichSeesTheirChange) {
  Twice twice;
  auto function = compile([&](Tensor x) { return twice(x); });
  EXPECT_THAT(function(ones(1)), equals(Floats{2}));
  int calls = 0;
  HookHandle handle = twice.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor& y) {
    ++calls;
    return y * 10;
  });
  EXPECT_THAT(function(ones(1)), equals(Floats{20}));
  EXPECT_THAT(function(ones(1)), equals(Floats{20}));
  EXPECT_EQ(calls, 1);
  handle.remove();
  EXPECT_THAT(function(ones(1)), equals(Floats{2}));
}

TEST(ModuleHooks, OfRecurrentLayersAreCalledOrRefused) {
  nn::LSTM lstm(2, 3);
  int calls = 0;
  lstm.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { ++calls; });
  (void)lstm(ones({4, 1, 2}));
  EXPECT_EQ(calls, 1);
  EXPECT_THROW((void)lstm(ones({4, 1, 2}), nn::RecurrentState()), Error);
}

}  // namespace
}  // namespace weft
