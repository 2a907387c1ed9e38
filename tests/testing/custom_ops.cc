#include "tests/testing/custom_ops.h"

#include <cmath>

#include "weft/ops.h"

namespace weft {
namespace {

template <class T>
op::Kernel swish_kernel(const op::Call& call) {
  const T beta = static_cast<T>(call.attr<double>("beta"));
  const std::int64_t n = call.input_type(0).shape.numel();
  return {.run =
              [beta](const op::Work& work) {
                const T* x = work.input<T>(0);
                T* y = work.result<T>();
                for (std::int64_t i = work.begin; i < work.end; ++i) y[i] = x[i] / (1 + std::exp(-beta * x[i]));
              },
          .items = n,
          .flops = 100.0 * static_cast<double>(n)};
}

// A row at a time.
template <class T>
op::Kernel moments_kernel(const op::Call& call) {
  const Shape shape = call.input_type(0).shape;
  return {.run =
              [cols = shape[1]](const op::Work& work) {
                for (std::int64_t i = work.begin; i < work.end; ++i) {
                  const T* row = work.input<T>(0) + i * cols;
                  T sum = 0, squares = 0;
                  for (std::int64_t j = 0; j < cols; ++j) {
                    sum += row[j];
                    squares += row[j] * row[j];
                  }
                  work.result<T>(0)[i] = sum;
                  work.result<T>(1)[i] = squares;
                }
              },
          .items = shape[0],
          .flops = 3.0 * static_cast<double>(shape.numel())};
}

std::vector<Tensor> swish_gradient(const op::GradientCall& g) {
  const double beta = g.attr<double>("beta");
  const Tensor s = sigmoid(g.input(0) * beta);
  return {g.gradient() * (s + g.input(0) * s * (1 - s) * beta)};
}

std::vector<Tensor> moments_gradient(const op::GradientCall& g) {
  return {g.gradient(0).unsqueeze(1) + g.gradient(1).unsqueeze(1) * g.input(0) * 2};
}

std::vector<op::Type> moments_shape(const op::Call& call) {
  const op::Type x = call.input_type(0);
  call.require(x.shape.rank() == 2, "a matrix is needed");
  call.require(is_floating(x.dtype), "the operand must be f32 or f64", ErrorKind::dtype);
  return {{x.dtype, {x.shape[0]}}, {x.dtype, {x.shape[0]}}};
}

std::vector<op::Type> swish_shape(const op::Call& call) {
  call.require(is_floating(call.input_type(0).dtype), "the operand must be f32 or f64", ErrorKind::dtype);
  call.attr<double>("beta");
  return {call.input_type(0)};
}

bool is_single(const op::Call& call) { return call.input_type(0).dtype == kFloat32; }

}  // namespace

const op::Operation& swish_op() {
  static const op::Operation op({.name = "test.swish",
                                 .elementwise = true,
                                 .shape = swish_shape,
                                 .gradient = swish_gradient,
                                 .kernel = [](const op::Call& call) {
                                   return is_single(call) ? swish_kernel<float>(call) : swish_kernel<double>(call);
                                 }});
  return op;
}

Tensor swish(const Operand& x, double beta) { return swish_op()({x}, {{"beta", beta}}); }

const op::Operation& moments_op() {
  static const op::Operation op({.name = "test.row_moments",
                                 .shape = moments_shape,
                                 .gradient = moments_gradient,
                                 .kernel = [](const op::Call& call) {
                                   return is_single(call) ? moments_kernel<float>(call) : moments_kernel<double>(call);
                                 }});
  return op;
}

// The tests of all operations find them by name.
[[maybe_unused]] static const bool g_registered = (swish_op(), moments_op(), true);

}  // namespace weft
