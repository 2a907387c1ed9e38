// exp, log, sin, cos, tanh, sigmoid. Integers are taken as f32.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_exp(GradCall& g) { g.set(0, g.dout() * g.out()); }

Kernel compile_exp(const OpCall& call) {
  return floating_kernel(call, UnaryFn::exp, [](double x) { return std::exp(x); });
}

constexpr OpDef kExp{.name = "exp",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer_floating,
                     .grad = grad_exp,
                     .compile = compile_exp,
                     .grad_name = "ExpBackward",
                     .in_place = elementwise_in_place,
                     .lower = lower_as<ElementCode::exp>};
WEFT_REGISTER_OP(kExp);

void grad_log(GradCall& g) { g.set(0, g.dout() / g.in(0)); }

Kernel compile_log(const OpCall& call) {
  return floating_kernel(call, UnaryFn::log, [](double x) { return std::log(x); });
}

constexpr OpDef kLog{.name = "log",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer_floating,
                     .grad = grad_log,
                     .compile = compile_log,
                     .grad_name = "LogBackward",
                     .in_place = elementwise_in_place,
                     .lower = lower_as<ElementCode::log>};
WEFT_REGISTER_OP(kLog);

void grad_sin(GradCall& g) { g.set(0, g.dout() * cos(g.in(0))); }

Kernel compile_sin(const OpCall& call) {
  return floating_kernel(call, UnaryFn::sin, [](double x) { return std::sin(x); });
}

constexpr OpDef kSin{.name = "sin",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer_floating,
                     .grad = grad_sin,
                     .compile = compile_sin,
                     .grad_name = "SinBackward",
                     .in_place = elementwise_in_place,
                     .lower = lower_as<ElementCode::sin>};
WEFT_REGISTER_OP(kSin);

void grad_cos(GradCall& g) { g.set(0, g.dout() * -sin(g.in(0))); }

Kernel compile_cos(const OpCall& call) {
  return floating_kernel(call, UnaryFn::cos, [](double x) { return std::cos(x); });
}

constexpr OpDef kCos{.name = "cos",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer_floating,
                     .grad = grad_cos,
                     .compile = compile_cos,
                     .grad_name = "CosBackward",
                     .in_place = elementwise_in_place,
                     .lower = lower_as<ElementCode::cos>};
WEFT_REGISTER_OP(kCos);

void grad_tanh(GradCall& g) { g.set(0, g.dout() * (1.0 - square(g.out()))); }

Kernel compile_tanh(const OpCall& call) {
  return floating_kernel(call, UnaryFn::tanh, [](double x) { return std::tanh(x); });
}

constexpr OpDef kTanh{.name = "tanh",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .infer = infer_floating,
                      .grad = grad_tanh,
                      .compile = compile_tanh,
                      .grad_name = "TanhBackward",
                      .in_place = elementwise_in_place,
                      .lower = lower_as<ElementCode::tanh>};
WEFT_REGISTER_OP(kTanh);

void grad_sigmoid(GradCall& g) { g.set(0, g.dout() * (g.out() * (1.0 - g.out()))); }

Kernel compile_sigmoid(const OpCall& call) {
  return floating_kernel(call, UnaryFn::sigmoid, [](double x) {
    const double e = std::exp(-std::abs(x));  // at most 1: never overflows
    return (x < 0 ? e : 1.0) / (1.0 + e);
  });
}

constexpr OpDef kSigmoid{.name = "sigmoid",
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .infer = infer_floating,
                         .grad = grad_sigmoid,
                         .compile = compile_sigmoid,
                         .grad_name = "SigmoidBackward",
                         .in_place = elementwise_in_place,
                         .lower = lower_as<ElementCode::sigmoid>};
WEFT_REGISTER_OP(kSigmoid);

}  // namespace

Value exp(const Value& x) { return x.builder().record(kExp, {to_floating(x)}); }
Value log(const Value& x) { return x.builder().record(kLog, {to_floating(x)}); }
Value sin(const Value& x) { return x.builder().record(kSin, {to_floating(x)}); }
Value cos(const Value& x) { return x.builder().record(kCos, {to_floating(x)}); }
Value tanh(const Value& x) { return x.builder().record(kTanh, {to_floating(x)}); }
Value sigmoid(const Value& x) { return x.builder().record(kSigmoid, {to_floating(x)}); }

Tensor exp(const Operand& x) {
  return capture({&x}, [](auto v) { return exp(v[0]); });
}
Tensor log(const Operand& x) {
  return capture({&x}, [](auto v) { return log(v[0]); });
}
Tensor sin(const Operand& x) {
  return capture({&x}, [](auto v) { return sin(v[0]); });
}
Tensor cos(const Operand& x) {
  return capture({&x}, [](auto v) { return cos(v[0]); });
}
Tensor tanh(const Operand& x) {
  return capture({&x}, [](auto v) { return tanh(v[0]); });
}
Tensor sigmoid(const Operand& x) {
  return capture({&x}, [](auto v) { return sigmoid(v[0]); });
}
Tensor Tensor::exp(SourceLocation at) const { return weft::exp({*this, at}); }
Tensor Tensor::log(SourceLocation at) const { return weft::log({*this, at}); }
Tensor Tensor::sin(SourceLocation at) const { return weft::sin({*this, at}); }
Tensor Tensor::cos(SourceLocation at) const { return weft::cos({*this, at}); }
Tensor Tensor::tanh(SourceLocation at) const { return weft::tanh({*this, at}); }
Tensor Tensor::sigmoid(SourceLocation at) const { return weft::sigmoid({*this, at}); }

}  // namespace weft
