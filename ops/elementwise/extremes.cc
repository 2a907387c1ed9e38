// Extremes that pass over nan, and bounds of one side.
#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

using Extreme = Value (*)(const Value&, const Value&);

// Slopes as those of maximum(): halves where the operands are equal, and 1 for both where one is nan.
Value passing_over_nan(std::span<const Value> v, Extreme extreme, Extreme loses) {
  const DType dtype = v[0].dtype() == v[1].dtype() ? v[0].dtype() : promote(v);
  if (!is_floating(dtype)) return extreme(v[0], v[1]);
  const Shape shape = *broadcast(v[0].shape(), v[1].shape());
  const Value a = expand(cast(v[0], dtype), shape), b = expand(cast(v[1], dtype), shape);
  const auto of = [&](double value) { return number(a.builder(), dtype, value); };
  const Value value = record_detach(where(ne(b, b), a, where(ne(a, a), b, extreme(a, b))));
  const Value share = where(eq(a, b), of(0.5), of(1));
  const Value by_a = with_derivative(value, a, where(loses(a, b), of(0), share));
  return with_derivative(by_a, b, where(loses(b, a), of(0), share));
}

Tensor extreme_of(const char* name, const Operand& a, const Operand& b, Extreme extreme, Extreme loses,
                  const char* grad_name) {
  return capture(
      {&a, &b},
      [&](std::span<const Value> v) {
        require_broadcast(name, v);
        return passing_over_nan(v, extreme, loses);
      },
      grad_name, name);
}

}  // namespace

Tensor fmax(const Operand& a, const Operand& b) { return extreme_of("fmax", a, b, maximum, lt, "FmaxBackward0"); }
Tensor fmin(const Operand& a, const Operand& b) { return extreme_of("fmin", a, b, minimum, gt, "FminBackward0"); }

Tensor clamp_min(const Operand& x, const Operand& min) {
  const bool is_number = min.is_number();
  return capture(
      {&x, &min},
      [&](std::span<const Value> v) {
        return is_number ? clamp(v[0], min.number(), std::nullopt) : maximum(v[0], v[1]);
      },
      is_number ? "ClampMinBackward0" : "ClampMinBackward1");
}
Tensor clamp_max(const Operand& x, const Operand& max) {
  const bool is_number = max.is_number();
  return capture(
      {&x, &max},
      [&](std::span<const Value> v) {
        return is_number ? clamp(v[0], std::nullopt, max.number()) : minimum(v[0], v[1]);
      },
      is_number ? "ClampMaxBackward0" : "ClampMaxBackward1");
}

}  // namespace weft
