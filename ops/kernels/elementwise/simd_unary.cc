// The kernels of one operand.
#include "ops/kernels/elementwise/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementwise/simd_unary.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/elementwise/simd_functors-inl.h"
#include "ops/kernels/elementwise/simd_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

template <ElementFn fn>
constexpr UnaryRun unary_run() {
  if constexpr (facts(fn).operands == 1 && facts(fn).numbers == 0)
    return run_unary<ElementFunctor<fn>>;
  else
    return nullptr;
}

constexpr auto kUnary = element_fn_table([]<ElementFn fn>() { return unary_run<fn>(); });

void run_clamp(const float* x, float* out, std::int64_t n, float min, float max) {
  run_over(ElementFunctor<ElementFn::clamp>{min, max}, out, static_cast<std::size_t>(n), RunOperand<float, true>(x));
}

}  // namespace

UnaryRun find_unary(ElementFn fn) { return kUnary[static_cast<std::size_t>(fn)]; }
ClampRun find_clamp() { return run_clamp; }

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(find_unary);
HWY_EXPORT(find_clamp);

UnaryRun simd_unary(ElementFn fn) { return HWY_DYNAMIC_DISPATCH(find_unary)(fn); }
ClampRun simd_clamp() { return HWY_DYNAMIC_DISPATCH(find_clamp)(); }

}  // namespace weft
#endif  // HWY_ONCE
