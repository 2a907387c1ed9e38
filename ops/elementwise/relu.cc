// relu: max(x, 0).
#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// relu_grad(g, y): g where y is not <= 0, else 0. Linear in g, constant in y.
void grad_relu_grad(GradCall& g);

constexpr OpDef kReluGrad =
    binary_op<ElementFn::relu_grad>(infer_broadcast_number, grad_relu_grad, "ReluBackwardBackward0",
                                    [](auto g, auto y) { return y <= decltype(y){0} ? decltype(g){0} : g; });
WEFT_REGISTER_OP(kReluGrad);

Value relu_grad(const Value& g, const Value& y) { return g.builder().record(kReluGrad, {g, y}); }

void grad_relu_grad(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(relu_grad(g.dout(), g.in(1)), g.in(0).shape()));
}

void grad_relu(GradCall& g) { g.set(0, relu_grad(g.dout(), g.out())); }

constexpr OpDef kRelu = number_op<ElementFn::relu>(grad_relu, "ReluBackward0",
                                                   [](auto x) { return x < decltype(x){0} ? decltype(x){0} : x; });
WEFT_REGISTER_OP(kRelu);

}  // namespace

Value relu(const Value& x) { return x.builder().record(kRelu, {x}); }

Tensor relu(const Operand& x) {
  return capture({&x}, [](auto v) { return relu(v[0]); });
}
Tensor Tensor::relu(SourceLocation at) const { return weft::relu({*this, at}); }

}  // namespace weft
