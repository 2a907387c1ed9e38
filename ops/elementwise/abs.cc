// abs, and sign, which is its slope.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_abs(GradCall& g) { g.set(0, g.dout() * sign(g.in(0))); }
constexpr OpDef kAbs = number_op<ElementFn::abs>(grad_abs, "AbsBackward0", [](auto x) {
  if constexpr (std::is_floating_point_v<decltype(x)>)
    return std::abs(x);
  else
    return x < 0 ? negated(x) : x;
});
WEFT_REGISTER_OP(kAbs);

void grad_sign(GradCall&) {}
constexpr OpDef kSign = number_op<ElementFn::sign>(grad_sign, "SignBackward0", [](auto x) {
  using T = decltype(x);
  return x > T{0} ? T{1} : x < T{0} ? T{-1} : T{0};  // 0 for nan, as PyTorch has it
});
WEFT_REGISTER_OP(kSign);

}  // namespace

Value abs(const Value& x) { return x.builder().record(kAbs, {x}); }
Value sign(const Value& x) { return x.builder().record(kSign, {x}); }

Tensor abs(const Operand& x) {
  return capture({&x}, [](auto v) { return abs(v[0]); });
}
Tensor sign(const Operand& x) {
  return capture({&x}, [](auto v) { return sign(v[0]); });
}
Tensor Tensor::abs(SourceLocation at) const { return weft::abs({*this, at}); }
Tensor Tensor::sign(SourceLocation at) const { return weft::sign({*this, at}); }

}  // namespace weft
