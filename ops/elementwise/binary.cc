// add, sub, mul, div.
#include <cmath>
#include <functional>

#include "graph/capture/capture.h"
#include "graph/passes/rewriter.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// x + 0.0 makes 0.0 of -0.0, and so does x - -0.0; x + -0.0 and x - 0.0 change nothing.
bool is_zero(const Rewriter& r, ValueId v, bool negative) {
  const std::optional<double> value = r.constant(v);
  if (!value || *value != 0) return false;
  return r.type(v).dtype == DType::i64 || std::signbit(*value) == negative;
}

void grad_add(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout(), g.in(0).shape()));
  if (g.needs(1)) g.set(1, sum_to(g.dout(), g.in(1).shape()));
}

// On bool, add is "or" and mul is "and", as in PyTorch.
Kernel compile_add(const OpCall& call) {
  return binary_kernel(call, BinaryFn::add, [](auto a, auto b) { return wrapping(a, b, std::plus<>()); });
}

std::optional<ValueId> simplify_add(Rewriter& r, const Call& call) {
  if (is_zero(r, call.operands[1], true))
    if (const auto x = operand_of_same_type(r, call, 0)) return x;
  if (is_zero(r, call.operands[0], true)) return operand_of_same_type(r, call, 1);
  return std::nullopt;
}

constexpr OpDef kAdd{.name = "add",
                     .min_inputs = 2,
                     .max_inputs = 2,
                     .infer = infer_broadcast,
                     .grad = grad_add,
                     .compile = compile_add,
                     .grad_name = "AddBackward0",
                     .in_place = elementwise_in_place,
                     .simplify = simplify_add,
                     .lower = lower_as<ElementCode::add>};
WEFT_REGISTER_OP(kAdd);

void grad_sub(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout(), g.in(0).shape()));
  if (g.needs(1)) g.set(1, -sum_to(g.dout(), g.in(1).shape()));
}

Kernel compile_sub(const OpCall& call) {
  return binary_kernel(call, BinaryFn::sub, [](auto a, auto b) { return wrapping(a, b, std::minus<>()); });
}

std::optional<ValueId> simplify_sub(Rewriter& r, const Call& call) {
  if (is_zero(r, call.operands[1], false)) return operand_of_same_type(r, call, 0);
  return std::nullopt;
}

constexpr OpDef kSub{.name = "sub",
                     .min_inputs = 2,
                     .max_inputs = 2,
                     .infer = infer_broadcast_number,
                     .grad = grad_sub,
                     .compile = compile_sub,
                     .grad_name = "SubBackward0",
                     .in_place = elementwise_in_place,
                     .simplify = simplify_sub,
                     .lower = lower_as<ElementCode::sub>};
WEFT_REGISTER_OP(kSub);

void grad_mul(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout() * g.in(1), g.in(0).shape()));
  if (g.needs(1)) g.set(1, sum_to(g.dout() * g.in(0), g.in(1).shape()));
}

Kernel compile_mul(const OpCall& call) {
  return binary_kernel(call, BinaryFn::mul, [](auto a, auto b) { return wrapping(a, b, std::multiplies<>()); });
}

std::optional<ValueId> simplify_mul(Rewriter& r, const Call& call) {
  if (r.constant(call.operands[1]) == 1.0)
    if (const auto x = operand_of_same_type(r, call, 0)) return x;
  if (r.constant(call.operands[0]) == 1.0) return operand_of_same_type(r, call, 1);
  return std::nullopt;
}

constexpr OpDef kMul{.name = "mul",
                     .min_inputs = 2,
                     .max_inputs = 2,
                     .infer = infer_broadcast,
                     .grad = grad_mul,
                     .compile = compile_mul,
                     .grad_name = "MulBackward0",
                     .in_place = elementwise_in_place,
                     .simplify = simplify_mul,
                     .lower = lower_as<ElementCode::mul>};
WEFT_REGISTER_OP(kMul);

void grad_div(GradCall& g) {
  if (g.needs(0)) g.set(0, sum_to(g.dout() / g.in(1), g.in(0).shape()));
  if (g.needs(1)) g.set(1, sum_to(-(g.dout() * (g.out() / g.in(1))), g.in(1).shape()));
}

Kernel compile_div(const OpCall& call) {
  if (call.in(0).dtype == DType::f32) return f32_kernel(call, BinaryFn::div);
  return zip_kernel<double, double>(call, std::divides<>());
}

std::optional<ValueId> simplify_div(Rewriter& r, const Call& call) {
  if (r.constant(call.operands[1]) == 1.0) return operand_of_same_type(r, call, 0);
  return std::nullopt;
}

constexpr OpDef kDiv{.name = "div",
                     .min_inputs = 2,
                     .max_inputs = 2,
                     .infer = infer_broadcast_floating,
                     .grad = grad_div,
                     .compile = compile_div,
                     .grad_name = "DivBackward0",
                     .in_place = elementwise_in_place,
                     .simplify = simplify_div,
                     .lower = lower_as<ElementCode::div>};
WEFT_REGISTER_OP(kDiv);

}  // namespace

Value add(const Value& a, const Value& b) { return record_promoted(kAdd, a, b); }
Value sub(const Value& a, const Value& b) { return record_promoted(kSub, a, b); }
Value mul(const Value& a, const Value& b) { return record_promoted(kMul, a, b); }
Value div(const Value& a, const Value& b) {
  if (!is_floating(a.dtype()) && !is_floating(b.dtype())) return record_promoted(kDiv, to_floating(a), to_floating(b));
  return record_promoted(kDiv, a, b);
}

Tensor add(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return add(v[0], v[1]); });
}
Tensor sub(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return sub(v[0], v[1]); });
}
Tensor mul(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return mul(v[0], v[1]); });
}
Tensor div(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return div(v[0], v[1]); });
}
Tensor operator+(const Operand& a, const Operand& b) { return add(a, b); }
Tensor operator-(const Operand& a, const Operand& b) { return sub(a, b); }
Tensor operator*(const Operand& a, const Operand& b) { return mul(a, b); }
Tensor operator/(const Operand& a, const Operand& b) { return div(a, b); }

}  // namespace weft
