// Derivatives of functions, by hand and as torch.autograd.functional gives them.
#include "weft/functional.h"

#include <gmock/gmock.h>

#include "tests/testing/tensor_values.h"
#include "weft/autograd.h"
#include "weft/function.h"
#include "weft/ops.h"

namespace weft::autograd {
namespace {

using Tensors = std::vector<Tensor>;

Tensor floats(std::initializer_list<Literal> values) { return tensor(values, kFloat32); }

// (a b, a + 2 b): J by a is (b, 1), by b (a, 2), on the diagonal.
Tensors two(const Tensors& in) { return {in[0] * in[1], in[0] + in[1] * 2}; }
// sum a^2 b
Tensors cubic(const Tensors& in) { return {(in[0] * in[0] * in[1]).sum()}; }

TEST(Vjp, WeighsTheOutputs) {
  const auto [y, gradients] = vjp(two, {floats({1, 2}), floats({3, 4})}, {floats({1, 10}), floats({100, 1000})});
  EXPECT_THAT(y[0], equals(Floats{3, 8}));
  EXPECT_THAT(y[1], equals(Floats{7, 10}));
  EXPECT_THAT(gradients[0], equals(Floats{103, 1040}));
  EXPECT_THAT(gradients[1], equals(Floats{201, 2020}));
  EXPECT_FALSE(y[0].requires_grad());
}

TEST(Vjp, OfAScalarNeedsNoWeights) {
  const Tensor a = floats({1, 2}).requires_grad_();
  const auto [y, gradients] = vjp(cubic, {a, floats({3, 4})});
  EXPECT_EQ(y[0].item(), 19);
  EXPECT_THAT(gradients[0], equals(Floats{6, 16}));
  EXPECT_THAT(gradients[1], equals(Floats{1, 4}));
  EXPECT_FALSE(a.grad().defined());
}

TEST(Vjp, IsZeroForWhatNothingDependsOn) {
  const auto [y, gradients] =
      vjp([](const Tensors& in) { return Tensors{in[0].sum()}; }, {floats({1, 2}), floats({3})});
  EXPECT_THAT(gradients[1], equals(Floats{0}));
}

TEST(Vjp, WithCreateGraphIsDifferentiatedByTheInputs) {
  const Tensor a = floats({1, 2}).requires_grad_();
  const auto [y, gradients] = vjp(cubic, {a, floats({3, 4})}, {}, {.create_graph = true});
  gradients[0].sum().backward();
  EXPECT_THAT(a.grad(), equals(Floats{6, 8}));
}

TEST(Jvp, WeighsTheInputs) {
  const auto [y, tangents] = jvp(two, {floats({1, 2}), floats({3, 4})}, {floats({1, 10}), floats({100, 1000})});
  EXPECT_THAT(y[0], equals(Floats{3, 8}));
  EXPECT_THAT(tangents[0], equals(Floats{103, 2040}));
  EXPECT_THAT(tangents[1], equals(Floats{201, 2010}));
}

TEST(Jvp, OfALinearFunctionIsTheFunction) {
  const Tensor w = floats({{1, 2}, {3, 4}});
  const auto result =
      jvp([&](const Tensors& in) { return Tensors{in[0].matmul(w)}; }, {floats({{1, 1}})}, {floats({{1, 10}})});
  EXPECT_THAT(result.second[0], equals(Floats{31, 42}));
}

TEST(Jacobian, HasTheShapesOfOutputAndInput) {
  const auto j = jacobian(two, {floats({1, 2}), floats({3, 4})});
  EXPECT_EQ(j[0][1].shape(), Shape({2, 2}));
  EXPECT_THAT(j[0][0], equals(Floats{3, 0, 0, 4}));
  EXPECT_THAT(j[0][1], equals(Floats{1, 0, 0, 2}));
  EXPECT_THAT(j[1][0], equals(Floats{1, 0, 0, 1}));
  EXPECT_THAT(j[1][1], equals(Floats{2, 0, 0, 2}));
  const auto m = jacobian([](const Tensors& in) { return Tensors{in[0].sum(1)}; }, {ones({2, 3})});
  EXPECT_EQ(m[0][0].shape(), Shape({2, 2, 3}));
  EXPECT_THAT(m[0][0], equals(Floats{1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1}));
}

TEST(Jacobian, OfNoElementsHasNone) {
  const auto j = jacobian([](const Tensors& in) { return Tensors{in[0] * 2}; }, {zeros(0)});
  EXPECT_EQ(j[0][0].shape(), Shape({0, 0}));
}

TEST(Hessian, HasAllPairsOfInputs) {
  const auto h = hessian(cubic, {floats({1, 2}), floats({3, 4})});
  EXPECT_THAT(h[0][0], equals(Floats{6, 0, 0, 8}));
  EXPECT_THAT(h[0][1], equals(Floats{2, 0, 0, 4}));
  EXPECT_THAT(h[1][0], equals(Floats{2, 0, 0, 4}));
  EXPECT_THAT(h[1][1], equals(Floats{0, 0, 0, 0}));
}

TEST(HessianProducts, WeighTheHessian) {
  const Tensors x{floats({1, 2}), floats({3, 4})}, v{floats({1, 10}), floats({100, 1000})};
  for (const auto& [y, product] : {hvp(cubic, x, v), vhp(cubic, x, v)}) {
    EXPECT_EQ(y[0].item(), 19);
    EXPECT_THAT(product[0], equals(Floats{206, 4080}));
    EXPECT_THAT(product[1], equals(Floats{2, 40}));
  }
}

TEST(Functional, WorksInTracedFunctions) {
  const Tensor a = floats({1, 2}), b = floats({3, 4}), v = floats({1, 10});
  const auto derivatives = [](Tensor x, Tensor y, Tensor w) {
    return std::vector<Tensor>{vjp(cubic, {x, y}).second[0], jvp(two, {x, y}, {w, w}).second[0],
                               hessian(cubic, {x, y})[0][1], hvp(cubic, {x, y}, {w, w}).second[0]};
  };
  auto compiled = compile(derivatives);
  const Tensors eager = derivatives(a, b, v), traced = compiled(a, b, v);
  for (std::size_t k = 0; k < eager.size(); ++k) EXPECT_THAT(traced[k], equals(eager[k].to_vector<float>()));
}

TEST(Functional, ComputesWithGradModeOn) {
  const NoGradGuard no_grad;
  EXPECT_THAT(vjp(cubic, {floats({1, 2}), floats({3, 4})}).second[1], equals(Floats{1, 4}));
}

}  // namespace
}  // namespace weft::autograd
