// exp, log, tanh, sigmoid. Integers are taken as f32.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_exp(GradCall& g) { g.set(0, g.dout() * g.out()); }
constexpr OpDef kExp = floating_op<ElementFn::exp>(grad_exp, "ExpBackward0", [](double x) { return std::exp(x); });
WEFT_REGISTER_OP(kExp);

void grad_log(GradCall& g) { g.set(0, g.dout() / g.in(0)); }
constexpr OpDef kLog = floating_op<ElementFn::log>(grad_log, "LogBackward0", [](double x) { return std::log(x); });
WEFT_REGISTER_OP(kLog);

void grad_tanh(GradCall& g) { g.set(0, g.dout() * (1.0 - square(g.out()))); }
constexpr OpDef kTanh = floating_op<ElementFn::tanh>(grad_tanh, "TanhBackward0", [](double x) { return std::tanh(x); });
WEFT_REGISTER_OP(kTanh);

void grad_sigmoid(GradCall& g) { g.set(0, g.dout() * (g.out() * (1.0 - g.out()))); }
constexpr OpDef kSigmoid = floating_op<ElementFn::sigmoid>(grad_sigmoid, "SigmoidBackward0", [](double x) {
  const double e = std::exp(-std::abs(x));  // at most 1: never overflows
  return (x < 0 ? e : 1.0) / (1.0 + e);
});
WEFT_REGISTER_OP(kSigmoid);

}  // namespace

Value exp(const Value& x) { return x.builder().record(kExp, {to_floating(x)}); }
Value log(const Value& x) { return x.builder().record(kLog, {to_floating(x)}); }
Value tanh(const Value& x) { return x.builder().record(kTanh, {to_floating(x)}); }
Value sigmoid(const Value& x) { return x.builder().record(kSigmoid, {to_floating(x)}); }

Tensor exp(const Operand& x) {
  return capture({&x}, [](auto v) { return exp(v[0]); });
}
Tensor log(const Operand& x) {
  return capture({&x}, [](auto v) { return log(v[0]); });
}
Tensor tanh(const Operand& x) {
  return capture({&x}, [](auto v) { return tanh(v[0]); });
}
Tensor sigmoid(const Operand& x) {
  return capture({&x}, [](auto v) { return sigmoid(v[0]); });
}
Tensor Tensor::exp(SourceLocation at) const { return weft::exp({*this, at}); }
Tensor Tensor::log(SourceLocation at) const { return weft::log({*this, at}); }
Tensor Tensor::tanh(SourceLocation at) const { return weft::tanh({*this, at}); }
Tensor Tensor::sigmoid(SourceLocation at) const { return weft::sigmoid({*this, at}); }

}  // namespace weft
