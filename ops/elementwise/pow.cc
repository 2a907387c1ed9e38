// pow with a number as the exponent, and with a tensor.
#include <cmath>
#include <optional>

#include "graph/capture/capture.h"
#include "graph/known_ops.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// By squaring, wrapping around. A negative exponent gives the quotient 1 / base^-exponent rounded towards zero, and 0
// for base 0, as PyTorch has it.
std::int64_t integer_pow(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 1) return 1;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  auto result = std::uint64_t{1}, power = static_cast<std::uint64_t>(base);
  for (auto left = static_cast<std::uint64_t>(exponent); left != 0; left >>= 1, power *= power)
    if (left & 1) result *= power;
  return static_cast<std::int64_t>(result);
}

bool is_whole(double value) { return value == std::trunc(value); }

Types infer_pow_scalar(const OpCall& call) {
  const auto exponent = checked_attr<double>(call, "exponent");
  if (is_integer(call.in(0).dtype)) {
    call.require(ErrorKind::value, exponent >= 0, "integers have no negative powers", "cast() the base to f32 or f64");
    call.require(ErrorKind::value, is_whole(exponent) && exponent < 0x1p53,
                 "an integer needs a whole exponent below 2^53");
  }
  return infer_number(call);
}

// x^0 is constant, also at 0.
void grad_pow_scalar(GradCall& g) {
  const auto exponent = g.attr<double>("exponent");
  if (exponent == 0) return;
  const Value x = g.in(0);
  const Value power = exponent == 2 ? x : pow(x, exponent - 1);
  g.set(0, g.dout() * (power * exponent));
}

// The exponents that have an elementwise function of their own.
std::optional<ElementFn> function_of(double exponent) {
  if (exponent == 2) return ElementFn::square;
  if (exponent == 3) return ElementFn::cube;
  if (exponent == -1) return ElementFn::reciprocal;
  if (exponent == 0.5) return ElementFn::sqrt;
  return {};
}

// Roots keep the sign of zero and have no value for -inf, which pow() has.
template <class T>
Kernel real_pow_kernel(const OpCall& call, double exponent) {
  if (exponent == 0.5) return map_kernel<T, T>(call, [](T x) { return std::sqrt(x); });
  if (exponent == -0.5) return map_kernel<T, T>(call, [](T x) { return 1 / std::sqrt(x); });
  return map_kernel<T, T>(call, [e = static_cast<T>(exponent)](T x) { return std::pow(x, e); });
}

Kernel compile_pow_scalar(const OpCall& call) {
  const auto exponent = call.attr<double>("exponent");
  if (is_integer(call.in(0).dtype))
    return map_integers(call, [e = static_cast<std::int64_t>(exponent)](std::int64_t x) { return integer_pow(x, e); });
  if (call.in(0).dtype == DType::f64) return real_pow_kernel<double>(call, exponent);
  if (const auto fn = function_of(exponent)) return f32_kernel(call, *fn);
  return real_pow_kernel<float>(call, exponent);
}

void lower_pow_scalar(LowerCall& call) {
  if (const auto fn = function_of(call.attr<double>("exponent"))) call.out(call.emit(*fn, {call.in(0)}));
}

// x^0 is 1 for every x, NaN included; x^1 is x; x^2 is x * x (which std::pow may miss by a rounding).
std::optional<ValueId> simplify_power(Rewriter& r, const Call& call, double exponent) {
  const std::optional<ValueId> x = operand_of_same_type(r, call, 0);
  if (!x || exponent == 1) return x;
  if (exponent == 2) return r.record(known_ops::square(), {*x}, {});
  if (exponent == 0) return r.full(call.type(), 1);
  return std::nullopt;
}

std::optional<ValueId> simplify_pow_scalar(Rewriter& r, const Call& call) {
  return simplify_power(r, call, call.attrs->get<double>("exponent"));
}

constexpr OpDef kPowScalar{.name = "pow_scalar",
                           .min_inputs = 1,
                           .max_inputs = 1,
                           .infer = infer_pow_scalar,
                           .grad = grad_pow_scalar,
                           .compile = compile_pow_scalar,
                           .grad_name = "PowBackward0",
                           .in_place = elementwise_in_place,
                           .simplify = simplify_pow_scalar,
                           .lower = lower_pow_scalar};
WEFT_REGISTER_OP(kPowScalar);

// d/da = b a^(b-1), 0 where b is 0; d/db = a^b log a, 0 where a is 0 and b >= 0.
void grad_pow(GradCall& g) {
  const Value a = g.in(0), b = g.in(1), zero = number(g.builder(), g.dout().dtype(), 0);
  if (g.needs(0)) {
    const Value slope = where(eq(b, zero), zero, b * pow(a, b - 1.0));
    g.set(0, sum_to(g.dout() * slope, a.shape()));
  }
  if (g.needs(1)) {
    const Value slope = where(logical_and(eq(a, zero), ge(b, zero)), zero, g.out() * log(a));
    g.set(1, sum_to(g.dout() * slope, b.shape()));
  }
}

Kernel compile_pow(const OpCall& call) {
  // Squares are products, as where the exponent is known: std::pow may miss them by a rounding.
  const auto real = [](auto a, auto b) { return b == 2 ? a * a : std::pow(a, b); };
  switch (call.in(0).dtype) {
    case DType::f32:
      return zip_kernel<float, float>(call, real);
    case DType::f64:
      return zip_kernel<double, double>(call, real);
    default:
      return zip_integers(call, integer_pow);
  }
}

std::optional<ValueId> simplify_pow(Rewriter& r, const Call& call) {
  const std::optional<double> exponent = r.constant(call.operands[1]);
  return exponent ? simplify_power(r, call, *exponent) : std::nullopt;
}

constexpr OpDef kPow{.name = "pow",
                     .min_inputs = 2,
                     .max_inputs = 2,
                     .infer = infer_broadcast_number,
                     .grad = grad_pow,
                     .compile = compile_pow,
                     .grad_name = "PowBackward1",
                     .in_place = elementwise_in_place,
                     .simplify = simplify_pow};
WEFT_REGISTER_OP(kPow);

}  // namespace

Value pow(const Value& a, const Value& b) { return record_promoted(kPow, a, b); }
Value pow(const Value& x, double exponent) {
  const Value base = is_whole(exponent) ? to_number(x) : to_floating(x);
  return x.builder().record(kPowScalar, {base}, Attrs{{"exponent", exponent}});
}

Tensor pow(const Operand& a, const Operand& b) {
  if (!b.is_number())
    return capture(
        {&a, &b}, [](auto v) { return pow(v[0], v[1]); }, a.is_number() ? "PowBackward2" : nullptr);
  return capture({&a}, [&b](auto v) {
    const Value base = is_floating(b.number_dtype()) ? to_floating(v[0]) : v[0];
    const Value power = pow(base, b.number());
    const bool of_bools = base.dtype() == DType::boolean && b.number_dtype() == DType::boolean;
    return of_bools ? cast(power, DType::boolean) : power;
  });
}
Tensor Tensor::pow(const Operand& exponent) const { return weft::pow({*this, exponent.at()}, exponent); }

}  // namespace weft
