// with_derivative(value, x, slope): value, with the derivative slope by x besides those that value has: a derivative
// that is not that of the formula, for a value that is computed of detached(x).
#include "graph/autodiff.h"
#include "ops/values.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype), "needs floating tensors");
  call.require(kind_of_difference(call.in(0), call.in(1)), call.in(0) == call.in(1) && call.in(0) == call.in(2),
               "all must be of one shape and dtype");
  return {call.in(0)};
}

void grad(GradCall& g) {
  if (g.needs(0)) g.set(0, g.dout());
  if (g.needs(1)) g.set(1, g.dout() * g.in(2));
}

constexpr OpDef kWithDerivative{
    .name = "with_derivative", .min_inputs = 3, .max_inputs = 3, .infer = infer, .grad = grad, .alias = true};
WEFT_REGISTER_OP(kWithDerivative);

}  // namespace

Value with_derivative(const Value& value, const Value& x, const Value& slope) {
  return value.builder().record(kWithDerivative, {value, x, slope});
}

}  // namespace weft
