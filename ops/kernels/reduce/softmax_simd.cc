#include "ops/kernels/reduce/softmax_simd.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/reduce/softmax_simd.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/reduce/softmax_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

template <class T, bool kLog>
void softmax_row(const T* x, T* out, std::size_t n) {
  const Tag<T> d;
  const T max = row_max(x, n);
  const T sum = row_exp<T>(x, n, max, kLog ? nullptr : out);
  if constexpr (kLog) {
    const auto shift = hn::Set(d, max), log_sum = hn::Set(d, std::log(sum));
    map_row(x, out, n, [=](auto v) HWY_ATTR { return hn::Sub(hn::Sub(v, shift), log_sum); });
  } else {
    const auto factor = hn::Set(d, T{1} / sum);
    map_row(out, out, n, [=](auto v) HWY_ATTR { return hn::Mul(v, factor); });
  }
}

// `width` <= Lanes neighbouring columns, each a line of elements `stride` apart.
template <class T>
struct Columns {
  std::size_t stride, width;

  HWY_INLINE hn::Vec<Tag<T>> load(const T* p) const {
    const Tag<T> d;
    return width == hn::Lanes(d) ? hn::LoadU(d, p) : load_some(d, p, width);
  }
  HWY_INLINE void store(hn::Vec<Tag<T>> v, T* p) const {
    const Tag<T> d;
    if (width == hn::Lanes(d))
      hn::StoreU(v, d, p);
    else
      store_some(v, d, p, width);
  }
};

// The sums of e^(x - max), of long columns by halves; where it is no logarithm the terms are left in out.
template <class T, bool kLog>
hn::Vec<Tag<T>> column_exp(Columns<T> at, const T* x, std::size_t count, hn::Vec<Tag<T>> max, T* out) {
  constexpr std::size_t kRows = 64;
  if (count > kRows) {
    const std::size_t half = (count + kRows - 1) / kRows / 2 * kRows, skip = half * at.stride;
    const auto first = column_exp<T, kLog>(at, x, half, max, out);
    return hn::Add(first, column_exp<T, kLog>(at, x + skip, count - half, max, out + skip));
  }
  auto sum = hn::Zero(Tag<T>());
  for (std::size_t r = 0; r < count; ++r) {
    const auto e = exp_of(Tag<T>(), hn::Sub(at.load(x + r * at.stride), max));
    if constexpr (!kLog) at.store(e, out + r * at.stride);
    sum = hn::Add(sum, e);
  }
  return sum;
}

template <class T, bool kLog>
void softmax_columns(const T* x, T* out, std::size_t count, Columns<T> at) {
  const Tag<T> d;
  auto max = hn::Set(d, kMinusInfinity<T>);
  for (std::size_t r = 0; r < count; ++r) max = hn::Max(max, at.load(x + r * at.stride));
  const auto sum = column_exp<T, kLog>(at, x, count, max, out);
  if constexpr (kLog) {
    const auto log_sum = log_of(d, sum);
    for (std::size_t r = 0; r < count; ++r)
      at.store(hn::Sub(hn::Sub(at.load(x + r * at.stride), max), log_sum), out + r * at.stride);
  } else {
    const auto factor = hn::Div(hn::Set(d, T{1}), sum);
    for (std::size_t r = 0; r < count; ++r)
      at.store(hn::Mul(at.load(out + r * at.stride), factor), out + r * at.stride);
  }
}

template <class T, bool kLog>
void softmax(const void* x, void* out, const ReducePass& pass) {
  const T* from = static_cast<const T*>(x);
  T* to = static_cast<T*>(out);
  const auto count = static_cast<std::size_t>(pass.count), inner = static_cast<std::size_t>(pass.inner);
  const std::size_t lanes = hn::Lanes(Tag<T>());
  for (std::int64_t o = 0; o < pass.outer; ++o, from += count * inner, to += count * inner) {
    if (inner == 1)
      softmax_row<T, kLog>(from, to, count);
    else
      for (std::size_t c = 0; c < inner; c += lanes)
        softmax_columns<T, kLog>(from + c, to + c, count, Columns<T>{inner, inner - c < lanes ? inner - c : lanes});
  }
}

void softmax32(const void* x, void* out, const ReducePass& pass) { softmax<float, false>(x, out, pass); }
void softmax64(const void* x, void* out, const ReducePass& pass) { softmax<double, false>(x, out, pass); }
void log_softmax32(const void* x, void* out, const ReducePass& pass) { softmax<float, true>(x, out, pass); }
void log_softmax64(const void* x, void* out, const ReducePass& pass) { softmax<double, true>(x, out, pass); }

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(softmax32);
HWY_EXPORT(softmax64);
HWY_EXPORT(log_softmax32);
HWY_EXPORT(log_softmax64);

void softmax_f32(const void* x, void* out, const ReducePass& pass) { HWY_DYNAMIC_DISPATCH(softmax32)(x, out, pass); }
void softmax_f64(const void* x, void* out, const ReducePass& pass) { HWY_DYNAMIC_DISPATCH(softmax64)(x, out, pass); }
void log_softmax_f32(const void* x, void* out, const ReducePass& pass) {
  HWY_DYNAMIC_DISPATCH(log_softmax32)(x, out, pass);
}
void log_softmax_f64(const void* x, void* out, const ReducePass& pass) {
  HWY_DYNAMIC_DISPATCH(log_softmax64)(x, out, pass);
}

}  // namespace weft
#endif  // HWY_ONCE
