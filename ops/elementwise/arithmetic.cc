// add, sub, mul, div, neg.
#include <array>
#include <cmath>
#include <functional>

#include "graph/capture/capture.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// x + 0.0 makes 0.0 of -0.0, and so does x - -0.0; x + -0.0 and x - 0.0 change nothing.
bool is_zero(const Rewriter& r, ValueId v, bool negative) {
  const std::optional<double> value = r.constant(v);
  if (!value || *value != 0) return false;
  return is_integer(r.type(v).dtype) || std::signbit(*value) == negative;
}

void grad_add(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout(), g.in(0).shape()));
  if (g.needs(1)) g.set(1, sum_to(g.dout(), g.in(1).shape()));
}

std::optional<ValueId> simplify_add(Rewriter& r, const Call& call) {
  if (is_zero(r, call.operands[1], true))
    if (const auto x = operand_of_same_type(r, call, 0)) return x;
  if (is_zero(r, call.operands[0], true)) return operand_of_same_type(r, call, 1);
  return std::nullopt;
}

// On bool, add is "or" and mul is "and", as in PyTorch.
constexpr OpDef kAdd = binary_op<ElementFn::add>(
    infer_broadcast, grad_add, "AddBackward0", [](auto a, auto b) { return wrapping(a, b, std::plus<>()); },
    simplify_add);
WEFT_REGISTER_OP(kAdd);

void grad_sub(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout(), g.in(0).shape()));
  if (!g.needs(1)) return;
  const Value sum = sum_to(g.dout(), g.in(1).shape());
  // A sum of zeros is 0 and not -0, hence the difference.
  g.set(1, g.dout().shape() == sum.shape() ? -sum : 0.0 - sum);
}

std::optional<ValueId> simplify_sub(Rewriter& r, const Call& call) {
  if (is_zero(r, call.operands[1], false)) return operand_of_same_type(r, call, 0);
  return std::nullopt;
}

constexpr OpDef kSub = binary_op<ElementFn::sub>(
    infer_broadcast_number, grad_sub, "SubBackward0", [](auto a, auto b) { return wrapping(a, b, std::minus<>()); },
    simplify_sub);
WEFT_REGISTER_OP(kSub);

void grad_mul(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout() * g.in(1), g.in(0).shape()));
  if (g.needs(1)) g.set(1, sum_to(g.dout() * g.in(0), g.in(1).shape()));
}

std::optional<ValueId> simplify_mul(Rewriter& r, const Call& call) {
  if (r.constant(call.operands[1]) == 1.0)
    if (const auto x = operand_of_same_type(r, call, 0)) return x;
  if (r.constant(call.operands[0]) == 1.0) return operand_of_same_type(r, call, 1);
  return std::nullopt;
}

constexpr OpDef kMul = binary_op<ElementFn::mul>(
    infer_broadcast, grad_mul, "MulBackward0", [](auto a, auto b) { return wrapping(a, b, std::multiplies<>()); },
    simplify_mul);
WEFT_REGISTER_OP(kMul);

// The quotient is written down again, as PyTorch does: derivatives of this gradient reach the operands, not the result.
void grad_div(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout() / g.in(1), g.in(0).shape()));
  if (g.needs(1)) g.set(1, sum_to(-(g.dout() * (g.in(0) / g.in(1) / g.in(1))), g.in(1).shape()));
}

Kernel compile_div(const OpCall& call) {
  if (call.in(0).dtype == DType::f32) return f32_kernel(call, ElementFn::div);
  return zip_kernel<double, double>(call, std::divides<>());
}

std::optional<ValueId> simplify_div(Rewriter& r, const Call& call) {
  if (r.constant(call.operands[1]) == 1.0) return operand_of_same_type(r, call, 0);
  return std::nullopt;
}

constexpr OpDef kDiv =
    elementwise_op<ElementFn::div>(infer_broadcast_floating, compile_div, grad_div, "DivBackward0", simplify_div);
WEFT_REGISTER_OP(kDiv);

void grad_neg(GradCall& g) { g.set(0, -g.dout()); }

std::optional<ValueId> simplify_neg(Rewriter& r, const Call& call) {
  if (&r.op(call.operands[0]) != call.op) return std::nullopt;
  return r.operand(call.operands[0]);
}

constexpr OpDef kNeg = number_op<ElementFn::neg>(
    grad_neg, "NegBackward0", [](auto x) { return negated(x); }, simplify_neg);
WEFT_REGISTER_OP(kNeg);

}  // namespace

namespace {

// PyTorch refuses what would subtract truth values, be they tensors or numbers.
[[noreturn]] void refuse_bool(const Value& a, const Value& b) {
  const std::array operands{a, b};
  fail_call(ErrorKind::dtype, "sub", operands, a.builder().where, "bool has no differences",
            "use logical_xor(), logical_not() or cast()");
}
bool is_truth(const Operand& x) { return x.is_number() && x.number_dtype() == DType::boolean; }

}  // namespace

Value add(const Value& a, const Value& b) { return record_promoted(kAdd, a, b); }
Value sub(const Value& a, const Value& b) {
  if (a.dtype() == DType::boolean || b.dtype() == DType::boolean) refuse_bool(a, b);
  return record_promoted(kSub, a, b);
}
Value mul(const Value& a, const Value& b) { return record_promoted(kMul, a, b); }
Value div(const Value& a, const Value& b) {
  if (!is_floating(a.dtype()) && !is_floating(b.dtype())) return record_promoted(kDiv, to_floating(a), to_floating(b));
  return record_promoted(kDiv, a, b);
}
Value neg(const Value& x) { return x.builder().record(kNeg, {x}); }

Tensor add(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return add(v[0], v[1]); });
}
Tensor sub(const Operand& a, const Operand& b) {
  const auto emit = [&](auto v) {
    if (is_truth(a) || is_truth(b)) refuse_bool(v[0], v[1]);
    return sub(v[0], v[1]);
  };
  return capture({&a, &b}, emit, a.is_number() ? "RsubBackward1" : nullptr);
}
Tensor mul(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return mul(v[0], v[1]); });
}
// As in PyTorch, a number divided by a tensor is the number times the reciprocal.
Tensor div(const Operand& a, const Operand& b) {
  return capture(
      {&a, &b}, [](auto v) { return div(v[0], v[1]); }, a.is_number() ? "MulBackward0" : nullptr);
}
Tensor neg(const Operand& x) {
  return capture({&x}, [](auto v) { return neg(v[0]); });
}
Tensor operator+(const Operand& a, const Operand& b) { return add(a, b); }
Tensor operator-(const Operand& a, const Operand& b) { return sub(a, b); }
Tensor operator*(const Operand& a, const Operand& b) { return mul(a, b); }
Tensor operator/(const Operand& a, const Operand& b) { return div(a, b); }
Tensor operator-(const Operand& x) { return neg(x); }
Tensor Tensor::neg(SourceLocation at) const { return weft::neg({*this, at}); }

Tensor Tensor::add(const Operand& other) const { return weft::add({*this, other.at()}, other); }
Tensor Tensor::sub(const Operand& other) const { return weft::sub({*this, other.at()}, other); }
Tensor Tensor::mul(const Operand& other) const { return weft::mul({*this, other.at()}, other); }
Tensor Tensor::div(const Operand& other) const { return weft::div({*this, other.at()}, other); }

}  // namespace weft
