// Rows of softmax and its relatives, for ops/kernels/reduce/softmax_simd.cc and ops/kernels/reduce/nll_simd.cc.
// Included once for each instruction set, after <hwy/highway.h>. exp is that of ops/kernels/elementwise/simd_math-inl.h
// in f32, and that of the C library in f64.
#if defined(WEFT_OPS_SOFTMAX_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SOFTMAX_ROWS_INL_H_
#undef WEFT_OPS_SOFTMAX_ROWS_INL_H_
#else
#define WEFT_OPS_SOFTMAX_ROWS_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <limits>

#include "ops/kernels/elementwise/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
constexpr T kMinusInfinity = -std::numeric_limits<T>::infinity();

// The first n < Lanes(d) elements at p and -inf behind them: -inf is neutral for the maximum, and its exp for sums.
// Nothing behind them is touched: only from AVX2 on are masked accesses of x86 sure not to fault.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_some(D d, const T* p, std::size_t n) {
  const auto first = hn::FirstN(d, n);
  return hn::IfThenElse(first, hn::MaskedLoad(first, d, p), hn::Set(d, kMinusInfinity<T>));
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_some(hn::Vec<D> v, D d, T* p, std::size_t n) {
  hn::BlendedStore(v, hn::FirstN(d, n), d, p);
}
#else
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_some(D d, const T* p, std::size_t n) {
  HWY_ALIGN T lanes[hn::MaxLanes(D())];
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = i < n ? p[i] : kMinusInfinity<T>;
  return hn::Load(d, lanes);
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_some(hn::Vec<D> v, D d, T* p, std::size_t n) {
  HWY_ALIGN T lanes[hn::MaxLanes(D())];
  hn::Store(v, d, lanes);
  for (std::size_t i = 0; i < n; ++i) p[i] = lanes[i];
}
#endif

template <class D, class F>
HWY_INLINE hn::Vec<D> map_lanes(D d, hn::Vec<D> x, F f) {
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(D())];
  hn::Store(x, d, lanes);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = f(lanes[i]);
  return hn::Load(d, lanes);
}

template <class D>
HWY_INLINE hn::Vec<D> exp_of(D d, hn::Vec<D> x) {
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(float))
    return exp_f32(d, x);
  else
    return map_lanes(d, x, [](double v) { return std::exp(v); });
}

template <class D>
HWY_INLINE hn::Vec<D> log_of(D d, hn::Vec<D> x) {
  return map_lanes(d, x, [](auto v) { return std::log(v); });
}

template <class T>
T row_max(const T* x, std::size_t n) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  auto best = hn::Set(d, kMinusInfinity<T>);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) best = hn::Max(best, hn::LoadU(d, x + i));
  if (i < n) best = hn::Max(best, load_some(d, x + i, n - i));
  return hn::GetLane(hn::MaxOfLanes(d, best));
}

template <class T>
T block_exp(const T* x, std::size_t n, T max, T* terms) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto shift = hn::Set(d, max);
  auto sum = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto e = exp_of(d, hn::Sub(hn::LoadU(d, x + i), shift));
    if (terms) hn::StoreU(e, d, terms + i);
    sum = hn::Add(sum, e);
  }
  if (i < n) {
    const auto e = exp_of(d, hn::Sub(load_some(d, x + i, n - i), shift));
    if (terms) store_some(e, d, terms + i, n - i);
    sum = hn::Add(sum, e);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

// sum_j e^(x[j] - max), of a long row by halves; the terms go to `terms` unless that is null.
template <class T>
T row_exp(const T* x, std::size_t n, T max, T* terms) {
  constexpr std::size_t kBlock = 1024;
  if (n <= kBlock) return block_exp(x, n, max, terms);
  const std::size_t half = (n + kBlock - 1) / kBlock / 2 * kBlock;
  const T first = row_exp(x, half, max, terms);
  return first + row_exp(x + half, n - half, max, terms ? terms + half : nullptr);
}

// out[j] = step(x[j]); x may be out.
template <class T, class Step>
void map_row(const T* x, T* out, std::size_t n, Step step) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(step(hn::LoadU(d, x + i)), d, out + i);
  if (i < n) store_some(step(load_some(d, x + i, n - i)), d, out + i, n - i);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif  // WEFT_OPS_SOFTMAX_ROWS_INL_H_
