// Functions of numbers on the lanes of vectors, one after the other: for those that have no vector code.
// Included once for each instruction set, after <hwy/highway.h>.
#if defined(WEFT_OPS_SIMD_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SIMD_LANES_INL_H_
#undef WEFT_OPS_SIMD_LANES_INL_H_
#else
#define WEFT_OPS_SIMD_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// f takes and gives double: its result is rounded once.
template <class D, class V, class F>
HWY_NOINLINE V each_lane(D d, V x, F f) {
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(x, d, lanes);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = static_cast<float>(f(static_cast<double>(lanes[i])));
  return hn::Load(d, lanes);
}
template <class D, class V, class F>
HWY_NOINLINE V each_lane(D d, V a, V b, F f) {
  HWY_ALIGN float of_a[hn::MaxLanes(d)], of_b[hn::MaxLanes(d)];
  hn::Store(a, d, of_a);
  hn::Store(b, d, of_b);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i)
    of_a[i] = static_cast<float>(f(static_cast<double>(of_a[i]), static_cast<double>(of_b[i])));
  return hn::Load(d, of_a);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
