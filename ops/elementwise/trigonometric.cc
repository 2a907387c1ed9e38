// sin, cos. Integers are taken as f32.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

void grad_sin(GradCall& g) { g.set(0, g.dout() * cos(g.in(0))); }
constexpr OpDef kSin = floating_op<ElementFn::sin>(grad_sin, "SinBackward0", [](double x) { return std::sin(x); });
WEFT_REGISTER_OP(kSin);

void grad_cos(GradCall& g) { g.set(0, g.dout() * -sin(g.in(0))); }
constexpr OpDef kCos = floating_op<ElementFn::cos>(grad_cos, "CosBackward0", [](double x) { return std::cos(x); });
WEFT_REGISTER_OP(kCos);

}  // namespace

Value sin(const Value& x) { return x.builder().record(kSin, {to_floating(x)}); }
Value cos(const Value& x) { return x.builder().record(kCos, {to_floating(x)}); }

Tensor sin(const Operand& x) {
  return capture({&x}, [](auto v) { return sin(v[0]); });
}
Tensor cos(const Operand& x) {
  return capture({&x}, [](auto v) { return cos(v[0]); });
}
Tensor Tensor::sin(SourceLocation at) const { return weft::sin({*this, at}); }
Tensor Tensor::cos(SourceLocation at) const { return weft::cos({*this, at}); }

}  // namespace weft
