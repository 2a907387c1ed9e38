#include "ops/small_matmul.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>

// Once, for all instruction sets.
#ifndef WEFT_OPS_SMALL_MATMUL_ONCE
#define WEFT_OPS_SMALL_MATMUL_ONCE
namespace weft {
namespace {

// A panel of B: small enough for the first cache while the rows of A pass by.
constexpr std::size_t kPanelRows = 128, kPanelColumns = 64;

// Whether panels of B are copied, transposed where need be, which many rows of A or a transposition pay for.
bool packs(const Product& p) {
  constexpr std::int64_t kFitsAnyway = 1 << 14;
  return !takes_dots(p) && (p.transpose_b || (p.m >= 16 && p.n * p.k > kFitsAnyway));
}

}  // namespace
}  // namespace weft
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/small_matmul.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// C = op(A) op(B), where A and B may lie either way in memory.
template <class T>
struct Wide {
  const T* a;
  std::size_t a_row, a_col;
  const T* b;
  bool transpose_b;
  T* c;
  std::size_t m, n, k;
};

// The part of B that a column of tiles reads: rows k0 .. k1 of op(B), `stride` elements apart.
template <class T>
struct Panel {
  const T* rows;
  std::size_t stride;
  std::size_t k0, k1;
};

// The vectors of a tile are whole, or there is one of `count` lanes.
template <class D>
struct Whole {
  D d;
  hn::Vec<D> load(const hn::TFromD<D>* from) const { return hn::LoadU(d, from); }
  void store(hn::Vec<D> v, hn::TFromD<D>* to) const { hn::StoreU(v, d, to); }
};
template <class D>
struct Partial {
  D d;
  hn::Mask<D> mask;
  hn::Vec<D> load(const hn::TFromD<D>* from) const { return hn::MaskedLoad(mask, d, from); }
  void store(hn::Vec<D> v, hn::TFromD<D>* to) const { hn::BlendedStore(v, mask, d, to); }
};

// kRows x (kVectors vectors) of C in registers, over the rows of the panel. Starts from C unless that is the first
// panel: the same chain of additions as without parts. The loops over registers must be unrolled, or the compiler keeps
// them in memory. Not inlined: GCC 12 crashes on the whole at -O1, and a call costs nothing beside the loop.
template <std::size_t kRows, std::size_t kVectors, class Access, class T>
HWY_NOINLINE void tile(Access access, const Wide<T>& p, const Panel<T>& b, std::size_t i, std::size_t j) {
  const auto d = access.d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(access.d)> sums[kRows][kVectors], row[kVectors];
  T* c = p.c + i * p.n + j;
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v)
      sums[r][v] = b.k0 == 0 ? hn::Zero(d) : access.load(c + r * p.n + v * lanes);
  const T* a = p.a + i * p.a_row;
  for (std::size_t l = b.k0; l < b.k1; ++l) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = access.load(b.rows + (l - b.k0) * b.stride + v * lanes);
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

template <class T>
void pack(const Wide<T>& p, std::size_t j, std::size_t width, std::size_t k0, std::size_t k1, T* to) {
  if (!p.transpose_b) {
    for (std::size_t l = k0; l < k1; ++l) std::copy_n(p.b + l * p.n + j, width, to + (l - k0) * width);
    return;
  }
  constexpr std::size_t kBlock = 16;  // of rows and of columns, so that both sides stay in the first cache
  for (std::size_t c0 = 0; c0 < width; c0 += kBlock)
    for (std::size_t l0 = k0; l0 < k1; l0 += kBlock)
      for (std::size_t l = l0; l < std::min(k1, l0 + kBlock); ++l)
        for (std::size_t c = c0; c < std::min(width, c0 + kBlock); ++c)
          to[(l - k0) * width + c] = p.b[(j + c) * p.k + l];
}

// Columns j .. j + width of C. A packed panel is read row after row; the rows of B itself may collide in the cache.
template <std::size_t kVectors, class Access, class T>
HWY_INLINE void column(Access access, const Wide<T>& p, std::size_t j, std::size_t width, T* packed) {
  for (std::size_t k0 = 0; k0 < p.k; k0 += kPanelRows) {
    const std::size_t k1 = std::min(p.k, k0 + kPanelRows);
    if (packed) pack(p, j, width, k0, k1, packed);
    const Panel<T> b = packed ? Panel<T>{packed, width, k0, k1} : Panel<T>{p.b + k0 * p.n + j, p.n, k0, k1};
    std::size_t i = 0;
    for (; i + 4 <= p.m; i += 4) tile<4, kVectors>(access, p, b, i, j);
    if (p.m - i >= 2) {
      tile<2, kVectors>(access, p, b, i, j);
      i += 2;
    }
    if (i < p.m) tile<1, kVectors>(access, p, b, i, j);
  }
}

// Columns from j on in steps of whole vectors; returns the first column left over.
template <std::size_t kVectors, class D, class T>
HWY_INLINE std::size_t columns(D d, const Wide<T>& p, std::size_t j, T* packed) {
  const std::size_t width = kVectors * hn::Lanes(d);
  for (; j + width <= p.n; j += width) column<kVectors>(Whole<D>{d}, p, j, width, packed);
  return j;
}

// AVX-512 has 32 registers for a tile of 4 * kVectors sums and kVectors + 1 others, and loads under a mask. The others
// have 16, and take narrower vectors for the last columns, because their loads may read beyond the mask.
constexpr bool kAvx512 = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL;
constexpr std::size_t kVectorsOfTile = kAvx512 ? 4 : 2;

template <class T>
void multiply_wide(const Wide<T>& p, T* packed) {
  const hn::CappedTag<T, kPanelColumns / kVectorsOfTile> full;
  std::size_t j = columns<kVectorsOfTile>(full, p, 0, packed);
  j = columns<1>(full, p, j, packed);
  if constexpr (kAvx512) {
    if (j < p.n)
      column<1>(Partial<std::decay_t<decltype(full)>>{full, hn::FirstN(full, p.n - j)}, p, j, p.n - j, packed);
  } else {
    j = columns<1>(hn::CappedTag<T, 16 / sizeof(T)>(), p, j, packed);
    columns<1>(hn::CappedTag<T, 1>(), p, j, packed);
  }
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

template <class T>
void multiply_one(const Product& p, const T* a, const T* b, T* c, T* scratch) {
  const auto m = static_cast<std::size_t>(p.m), n = static_cast<std::size_t>(p.n), k = static_cast<std::size_t>(p.k);
  if (takes_dots(p)) return multiply_dots(a, b, c, m, n, k);
  const bool ta = p.transpose_a;
  multiply_wide(Wide<T>{a, ta ? 1 : k, ta ? m : 1, b, p.transpose_b, c, m, n, k}, packs(p) ? scratch : nullptr);
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

std::int64_t multiply_scratch(const Product& p) {
  if (!packs(p)) return 0;
  return std::min<std::int64_t>(p.k, kPanelRows) * std::min<std::int64_t>(p.n, kPanelColumns);
}

void multiply(const Product& product, const float* a, const float* b, float* c, float* scratch) {
  HWY_DYNAMIC_DISPATCH(multiply_f32)(product, a, b, c, scratch);
}

void multiply(const Product& product, const double* a, const double* b, double* c, double* scratch) {
  HWY_DYNAMIC_DISPATCH(multiply_f64)(product, a, b, c, scratch);
}

}  // namespace weft
#endif
