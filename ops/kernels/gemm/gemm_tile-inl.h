// The innermost loop of products: tiles of C in registers.
// Included once for each instruction set.
#if defined(WEFT_OPS_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_GEMM_TILE_INL_H_
#undef WEFT_OPS_GEMM_TILE_INL_H_
#else
#define WEFT_OPS_GEMM_TILE_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ops/kernels/gemm/gemm.h"
#include "ops/kernels/optim/sgd_step-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLineBytes = 64;

// AVX-512 has 32 registers for kTileRows * kTileVectors sums and kTileVectors + 1 others, and loads under a mask. The
// others have 16, and take narrower vectors for the last columns, because their loads may read beyond the mask.
constexpr bool kAvx512 = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL;
constexpr std::size_t kTileRows = 6, kTileVectors = kAvx512 ? 4 : 2;
template <class T>
using TileTag = hn::CappedTag<T, kLineBytes / sizeof(T)>;

// The vectors of a tile are whole, or the last one has some lanes.
template <class D>
struct Whole {
  static constexpr bool kWhole = true;
  D d;
  HWY_INLINE hn::Vec<D> load(const hn::TFromD<D>* from, bool) const { return hn::LoadU(d, from); }
  HWY_INLINE void store(hn::Vec<D> v, hn::TFromD<D>* to, bool) const { hn::StoreU(v, d, to); }
  HWY_INLINE const Whole& finishing() const { return *this; }
};
template <class D>
struct Partial {
  static constexpr bool kWhole = false;
  D d;
  hn::Mask<D> mask;
  HWY_INLINE hn::Vec<D> load(const hn::TFromD<D>* from, bool last) const {
    return last ? hn::MaskedLoad(mask, d, from) : hn::LoadU(d, from);
  }
  HWY_INLINE void store(hn::Vec<D> v, hn::TFromD<D>* to, bool last) const {
    last ? hn::BlendedStore(v, mask, d, to) : hn::StoreU(v, d, to);
  }
  HWY_INLINE const Partial& finishing() const { return *this; }
};

// The vectors are whole, and are the gradient of an update in place of a result: `to` is its place in param_out.
// The update stays in memory while a tile is added up: its numbers in vectors would take registers from the sums.
template <class D>
struct Updating {
  using T = hn::TFromD<D>;
  D d;
  const MomentumUpdate<T>* update;
  HWY_INLINE hn::Vec<D> load(const T* from, bool) const { return hn::LoadU(d, from); }

  struct Finishing {
    D d;
    MomentumUpdate<T> u;
    SgdFactors<hn::Vec<D>> by;
    HWY_INLINE void store(hn::Vec<D> gradient, T* to, bool) const {
      const std::ptrdiff_t at = to - u.param_out;
      constexpr SgdTerms kTerms{.momentum = true};
      const auto param = hn::LoadU(d, u.param + at);  // first: either result may take the bytes of either operand
      const auto next = sgd_step(VectorMath(), kTerms, by, param, gradient, hn::LoadU(d, u.buffer + at));
      hn::StoreU(next.buffer, d, u.buffer_out + at);
      hn::StoreU(next.param, d, to);
    }
  };
  HWY_INLINE Finishing finishing() const {
    return {d, *update, {hn::Set(d, update->rate), hn::Zero(d), hn::Set(d, update->momentum), hn::Zero(d)}};
  }
};

// Memory that will be used soon: pieces of some lines, `stride` bytes from one to the next. Tiles fetch a share of
// them, spread over their loops, so that memory works while they compute.
struct Stream {
  std::uintptr_t next;
  std::size_t stride, lines, left;
  static constexpr std::size_t kShareUnit = 256;
  std::size_t share;  // pieces for each row of a tile, in 1 / kShareUnit
  std::size_t due;    // in the present tile
};

// What the tiles of a panel fetch ahead.
class Streams {
 public:
  std::span<Stream> all() { return {streams_.data(), count_}; }
  // A rectangle of `rows` x `width` elements, while `tile_rows` rows are multiplied.
  template <class T>
  void add(const T* first, std::size_t stride, std::size_t rows, std::size_t width, std::size_t tile_rows) {
    if (count_ == streams_.size()) return;
    streams_[count_++] = {.next = reinterpret_cast<std::uintptr_t>(first),
                          .stride = stride * sizeof(T),
                          .lines = (width * sizeof(T) + kLineBytes - 1) / kLineBytes,
                          .left = rows,
                          .share = rows * Stream::kShareUnit / tile_rows,
                          .due = 0};
  }

 private:
  std::array<Stream, 8> streams_;
  std::size_t count_ = 0;
};

// What a tile fetches of all streams.
class Fetches {
 public:
  HWY_INLINE Fetches(std::span<Stream> streams, std::size_t tile_rows, std::size_t depth)
      : stream_(streams.data()), end_(stream_ + streams.size()) {
    std::size_t pieces = 0;
    for (Stream& s : streams)
      pieces += s.due = std::min(s.left, (s.share * tile_rows + Stream::kShareUnit - 1) / Stream::kShareUnit);
    if (pieces >= depth) stream_ = end_;  // too many to spread
    step_ = pieces == 0 || pieces >= depth ? depth : depth / (pieces + 1);
  }
  // Rows of the depth between two pieces.
  std::size_t step() const { return step_; }
  HWY_INLINE void next() {
    while (stream_ != end_ && stream_->due == 0) ++stream_;
    if (stream_ == end_) return;
    for (std::size_t i = 0; i < stream_->lines; ++i)
      __builtin_prefetch(reinterpret_cast<const void*>(stream_->next + i * kLineBytes), 0, 2);
    stream_->next += stream_->stride;
    --stream_->left;
    --stream_->due;
  }

 private:
  Stream *stream_, *end_;
  std::size_t step_;
};

// A column of tiles: where they find A and B, their places in C, and the depth over which they multiply.
template <class T>
struct Tiles {
  const T* a;
  std::size_t a_row, a_col;  // elements from one to the next
  const T* b;
  std::size_t b_row;
  T* packed_b;  // where the rows of B are left, one after the other, by a tile that packs
  T* c;
  std::size_t c_row;
  std::size_t depth;
  bool from_zero;  // rather than from C
  std::span<Stream> streams;
};

// `count` times kRows x (kVectors vectors) of C, one below the other. A tile is in registers, and each of its elements
// is one chain of additions in the order of the depth, which a tile from C continues. The loops over registers must be
// unrolled, or the compiler keeps them in memory. Not inlined: GCC 12 crashes on the whole at -O1.
template <std::size_t kRows, std::size_t kVectors, bool kPacks, class Access, class T>
HWY_NOINLINE void multiply_tiles(Access access, const Tiles<T>& t, std::size_t count) {
  const auto d = access.d;
  const std::size_t lanes = hn::Lanes(d), depth = t.depth, a_row = t.a_row, a_col = t.a_col, b_row = t.b_row,
                    c_row = t.c_row;
  const T* a_tile = t.a;
  T *c = t.c, *packed = t.packed_b;
  for (; count > 0; --count, a_tile += kRows * a_row, c += kRows * c_row) {
    hn::Vec<decltype(access.d)> sums[kRows][kVectors], row[kVectors];
#pragma GCC unroll 24
    for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kVectors; ++v)
        sums[r][v] = t.from_zero ? hn::Zero(d) : access.load(c + r * c_row + v * lanes, v + 1 == kVectors);

    Fetches fetches(t.streams, kRows, depth);
    // Rows of A in groups, so that each has few addresses.
    constexpr std::size_t kGroups = kRows > 2 * kTileRows ? 4 : kRows > 1 ? 2 : 1, kGroupRows = kRows / kGroups;
    const T *a[kGroups], *b = t.b;
#pragma GCC unroll 4
    for (std::size_t g = 0; g < kGroups; ++g) a[g] = a_tile + g * kGroupRows * a_row;
    for (std::size_t l = 0; l < depth;) {
      for (const std::size_t end = std::min(depth, l + fetches.step()); l < end; ++l, b += b_row) {
#pragma GCC unroll 8
        for (std::size_t v = 0; v < kVectors; ++v) row[v] = access.load(b + v * lanes, v + 1 == kVectors);
        if constexpr (kPacks) {
#pragma GCC unroll 8
          for (std::size_t v = 0; v < kVectors; ++v, packed += lanes) hn::StoreU(row[v], d, packed);
        }
#pragma GCC unroll 24
        for (std::size_t r = 0; r < kRows; ++r) {
          const auto scale = hn::Set(d, a[r / kGroupRows][r % kGroupRows * a_row]);
#pragma GCC unroll 8
          for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(scale, row[v], sums[r][v]);
        }
#pragma GCC unroll 4
        for (std::size_t g = 0; g < kGroups; ++g) a[g] += a_col;
      }
      fetches.next();
    }
    const auto& finished = access.finishing();
#pragma GCC unroll 24
    for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kVectors; ++v)
        finished.store(sums[r][v], c + r * c_row + v * lanes, v + 1 == kVectors);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif  // WEFT_OPS_GEMM_TILE_INL_H_
