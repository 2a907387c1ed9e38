// The kernels of operands that broadcast.
#include <type_traits>

#include "ops/kernels/elementwise/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementwise/simd_broadcast.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/elementwise/simd_functors-inl.h"
#include "ops/kernels/elementwise/simd_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

// The run of a function of two operands whose results are Out; null for others.
template <ElementFn fn, class Out>
constexpr auto binary_run() -> void (*)(const float*, const float*, Out*, const BroadcastLoops&) {
  if constexpr (facts(fn).operands == 2) {
    using Result = std::invoke_result_t<ElementFunctor<fn>, FloatTag, FloatVec, FloatVec>;
    if constexpr (std::is_same_v<Result, std::conditional_t<std::is_same_v<Out, bool>, Mask, FloatVec>>)
      return run_binary<ElementFunctor<fn>, Out>;
  }
  return nullptr;
}

constexpr auto kBinary = element_fn_table([]<ElementFn fn>() { return binary_run<fn, float>(); });
constexpr auto kCompare = element_fn_table([]<ElementFn fn>() { return binary_run<fn, bool>(); });

template <bool kMovesA, bool kMovesB>
HWY_INLINE void select_run(const bool* c, bool moves, const float* a, const float* b, float* out, std::size_t n) {
  const RunOperand<float, kMovesA> x(a);
  const RunOperand<float, kMovesB> y(b);
  if (moves)
    run_over(ElementFunctor<ElementFn::where>(), out, n, RunOperand<bool, true>(c), x, y);
  else
    run_over(ElementFunctor<ElementFn::where>(), out, n, RunOperand<bool, false>(c), x, y);
}

void run_where(const bool* condition, const float* a, const float* b, float* out, const BroadcastLoops& loops) {
  const auto [moves, moves_a, moves_b] = loops.moves;
  for (RunCursor at(loops); !at.done(); at.next()) {
    const bool* c = condition + at.offset(0);
    const float *x = a + at.offset(1), *y = b + at.offset(2);
    float* to = out + at.result();
    const auto n = static_cast<std::size_t>(loops.run);
    if (moves_a && moves_b)
      select_run<true, true>(c, moves, x, y, to, n);
    else if (moves_a)
      select_run<true, false>(c, moves, x, y, to, n);
    else if (moves_b)
      select_run<false, true>(c, moves, x, y, to, n);
    else
      select_run<false, false>(c, moves, x, y, to, n);
  }
}

}  // namespace

BinaryRun find_binary(ElementFn fn) { return kBinary[static_cast<std::size_t>(fn)]; }
CompareRun find_compare(ElementFn fn) { return kCompare[static_cast<std::size_t>(fn)]; }
WhereRun find_where() { return run_where; }

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(find_binary);
HWY_EXPORT(find_compare);
HWY_EXPORT(find_where);

BinaryRun simd_binary(ElementFn fn) { return HWY_DYNAMIC_DISPATCH(find_binary)(fn); }
CompareRun simd_compare(ElementFn fn) { return HWY_DYNAMIC_DISPATCH(find_compare)(fn); }
WhereRun simd_where() { return HWY_DYNAMIC_DISPATCH(find_where)(); }

}  // namespace weft
#endif  // HWY_ONCE
