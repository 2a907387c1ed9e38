// tan, and the inverses asin, acos, atan. Integers are taken as f32.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_tan(GradCall& g) { g.set(0, g.dout() * (square(g.out()) + 1.0)); }
constexpr OpDef kTan = floating_op<ElementFn::tan>(grad_tan, "TanBackward0", [](double x) { return std::tan(x); });
WEFT_REGISTER_OP(kTan);

void grad_asin(GradCall& g) { g.set(0, g.dout() * rsqrt(1.0 - square(g.in(0)))); }
constexpr OpDef kAsin = floating_op<ElementFn::asin>(grad_asin, "AsinBackward0", [](double x) { return std::asin(x); });
WEFT_REGISTER_OP(kAsin);

void grad_acos(GradCall& g) { g.set(0, g.dout() * -rsqrt(1.0 - square(g.in(0)))); }
constexpr OpDef kAcos = floating_op<ElementFn::acos>(grad_acos, "AcosBackward0", [](double x) { return std::acos(x); });
WEFT_REGISTER_OP(kAcos);

void grad_atan(GradCall& g) { g.set(0, g.dout() / (square(g.in(0)) + 1.0)); }
constexpr OpDef kAtan = floating_op<ElementFn::atan>(grad_atan, "AtanBackward0", [](double x) { return std::atan(x); });
WEFT_REGISTER_OP(kAtan);

}  // namespace

Value tan(const Value& x) { return x.builder().record(kTan, {to_floating(x)}); }
Value asin(const Value& x) { return x.builder().record(kAsin, {to_floating(x)}); }
Value acos(const Value& x) { return x.builder().record(kAcos, {to_floating(x)}); }
Value atan(const Value& x) { return x.builder().record(kAtan, {to_floating(x)}); }

Tensor tan(const Operand& x) {
  return capture({&x}, [](auto v) { return tan(v[0]); });
}
Tensor asin(const Operand& x) {
  return capture({&x}, [](auto v) { return asin(v[0]); });
}
Tensor acos(const Operand& x) {
  return capture({&x}, [](auto v) { return acos(v[0]); });
}
Tensor atan(const Operand& x) {
  return capture({&x}, [](auto v) { return atan(v[0]); });
}
Tensor Tensor::tan(SourceLocation at) const { return weft::tan({*this, at}); }
Tensor Tensor::asin(SourceLocation at) const { return weft::asin({*this, at}); }
Tensor Tensor::acos(SourceLocation at) const { return weft::acos({*this, at}); }
Tensor Tensor::atan(SourceLocation at) const { return weft::atan({*this, at}); }

}  // namespace weft
