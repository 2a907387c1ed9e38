// eq, ne, lt, le, gt, ge: bool from two operands of any dtype. Comparisons with nan are false, but ne is true.
#include <functional>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Results are bool, through which no gradient flows.
template <CompareFn fn, class F>
Kernel compile_compare(const OpCall& call) {
  switch (call.in(0).dtype) {
    case DType::f32:
      return f32_kernel(call, fn);
    case DType::f64:
      return zip_kernel<double, bool>(call, F());
    case DType::i64:
      return zip_kernel<std::int64_t, bool>(call, F());
    default:
      return zip_kernel<bool, bool>(call, F());
  }
}

constexpr ElementCode code_of(CompareFn fn) {
  return static_cast<ElementCode>(static_cast<int>(ElementCode::eq) + static_cast<int>(fn));
}

template <CompareFn fn, class F>
constexpr OpDef compare_op(std::string_view name) {
  return {.name = name,
          .min_inputs = 2,
          .max_inputs = 2,
          .infer = infer_compare,
          .compile = compile_compare<fn, F>,
          .in_place = elementwise_in_place,
          .lower = lower_as<code_of(fn)>};
}

constexpr OpDef kEq = compare_op<CompareFn::eq, std::equal_to<>>("eq");
constexpr OpDef kNe = compare_op<CompareFn::ne, std::not_equal_to<>>("ne");
constexpr OpDef kLt = compare_op<CompareFn::lt, std::less<>>("lt");
constexpr OpDef kLe = compare_op<CompareFn::le, std::less_equal<>>("le");
constexpr OpDef kGt = compare_op<CompareFn::gt, std::greater<>>("gt");
constexpr OpDef kGe = compare_op<CompareFn::ge, std::greater_equal<>>("ge");
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

}  // namespace weft
