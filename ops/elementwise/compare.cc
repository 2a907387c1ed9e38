// eq, ne, lt, le, gt, ge: bool from two operands of any dtype. Comparisons with nan are false, but ne is true.
#include <functional>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Results are bool, through which no gradient flows.
template <ElementFn fn, class F>
constexpr OpDef compare_op(F compare) {
  return binary_op<fn>(infer_compare, nullptr, "", compare);
}

constexpr OpDef kEq = compare_op<ElementFn::eq>(std::equal_to<>());
constexpr OpDef kNe = compare_op<ElementFn::ne>(std::not_equal_to<>());
constexpr OpDef kLt = compare_op<ElementFn::lt>(std::less<>());
constexpr OpDef kLe = compare_op<ElementFn::le>(std::less_equal<>());
constexpr OpDef kGt = compare_op<ElementFn::gt>(std::greater<>());
constexpr OpDef kGe = compare_op<ElementFn::ge>(std::greater_equal<>());
WEFT_REGISTER_OP(kEq);
WEFT_REGISTER_OP(kNe);
WEFT_REGISTER_OP(kLt);
WEFT_REGISTER_OP(kLe);
WEFT_REGISTER_OP(kGt);
WEFT_REGISTER_OP(kGe);

}  // namespace

Value eq(const Value& a, const Value& b) { return record_promoted(kEq, a, b); }
Value ne(const Value& a, const Value& b) { return record_promoted(kNe, a, b); }
Value lt(const Value& a, const Value& b) { return record_promoted(kLt, a, b); }
Value le(const Value& a, const Value& b) { return record_promoted(kLe, a, b); }
Value gt(const Value& a, const Value& b) { return record_promoted(kGt, a, b); }
Value ge(const Value& a, const Value& b) { return record_promoted(kGe, a, b); }

Tensor eq(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return eq(v[0], v[1]); });
}
Tensor ne(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return ne(v[0], v[1]); });
}
Tensor lt(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return lt(v[0], v[1]); });
}
Tensor le(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return le(v[0], v[1]); });
}
Tensor gt(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return gt(v[0], v[1]); });
}
Tensor ge(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [](auto v) { return ge(v[0], v[1]); });
}
Tensor operator==(const Operand& a, const Operand& b) { return eq(a, b); }
Tensor operator!=(const Operand& a, const Operand& b) { return ne(a, b); }
Tensor operator<(const Operand& a, const Operand& b) { return lt(a, b); }
Tensor operator<=(const Operand& a, const Operand& b) { return le(a, b); }
Tensor operator>(const Operand& a, const Operand& b) { return gt(a, b); }
Tensor operator>=(const Operand& a, const Operand& b) { return ge(a, b); }

Tensor Tensor::eq(const Operand& other) const { return weft::eq({*this, other.at()}, other); }
Tensor Tensor::ne(const Operand& other) const { return weft::ne({*this, other.at()}, other); }
Tensor Tensor::lt(const Operand& other) const { return weft::lt({*this, other.at()}, other); }
Tensor Tensor::le(const Operand& other) const { return weft::le({*this, other.at()}, other); }
Tensor Tensor::gt(const Operand& other) const { return weft::gt({*this, other.at()}, other); }
Tensor Tensor::ge(const Operand& other) const { return weft::ge({*this, other.at()}, other); }

}  // namespace weft
