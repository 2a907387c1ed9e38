// The innermost loop of products: a tile of C in registers.
// Included once for each instruction set.
#if defined(WEFT_OPS_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_GEMM_TILE_INL_H_
#undef WEFT_OPS_GEMM_TILE_INL_H_
#else
#define WEFT_OPS_GEMM_TILE_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <span>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// AVX-512 has 32 registers for kTileRows * kTileVectors sums and kTileVectors + 1 others, and loads under a mask. The
// others have 16, and take narrower vectors for the last columns, because their loads may read beyond the mask.
constexpr bool kAvx512 = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL;
constexpr std::size_t kTileVectors = kAvx512 ? 4 : 2;
template <class T>
using TileTag = hn::CappedTag<T, 64 / sizeof(T)>;

// The vectors of a tile are whole, or there is one of some lanes.
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

// Where a tile finds its rows of A, its columns of B and its place, and the depth over which it multiplies them.
template <class T>
struct Tile {
  const T* a;
  std::size_t a_row, a_col;  // elements from one to the next
  const T* b;
  std::size_t b_row;
  T* c;
  std::size_t c_row;
  std::size_t depth;
  bool from_zero;  // rather than from C
  // Pieces of kFetched bytes that will be used soon: fetched from memory while the tile computes.
  std::span<const void* const> fetch;
};
constexpr std::size_t kFetched = 256, kCacheLine = 64;

// kRows x (kVectors vectors) of C in registers: each element is one chain of additions in the order of the depth, which
// a tile from C continues. The loops over registers must be unrolled, or the compiler keeps them in memory. Not
// inlined: GCC 12 crashes on the whole at -O1, and a call costs nothing beside the loop.
template <std::size_t kRows, std::size_t kVectors, class Access, class T>
HWY_NOINLINE void multiply_tile(Access access, const Tile<T>& tile) {
  const auto d = access.d;
  const std::size_t lanes = hn::Lanes(d), depth = tile.depth, a_row = tile.a_row, a_col = tile.a_col,
                    b_row = tile.b_row, c_row = tile.c_row;
  hn::Vec<decltype(access.d)> sums[kRows][kVectors], row[kVectors];
  T* const c = tile.c;
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v)
      sums[r][v] = tile.from_zero ? hn::Zero(d) : access.load(c + r * c_row + v * lanes);

  const T *a = tile.a, *b = tile.b;
  const void* const* next = tile.fetch.data();
  std::size_t fetches = tile.fetch.size();
  const std::size_t step = fetches == 0 ? depth : std::max<std::size_t>(1, depth / fetches);
  for (std::size_t l = 0; l < depth;) {
    if (fetches > 0) {
      const char* line = static_cast<const char*>(*next++);
      --fetches;
#pragma GCC unroll 8
      for (std::size_t i = 0; i < kFetched; i += kCacheLine) __builtin_prefetch(line + i, 0, 3);
    }
    for (const std::size_t end = fetches == 0 ? depth : std::min(depth, l + step); l < end;
         ++l, a += a_col, b += b_row) {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kVectors; ++v) row[v] = access.load(b + v * lanes);
#pragma GCC unroll 16
      for (std::size_t r = 0; r < kRows; ++r) {
        const auto scale = hn::Set(d, a[r * a_row]);
#pragma GCC unroll 8
        for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(scale, row[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) access.store(sums[r][v], c + r * c_row + v * lanes);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif  // WEFT_OPS_GEMM_TILE_INL_H_
