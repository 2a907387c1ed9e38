// Elementwise functions over rows of operands that move or are the same in their row. Included once for each
// instruction set.
#if defined(WEFT_OPS_ELEMENT_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_ELEMENT_ROWS_INL_H_
#undef WEFT_OPS_ELEMENT_ROWS_INL_H_
#else
#define WEFT_OPS_ELEMENT_ROWS_INL_H_
#endif

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "ops/kernels/elementwise/element_rows.h"
#include "ops/kernels/elementwise/simd_functors-inl.h"
#include "ops/kernels/elementwise/simd_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

// Masks as numbers.
template <class F>
struct AsNumber {
  F f;
  template <class D, class... V>
  HWY_INLINE hn::Vec<D> operator()(D d, V... operands) const {
    const auto result = f(d, operands...);
    if constexpr (std::is_same_v<decltype(result), const hn::Mask<D>>)
      return hn::IfThenElseZero(result, hn::Set(d, 1.0F));
    else
      return result;
  }
};

// F with the numbers of the instruction, if it takes them.
template <class F>
HWY_INLINE F functor_for(const ElementRows& r) {
  if constexpr (std::is_empty_v<F>)
    return F{};
  else
    return F{r.x, r.y};
}

// kSame, bit i: whether operand i is the same in its row.
template <class F, unsigned kSame, std::size_t... k>
void run_rows(const ElementRows& r) {
  const AsNumber<F> f{functor_for<F>(r)};
  for (std::size_t row = 0; row < r.rows; ++row) {
    // Braces: operands are taken from left to right.
    const std::tuple<RunOperand<float, (kSame >> k & 1) == 0>...> operands{
        RunOperand<float, (kSame >> k & 1) == 0>(r.in[k] + row * r.stride[k])...};
    std::apply([&](const auto&... o) HWY_ATTR { run_over(f, r.out + row * r.out_stride, r.cols, o...); }, operands);
  }
}

// run_rows for a functor of kOperands, by kSame.
template <std::size_t kOperands>
using RowsBySame = std::array<ElementRowsFn, 1U << kOperands>;
template <class F, std::size_t kOperands>
constexpr RowsBySame<kOperands> rows_by_same() {
  return []<std::size_t... k>(std::index_sequence<k...>) {
    return []<unsigned... kSame>(std::integer_sequence<unsigned, kSame...>) {
      return RowsBySame<kOperands>{run_rows<F, kSame, k...>...};
    }
    (std::make_integer_sequence<unsigned, 1U << kOperands>());
  }
  (std::make_index_sequence<kOperands>());
}

// For the functions of kOperands.
template <std::size_t kOperands>
ElementRowsFn rows_of(ElementFn fn, unsigned same) {
  static constexpr auto kRows = element_fn_table([]<ElementFn f>() {
    if constexpr (facts(f).operands == kOperands)
      return rows_by_same<ElementFunctor<f>, kOperands>();
    else
      return RowsBySame<kOperands>{};
  });
  return kRows[static_cast<std::size_t>(fn)][same % (1U << kOperands)];
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
