// logical_not, logical_and, logical_or, logical_xor. Numbers are taken as "is not 0".
#include <functional>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Results are bool, through which no gradient flows.
template <class F>
Kernel compile_logical(const OpCall& call) {
  return zip_kernel<bool, bool>(call, F());
}

// On registers, true is 1 and false is 0.
template <class F, ElementFn fn>
constexpr OpDef logical_op(std::string_view name) {
  return {.name = name,
          .min_inputs = 2,
          .max_inputs = 2,
          .infer = infer_logical,
          .compile = compile_logical<F>,
          .in_place = elementwise_in_place,
          .lower = lower_as<fn>};
}

constexpr OpDef kLogicalAnd = logical_op<std::bit_and<bool>, ElementFn::minimum>("logical_and");
constexpr OpDef kLogicalOr = logical_op<std::bit_or<bool>, ElementFn::maximum>("logical_or");
constexpr OpDef kLogicalXor = logical_op<std::bit_xor<bool>, ElementFn::ne>("logical_xor");
WEFT_REGISTER_OP(kLogicalAnd);
WEFT_REGISTER_OP(kLogicalOr);
WEFT_REGISTER_OP(kLogicalXor);

Kernel compile_logical_not(const OpCall& call) { return map_kernel<bool, bool>(call, std::logical_not<>()); }

void lower_not(LowerCall& call) { call.out(call.emit(ElementFn::eq, {call.in(0), call.constant(0)})); }

constexpr OpDef kLogicalNot{.name = "logical_not",
                            .min_inputs = 1,
                            .max_inputs = 1,
                            .infer = infer_logical,
                            .compile = compile_logical_not,
                            .in_place = elementwise_in_place,
                            .lower = lower_not};
WEFT_REGISTER_OP(kLogicalNot);

Value record_logical(const OpDef& op, const Value& a, const Value& b) {
  return a.builder().record(op, {cast(a, DType::boolean), cast(b, DType::boolean)});
}

}  // namespace

Value logical_not(const Value& x) { return x.builder().record(kLogicalNot, {cast(x, DType::boolean)}); }
Value logical_and(const Value& a, const Value& b) { return record_logical(kLogicalAnd, a, b); }
Value logical_or(const Value& a, const Value& b) { return record_logical(kLogicalOr, a, b); }
Value logical_xor(const Value& a, const Value& b) { return record_logical(kLogicalXor, a, b); }

Tensor logical_not(const Operand& x) {
  return capture({&x}, [](auto v) { return logical_not(v[0]); });
}
Tensor logical_and(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return logical_and(v[0], v[1]); });
}
Tensor logical_or(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return logical_or(v[0], v[1]); });
}
Tensor logical_xor(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return logical_xor(v[0], v[1]); });
}

Tensor Tensor::logical_not(SourceLocation at) const { return weft::logical_not({*this, at}); }
Tensor Tensor::logical_and(const Operand& other) const { return weft::logical_and({*this, other.at()}, other); }
Tensor Tensor::logical_or(const Operand& other) const { return weft::logical_or({*this, other.at()}, other); }
Tensor Tensor::logical_xor(const Operand& other) const { return weft::logical_xor({*this, other.at()}, other); }

}  // namespace weft
