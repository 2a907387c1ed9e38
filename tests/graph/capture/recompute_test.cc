// checkpoint(): the results and gradients of the function itself, with less memory.
#include "weft/recompute.h"

#include <gmock/gmock.h>

#include "tests/testing/tensor_values.h"
#include "weft/autograd.h"
#include "weft/custom_function.h"
#include "weft/function.h"
#include "weft/hooks.h"
#include "weft/ops.h"

namespace weft {
namespace {

Tensor ramp(std::int64_t n) { return (arange(n) * 0.01).detach(); }

// Layers with many intermediate values, in parts that are computed again or not.
struct Deep {
  std::vector<Tensor> weights;
  explicit Deep(int layers) {
    for (int i = 0; i < layers; ++i)
      weights.push_back((ramp(16 * 16).view({16, 16}) - 1.2 + 0.01 * i).requires_grad_());
  }
  static Tensor layer(const Tensor& x, const Tensor& w) { return (x.matmul(w).tanh() + x).sin().exp().log1p(); }
  Tensor forward(Tensor x, bool with_checkpoints) const {
    for (const Tensor& w : weights)
      x = with_checkpoints ? checkpoint([&](const Tensor& h) { return layer(h, w); }, x) : layer(x, w);
    return x.square().mean();
  }
  std::vector<Floats> gradients() const {
    std::vector<Floats> found;
    for (const Tensor& w : weights) found.push_back(w.grad().to_vector<float>()), w.set_grad({});
    return found;
  }
};

TEST(Checkpoint, GivesTheBitsOfTheFunctionItself) {
  const Deep model(3);
  const Tensor x = ramp(8 * 16).view({8, 16});
  const Tensor plain = model.forward(x, false), again = model.forward(x, true);
  EXPECT_EQ(plain.item<float>(), again.item<float>());
  plain.backward();
  const auto expected = model.gradients();
  again.backward();
  EXPECT_EQ(model.gradients(), expected);
}

TEST(Checkpoint, GivesTheBitsInATracedFunctionToo) {
  const Deep model(3);
  const Tensor x = ramp(8 * 16).view({8, 16});
  model.forward(x, false).backward();
  const auto expected = model.gradients();
  auto step = compile([&](Tensor input) { model.forward(input, true).backward(); });
  step(x);
  EXPECT_EQ(model.gradients(), expected);
}

TEST(Checkpoint, TakesLessMemoryInACompiledStep) {
  const Deep model(8);
  const Tensor x = ones({1024, 16});
  const auto peak = [&](bool with_checkpoints) {
    auto step = compile([&](Tensor input) {
      const Tensor loss = model.forward(input, with_checkpoints);
      loss.backward();
      return loss;
    });
    step(x);
    return step.memory().planned_peak_bytes;
  };
  EXPECT_LT(peak(true), 0.7 * static_cast<double>(peak(false)));
}

TEST(Checkpoint, CallsTheFunctionOnce) {
  const Tensor x = tensor({1.0f, 2.0f}).requires_grad_();
  int calls = 0;
  checkpoint(
      [&](const Tensor& t) {
        ++calls;
        return t * t;
      },
      x)
      .sum()
      .backward();
  EXPECT_EQ(calls, 1);
  EXPECT_THAT(x.grad(), equals(Floats{2, 4}));
}

TEST(Checkpoint, ComputesWithTheRandomNumbersThatWereDrawn) {
  const Tensor x = ones(64).requires_grad_();
  manual_seed(7);
  dropout(x * 2, 0.5, true).sum().backward();
  const auto expected = x.grad().to_vector<float>();
  x.set_grad({});
  manual_seed(7);
  checkpoint([](const Tensor& t) { return dropout(t * 2, 0.5, true); }, x).sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), expected);
}

TEST(Checkpoint, OfSeveralTensorsGivesSeveral) {
  const Tensor x = tensor({2.0f}).requires_grad_(), w = tensor({3.0f}).requires_grad_();
  const std::vector<Tensor> y = checkpoint(
      [](const std::vector<Tensor>& in) -> std::vector<Tensor> {
        return {in[0] * in[1], in[0] > 0, in[1].square()};
      },
      {x, w});
  EXPECT_FALSE(y[1].requires_grad());
  (y[0] + y[2]).backward(ones(1));
  EXPECT_THAT(x.grad(), equals(Floats{3}));
  EXPECT_THAT(w.grad(), equals(Floats{8}));
}

TEST(Checkpoint, IsDifferentiatedTwiceAndNests) {
  const auto inner = [](const Tensor& t) { return t.sin() * t; };
  const auto nested = [&](const Tensor& t) { return checkpoint(inner, t) * t; };
  const auto second = [](const Tensor& y, const Tensor& x) {
    const Tensor first = grad({y.sum()}, {x}, {.create_graph = true})[0];
    return grad({first.sum()}, {x})[0].to_vector<float>();
  };
  const Tensor x = tensor({0.5f, -1.5f}).requires_grad_();
  EXPECT_THAT(second(checkpoint(nested, x), x), ::testing::Pointwise(::testing::FloatEq(), second(inner(x) * x, x)));
}

TEST(Checkpoint, OfACompiledResultIsComputedAgainOutside) {
  const Tensor w = tensor({3.0f, 4.0f}).requires_grad_();
  auto forward = compile([&](Tensor x) { return checkpoint([&](const Tensor& t) { return (t * w).sin(); }, x).sum(); });
  const Tensor x = tensor({1.0f, 2.0f});
  (x * w).sin().sum().backward();
  const auto expected = w.grad().to_vector<float>();
  w.set_grad({});
  forward(x).backward();
  EXPECT_EQ(w.grad().to_vector<float>(), expected);
}

TEST(Checkpoint, CallsHooksOfWhatItComputesAgainOnce) {
  const Tensor x = tensor({1.0f}).requires_grad_(), w = tensor({2.0f}).requires_grad_();
  int inside = 0, parameter = 0;
  w.register_hook([&](const Tensor&) { ++parameter; });
  checkpoint(
      [&](const Tensor& t) {
        const Tensor h = t * w;
        h.register_hook([&](const Tensor& gradient) {
          ++inside;
          return gradient * 10;
        });
        return h.square();
      },
      x)
      .backward(ones(1));
  EXPECT_EQ(inside, 1);
  EXPECT_EQ(parameter, 1);
  EXPECT_THAT(w.grad(), equals(Floats{40}));
}

TEST(Checkpoint, PassesNoGradientsThroughPartsWithoutGradMode) {
  const Tensor x = tensor({3.0f}).requires_grad_();
  checkpoint(
      [](const Tensor& t) {
        Tensor constant;
        {
          const NoGradGuard no_grad;
          constant = t * 2;
        }
        return t * constant;
      },
      x)
      .backward(ones(1));
  EXPECT_THAT(x.grad(), equals(Floats{6}));
}

TEST(Checkpoint, WithoutGradModeIsTheFunction) {
  const NoGradGuard no_grad;
  const Tensor x = tensor({3.0f}).requires_grad_();
  EXPECT_FALSE(checkpoint([](const Tensor& t) { return t * 2; }, x).requires_grad());
}

}  // namespace
}  // namespace weft
