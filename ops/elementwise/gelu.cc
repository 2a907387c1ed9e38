// erf and gelu.
#include <cmath>
#include <numbers>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// 2 / sqrt(pi) e^(-x^2)
void grad_erf(GradCall& g) { g.set(0, g.dout() * (exp(-square(g.in(0))) * (2 * std::numbers::inv_sqrtpi))); }

constexpr OpDef kErf = floating_op<ElementFn::erf>(grad_erf, "ErfBackward0", [](double x) { return std::erf(x); });
WEFT_REGISTER_OP(kErf);

// Phi(x) + x phi(x)
void grad_gelu(GradCall& g) {
  const double root_half = 1 / std::numbers::sqrt2;
  const Value x = g.in(0);
  const Value distribution = (erf(x * root_half) + 1.0) * 0.5;
  const Value density = exp(square(x) * -0.5) * (root_half * std::numbers::inv_sqrtpi);
  g.set(0, g.dout() * (distribution + x * density));
}

constexpr OpDef kGelu = floating_op<ElementFn::gelu>(grad_gelu, "GeluBackward0", [](double x) {
  const double tail = 0.5 * std::erfc(-x / std::numbers::sqrt2);
  return tail == 0 ? -0.0 : x * tail;  // the limit at -inf, which the product misses
});
WEFT_REGISTER_OP(kGelu);

}  // namespace

Value erf(const Value& x) { return x.builder().record(kErf, {to_floating(x)}); }
Value gelu(const Value& x) { return x.builder().record(kGelu, {x}); }

Tensor erf(const Operand& x) {
  return capture({&x}, [](auto v) { return erf(v[0]); });
}

Tensor Tensor::erf(SourceLocation at) const { return weft::erf({*this, at}); }

}  // namespace weft
