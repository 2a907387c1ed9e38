// neg, abs, sign, square, sqrt: elementwise arithmetic on one operand.
#include <cmath>

#include "graph/capture/capture.h"
#include "graph/passes/rewriter.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

template <class T>
constexpr T negated(T x) {
  return wrapping(T{0}, x, [](auto zero, auto v) {
    if constexpr (std::is_floating_point_v<T>)
      return -v;  // 0 - v would lose the sign of zero
    else
      return zero - v;
  });
}

void grad_neg(GradCall& g) { g.set(0, -g.dout()); }

Kernel compile_neg(const OpCall& call) {
  return number_kernel(call, UnaryFn::neg, [](auto x) { return negated(x); });
}

std::optional<ValueId> simplify_neg(Rewriter& r, const Call& call) {
  if (&r.op(call.operands[0]) != call.op) return std::nullopt;
  return r.operand(call.operands[0]);
}

constexpr OpDef kNeg{.name = "neg",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer_number,
                     .grad = grad_neg,
                     .compile = compile_neg,
                     .grad_name = "NegBackward",
                     .in_place = elementwise_in_place,
                     .simplify = simplify_neg,
                     .lower = lower_as<ElementCode::neg>};
WEFT_REGISTER_OP(kNeg);

void grad_abs(GradCall& g) { g.set(0, g.dout() * sign(g.in(0))); }

Kernel compile_abs(const OpCall& call) {
  return number_kernel(call, UnaryFn::abs, [](auto x) {
    if constexpr (std::is_floating_point_v<decltype(x)>)
      return std::abs(x);
    else
      return x < 0 ? negated(x) : x;
  });
}

constexpr OpDef kAbs{.name = "abs",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer_number,
                     .grad = grad_abs,
                     .compile = compile_abs,
                     .grad_name = "AbsBackward",
                     .in_place = elementwise_in_place,
                     .lower = lower_as<ElementCode::abs>};
WEFT_REGISTER_OP(kAbs);

void grad_sign(GradCall&) {}

Kernel compile_sign(const OpCall& call) {
  return number_kernel(call, UnaryFn::sign, [](auto x) {
    using T = decltype(x);
    return x > T{0} ? T{1} : x < T{0} ? T{-1} : x;  // nan stays nan
  });
}

constexpr OpDef kSign{.name = "sign",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .infer = infer_number,
                      .grad = grad_sign,
                      .compile = compile_sign,
                      .grad_name = "SignBackward",
                      .in_place = elementwise_in_place,
                      .lower = lower_as<ElementCode::sign>};
WEFT_REGISTER_OP(kSign);

void grad_square(GradCall& g) { g.set(0, g.dout() * (g.in(0) * 2.0)); }

Kernel compile_square(const OpCall& call) {
  return number_kernel(call, UnaryFn::square, [](auto x) { return wrapping(x, x, std::multiplies<>()); });
}

constexpr OpDef kSquare{.name = "square",
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .infer = infer_number,
                        .grad = grad_square,
                        .compile = compile_square,
                        .grad_name = "PowBackward0",
                        .in_place = elementwise_in_place,
                        .lower = lower_as<ElementCode::square>};
WEFT_REGISTER_OP(kSquare);

void grad_sqrt(GradCall& g) { g.set(0, g.dout() / (g.out() * 2.0)); }

Kernel compile_sqrt(const OpCall& call) {
  return floating_kernel(call, UnaryFn::sqrt, [](double x) { return std::sqrt(x); });
}

constexpr OpDef kSqrt{.name = "sqrt",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .infer = infer_floating,
                      .grad = grad_sqrt,
                      .compile = compile_sqrt,
                      .grad_name = "SqrtBackward",
                      .in_place = elementwise_in_place,
                      .lower = lower_as<ElementCode::sqrt>};
WEFT_REGISTER_OP(kSqrt);

}  // namespace

Value neg(const Value& x) { return x.builder().record(kNeg, {x}); }
Value abs(const Value& x) { return x.builder().record(kAbs, {x}); }
Value sign(const Value& x) { return x.builder().record(kSign, {x}); }
Value square(const Value& x) { return x.builder().record(kSquare, {x}); }
Value sqrt(const Value& x) { return x.builder().record(kSqrt, {to_floating(x)}); }

Tensor neg(const Operand& x) {
  return capture({&x}, [](auto v) { return neg(v[0]); });
}
Tensor abs(const Operand& x) {
  return capture({&x}, [](auto v) { return abs(v[0]); });
}
Tensor square(const Operand& x) {
  return capture({&x}, [](auto v) { return square(v[0]); });
}
Tensor sqrt(const Operand& x) {
  return capture({&x}, [](auto v) { return sqrt(v[0]); });
}
Tensor operator-(const Operand& x) { return neg(x); }
Tensor Tensor::neg(SourceLocation at) const { return weft::neg({*this, at}); }
Tensor Tensor::abs(SourceLocation at) const { return weft::abs({*this, at}); }
Tensor Tensor::square(SourceLocation at) const { return weft::square({*this, at}); }
Tensor Tensor::sqrt(SourceLocation at) const { return weft::sqrt({*this, at}); }

}  // namespace weft
