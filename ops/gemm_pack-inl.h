// Copies of operands in the order in which tiles read them.
// Included once for each instruction set.
#if defined(WEFT_OPS_GEMM_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_GEMM_PACK_INL_H_
#undef WEFT_OPS_GEMM_PACK_INL_H_
#else
#define WEFT_OPS_GEMM_PACK_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// `depth` rows of `width` elements, `from_row` apart, next to each other `to_row` apart.
template <class T>
void pack_rows(const T* from, std::size_t from_row, std::size_t depth, std::size_t width, T* to, std::size_t to_row) {
  constexpr std::size_t kAhead = 8;
  for (std::size_t l = 0; l < depth; ++l, from += from_row, to += to_row) {
    if (l + kAhead < depth)
      for (std::size_t i = 0; i < width; i += 64 / sizeof(T)) hwy::Prefetch(from + kAhead * from_row + i);
    std::copy_n(from, width, to);
  }
}

#if HWY_TARGET == HWY_SCALAR  // has nothing to turn blocks with
template <class T>
void pack_turned(const T* from, std::size_t from_row, std::size_t depth, std::size_t width, T* to, std::size_t to_row) {
  for (std::size_t r = 0; r < width; ++r)
    for (std::size_t l = 0; l < depth; ++l) to[l * to_row + r] = from[r * from_row + l];
}
#else
// The elements of one 128-bit block of each of `lanes` rows, turned round: to[l * to_row + r] = from[r * from_row + l].
template <class D, class T>
HWY_INLINE void turn_blocks(D d, const T* from, std::size_t from_row, T* to, std::size_t to_row) {
  constexpr std::size_t kBlock = 16 / sizeof(T);
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<D> v[kBlock];
#pragma GCC unroll 4
  for (std::size_t r = 0; r < kBlock; ++r) {  // block x of v[r] comes from row x * kBlock + r
    v[r] = hn::LoadDup128(d, from + (lanes - kBlock + r) * from_row);
#pragma GCC unroll 4
    for (std::size_t x = hn::MaxLanes(d) / kBlock - 1; x-- > 0;)
      v[r] =
          hn::IfThenElse(hn::FirstN(d, (x + 1) * kBlock), hn::LoadDup128(d, from + (x * kBlock + r) * from_row), v[r]);
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

// The same for `count` rows and `depth` elements of each that are fewer than a block has: to gets whole rows all the
// same.
template <class D, class T>
void turn_some(D d, const T* from, std::size_t from_row, std::size_t count, std::size_t depth, T* to,
               std::size_t to_row) {
  constexpr std::size_t kBlock = 16 / sizeof(T);
  HWY_ALIGN T rows[hn::MaxLanes(D()) * kBlock] = {};
  HWY_ALIGN T turned[hn::MaxLanes(D()) * kBlock];
  for (std::size_t r = 0; r < count; ++r) std::copy_n(from + r * from_row, depth, rows + r * kBlock);
  turn_blocks(d, rows, kBlock, turned, hn::Lanes(d));
  for (std::size_t l = 0; l < depth; ++l) std::copy_n(turned + l * hn::Lanes(d), hn::Lanes(d), to + l * to_row);
}

// `width` rows of `depth` elements, `from_row` apart, turned round: to[l * to_row + r] = from[r * from_row + l]. to_row
// is a whole number of vectors; what lies between width and the next vector is overwritten too.
template <class T>
void pack_turned(const T* from, std::size_t from_row, std::size_t depth, std::size_t width, T* to, std::size_t to_row) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  constexpr std::size_t kBlock = 16 / sizeof(T);
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < width; r += lanes) {
    const T* rows = from + r * from_row;
    const std::size_t count = std::min(lanes, width - r);
    std::size_t l = 0;
    if (count == lanes)
      for (; l + kBlock <= depth; l += kBlock) turn_blocks(d, rows + l, from_row, to + l * to_row + r, to_row);
    for (; l < depth; l += kBlock)
      turn_some(d, rows + l, from_row, count, std::min(kBlock, depth - l), to + l * to_row + r, to_row);
  }
}
#endif

// A^T, stored [k,m], in panels of the rows of a tile: element (r, l) of the tile whose first row is i lies at
// to[i * depth + l * kRows + r].
template <std::size_t kRows, class T>
void pack_strips(const T* from, std::size_t from_row, std::size_t depth, std::size_t strips, T* to) {
  for (std::size_t l = 0; l < depth; ++l, from += from_row)
    for (std::size_t s = 0; s < strips; ++s) std::copy_n(from + s * kRows, kRows, to + (s * depth + l) * kRows);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif  // WEFT_OPS_GEMM_PACK_INL_H_
