// float_power, ldexp and logaddexp2.
#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// The larger operand and what the smaller one adds to it. The slope by each is 1 / (1 + 2^(other - it)), as in PyTorch.
Value log_of_sum(std::span<const Value> v) {
  require_broadcast("logaddexp2", v);
  for (const Value& x : v) require_floating("logaddexp2", x);
  const DType dtype = promote(v);
  const Shape shape = *broadcast(v[0].shape(), v[1].shape());
  const Value a = expand(cast(v[0], dtype), shape), b = expand(cast(v[1], dtype), shape);
  const auto of = [&](double value) { return number(a.builder(), dtype, value); };
  const Value distance = a - b;
  const Value are_infinite = logical_and(eq(a, b), ne(distance, distance));
  const Value finite = maximum(a, b) + log2(exp2(-abs(distance)) + 1.0);
  const Value value = record_detach(where(are_infinite, a, finite));
  const Value by_a = with_derivative(value, a, of(1) / (exp2(-distance) + 1.0));
  return with_derivative(by_a, b, of(1) / (exp2(distance) + 1.0));
}

// The operand in f64.
Operand widened(const Operand& x) { return {cast(x, kFloat64), x.at()}; }

}  // namespace

Tensor float_power(const Operand& a, const Operand& b) {
  // A number beside a tensor stays one: it has shorter formulas.
  if (b.is_number()) return pow(widened(a), b);
  return a.is_number() ? pow(a, widened(b)) : pow(widened(a), widened(b));
}

Tensor ldexp(const Operand& x, const Operand& other) {
  return capture(
      {&x, &other},
      [](std::span<const Value> v) {
        require_broadcast("ldexp", v);
        return mul(v[0], exp2(v[1]));
      },
      "LdexpBackward0");
}

Tensor logaddexp2(const Operand& a, const Operand& b) { return capture({&a, &b}, log_of_sum, "Logaddexp2Backward0"); }

}  // namespace weft
