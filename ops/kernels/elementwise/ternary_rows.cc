// Instructions of three operands over rows.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementwise/ternary_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/elementwise/element_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

ElementRowsFn find_ternary_rows(ElementFn fn, unsigned same) { return rows_of<3>(fn, same); }

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(find_ternary_rows);

ElementRowsFn ternary_rows(ElementFn fn, unsigned same) { return HWY_DYNAMIC_DISPATCH(find_ternary_rows)(fn, same); }

}  // namespace weft
#endif
