#include "operation/swish.h"

#include <cmath>

#include "weft/op.h"
#include "weft/ops.h"

namespace example {
namespace {

namespace op = weft::op;

std::vector<op::Type> shape(const op::Call& call) {
  const op::Type x = call.input_type(0);
  call.require(weft::is_floating(x.dtype), "the operand must be f32 or f64", weft::ErrorKind::dtype);
  call.attr<double>("beta");  // throws where there is none
  return {x};
}

// s + beta x s (1 - s) with s = sigmoid(beta x): of operations, so that it is differentiated again.
std::vector<weft::Tensor> gradient(const op::GradientCall& call) {
  const double beta = call.attr<double>("beta");
  const weft::Tensor& x = call.input(0);
  const weft::Tensor s = weft::sigmoid(x * beta);
  return {call.gradient() * (s + x * s * (1 - s) * beta)};
}

template <class T>
op::Kernel kernel_of(const op::Call& call) {
  const auto beta = static_cast<T>(call.attr<double>("beta"));
  const std::int64_t n = call.input_type(0).shape.numel();
  return {.run =
              [beta](const op::Work& work) {
                const T* x = work.input<T>(0);
                T* y = work.result<T>();
                for (std::int64_t i = work.begin; i < work.end; ++i) y[i] = x[i] / (1 + std::exp(-beta * x[i]));
              },
          .items = n,  // each element by itself: large tensors are computed by several workers
          .flops = 100.0 * static_cast<double>(n)};
}

op::Kernel kernel(const op::Call& call) {
  return call.input_type(0).dtype == weft::kFloat32 ? kernel_of<float>(call) : kernel_of<double>(call);
}

const op::Operation& swish_op() {
  static const op::Operation op(
      {.name = "example.swish", .elementwise = true, .shape = shape, .gradient = gradient, .kernel = kernel});
  return op;
}

[[maybe_unused]] const bool registered = (swish_op(), true);

}  // namespace

weft::Tensor swish(const weft::Operand& x, double beta) { return swish_op()({x}, {{"beta", beta}}); }

}  // namespace example
