// Instructions of one operand over rows.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementwise/unary_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/elementwise/element_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

ElementRowsFn find_unary_rows(ElementFn fn, unsigned same) { return rows_of<1>(fn, same); }

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(find_unary_rows);

ElementRowsFn unary_rows(ElementFn fn, unsigned same) { return HWY_DYNAMIC_DISPATCH(find_unary_rows)(fn, same); }

}  // namespace weft
#endif
