// sinh, cosh, and the inverses asinh, acosh, atanh. Integers are taken as f32.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_sinh(GradCall& g) { g.set(0, g.dout() * cosh(g.in(0))); }
constexpr OpDef kSinh = floating_op<ElementFn::sinh>(grad_sinh, "SinhBackward0", [](double x) { return std::sinh(x); });
WEFT_REGISTER_OP(kSinh);

void grad_cosh(GradCall& g) { g.set(0, g.dout() * sinh(g.in(0))); }
constexpr OpDef kCosh = floating_op<ElementFn::cosh>(grad_cosh, "CoshBackward0", [](double x) { return std::cosh(x); });
WEFT_REGISTER_OP(kCosh);

void grad_asinh(GradCall& g) { g.set(0, g.dout() * rsqrt(square(g.in(0)) + 1.0)); }
constexpr OpDef kAsinh =
    floating_op<ElementFn::asinh>(grad_asinh, "AsinhBackward0", [](double x) { return std::asinh(x); });
WEFT_REGISTER_OP(kAsinh);

void grad_acosh(GradCall& g) { g.set(0, g.dout() * rsqrt(square(g.in(0)) - 1.0)); }
constexpr OpDef kAcosh =
    floating_op<ElementFn::acosh>(grad_acosh, "AcoshBackward0", [](double x) { return std::acosh(x); });
WEFT_REGISTER_OP(kAcosh);

void grad_atanh(GradCall& g) { g.set(0, g.dout() / (1.0 - square(g.in(0)))); }
constexpr OpDef kAtanh =
    floating_op<ElementFn::atanh>(grad_atanh, "AtanhBackward0", [](double x) { return std::atanh(x); });
WEFT_REGISTER_OP(kAtanh);

}  // namespace

Value sinh(const Value& x) { return x.builder().record(kSinh, {to_floating(x)}); }
Value cosh(const Value& x) { return x.builder().record(kCosh, {to_floating(x)}); }
Value asinh(const Value& x) { return x.builder().record(kAsinh, {to_floating(x)}); }
Value acosh(const Value& x) { return x.builder().record(kAcosh, {to_floating(x)}); }
Value atanh(const Value& x) { return x.builder().record(kAtanh, {to_floating(x)}); }

Tensor sinh(const Operand& x) {
  return capture({&x}, [](auto v) { return sinh(v[0]); });
}
Tensor cosh(const Operand& x) {
  return capture({&x}, [](auto v) { return cosh(v[0]); });
}
Tensor asinh(const Operand& x) {
  return capture({&x}, [](auto v) { return asinh(v[0]); });
}
Tensor acosh(const Operand& x) {
  return capture({&x}, [](auto v) { return acosh(v[0]); });
}
Tensor atanh(const Operand& x) {
  return capture({&x}, [](auto v) { return atanh(v[0]); });
}
Tensor Tensor::sinh(SourceLocation at) const { return weft::sinh({*this, at}); }
Tensor Tensor::cosh(SourceLocation at) const { return weft::cosh({*this, at}); }
Tensor Tensor::asinh(SourceLocation at) const { return weft::asinh({*this, at}); }
Tensor Tensor::acosh(SourceLocation at) const { return weft::acosh({*this, at}); }
Tensor Tensor::atanh(SourceLocation at) const { return weft::atanh({*this, at}); }

}  // namespace weft
