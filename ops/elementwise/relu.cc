// relu: max(x, 0).
#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// relu_grad(g, y): g where y is not <= 0, else 0. Linear in g, constant in y.
void grad_relu_grad(GradCall& g);

Kernel compile_relu_grad(const OpCall& call) {
  return binary_kernel(call, BinaryFn::relu_grad, [](auto g, auto y) {
    using T = decltype(g);
    return y <= T{0} ? T{0} : g;
  });
}

constexpr OpDef kReluGrad{.name = "relu_grad",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_broadcast_number,
                          .grad = grad_relu_grad,
                          .compile = compile_relu_grad,
                          .grad_name = "ReluBackwardBackward0",
                          .in_place = elementwise_in_place,
                          .lower = lower_as<ElementCode::relu_grad>};
WEFT_REGISTER_OP(kReluGrad);

Value relu_grad(const Value& g, const Value& y) { return g.builder().record(kReluGrad, {g, y}); }

void grad_relu_grad(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(relu_grad(g.dout(), g.in(1)), g.in(0).shape()));
}

void grad_relu(GradCall& g) { g.set(0, relu_grad(g.dout(), g.out())); }

Kernel compile_relu(const OpCall& call) {
  return number_kernel(call, UnaryFn::relu, [](auto x) {
    using T = decltype(x);
    return x <= T{0} ? T{0} : x;
  });
}

constexpr OpDef kRelu{.name = "relu",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .infer = infer_number,
                      .grad = grad_relu,
                      .compile = compile_relu,
                      .grad_name = "ReluBackward0",
                      .in_place = elementwise_in_place,
                      .lower = lower_as<ElementCode::relu>};
WEFT_REGISTER_OP(kRelu);

}  // namespace

Value relu(const Value& x) { return x.builder().record(kRelu, {x}); }

Tensor relu(const Operand& x) {
  return capture({&x}, [](auto v) { return relu(v[0]); });
}
Tensor Tensor::relu(SourceLocation at) const { return weft::relu({*this, at}); }

}  // namespace weft
