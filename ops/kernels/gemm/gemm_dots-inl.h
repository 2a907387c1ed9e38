// Dot products, for a few rows of A and B stored transposed: both lie along memory.
// Included once for each instruction set.
#if defined(WEFT_OPS_GEMM_DOTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_GEMM_DOTS_INL_H_
#undef WEFT_OPS_GEMM_DOTS_INL_H_
#else
#define WEFT_OPS_GEMM_DOTS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// kCols dot products of one row of A with rows of B, which are b_row elements apart.
template <std::size_t kCols, class T>
HWY_INLINE void dots(const T* a, const T* b, std::size_t b_row, std::size_t k, T* c) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kCols];
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kCols; ++j) sums[j] = hn::Zero(d);
  std::size_t l = 0;
  for (; l + lanes <= k; l += lanes) {
    const auto x = hn::LoadU(d, a + l);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kCols; ++j) sums[j] = hn::MulAdd(x, hn::LoadU(d, b + j * b_row + l), sums[j]);
  }
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kCols; ++j) {
    T sum = hn::GetLane(hn::SumOfLanes(d, sums[j]));
    for (std::size_t t = l; t < k; ++t) sum += a[t] * b[j * b_row + t];
    c[j] = sum;
  }
}

// One row of C. Every column is summed in the same way, so any columns may be left to another call.
template <class T>
void dots_row(const T* a, const T* b, std::size_t b_row, std::size_t k, T* c, std::size_t cols) {
  std::size_t j = 0;
  for (; j + 4 <= cols; j += 4) dots<4>(a, b + j * b_row, b_row, k, c + j);
  for (; j < cols; ++j) dots<1>(a, b + j * b_row, b_row, k, c + j);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif  // WEFT_OPS_GEMM_DOTS_INL_H_
