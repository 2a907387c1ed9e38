// Pairs of instructions over rows.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementwise/element_row_pairs.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/elementwise/element_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

template <ElementFn first, ElementFn second, bool kExchanged>
struct Pair {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b, V c) const {
    const V x = ElementFunctor<first>{}(d, a, b);
    return kExchanged ? ElementFunctor<second>{}(d, c, x) : ElementFunctor<second>{}(d, x, c);
  }
};

template <ElementFn first, ElementFn second, bool kExchanged>
ElementRowsFn pair(unsigned same) {
  static constexpr auto kRows = rows_by_same<Pair<first, second, kExchanged>, 3>();
  return kRows[same];
}

template <ElementFn first>
ElementRowsFn pair_with(ElementFn second, bool exchanged, unsigned same) {
  switch (second) {
    case ElementFn::add:
      return pair<first, ElementFn::add, false>(same);
    case ElementFn::mul:
      return pair<first, ElementFn::mul, false>(same);
    case ElementFn::sub:
      return exchanged ? pair<first, ElementFn::sub, true>(same) : pair<first, ElementFn::sub, false>(same);
    default:
      return nullptr;
  }
}

}  // namespace

ElementRowsFn find_row_pairs(ElementFn first, ElementFn second, bool exchanged, unsigned same) {
  switch (first) {
    case ElementFn::add:
      return pair_with<ElementFn::add>(second, exchanged, same);
    case ElementFn::sub:
      return pair_with<ElementFn::sub>(second, exchanged, same);
    case ElementFn::mul:
      return pair_with<ElementFn::mul>(second, exchanged, same);
    default:
      return nullptr;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(find_row_pairs);

ElementRowsFn element_row_pairs(ElementFn first, ElementFn second, bool exchanged, unsigned same) {
  return HWY_DYNAMIC_DISPATCH(find_row_pairs)(first, second, exchanged, same);
}

}  // namespace weft
#endif
