// B packed into the order in which tiles read it.
// Included once for each instruction set.
#if defined(WEFT_OPS_GEMM_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_GEMM_PACK_INL_H_
#undef WEFT_OPS_GEMM_PACK_INL_H_
#else
#define WEFT_OPS_GEMM_PACK_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "ops/kernels/gemm/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void transpose_singly(const T* from, std::size_t from_row, std::size_t depth, std::size_t width, T* to,
                      std::size_t to_row) {
  for (std::size_t r = 0; r < width; ++r)
    for (std::size_t l = 0; l < depth; ++l) to[l * to_row + r] = from[r * from_row + l];
}

#if HWY_TARGET == HWY_SCALAR  // has no blocks to interleave
template <class T>
void pack_transposed(const T* from, std::size_t from_row, std::size_t depth, std::size_t width, T* to,
                     std::size_t to_row) {
  transpose_singly(from, from_row, depth, width, to, to_row);
}
#else
template <class T>
constexpr std::size_t kBlockElements = 16 / sizeof(T);  // elements of a 128-bit block

// One block of each of a vector's number of rows.
template <class D, class T>
HWY_INLINE void transpose_blocks(D d, const T* from, std::size_t from_row, T* to, std::size_t to_row) {
  constexpr std::size_t kBlock = kBlockElements<T>;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<D> v[kBlock];
#pragma GCC unroll 4
  for (std::size_t r = 0; r < kBlock; ++r) {  // block x of v[r] comes from row x * kBlock + r
    v[r] = hn::LoadDup128(d, from + (lanes - kBlock + r) * from_row);
    if constexpr (hn::MaxLanes(D()) > kBlock) {
#pragma GCC unroll 4
      for (std::size_t x = hn::MaxLanes(d) / kBlock - 1; x-- > 0;)
        v[r] = hn::IfThenElse(hn::FirstN(d, (x + 1) * kBlock), hn::LoadDup128(d, from + (x * kBlock + r) * from_row),
                              v[r]);
    }
  }
  if constexpr (kBlock == 4) {
    const hn::RepartitionToWide<D> wide;
    const auto low01 = hn::BitCast(wide, hn::InterleaveLower(d, v[0], v[1]));
    const auto low23 = hn::BitCast(wide, hn::InterleaveLower(d, v[2], v[3]));
    const auto high01 = hn::BitCast(wide, hn::InterleaveUpper(d, v[0], v[1]));
    const auto high23 = hn::BitCast(wide, hn::InterleaveUpper(d, v[2], v[3]));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, low01, low23)), d, to);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, low01, low23)), d, to + to_row);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, high01, high23)), d, to + 2 * to_row);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, high01, high23)), d, to + 3 * to_row);
  } else {
    hn::StoreU(hn::InterleaveLower(d, v[0], v[1]), d, to);
    hn::StoreU(hn::InterleaveUpper(d, v[0], v[1]), d, to + to_row);
  }
}

// All of a vector's number of rows, of at least one block. The last block may overlap the one before.
template <class D, class T>
void transpose_rows(D d, const T* from, std::size_t from_row, std::size_t depth, T* to, std::size_t to_row) {
  for (std::size_t l = 0; l < depth; l += kBlockElements<T>) {
    const std::size_t at = std::min(l, depth - kBlockElements<T>);
    transpose_blocks(d, from + at, from_row, to + at * to_row, to_row);
  }
}

// `width` rows of `depth` elements, `from_row` apart, transposed: to[l * to_row + r] = from[r * from_row + l].
template <class T>
void pack_transposed(const T* from, std::size_t from_row, std::size_t depth, std::size_t width, T* to,
                     std::size_t to_row) {
  if (std::min(depth, width) < kBlockElements<T>) return transpose_singly(from, from_row, depth, width, to, to_row);
  const TileTag<T> wide;
  const hn::CappedTag<T, kBlockElements<T> > narrow;
  const std::size_t lanes = hn::Lanes(wide);
  std::size_t r = 0;
  for (; r + lanes <= width; r += lanes) transpose_rows(wide, from + r * from_row, from_row, depth, to + r, to_row);
  for (; r < width; r += kBlockElements<T>) {
    const std::size_t at = std::min(r, width - kBlockElements<T>);
    transpose_rows(narrow, from + at * from_row, from_row, depth, to + at, to_row);
  }
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif  // WEFT_OPS_GEMM_PACK_INL_H_
