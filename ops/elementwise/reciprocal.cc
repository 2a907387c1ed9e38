// reciprocal and rsqrt. Integers are taken as f32.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_reciprocal(GradCall& g) { g.set(0, g.dout() * -square(g.out())); }
constexpr OpDef kReciprocal =
    floating_op<ElementFn::reciprocal>(grad_reciprocal, "ReciprocalBackward0", [](double x) { return 1 / x; });
WEFT_REGISTER_OP(kReciprocal);

void grad_rsqrt(GradCall& g) { g.set(0, g.dout() * (g.out() * square(g.out())) * -0.5); }
constexpr OpDef kRsqrt =
    floating_op<ElementFn::rsqrt>(grad_rsqrt, "RsqrtBackward0", [](double x) { return 1 / std::sqrt(x); });
WEFT_REGISTER_OP(kRsqrt);

}  // namespace

Value reciprocal(const Value& x) { return x.builder().record(kReciprocal, {to_floating(x)}); }
Value rsqrt(const Value& x) { return x.builder().record(kRsqrt, {to_floating(x)}); }

Tensor reciprocal(const Operand& x) {
  return capture({&x}, [](auto v) { return reciprocal(v[0]); });
}
Tensor rsqrt(const Operand& x) {
  return capture({&x}, [](auto v) { return rsqrt(v[0]); });
}
Tensor Tensor::reciprocal(SourceLocation at) const { return weft::reciprocal({*this, at}); }
Tensor Tensor::rsqrt(SourceLocation at) const { return weft::rsqrt({*this, at}); }

}  // namespace weft
