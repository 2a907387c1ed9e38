#include "ops/small_matmul.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/small_matmul.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// One matrix product whose B is [k,n] in memory; A may lie either way.
template <class T>
struct Wide {
  const T* a;
  std::size_t a_row, a_col;
  const T* b;
  T* c;
  std::size_t m, n, k;
};

// Depth of the part of B that stays in the first cache while the rows of A pass by.
constexpr std::size_t kDepth = 256;

// The vectors of a tile are whole, or there is one of `count` lanes.
template <class D>
struct Whole {
  D d;
  hn::Vec<D> load(const hn::TFromD<D>* from) const { return hn::LoadU(d, from); }
  void store(hn::Vec<D> v, hn::TFromD<D>* to) const { hn::StoreU(v, d, to); }
};
template <class D>
struct Partial {
  Partial(D tag, std::size_t count) : d(tag), mask(hn::FirstN(tag, count)) {}
  D d;
  hn::Mask<D> mask;
  hn::Vec<D> load(const hn::TFromD<D>* from) const { return hn::MaskedLoad(mask, d, from); }
  void store(hn::Vec<D> v, hn::TFromD<D>* to) const { hn::BlendedStore(v, mask, d, to); }
};

// kRows x (kVectors vectors) of C in registers, over k in [k0, k1). Starts from C unless k0 is 0: the same chain of
// additions as without parts. The loops over registers must be unrolled, or the compiler keeps them in memory.
template <std::size_t kRows, std::size_t kVectors, class Access, class T>
HWY_INLINE void tile(Access access, const Wide<T>& p, std::size_t i, std::size_t j, std::size_t k0, std::size_t k1) {
  const auto d = access.d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(access.d)> sums[kRows][kVectors], row[kVectors];
  T* c = p.c + i * p.n + j;
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v)
      sums[r][v] = k0 == 0 ? hn::Zero(d) : access.load(c + r * p.n + v * lanes);
  const T* a = p.a + i * p.a_row;
  for (std::size_t l = k0; l < k1; ++l) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = access.load(p.b + l * p.n + j + v * lanes);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto scale = hn::Set(d, a[r * p.a_row + l * p.a_col]);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(scale, row[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) access.store(sums[r][v], c + r * p.n + v * lanes);
}

template <std::size_t kVectors, class Access, class T>
HWY_INLINE void rows(Access access, const Wide<T>& p, std::size_t j, std::size_t k0, std::size_t k1) {
  std::size_t i = 0;
  for (; i + 4 <= p.m; i += 4) tile<4, kVectors>(access, p, i, j, k0, k1);
  if (p.m - i >= 2) {
    tile<2, kVectors>(access, p, i, j, k0, k1);
    i += 2;
  }
  if (i < p.m) tile<1, kVectors>(access, p, i, j, k0, k1);
}

// Columns from j on in steps of whole vectors; returns the first column left over.
template <std::size_t kVectors, class D, class T>
HWY_INLINE std::size_t columns(D d, const Wide<T>& p, std::size_t j, std::size_t k0, std::size_t k1) {
  const std::size_t width = kVectors * hn::Lanes(d);
  for (; j + width <= p.n; j += width) rows<kVectors>(Whole<D>{d}, p, j, k0, k1);
  return j;
}

// Instruction sets without masked loads read the lanes beyond the mask too, so they take narrower vectors.
constexpr bool kMasks = HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL;
// Registers: a tile needs 4 * kVectors sums and kVectors + 1 others, of 32 or of 16.
constexpr std::size_t kVectorsOfTile = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? 4 : 2;

template <class T>
void multiply_wide(const Wide<T>& p) {
  const hn::ScalableTag<T> full;
  std::size_t k0 = 0;
  do {
    const std::size_t k1 = std::min(p.k, k0 + kDepth);
    std::size_t j = columns<kVectorsOfTile>(full, p, 0, k0, k1);
    j = columns<1>(full, p, j, k0, k1);
    if constexpr (kMasks) {
      if (j < p.n) rows<1>(Partial<decltype(full)>(full, p.n - j), p, j, k0, k1);
    } else {
      columns<1>(hn::CappedTag<T, 1>(), p, j, k0, k1);
    }
    k0 = k1;
  } while (k0 < p.k);
}

// kCols dot products of one row of A with rows of B.
template <std::size_t kCols, class T>
HWY_INLINE void dots(const T* a, const T* b, std::size_t k, T* c) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kCols];
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kCols; ++j) sums[j] = hn::Zero(d);
  std::size_t l = 0;
  for (; l + lanes <= k; l += lanes) {
    const auto x = hn::LoadU(d, a + l);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kCols; ++j) sums[j] = hn::MulAdd(x, hn::LoadU(d, b + j * k + l), sums[j]);
  }
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kCols; ++j) {
    T sum = hn::GetLane(hn::SumOfLanes(d, sums[j]));
    for (std::size_t t = l; t < k; ++t) sum += a[t] * b[j * k + t];
    c[j] = sum;
  }
}

// C[m,n] of A [m,k] and B stored [n,k].
template <class T>
void multiply_dots(const T* a, const T* b, T* c, std::size_t m, std::size_t n, std::size_t k) {
  for (std::size_t i = 0; i < m; ++i) {
    std::size_t j = 0;
    for (; j + 4 <= n; j += 4) dots<4>(a + i * k, b + j * k, k, c + i * n + j);
    for (; j < n; ++j) dots<1>(a + i * k, b + j * k, k, c + i * n + j);
  }
}

// The transpose of B in blocks of a few cache lines.
template <class T>
void pack_transposed(const T* b, T* to, std::size_t n, std::size_t k) {
  constexpr std::size_t kBlock = 16;
  for (std::size_t j0 = 0; j0 < n; j0 += kBlock)
    for (std::size_t l0 = 0; l0 < k; l0 += kBlock)
      for (std::size_t l = l0; l < std::min(k, l0 + kBlock); ++l)
        for (std::size_t j = j0; j < std::min(n, j0 + kBlock); ++j) to[l * n + j] = b[j * k + l];
}

template <class T>
void multiply_one(const Product& p, const T* a, const T* b, T* c, T* scratch) {
  const auto m = static_cast<std::size_t>(p.m), n = static_cast<std::size_t>(p.n), k = static_cast<std::size_t>(p.k);
  if (takes_dots(p)) return multiply_dots(a, b, c, m, n, k);
  if (p.transpose_b) {
    pack_transposed(b, scratch, n, k);
    b = scratch;
  }
  multiply_wide(Wide<T>{a, p.transpose_a ? 1 : k, p.transpose_a ? m : 1, b, c, m, n, k});
}

void multiply_f32(const Product& p, const float* a, const float* b, float* c, float* s) { multiply_one(p, a, b, c, s); }
void multiply_f64(const Product& p, const double* a, const double* b, double* c, double* s) {
  multiply_one(p, a, b, c, s);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(multiply_f32);
HWY_EXPORT(multiply_f64);

std::int64_t multiply_scratch(const Product& p) { return p.transpose_b && !takes_dots(p) ? p.k * p.n : 0; }

void multiply(const Product& product, const float* a, const float* b, float* c, float* scratch) {
  HWY_DYNAMIC_DISPATCH(multiply_f32)(product, a, b, c, scratch);
}

void multiply(const Product& product, const double* a, const double* b, double* c, double* scratch) {
  HWY_DYNAMIC_DISPATCH(multiply_f64)(product, a, b, c, scratch);
}

}  // namespace weft
#endif
