// exp2, expm1, log1p, log2 and log10: relatives of exp and log that keep what those would round away. Integers are
// taken as f32.
#include <cmath>
#include <numbers>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_exp2(GradCall& g) { g.set(0, g.dout() * g.out() * std::numbers::ln2); }
constexpr OpDef kExp2 = floating_op<ElementFn::exp2>(grad_exp2, "Exp2Backward0", [](double x) { return std::exp2(x); });
WEFT_REGISTER_OP(kExp2);

void grad_expm1(GradCall& g) { g.set(0, g.dout() * (g.out() + 1.0)); }
constexpr OpDef kExpm1 =
    floating_op<ElementFn::expm1>(grad_expm1, "Expm1Backward0", [](double x) { return std::expm1(x); });
WEFT_REGISTER_OP(kExpm1);

void grad_log1p(GradCall& g) { g.set(0, g.dout() / (g.in(0) + 1.0)); }
constexpr OpDef kLog1p =
    floating_op<ElementFn::log1p>(grad_log1p, "Log1PBackward0", [](double x) { return std::log1p(x); });
WEFT_REGISTER_OP(kLog1p);

void grad_log2(GradCall& g) { g.set(0, g.dout() / (g.in(0) * std::numbers::ln2)); }
constexpr OpDef kLog2 = floating_op<ElementFn::log2>(grad_log2, "Log2Backward0", [](double x) { return std::log2(x); });
WEFT_REGISTER_OP(kLog2);

void grad_log10(GradCall& g) { g.set(0, g.dout() / (g.in(0) * std::numbers::ln10)); }
constexpr OpDef kLog10 =
    floating_op<ElementFn::log10>(grad_log10, "Log10Backward0", [](double x) { return std::log10(x); });
WEFT_REGISTER_OP(kLog10);

}  // namespace

Value exp2(const Value& x) { return x.builder().record(kExp2, {to_floating(x)}); }
Value expm1(const Value& x) { return x.builder().record(kExpm1, {to_floating(x)}); }
Value log1p(const Value& x) { return x.builder().record(kLog1p, {to_floating(x)}); }
Value log2(const Value& x) { return x.builder().record(kLog2, {to_floating(x)}); }
Value log10(const Value& x) { return x.builder().record(kLog10, {to_floating(x)}); }

Tensor exp2(const Operand& x) {
  return capture({&x}, [](auto v) { return exp2(v[0]); });
}
Tensor expm1(const Operand& x) {
  return capture({&x}, [](auto v) { return expm1(v[0]); });
}
Tensor log1p(const Operand& x) {
  return capture({&x}, [](auto v) { return log1p(v[0]); });
}
Tensor log2(const Operand& x) {
  return capture({&x}, [](auto v) { return log2(v[0]); });
}
Tensor log10(const Operand& x) {
  return capture({&x}, [](auto v) { return log10(v[0]); });
}
Tensor Tensor::exp2(SourceLocation at) const { return weft::exp2({*this, at}); }
Tensor Tensor::expm1(SourceLocation at) const { return weft::expm1({*this, at}); }
Tensor Tensor::log1p(SourceLocation at) const { return weft::log1p({*this, at}); }
Tensor Tensor::log2(SourceLocation at) const { return weft::log2({*this, at}); }
Tensor Tensor::log10(SourceLocation at) const { return weft::log10({*this, at}); }

}  // namespace weft
