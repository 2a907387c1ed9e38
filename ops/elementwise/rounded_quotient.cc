// Quotients that are rounded to whole numbers.
#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/elementwise.h"

namespace weft {
namespace {

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

// Towards 0: one more than rounded down, where that is negative and not exact.
Value towards_zero(const Value& a, const Value& b) {
  const Value quotient = floor_divide(a, b);
  const Value is_off = logical_and(lt(quotient, of(quotient, 0)), ne(quotient * b, a));
  return quotient + cast(is_off, quotient.dtype());
}

Value rounded(std::span<const Value> v, bool down) {
  const Shape shape = *broadcast(v[0].shape(), v[1].shape());
  const DType dtype = promote(v);
  const Value a = cast(v[0], dtype), b = cast(v[1], dtype);
  if (!is_floating(dtype)) return down ? floor_divide(a, b) : towards_zero(a, b);
  const Value value = record_detach(down ? floor_divide(a, b) : trunc(a / b));
  const Value none = zeros_like(value);
  return with_derivative(with_derivative(value, expand(a, shape), none), expand(b, shape), none);
}

}  // namespace

Tensor div(const Operand& a, const Operand& b, std::string_view rounding_mode) {
  return capture(
      {&a, &b},
      [&](std::span<const Value> v) {
        const SourceLocation where = v[0].builder().where;
        if (rounding_mode != "floor" && rounding_mode != "trunc")
          fail_call(ErrorKind::value, "div", v, where,
                    "rounding_mode '" + std::string(rounding_mode) + "': \"floor\" or \"trunc\"");
        require_broadcast("div", v);
        if (promote(v) == DType::boolean) fail_call(ErrorKind::dtype, "div", v, where, "bool has no rounded quotients");
        return rounded(v, rounding_mode == "floor");
      },
      "DivBackward2");
}

}  // namespace weft
