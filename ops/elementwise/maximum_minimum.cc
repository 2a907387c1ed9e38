// maximum, minimum: nan where either operand is nan, a where they are equal: zeros have signs.
#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// The gradient goes to the operand that is the result, in halves to both where they are equal, and to both where one is
// nan. loses: where the operand is not the result.
void set_share(GradCall& g, std::size_t i, const Value& ties, const Value& loses) {
  const Value share = where(ties, g.dout() * 0.5, g.dout());
  const Value none = number(g.builder(), g.dout().dtype(), 0);
  g.set(i, sum_to(where(loses, none, share), g.in(i).shape()));
}

void grad_maximum(GradCall& g) {
  const Value a = g.in(0), b = g.in(1), ties = eq(a, b);
  if (g.needs(0)) set_share(g, 0, ties, lt(a, b));
  if (g.needs(1)) set_share(g, 1, ties, gt(a, b));
}

constexpr OpDef kMaximum = binary_op<ElementFn::maximum>(infer_broadcast, grad_maximum, "MaximumBackward0",
                                                         [](auto a, auto b) { return b > a || b != b ? b : a; });
WEFT_REGISTER_OP(kMaximum);

void grad_minimum(GradCall& g) {
  const Value a = g.in(0), b = g.in(1), ties = eq(a, b);
  if (g.needs(0)) set_share(g, 0, ties, gt(a, b));
  if (g.needs(1)) set_share(g, 1, ties, lt(a, b));
}

constexpr OpDef kMinimum = binary_op<ElementFn::minimum>(infer_broadcast, grad_minimum, "MinimumBackward0",
                                                         [](auto a, auto b) { return b < a || b != b ? b : a; });
WEFT_REGISTER_OP(kMinimum);

}  // namespace

Value maximum(const Value& a, const Value& b) { return record_promoted(kMaximum, a, b); }
Value minimum(const Value& a, const Value& b) { return record_promoted(kMinimum, a, b); }

Tensor maximum(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return maximum(v[0], v[1]); });
}
Tensor minimum(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return minimum(v[0], v[1]); });
}

Tensor Tensor::maximum(const Operand& other) const { return weft::maximum({*this, other.at()}, other); }
Tensor Tensor::minimum(const Operand& other) const { return weft::minimum({*this, other.at()}, other); }

}  // namespace weft
