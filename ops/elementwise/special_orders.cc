// i0, polygamma and sinc: special functions, some of an order. Integers are taken as f32.
#include <cmath>
#include <numbers>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/kernels/elementwise/functions_of_order.h"
#include "weft/elementwise.h"

namespace weft {
namespace {

// More than any order whose values f64 holds anywhere but at poles.
constexpr std::int64_t kMaxOrder = 1 << 20;

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }
Value of_order(const char* op, const Value& x, std::int64_t order) {
  return x.builder().record(*find_op(op), {x}, {{"order", order}});
}

template <std::int64_t kMost>
Types infer(const OpCall& call) {
  checked_attr_in(call, "order", 0, kMost);
  return infer_floating(call);
}

// f(order, x) in f64.
template <auto f>
Kernel compile(const OpCall& call) {
  return with_float_type(call.in(0).dtype, [&]<class T>(T) {
    return map_kernel<T, T>(call, [order = call.attr<std::int64_t>("order")](T x) {
      return static_cast<T>(f(order, static_cast<double>(x)));
    });
  });
}

// I0' = I1, and I1' = I0 - I1 / x, which is 1/2 at 0.
void grad_bessel(GradCall& g) {
  const Value x = g.in(0);
  if (g.attr<std::int64_t>("order") == 0) return g.set(0, g.dout() * of_order("bessel_i", x, 1));
  const Value is_zero = eq(x, of(x, 0));
  const Value slope = of_order("bessel_i", x, 0) - g.out() / where(is_zero, of(x, 1), x);
  g.set(0, g.dout() * where(is_zero, of(x, 0.5), slope));
}

constexpr OpDef kBessel{.name = "bessel_i",
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .infer = infer<1>,
                        .grad = grad_bessel,
                        .compile = compile<bessel_i>,
                        .grad_name = "I0Backward0",
                        .in_place = elementwise_in_place};
WEFT_REGISTER_OP(kBessel);

void grad_polygamma(GradCall& g) {
  g.set(0, g.dout() * of_order("polygamma", g.in(0), g.attr<std::int64_t>("order") + 1));
}

constexpr OpDef kPolygamma{.name = "polygamma",
                           .min_inputs = 1,
                           .max_inputs = 1,
                           .infer = infer<kMaxOrder>,
                           .grad = grad_polygamma,
                           .compile = compile<polygamma_of>,
                           .grad_name = "PolygammaBackward0",
                           .in_place = elementwise_in_place};
WEFT_REGISTER_OP(kPolygamma);

// Without a slope at 0, which is an extreme.
Value sinc(const Value& x) {
  const Value is_zero = eq(x, of(x, 0));
  const Value angle = where(is_zero, of(x, 1), x * std::numbers::pi);
  return where(is_zero, of(x, 1), sin(angle) / angle);
}

}  // namespace

Tensor i0(const Operand& x) {
  return capture({&x}, [](std::span<const Value> v) { return of_order("bessel_i", to_floating(v[0]), 0); });
}

Tensor polygamma(std::int64_t n, const Operand& x) {
  return capture({&x}, [&](std::span<const Value> v) {
    if (n < 0 || n >= kMaxOrder)
      fail_call(ErrorKind::value, "polygamma", v[0], "there is no order " + std::to_string(n));
    return of_order("polygamma", to_floating(v[0]), n);
  });
}

Tensor sinc(const Operand& x) {
  return capture(
      {&x}, [](std::span<const Value> v) { return sinc(to_floating(v[0])); }, "SincBackward0");
}

}  // namespace weft
