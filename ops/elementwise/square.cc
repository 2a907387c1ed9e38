// square, and sqrt, its inverse.
#include <cmath>
#include <functional>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_square(GradCall& g) { g.set(0, g.dout() * (g.in(0) * 2.0)); }
constexpr OpDef kSquare = number_op<ElementFn::square>(grad_square, "PowBackward0",
                                                       [](auto x) { return wrapping(x, x, std::multiplies<>()); });
WEFT_REGISTER_OP(kSquare);

void grad_sqrt(GradCall& g) { g.set(0, g.dout() / (g.out() * 2.0)); }
constexpr OpDef kSqrt = floating_op<ElementFn::sqrt>(grad_sqrt, "SqrtBackward0", [](double x) { return std::sqrt(x); });
WEFT_REGISTER_OP(kSqrt);

}  // namespace

Value square(const Value& x) { return x.builder().record(kSquare, {to_number(x)}); }
Value sqrt(const Value& x) { return x.builder().record(kSqrt, {to_floating(x)}); }

Tensor square(const Operand& x) {
  return capture({&x}, [](auto v) { return square(v[0]); });
}
Tensor sqrt(const Operand& x) {
  return capture({&x}, [](auto v) { return sqrt(v[0]); });
}
Tensor Tensor::square(SourceLocation at) const { return weft::square({*this, at}); }
Tensor Tensor::sqrt(SourceLocation at) const { return weft::sqrt({*this, at}); }

}  // namespace weft
