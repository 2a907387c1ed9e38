// weft::Summary: the layers of a network as a table.
#include "weft/summary.h"

#include <gmock/gmock.h>

#include <sstream>

#include "tests/testing/error_of.h"
#include "weft/function.h"
#include "weft/image_layers.h"
#include "weft/nn.h"
#include "weft/norm.h"
#include "weft/ops.h"
#include "weft/transformer.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

nn::Sequential mlp() { return nn::Sequential(nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10)); }

TEST(Summary, HasARowForEachModuleInOrder) {
  auto model = mlp();
  const Summary summary(model, zeros({32, 784}));
  ASSERT_EQ(summary.rows().size(), 4U);
  EXPECT_EQ(summary.rows()[0].path, "");
  EXPECT_EQ(summary.rows()[1].path, "0");
  EXPECT_EQ(summary.rows()[1].layer, "Linear(784, 128)");
  EXPECT_EQ(summary.rows()[1].output, "f32[32,128]");
  EXPECT_EQ(summary.rows()[2].layer, "ReLU()");
  EXPECT_EQ(summary.rows()[3].output, "f32[32,10]");
}

TEST(Summary, CountsParametersFlopsAndBytes) {
  auto model = mlp();
  const Summary summary(model, zeros({32, 784}));
  EXPECT_EQ(summary.rows()[1].parameters, 784 * 128 + 128);
  EXPECT_EQ(summary.rows()[2].parameters, 0);
  EXPECT_EQ(summary.parameters(), 784 * 128 + 128 + 128 * 10 + 10);
  EXPECT_EQ(summary.parameter_bytes(), 4U * (784 * 128 + 128 + 128 * 10 + 10));
  EXPECT_EQ(summary.rows()[1].bytes, 4U * 32 * 128);
  EXPECT_EQ(summary.rows()[1].flops, 2.0 * 32 * 784 * 128);
  EXPECT_GE(summary.flops(), summary.rows()[1].flops + summary.rows()[3].flops);
}

TEST(Summary, CountsFrozenParametersAsSuch) {
  auto model = mlp();
  model.parameters()[0].requires_grad_(false);
  EXPECT_EQ(Summary(model, zeros({1, 784})).trainable_parameters(), 128 + 128 * 10 + 10);
}

struct Twice : nn::Module {
  std::shared_ptr<nn::Linear> inner = register_module("inner", nn::Linear(8, 8));
  Tensor forward(const Operand& x) override { return (*inner)((*inner)(x)); }
  std::string str() const override { return "Twice"; }
};

TEST(Summary, AddsUpTheCallsOfAModule) {
  Twice twice;
  const Summary summary(twice, zeros({4, 8}));
  EXPECT_EQ(summary.rows()[1].calls, 2U);
  EXPECT_EQ(summary.rows()[1].bytes, 2U * 4 * 8 * 4);
  EXPECT_GE(summary.rows()[1].flops, 2 * 2.0 * 4 * 8 * 8);
  EXPECT_EQ(summary.parameters(), 8 * 8 + 8);
  EXPECT_THAT(summary.str(), HasSubstr("  inner Linear(8, 8)  f32[4,8] x2"));
}

TEST(Summary, LeavesStatisticsGeneratorFlagsAndGradientsAsTheyAre) {
  nn::Sequential model(nn::Linear(4, 3), nn::BatchNorm(3), nn::Dropout(0.5));
  manual_seed(7);
  const auto expected = rand({4}).to_vector<float>();
  manual_seed(7);
  std::vector<std::vector<float>> before;
  for (const auto& [name, value] : model.state_dict())
    if (value.dtype() == kFloat32) before.push_back(value.to_vector<float>());
  int hooked = 0;
  model.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { ++hooked; });
  Summary(model, ones({5, 4}));
  std::vector<std::vector<float>> after;
  for (const auto& [name, value] : model.state_dict())
    if (value.dtype() == kFloat32) after.push_back(value.to_vector<float>());
  EXPECT_EQ(after, before);
  EXPECT_EQ(rand({4}).to_vector<float>(), expected);
  EXPECT_TRUE(model.is_training());
  EXPECT_FALSE(model.parameters()[0].grad().defined());
  EXPECT_EQ(hooked, 1);
}

TEST(Summary, DoesNotMakeACompiledFunctionTraceAgain) {
  auto model = mlp();
  const auto f = compile([&](Tensor x) { return model(x); });
  f(zeros({2, 784}));
  Summary(model, zeros({2, 784}));
  f(zeros({2, 784}));
  EXPECT_EQ(f.stats().traces, 1U);
}

TEST(Summary, KnowsConvolutionsByTheirArithmetic) {
  nn::Sequential model(nn::Conv2d(3, 8, 3, {.padding = 1}), nn::ReLU());
  const Summary summary(model, zeros({2, 3, 16, 16}));
  EXPECT_EQ(summary.rows()[1].output, "f32[2,8,16,16]");
  EXPECT_GE(summary.rows()[1].flops, 2.0 * 2 * 8 * 16 * 16 * 3 * 9);
}

TEST(Summary, OfATransformerHasPathsOfNestedParts) {
  nn::TransformerEncoder model(nn::TransformerEncoderLayer(16, 2, {.dim_feedforward = 32}), 2);
  const Summary summary(model, zeros({2, 5, 16}));
  const std::string text = summary.str();
  EXPECT_THAT(text, HasSubstr("linear1 Linear(16, 32)"));
  EXPECT_GT(summary.flops(), 0);
}

struct Sum : nn::Module {
  std::shared_ptr<nn::Linear> left = register_module("left", nn::Linear(4, 2));
  Tensor both(const Tensor& a, const Tensor& b) { return (*left)(a) + b; }
};

TEST(Summary, TakesANetworkOfSeveralTensorsAsAFunction) {
  Sum sum;
  const Summary summary(sum, [&] { return sum.both(zeros({3, 4}), zeros({3, 2})); });
  EXPECT_EQ(summary.rows()[0].calls, 0U);
  EXPECT_EQ(summary.rows()[1].output, "f32[3,2]");
  EXPECT_GE(summary.flops(), 2.0 * 3 * 4 * 2);
}

TEST(Summary, IsATableOfAtMostSoManyColumns) {
  auto model = mlp();
  const Summary summary(model, zeros({32, 784}));
  for (const int columns : {120, 80, 60, 40, 20, 1}) {
    std::istringstream lines(summary.str(columns));
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(line.size(), static_cast<std::size_t>(std::max(columns, 16))) << line;
  }
  EXPECT_THAT(summary.str(80), HasSubstr("bytes"));
  EXPECT_THAT(summary.str(40), Not(HasSubstr("bytes")));
}

TEST(Summary, PrintsAsATable) {
  auto model = mlp();
  std::ostringstream out;
  out << Summary(model, zeros({32, 784}));
  EXPECT_EQ(out.str(),
            "layer                 output       parameters   FLOPs    bytes\n"
            "Sequential            f32[32,10]      101,770  6.50 M  1.28 kB\n"
            "  0 Linear(784, 128)  f32[32,128]     100,480  6.42 M  16.4 kB\n"
            "  1 ReLU()            f32[32,128]           0       0  16.4 kB\n"
            "  2 Linear(128, 10)   f32[32,10]        1,290  81.9 k  1.28 kB\n"
            "101,770 parameters, 407 kB\n"
            "101,770 trainable\n"
            "6.50 MFLOP in a forward pass\n");
  EXPECT_EQ(summary(model, zeros({32, 784})), out.str());
}

TEST(Summary, RefusesWhatCannotBeCalled) {
  auto model = mlp();
  EXPECT_THAT(error_of([&] { Summary(model, Tensor()); }), HasSubstr("[summary] undefined tensor"));
  EXPECT_THAT(error_of([&] { Summary(model, zeros({2, 3})); }), HasSubstr("f32[2,3]"));
  EXPECT_THAT(error_of([&] { Summary(model, std::function<Tensor()>()); }),
              HasSubstr("[summary] the function is empty"));
  EXPECT_THAT(error_of([&] { Summary(model, [] { return Tensor(); }); }), HasSubstr("gives an undefined tensor"));
  EXPECT_THAT(error_of([&] {
                compile([&](Tensor x) {
                  Summary(model, x);
                  return x;
                })(zeros({2, 784}));
              }),
              HasSubstr("[summary] a function is traced"));
  // And the thread is as it was.
  EXPECT_EQ((ones(2) + 1).sum().item(), 4);
}

}  // namespace
}  // namespace weft
