// erfc, erfinv, lgamma, digamma and its derivative. Integers are taken as f32.
#include <cmath>
#include <numbers>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "ops/kernels/elementwise/special_functions.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_erfc(GradCall& g) { g.set(0, g.dout() * (exp(-square(g.in(0))) * (-2 * std::numbers::inv_sqrtpi))); }
constexpr OpDef kErfc = floating_op<ElementFn::erfc>(grad_erfc, "ErfcBackward0", [](double x) { return std::erfc(x); });
WEFT_REGISTER_OP(kErfc);

void grad_erfinv(GradCall& g) { g.set(0, g.dout() * (exp(square(g.out())) * (0.5 / std::numbers::inv_sqrtpi))); }
constexpr OpDef kErfinv =
    floating_op<ElementFn::erfinv>(grad_erfinv, "ErfinvBackward0", [](double x) { return inverse_erf(x); });
WEFT_REGISTER_OP(kErfinv);

void grad_lgamma(GradCall& g) { g.set(0, g.dout() * digamma(g.in(0))); }
constexpr OpDef kLgamma =
    floating_op<ElementFn::lgamma>(grad_lgamma, "LgammaBackward0", [](double x) { return log_gamma(x); });
WEFT_REGISTER_OP(kLgamma);

constexpr OpDef kTrigamma = floating_op<ElementFn::trigamma>(nullptr, nullptr, [](double x) { return trigamma_of(x); });
WEFT_REGISTER_OP(kTrigamma);

void grad_digamma(GradCall& g) { g.set(0, g.dout() * g.builder().record(kTrigamma, {g.in(0)})); }
constexpr OpDef kDigamma =
    floating_op<ElementFn::digamma>(grad_digamma, "DigammaBackward0", [](double x) { return digamma_of(x); });
WEFT_REGISTER_OP(kDigamma);

}  // namespace

Value erfc(const Value& x) { return x.builder().record(kErfc, {to_floating(x)}); }
Value erfinv(const Value& x) { return x.builder().record(kErfinv, {to_floating(x)}); }
Value lgamma(const Value& x) { return x.builder().record(kLgamma, {to_floating(x)}); }
Value digamma(const Value& x) { return x.builder().record(kDigamma, {to_floating(x)}); }

Tensor erfc(const Operand& x) {
  return capture({&x}, [](auto v) { return erfc(v[0]); });
}
Tensor erfinv(const Operand& x) {
  return capture({&x}, [](auto v) { return erfinv(v[0]); });
}
Tensor lgamma(const Operand& x) {
  return capture({&x}, [](auto v) { return lgamma(v[0]); });
}
Tensor digamma(const Operand& x) {
  return capture({&x}, [](auto v) { return digamma(v[0]); });
}
Tensor Tensor::erfc(SourceLocation at) const { return weft::erfc({*this, at}); }
Tensor Tensor::erfinv(SourceLocation at) const { return weft::erfinv({*this, at}); }
Tensor Tensor::lgamma(SourceLocation at) const { return weft::lgamma({*this, at}); }
Tensor Tensor::digamma(SourceLocation at) const { return weft::digamma({*this, at}); }

}  // namespace weft
