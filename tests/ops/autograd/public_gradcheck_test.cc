// gradcheck(): what it accepts, and how it reports what is wrong.
#include <gmock/gmock.h>

#include "weft/custom_function.h"
#include "weft/functional.h"
#include "weft/ops.h"

namespace weft::autograd {
namespace {

using Tensors = std::vector<Tensor>;

Tensor leaf(std::initializer_list<Literal> values) { return tensor(values, kFloat64).requires_grad_(); }

TEST(Gradcheck, AcceptsGradientsThatAreRight) {
  const auto report = gradcheck(
      [](const Tensors& in) {
        return Tensors{in[0].sin() * in[1], in[0].exp()};
      },
      {leaf({0.5, -1}), leaf({2, 3})});
  EXPECT_TRUE(report) << report.str();
  EXPECT_EQ(report.compared, 16u);
  EXPECT_EQ(report.str(), "");
}

TEST(Gradcheck, ComparesNothingByInputsThatRequireNoGradients) {
  const auto report = gradcheck([](const Tensors& in) { return Tensors{in[0] * in[1]}; }, {leaf({0.5, -1}), ones(2)});
  EXPECT_EQ(report.compared, 4u);
}

// x^2, with half of its gradient.
struct Wrong : Function<Wrong> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    return x * x;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    return {gradients[0] * ctx->get_saved_variables()[0]};
  }
};

TEST(Gradcheck, NamesInputElementAndBothNumbersOfAMismatch) {
  const auto report = gradcheck(
      [](const Tensors& in) {
        return Tensors{in[0].sum(), Wrong::apply(in[1])};
      },
      {leaf({1}), leaf({0, 2})});
  EXPECT_FALSE(report.ok());
  ASSERT_EQ(report.mismatches.size(), 1u);
  EXPECT_EQ(report.mismatches[0].input, 1u);
  EXPECT_EQ(report.mismatches[0].input_element, 1);
  EXPECT_NEAR(report.mismatches[0].expected, 4, 1e-6);
  EXPECT_EQ(report.mismatches[0].got, 2);
  EXPECT_EQ(report.str(), "output 1 element 1 by input 1 element 1: expected 4, got 2\n");
}

TEST(Gradgradcheck, AcceptsSecondDerivativesThatAreRight) {
  const auto report = gradgradcheck([](const Tensors& in) { return Tensors{in[0].sin() * in[1] * in[1]}; },
                                    {leaf({0.5, -1}), leaf({2, 3})});
  EXPECT_TRUE(report) << report.str();
  EXPECT_EQ(report.compared, 16u);
}

// x^3, whose gradient is not differentiated as it should be.
struct Constant : Function<Constant> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    return x * x * x;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const Tensor x = ctx->get_saved_variables()[0].detach();
    return {gradients[0] * x * x * 3};
  }
};

TEST(Gradgradcheck, FindsAGradientThatIsNotDifferentiated) {
  const TensorsFunction f = [](const Tensors& in) { return Tensors{Constant::apply(in[0]) * in[0]}; };
  EXPECT_TRUE(gradcheck(f, {leaf({2})}));
  EXPECT_FALSE(gradgradcheck(f, {leaf({2})}));
}

}  // namespace
}  // namespace weft::autograd
