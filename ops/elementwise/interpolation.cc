// lerp, addcmul, addcdiv, xlogy and logaddexp: formulas of several operands.
#include <array>
#include <limits>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

// From the nearer end, so that a weight of 1 gives `end` exactly.
Value lerp_of(std::span<const Value> v) {
  require_broadcast("lerp", v);
  for (const Value& x : v) require_floating("lerp", x);
  const Value distance = v[1] - v[0];
  return where(lt(abs(v[2]), of(v[2], 0.5)), v[0] + v[2] * distance, v[1] - distance * (1.0 - v[2]));
}

// The operands in the dtype of all, the second one times value.
std::array<Value, 3> scaled(const char* name, std::span<const Value> v, double value) {
  require_broadcast(name, v);
  const DType dtype = promote(v);
  const Value a = cast(v[1], dtype);
  return {cast(v[0], dtype), value == 1 ? a : a * value, cast(v[2], dtype)};
}

}  // namespace

// The factor 0 wins over a logarithm that is not finite, but not over nan.
Value xlogy(const Value& x, const Value& y) {
  const Value a = to_floating(x), b = to_floating(y);
  const Value is_infinite = logical_or(le(b, of(b, 0)), eq(b, of(b, std::numeric_limits<double>::infinity())));
  const Value is_zero = logical_and(eq(a, of(a, 0)), is_infinite);
  return where(is_zero, of(a, 0), a * log(where(is_zero, of(b, 1), b)));
}

// The larger operand and what the smaller one adds to it. Its slopes are sigmoids of the distance, smooth where the
// operands are equal; infinite ones that are equal have the distance 0.
Value logaddexp(const Value& x, const Value& y) {
  const Shape shape = *broadcast(x.shape(), y.shape());
  const DType dtype = promote(std::array{x, y});
  const Value a = expand(x.dtype() == dtype ? x : cast(x, dtype), shape);
  const Value b = expand(y.dtype() == dtype ? y : cast(y, dtype), shape);
  const Value are_infinite = logical_and(eq(a, b), eq(abs(a), of(a, std::numeric_limits<double>::infinity())));
  const Value distance = where(are_infinite, of(a, 0), a - b);
  const Value value = record_detach(maximum(a, b) + log1p(exp(-abs(distance))));
  return with_derivative(with_derivative(value, a, sigmoid(distance)), b, sigmoid(-distance));
}

Tensor lerp(const Operand& start, const Operand& end, const Operand& weight) {
  return capture({&start, &end, &weight}, lerp_of, weight.is_number() ? "LerpBackward0" : "LerpBackward1");
}
Tensor addcmul(const Operand& x, const Operand& a, const Operand& b, double value) {
  return capture(
      {&x, &a, &b},
      [&](auto v) {
        const auto [start, a_scaled, other] = scaled("addcmul", v, value);
        return start + a_scaled * other;
      },
      "AddcmulBackward0");
}
Tensor addcdiv(const Operand& x, const Operand& a, const Operand& b, double value) {
  return capture(
      {&x, &a, &b},
      [&](auto v) {
        for (const Value& each : v) require_floating("addcdiv", each);
        const auto [start, a_scaled, other] = scaled("addcdiv", v, value);
        return start + a_scaled / other;
      },
      "AddcdivBackward0");
}
Tensor xlogy(const Operand& a, const Operand& b) {
  return capture(
      {&a, &b},
      [](std::span<const Value> v) {
        require_broadcast("xlogy", v);
        return xlogy(v[0], v[1]);
      },
      "XlogyBackward0");
}
Tensor logaddexp(const Operand& a, const Operand& b) {
  return capture(
      {&a, &b},
      [](auto v) {
        require_broadcast("logaddexp", v);
        for (const Value& x : v) require_floating("logaddexp", x);
        return logaddexp(v[0], v[1]);
      },
      "LogaddexpBackward0");
}

Tensor Tensor::lerp(const Operand& end, const Operand& weight) const {
  return weft::lerp({*this, end.at()}, end, weight);
}
Tensor Tensor::addcmul(const Operand& a, const Operand& b, double value) const {
  return weft::addcmul({*this, a.at()}, a, b, value);
}
Tensor Tensor::addcdiv(const Operand& a, const Operand& b, double value) const {
  return weft::addcdiv({*this, a.at()}, a, b, value);
}
Tensor Tensor::xlogy(const Operand& other) const { return weft::xlogy({*this, other.at()}, other); }
Tensor Tensor::logaddexp(const Operand& other) const { return weft::logaddexp({*this, other.at()}, other); }

}  // namespace weft
