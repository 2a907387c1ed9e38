// Signs, and what follows from them.
#include <cmath>
#include <limits>
#include <numbers>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/elementwise.h"

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

Types infer_signbit(const OpCall& call) { return {{DType::boolean, call.in(0).shape}}; }

Kernel compile_signbit(const OpCall& call) {
  return with_element_type(call.in(0).dtype, [&]<class T>(T) {
    return map_kernel<T, bool>(call, [](T x) {
      if constexpr (std::is_floating_point_v<T>) return std::signbit(x);
      return x < T{0};
    });
  });
}

constexpr OpDef kSignbit{
    .name = "signbit", .min_inputs = 1, .max_inputs = 1, .infer = infer_signbit, .compile = compile_signbit};
WEFT_REGISTER_OP(kSignbit);

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }
Value signbit(const Value& x) { return x.builder().record(kSignbit, {x}); }

// The slope is the quotient of value and magnitude, as in PyTorch: nan where that is infinite.
Value copysign(const Value& magnitude, const Value& sign) {
  const DType dtype = promote(std::array{to_floating(magnitude), to_floating(sign)});
  const Value a = expand(cast(magnitude, dtype), *broadcast(magnitude.shape(), sign.shape()));
  const Value from = record_detach(a);
  const Value value = where(logical_xor(signbit(a), signbit(sign)), neg(from), from);
  const Value slope = where(eq(from, of(from, 0)), of(from, 0), value / from);
  const Value result = with_derivative(value, a, slope);
  return is_floating(sign.dtype()) ? with_derivative(result, expand(cast(sign, dtype), a.shape()), zeros_like(a))
                                   : result;
}

Value heaviside(std::span<const Value> v) {
  const Value x = v[0], values = v[1];
  if (x.dtype() != values.dtype())
    fail_call(ErrorKind::dtype, "heaviside", v, x.builder().where, "the dtypes differ", "cast() gives another dtype");
  return where(eq(x, of(x, 0)), values, cast(gt(x, of(x, 0)), x.dtype()));
}

Value is_infinite(const Value& x, double infinity) {
  return is_floating(x.dtype()) ? eq(x, of(x, infinity)) : ne(x, x);
}

}  // namespace

Tensor positive(const Operand& x) {
  const auto refuse_bool = [](std::span<const Value> v) {
    if (v[0].dtype() == DType::boolean) fail_call(ErrorKind::dtype, "positive", v[0], "is not defined for bool");
    return v[0];
  };
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  const Value value = refuse_bool(scope.values());
  return x.is_number() ? scope.tensor(value) : x.tensor();
}

Tensor signbit(const Operand& x) {
  return capture({&x}, [](std::span<const Value> v) { return signbit(v[0]); });
}

Tensor copysign(const Operand& a, const Operand& b) {
  return capture(
      {&a, &b},
      [](std::span<const Value> v) {
        require_broadcast("copysign", v);
        return copysign(v[0], v[1]);
      },
      "CopysignBackward0");
}

Tensor heaviside(const Operand& x, const Operand& values) {
  const Operand* const operands[] = {&x, &values};
  CaptureScope scope(operands);
  require_broadcast("heaviside", scope.values());
  return scope.tensor(record_detach(heaviside(scope.values())));
}

Tensor isposinf(const Operand& x) {
  return capture({&x}, [](std::span<const Value> v) { return is_infinite(v[0], kInf); });
}
Tensor isneginf(const Operand& x) {
  return capture({&x}, [](std::span<const Value> v) { return is_infinite(v[0], -kInf); });
}

Tensor rad2deg(const Operand& x) {
  return capture(
      {&x}, [](std::span<const Value> v) { return to_floating(v[0]) * (180 / std::numbers::pi); }, "Rad2DegBackward0");
}
Tensor deg2rad(const Operand& x) {
  return capture(
      {&x}, [](std::span<const Value> v) { return to_floating(v[0]) * (std::numbers::pi / 180); }, "Deg2RadBackward0");
}

}  // namespace weft
