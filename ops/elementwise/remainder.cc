// fmod, remainder and floor_divide: what is left of a quotient, and its whole part.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/kernels/elementwise/special_functions.h"
#include "weft/ops.h"

namespace weft {
namespace {

// f of two numbers; an integer zero has no quotient, and bools are not taken.
template <class F>
auto dividing(F f) {
  return [f](auto a, auto b) {
    if constexpr (std::is_same_v<decltype(b), std::int64_t>) {
      if (b == 0) throw Error(ErrorKind::value, "an integer is divided by 0");
    }
    if constexpr (std::is_same_v<decltype(b), bool>)
      return false;
    else
      return f(a, b);
  };
}

void grad_fmod(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout(), g.in(0).shape()));
  if (g.needs(1)) g.set(1, sum_to(g.dout() * -trunc(g.in(0) / g.in(1)), g.in(1).shape()));
}
constexpr OpDef kFmod =
    binary_op<ElementFn::fmod>(infer_broadcast_number, grad_fmod, "FmodBackward1", [](auto a, auto b) {
      return dividing([](auto x, auto y) {
        if constexpr (std::is_floating_point_v<decltype(x)>)
          return std::fmod(x, y);
        else
          return y == -1 ? decltype(x){0} : static_cast<decltype(x)>(x % y);
      })(a, b);
    });
WEFT_REGISTER_OP(kFmod);

void grad_remainder(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout(), g.in(0).shape()));
  if (g.needs(1)) g.set(1, sum_to(g.dout() * -floor_divide(g.in(0), g.in(1)), g.in(1).shape()));
}
constexpr OpDef kRemainder = binary_op<ElementFn::remainder>(
    infer_broadcast_number, grad_remainder, "RemainderBackward1",
    [](auto a, auto b) { return dividing([](auto x, auto y) { return floor_remainder<decltype(x)>(x, y); })(a, b); });
WEFT_REGISTER_OP(kRemainder);

Kernel compile_floor_divide(const OpCall& call) {
  const auto quotient = dividing([](auto x, auto y) { return floor_quotient<decltype(x)>(x, y); });
  switch (call.in(0).dtype) {
    case DType::f32:
      return zip_kernel<float, float>(call, quotient);
    case DType::f64:
      return zip_kernel<double, double>(call, quotient);
    default:
      return zip_integers(call, quotient);
  }
}
constexpr OpDef kFloorDivide{.name = "floor_divide",
                             .min_inputs = 2,
                             .max_inputs = 2,
                             .infer = infer_broadcast_number,
                             .grad = [](GradCall&) {},  // whole numbers have the gradient 0
                             .compile = compile_floor_divide,
                             .in_place = elementwise_in_place};
WEFT_REGISTER_OP(kFloorDivide);

}  // namespace

Value fmod(const Value& a, const Value& b) { return record_promoted(kFmod, a, b); }
Value remainder(const Value& a, const Value& b) { return record_promoted(kRemainder, a, b); }
Value floor_divide(const Value& a, const Value& b) { return record_promoted(kFloorDivide, a, b); }

Tensor fmod(const Operand& a, const Operand& b) {
  return capture(
      {&a, &b}, [](auto v) { return fmod(v[0], v[1]); }, b.is_number() ? "FmodBackward0" : nullptr);
}
Tensor remainder(const Operand& a, const Operand& b) {
  return capture(
      {&a, &b}, [](auto v) { return remainder(v[0], v[1]); }, b.is_number() ? "RemainderBackward0" : nullptr);
}
Tensor floor_divide(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return floor_divide(v[0], v[1]); });
}

Tensor Tensor::fmod(const Operand& other) const { return weft::fmod({*this, other.at()}, other); }
Tensor Tensor::remainder(const Operand& other) const { return weft::remainder({*this, other.at()}, other); }
Tensor Tensor::floor_divide(const Operand& other) const { return weft::floor_divide({*this, other.at()}, other); }

}  // namespace weft
