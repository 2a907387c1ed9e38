// atan2 and hypot: angle and length of a point. Integers are taken as f32.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_atan2(GradCall& g) {
  const Value a = g.in(0), b = g.in(1), length = square(a) + square(b);
  // 0 at the origin.
  const Value share = where(eq(length, number(g.builder(), length.dtype(), 0)), number(g.builder(), length.dtype(), 0),
                            g.dout() / length);
  if (g.needs(0)) g.set(0, sum_to(share * b, a.shape()));
  if (g.needs(1)) g.set(1, sum_to(share * -a, b.shape()));
}
constexpr OpDef kAtan2 = binary_op<ElementFn::atan2>(
    infer_broadcast_floating, grad_atan2, "Atan2Backward0",
    [](auto a, auto b) { return std::atan2(static_cast<double>(a), static_cast<double>(b)); });
WEFT_REGISTER_OP(kAtan2);

void grad_hypot(GradCall& g) {
  for (std::size_t i = 0; i < 2; ++i)
    if (g.needs(i)) g.set(i, sum_to(g.dout() * (g.in(i) / g.out()), g.in(i).shape()));
}
constexpr OpDef kHypot = binary_op<ElementFn::hypot>(
    infer_broadcast_floating, grad_hypot, "HypotBackward0",
    [](auto a, auto b) { return std::hypot(static_cast<double>(a), static_cast<double>(b)); });
WEFT_REGISTER_OP(kHypot);

}  // namespace

Value atan2(const Value& a, const Value& b) { return record_promoted(kAtan2, to_floating(a), to_floating(b)); }
Value hypot(const Value& a, const Value& b) { return record_promoted(kHypot, a, b); }

Tensor atan2(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return atan2(v[0], v[1]); });
}
Tensor hypot(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return hypot(v[0], v[1]); });
}

Tensor Tensor::atan2(const Operand& other) const { return weft::atan2({*this, other.at()}, other); }
Tensor Tensor::hypot(const Operand& other) const { return weft::hypot({*this, other.at()}, other); }

}  // namespace weft
