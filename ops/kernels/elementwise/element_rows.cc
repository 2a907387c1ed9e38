#include "ops/kernels/elementwise/element_rows.h"

#include <tuple>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementwise/element_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/elementwise/simd_functors-inl.h"
#include "ops/kernels/elementwise/simd_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

// Masks as numbers.
template <class F>
struct AsNumber {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::IfThenElseZero(F{}(d, a, b), hn::Set(d, 1.0F));
  }
};

struct Where {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b, V c) const {
    return hn::IfThenElse(hn::Eq(a, hn::Zero(d)), c, b);
  }
};

template <class First, class Second, bool kExchanged>
struct Pair {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b, V c) const {
    const V x = First{}(d, a, b);
    return kExchanged ? Second{}(d, c, x) : Second{}(d, x, c);
  }
};

template <class F, bool... kSame>
void rows_of(const ElementRows& r, F f) {
  for (std::size_t row = 0; row < r.rows; ++row) {
    std::size_t i = 0;
    const auto operand = [&](auto same) HWY_ATTR {
      const std::size_t at = i++;
      return RunOperand<float, !decltype(same)::value>(r.in[at] + row * r.stride[at]);
    };
    // Braces: operands are taken from left to right.
    const std::tuple<RunOperand<float, !kSame>...> operands{operand(std::bool_constant<kSame>())...};
    std::apply([&](const auto&... o) HWY_ATTR { run_over(f, r.out + row * r.out_stride, r.cols, o...); }, operands);
  }
}

template <class F>
ElementRowsFn unary(unsigned same) {
  if (same & 1) return [](const ElementRows& r) { rows_of<F, true>(r, F{}); };
  return [](const ElementRows& r) { rows_of<F, false>(r, F{}); };
}

template <class F>
ElementRowsFn binary(unsigned same) {
  switch (same & 3) {
    case 0:
      return [](const ElementRows& r) { rows_of<F, false, false>(r, F{}); };
    case 1:
      return [](const ElementRows& r) { rows_of<F, true, false>(r, F{}); };
    case 2:
      return [](const ElementRows& r) { rows_of<F, false, true>(r, F{}); };
    default:
      return [](const ElementRows& r) { rows_of<F, true, true>(r, F{}); };
  }
}

template <class F>
ElementRowsFn ternary(unsigned same) {
  switch (same & 7) {
    case 0:
      return [](const ElementRows& r) { rows_of<F, false, false, false>(r, {}); };
    case 1:
      return [](const ElementRows& r) { rows_of<F, true, false, false>(r, {}); };
    case 2:
      return [](const ElementRows& r) { rows_of<F, false, true, false>(r, {}); };
    case 3:
      return [](const ElementRows& r) { rows_of<F, true, true, false>(r, {}); };
    case 4:
      return [](const ElementRows& r) { rows_of<F, false, false, true>(r, {}); };
    case 5:
      return [](const ElementRows& r) { rows_of<F, true, false, true>(r, {}); };
    case 6:
      return [](const ElementRows& r) { rows_of<F, false, true, true>(r, {}); };
    default:
      return [](const ElementRows& r) { rows_of<F, true, true, true>(r, {}); };
  }
}

template <class First>
ElementRowsFn pair(ElementCode second, bool exchanged, unsigned same) {
  switch (second) {
    case ElementCode::add:
      return ternary<Pair<First, Add, false>>(same);
    case ElementCode::mul:
      return ternary<Pair<First, Mul, false>>(same);
    case ElementCode::sub:
      return exchanged ? ternary<Pair<First, Sub, true>>(same) : ternary<Pair<First, Sub, false>>(same);
    default:
      return nullptr;
  }
}

ElementRowsFn clamp(unsigned same) {
  if (same & 1) return [](const ElementRows& r) { rows_of<Clamp, true>(r, {r.x, r.y}); };
  return [](const ElementRows& r) { rows_of<Clamp, false>(r, {r.x, r.y}); };
}

void fill(const ElementRows& r) {
  for (std::size_t row = 0; row < r.rows; ++row)
    run_over([](FloatTag, FloatVec x) HWY_ATTR { return x; }, r.out + row * r.out_stride, r.cols,
             RunOperand<float, false>(&r.x));
}

}  // namespace

ElementRowsFn find_rows(ElementCode code, unsigned same) {
  switch (code) {
    case ElementCode::constant:
      return fill;
#define WEFT_ROWS(name, make, Functor) \
  case ElementCode::name:              \
    return make<Functor>(same);
      WEFT_ROWS(neg, unary, Neg)
      WEFT_ROWS(abs, unary, Abs)
      WEFT_ROWS(sign, unary, Sign)
      WEFT_ROWS(square, unary, Square)
      WEFT_ROWS(cube, unary, Cube)
      WEFT_ROWS(reciprocal, unary, Reciprocal)
      WEFT_ROWS(sqrt, unary, Sqrt)
      WEFT_ROWS(root, unary, Root)
      WEFT_ROWS(relu, unary, Relu)
      WEFT_ROWS(exp, unary, Exp)
      WEFT_ROWS(log, unary, Log)
      WEFT_ROWS(sin, unary, Sin)
      WEFT_ROWS(cos, unary, Cos)
      WEFT_ROWS(tanh, unary, Tanh)
      WEFT_ROWS(sigmoid, unary, Sigmoid)
      WEFT_ROWS(erf, unary, Erf)
      WEFT_ROWS(gelu, unary, Gelu)
      WEFT_ROWS(add, binary, Add)
      WEFT_ROWS(sub, binary, Sub)
      WEFT_ROWS(mul, binary, Mul)
      WEFT_ROWS(div, binary, Div)
      WEFT_ROWS(maximum, binary, Maximum)
      WEFT_ROWS(minimum, binary, Minimum)
      WEFT_ROWS(relu_grad, binary, ReluGrad)
      WEFT_ROWS(eq, binary, AsNumber<Equal>)
      WEFT_ROWS(ne, binary, AsNumber<NotEqual>)
      WEFT_ROWS(lt, binary, AsNumber<Less>)
      WEFT_ROWS(le, binary, AsNumber<LessEqual>)
      WEFT_ROWS(gt, binary, AsNumber<Greater>)
      WEFT_ROWS(ge, binary, AsNumber<GreaterEqual>)
#undef WEFT_ROWS
    case ElementCode::clamp:
      return clamp(same);
    case ElementCode::where:
      return ternary<Where>(same);
  }
  return nullptr;
}

ElementRowsFn find_row_pairs(ElementCode first, ElementCode second, bool exchanged, unsigned same) {
  switch (first) {
    case ElementCode::add:
      return pair<Add>(second, exchanged, same);
    case ElementCode::sub:
      return pair<Sub>(second, exchanged, same);
    case ElementCode::mul:
      return pair<Mul>(second, exchanged, same);
    default:
      return nullptr;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(find_rows);
HWY_EXPORT(find_row_pairs);

ElementRowsFn element_rows(ElementCode code, unsigned same) { return HWY_DYNAMIC_DISPATCH(find_rows)(code, same); }

ElementRowsFn element_row_pairs(ElementCode first, ElementCode second, bool exchanged, unsigned same) {
  return HWY_DYNAMIC_DISPATCH(find_row_pairs)(first, second, exchanged, same);
}

}  // namespace weft
#endif
