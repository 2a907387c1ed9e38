// peak_flops(): what the fused multiply-adds of one core give. For programs that include themselves once for each
// instruction set (hwy/foreach_target.h), after hwy/highway.h.
#if defined(WEFT_BENCH_PEAK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_BENCH_PEAK_INL_H_
#undef WEFT_BENCH_PEAK_INL_H_
#else
#define WEFT_BENCH_PEAK_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

// Independent chains of fused multiply-adds, as many as registers allow; returns the number of operations.
inline double multiply_add(std::size_t steps, float* out) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> d;
  constexpr std::size_t kSums = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? 24 : 12;
  const auto x = hn::Set(d, out[0]), y = hn::Set(d, out[1]);
  hn::Vec<decltype(d)> sums[kSums];
#pragma GCC unroll 24
  for (std::size_t i = 0; i < kSums; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
  for (std::size_t s = 0; s < steps; ++s) {
#pragma GCC unroll 24
    for (std::size_t i = 0; i < kSums; ++i) sums[i] = hn::MulAdd(x, sums[i], y);
  }
  for (std::size_t i = 0; i < kSums; ++i) out[0] += hn::GetLane(sums[i]);
  return 2.0 * static_cast<double>(steps * kSums * hn::Lanes(d));
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(multiply_add);

// The best of a few runs, in operations a second.
inline double peak_flops() {
  using Clock = std::chrono::steady_clock;
  std::array<float, 2> values{0.5f, 1};
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    const double flops = HWY_DYNAMIC_DISPATCH(multiply_add)(100000, values.data());
    best = std::max(best, flops / std::chrono::duration<double>(Clock::now() - start).count());
    values[0] = std::fmod(values[0], 1);
  }
  return best;
}

}  // namespace weft
#endif  // HWY_ONCE
#endif  // per-target include guard
