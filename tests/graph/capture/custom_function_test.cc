// autograd::Function: gradients of users' own. Behaviour and numbers are PyTorch's.
#include "weft/custom_function.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/testing/tensor_values.h"
#include "weft/autograd.h"
#include "weft/function.h"
#include "weft/ops.h"

namespace weft {
namespace {

using autograd::AutogradContext;
using autograd::variable_list;
using ::testing::HasSubstr;

Tensor leaf(std::initializer_list<Literal> values) { return tensor(values, kFloat32).requires_grad_(); }

// exp(x), whose gradient reads the result.
struct Exp : autograd::Function<Exp> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    const Tensor y = x.exp();
    ctx->save_for_backward({y});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    return {gradients[0] * ctx->get_saved_variables()[0]};
  }
};

// scale x^2 w, with a number beside the tensors and a gradient that differs from the function's own by a factor of 10.
struct Weighted : autograd::Function<Weighted> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& w, double scale) {
    ctx->save_for_backward({x, w});
    ctx->saved_data["scale"] = scale;
    return x * x * w * scale;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    const double scale = std::any_cast<double>(ctx->saved_data["scale"]) * 10;
    variable_list result(3);
    if (ctx->needs_input_grad(0)) result[0] = gradients[0] * saved[0] * saved[1] * (2 * scale);
    if (ctx->needs_input_grad(1)) result[1] = gradients[0] * saved[0] * saved[0] * scale;
    return result;
  }
};

TEST(CustomFunction, HasTheGradientThatItsBackwardGives) {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  const Tensor y = Weighted::apply(x, w, 0.5);
  EXPECT_THAT(y, equals(Floats{1.5, 8}));
  EXPECT_TRUE(y.requires_grad());
  y.sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{30, 80}));
  EXPECT_THAT(w.grad(), equals(Floats{5, 20}));
}

TEST(CustomFunction, IsDifferentiatedTwice) {
  const Tensor x = tensor({0.5}, kFloat64).requires_grad_();
  const Tensor first = grad({Exp::apply(x * 2)}, {x}, {.create_graph = true})[0];
  const Tensor second = grad({first}, {x}, {.create_graph = true})[0];
  const Tensor e = (x.detach() * 2).exp();
  EXPECT_DOUBLE_EQ(first.item(), 2 * e.item());
  EXPECT_DOUBLE_EQ(second.item(), 4 * e.item());
  EXPECT_DOUBLE_EQ(grad({second}, {x})[0].item(), 8 * e.item());
}

TEST(CustomFunction, GivesPlainTensorsWhereNothingRequiresGradients) {
  EXPECT_FALSE(Exp::apply(tensor({1.0f})).requires_grad());
  const NoGradGuard no_grad;
  EXPECT_FALSE(Exp::apply(leaf({1})).requires_grad());
}

TEST(CustomFunction, AsksForTheGradientsThatSomebodyWants) {
  struct Noting : autograd::Function<Noting> {
    static Tensor forward(AutogradContext* ctx, const Tensor& a, const Tensor& b) {
      EXPECT_TRUE(ctx->needs_input_grad(0));
      EXPECT_FALSE(ctx->needs_input_grad(1));
      return a + b;
    }
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
      EXPECT_TRUE(ctx->needs_input_grad(0));
      EXPECT_FALSE(ctx->needs_input_grad(1));
      return {gradients[0], gradients[0]};
    }
  };
  const Tensor a = leaf({1}), b = tensor({1.0f});
  Noting::apply(a, b).sum().backward();
  EXPECT_THAT(a.grad(), equals(Floats{1}));
  EXPECT_FALSE(b.grad().defined());
}

struct Halves : autograd::Function<Halves> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x, bool materialize) {
    ctx->set_materialize_grads(materialize);
    const variable_list results{x * 0.5, x * 0.25, x > 0};
    ctx->mark_non_differentiable({results[1]});
    return results;
  }
  static variable_list backward(AutogradContext*, variable_list gradients) {
    return {(gradients[0].defined() ? gradients[0] : full({2}, 7)) +
                (gradients[1].defined() ? gradients[1] + 100 : gradients[0]),
            {}};
  }
};

TEST(CustomFunction, HasResultsThatAreNotDifferentiable) {
  const variable_list results = Halves::apply(leaf({2, -4}), true);
  EXPECT_TRUE(results[0].requires_grad());
  EXPECT_FALSE(results[1].requires_grad());
  EXPECT_FALSE(results[2].requires_grad());
  EXPECT_THAT(results[1], equals(Floats{0.5, -1}));
}

TEST(CustomFunction, GetsZerosForResultsThatNothingDependsOn) {
  const Tensor x = leaf({2, -4});
  Halves::apply(x, true)[0].sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{101, 101}));
}

TEST(CustomFunction, GetsUndefinedTensorsInsteadWhereItAsksForThem) {
  const Tensor x = leaf({2, -4});
  Halves::apply(x, false)[0].sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{2, 2}));
}

struct TwoResults : autograd::Function<TwoResults> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x) {
    const variable_list results{x * 2, x * x};
    ctx->save_for_backward({x, results[0]});
    return results;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    return {gradients[0] * 2 + gradients[1] * ctx->get_saved_variables()[1]};
  }
};

TEST(CustomFunction, GetsTheGradientsOfAllItsResultsAtOnce) {
  const Tensor x = leaf({1, 3});
  const variable_list y = TwoResults::apply(x);
  (y[0] * 10 + y[1]).sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{22, 26}));
}

TEST(CustomFunction, UsesTheValuesThatWereThereWhenTheyWereKept) {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  const Tensor y = Weighted::apply(x, w, 1);
  x.data().mul_(100);
  y.sum().backward();
  EXPECT_THAT(w.grad(), equals(Floats{10, 40}));
}

TEST(CustomFunction, IsUsedUpByBackwardWhereItKeptValues) {
  const Tensor x = leaf({1});
  const Tensor y = Exp::apply(x);
  y.backward(ones(1));
  EXPECT_THROW(y.backward(ones(1)), Error);
}

TEST(CustomFunction, TakesUndefinedTensors) {
  struct Optional : autograd::Function<Optional> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& bias) {
      ctx->save_for_backward({bias});
      return bias.defined() ? x + bias : x * 1;
    }
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
      EXPECT_FALSE(ctx->get_saved_variables()[0].defined());
      return {gradients[0] * 3, {}};
    }
  };
  const Tensor x = leaf({1});
  Optional::apply(x, Tensor()).sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{3}));
}

TEST(CustomFunction, MayGiveItsArgumentBack) {
  struct Reversed : autograd::Function<Reversed> {  // gradient reversal, as for domain adaptation
    static Tensor forward(AutogradContext*, const Tensor& x) { return x; }
    static variable_list backward(AutogradContext*, variable_list gradients) { return {-gradients[0]}; }
  };
  const Tensor x = leaf({1, 2});
  (Reversed::apply(x) * 3).sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{-3, -3}));
}

// ---- In traced functions

TEST(CompiledCustomFunction, IsPartOfTheProgram) {
  const Tensor w = leaf({3, 4});
  auto step = compile([&](Tensor x) {
    w.set_grad({});
    const Tensor y = Weighted::apply(x, w, 0.5);
    y.sum().backward();
    return y;
  });
  for (const float a : {1.0f, 2.0f}) {
    EXPECT_THAT(step(full({2}, a)), equals(Floats{1.5f * a * a, 2 * a * a}));
    EXPECT_THAT(w.grad(), equals(Floats{5 * a * a, 5 * a * a}));
  }
  EXPECT_EQ(step.stats().traces, 1u);
}

TEST(CompiledCustomFunction, GivesTheGradientsOfItsResultsOutside) {
  const Tensor w = leaf({3, 4});
  auto forward = compile([&](Tensor x) { return TwoResults::apply(Weighted::apply(x, w, 0.5))[1].sum(); });
  for (const float a : {1.0f, 2.0f}) {
    const Tensor eager = TwoResults::apply(Weighted::apply(full({2}, a), w, 0.5))[1].sum();
    const Tensor loss = forward(full({2}, a));
    EXPECT_EQ(loss.item(), eager.item());
    loss.backward();
    const auto compiled = w.grad().to_vector<float>();
    w.set_grad({});
    eager.backward();
    EXPECT_EQ(w.grad().to_vector<float>(), compiled);
    w.set_grad({});
  }
}

TEST(CompiledCustomFunction, IsDifferentiatedTwice) {
  const auto second = [](Tensor x) {
    const Tensor first = grad({Exp::apply(x * 2).sum()}, {x}, {.create_graph = true})[0];
    return grad({(first * first).sum()}, {x})[0];
  };
  const Tensor x = leaf({0.25, -1});
  EXPECT_EQ(compile(second)(x).to_vector<float>(), second(x).to_vector<float>());
}

// ---- Mistakes

template <int kCase>
struct Mistaken : autograd::Function<Mistaken<kCase>> {
  static Tensor forward(AutogradContext*, const Tensor& x, double) { return kCase == 0 ? Tensor() : x * 2; }
  static variable_list backward(AutogradContext*, variable_list g) {
    if (kCase == 1) return {g[0]};
    if (kCase == 2) return {g[0].sum(), {}};
    if (kCase == 3) return {g[0], g[0]};
    return {g[0], {}, g[0]};
  }
};

template <int kCase>
std::string message() {
  try {
    Mistaken<kCase>::apply(leaf({1, 2}), 1).sum().backward();
  } catch (const Error& error) {
    EXPECT_THAT(std::string(error.where().file), HasSubstr("custom_function_test"));
    return error.what();
  }
  return "";
}

TEST(CustomFunction, NamesWhatIsWrongWithItsResults) {
  EXPECT_THAT(message<0>(), HasSubstr("[autograd::Function] forward gives an undefined tensor"));
  EXPECT_THAT(message<1>(), HasSubstr("backward gives 1 gradients, for 2 arguments"));
  EXPECT_THAT(message<2>(), HasSubstr("gradient 0 is f32[], the argument f32[2]"));
  EXPECT_THAT(message<3>(), HasSubstr("gradient 1 is one by an argument that is no tensor"));
  EXPECT_THAT(message<4>(), HasSubstr("backward gives 3 gradients, for 2 arguments"));
}

}  // namespace
}  // namespace weft
