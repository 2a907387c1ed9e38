// Comparisons that allow for rounding, and of whole tensors.
#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

struct Tolerance {
  double rtol, atol;
  bool equal_nan;
};

Value is_close(const char* name, std::span<const Value> v, const Tolerance& t) {
  const SourceLocation where = v[0].builder().where;
  if (v[0].dtype() != v[1].dtype())
    fail_call(ErrorKind::dtype, name, v, where, "the dtypes differ", "cast() gives another dtype");
  if (!(t.rtol >= 0) || !(t.atol >= 0)) fail_call(ErrorKind::value, name, v, where, "rtol or atol is not 0 or more");
  require_broadcast(name, v);
  const Value same = eq(v[0], v[1]);
  const bool are_floating = is_floating(v[0].dtype());
  const Value equal =
      t.equal_nan && are_floating ? logical_or(same, logical_and(ne(v[0], v[0]), ne(v[1], v[1]))) : same;
  if (t.rtol == 0 && t.atol == 0) return equal;
  const Value b = to_floating(v[1]), allowed = abs(b * t.rtol) + t.atol;
  const Value actual = abs(to_number(v[0]) - b);
  const Value is_finite = eq(actual - actual, zeros_like(actual));
  return logical_or(equal, logical_and(is_finite, le(actual, allowed)));
}

Tensor close(const char* name, const Operand& a, const Operand& b, const Tolerance& tolerance) {
  return capture(
      {&a, &b}, [&](std::span<const Value> v) { return is_close(name, v, tolerance); }, nullptr, name);
}

}  // namespace

Tensor isclose(const Operand& a, const Operand& b, double rtol, double atol, bool equal_nan) {
  return close("isclose", a, b, {rtol, atol, equal_nan});
}

bool allclose(const Operand& a, const Operand& b, double rtol, double atol, bool equal_nan) {
  const Tensor each = close("allclose", a, b, {rtol, atol, equal_nan});
  return all({each, a.at()}).item<bool>(a.at());
}

bool equal(const Operand& a, const Operand& b) {
  const Operand* const operands[] = {&a, &b};
  const CaptureScope checked(operands, "equal");
  if (checked.values()[0].shape() != checked.values()[1].shape()) return false;
  return all({eq(a, b), a.at()}).item<bool>(a.at());
}

}  // namespace weft
