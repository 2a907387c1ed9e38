// Products by tiles, or by dot products.
// Included once for each instruction set.
#if defined(WEFT_OPS_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_GEMM_INL_H_
#undef WEFT_OPS_GEMM_INL_H_
#else
#define WEFT_OPS_GEMM_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <span>

#include "ops/kernels/gemm/gemm_dots-inl.h"
#include "ops/kernels/gemm/gemm_layout.h"
#include "ops/kernels/gemm/gemm_pack-inl.h"
#include "ops/kernels/gemm/gemm_tile-inl.h"
#include "ops/kernels/reduce/sum_levels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

// One call of gemm().
template <class T>
struct Gemm {
  bool transpose_a, transpose_b;
  std::size_t m, n, k;
  std::size_t row, rows, col, cols;  // the part
  const T *a, *b;
  T* c;
  T *packed_a, *packed_b;  // null where the operand is read in place
  std::size_t packed_a_row;
  T *sums, *levels;
  std::size_t depth, block_rows, level;
  const GemmEpilogue<T>* epilogue;

  std::size_t end() const { return col + cols; }
  // Rows are added up in sums, with kPanelColumns from one to the next, rather than in C.
  bool in_sums() const { return epilogue || level > 0; }
  const T* a_at(std::size_t i, std::size_t l) const { return a + (transpose_a ? l * m + i : i * k + l); }
  const T* b_at(std::size_t l, std::size_t j) const { return b + (transpose_b ? j * k + l : l * n + j); }
};

// A panel of B: columns of the product, and rows k0 .. k1 of op(B).
struct Panel {
  std::size_t col, width, k0, k1;
  std::size_t depth() const { return k1 - k0; }
};

// Rows of the part.
struct Rows {
  std::size_t first, count;
};

// Whole panels of a product that is done in one pass over its depth can be finished in registers.
template <class T>
bool updates(const Gemm<T>& g, const Panel& panel) {
  return g.epilogue && g.epilogue->update && g.depth == g.k && panel.width == kTileVectors * hn::Lanes(TileTag<T>());
}

// What the epilogue touches: rows that are finished later than they are fetched by as much as memory needs.
template <class T>
void add_matrices(Streams& streams, const Gemm<T>& g, const Panel& panel, const Rows& r) {
  const std::size_t ahead = updates(g, panel) ? std::min(4 * kTileRows, g.rows) : 0;
  const std::size_t begin = r.first + ahead, end = begin + r.count, beyond = std::max(begin, g.rows);
  const std::size_t next = panel.col + panel.width;
  for (const T* matrix : g.epilogue->prefetch) {
    const T* const row = matrix + g.row * g.n;
    if (begin < g.rows)
      streams.add(row + begin * g.n + panel.col, g.n, std::min(end, g.rows) - begin, panel.width, r.count);
    if (end > beyond && next < g.end())
      streams.add(row + (beyond - g.rows) * g.n + next, g.n, end - beyond, std::min(panel.width, g.end() - next),
                  r.count);
  }
}

// Elements of B. Smaller products are through before anything that is fetched ahead arrives.
constexpr std::size_t kWorthFetching = 1 << 13;

// The places of the results, and the next panel of B, which has until the end of this one.
template <class T>
void add_next_panel(Streams& streams, const Gemm<T>& g, const Panel& panel, const Rows& r) {
  const std::size_t place = (g.row + r.first) * g.n + panel.col;
  if (!g.in_sums() && panel.k0 == 0) streams.add(g.c + place, g.n, r.count, panel.width, r.count);
  Panel next{panel.col, panel.width, panel.k1, std::min(g.k, panel.k1 + g.depth)};
  if (panel.k1 == g.k)
    next = {panel.col + panel.width, std::min(panel.width, g.end() - panel.col - panel.width), 0, g.depth};
  if (next.width == 0) return;
  // Each block of rows fetches its share.
  const std::size_t pieces = g.transpose_b ? next.width : next.depth();
  const bool all = r.count == g.rows;
  const std::size_t begin = all ? 0 : pieces * r.first / g.rows;
  const std::size_t count = all ? pieces : pieces * (r.first + r.count) / g.rows - begin;
  if (g.transpose_b)
    streams.add(g.b_at(next.k0, next.col + begin), g.k, count, next.depth(), r.count);
  else
    streams.add(g.b_at(next.k0 + begin, next.col), g.n, count, next.width, r.count);
}

// `count` tiles, and on to the row below them.
template <std::size_t kRows, std::size_t kVectors, bool kPacks = false, class Access, class T>
HWY_INLINE void run_tiles(Access access, Tiles<T>& tiles, std::size_t& rows, std::size_t count) {
  if (count == 0) return;
  multiply_tiles<kRows, kVectors, kPacks>(access, tiles, count);
  tiles.a += count * kRows * tiles.a_row;
  tiles.c += count * kRows * tiles.c_row;
  rows -= count * kRows;
}

// Rows of the part in one panel, added up in c. The first tile of a panel that is to be copied does so.
template <std::size_t kVectors, class Access, class T>
HWY_INLINE void multiply_rows(Access access, const Gemm<T>& g, const Panel& panel, Rows r, T* c, std::size_t c_row,
                              std::span<Stream> streams) {
  Tiles<T> tiles{.a = g.a_at(g.row + r.first, panel.k0),
                 .a_row = g.transpose_a ? 1 : g.k,
                 .a_col = g.transpose_a ? g.m : 1,
                 .b = g.b_at(panel.k0, panel.col),
                 .b_row = g.n,
                 .packed_b = nullptr,
                 .c = c,
                 .c_row = c_row,
                 .depth = panel.depth(),
                 .from_zero = panel.k0 % kSegment == 0,
                 .streams = streams};
  if (g.packed_a) {
    tiles.a = g.packed_a + panel.k0 * g.packed_a_row + r.first;
    tiles.a_col = g.packed_a_row;
  }
  std::size_t rows = r.count;
  if (g.packed_b) {
    tiles.packed_b = g.packed_b;
    if (r.first == 0 && !g.transpose_b) run_tiles<kTileRows, kVectors, true>(access, tiles, rows, 1);
    if (r.first == 0 && g.transpose_b)
      pack_transposed(g.b_at(panel.k0, panel.col), g.k, panel.depth(), panel.width, tiles.packed_b,
                      kVectors * hn::Lanes(access.d));
    tiles.b = tiles.packed_b;
    tiles.b_row = kVectors * hn::Lanes(access.d);
  }
  constexpr bool kNarrow = kVectors * 4 <= kTileVectors, kHalf = kVectors * 2 <= kTileVectors;
  constexpr std::size_t kTall = 4 * kTileRows, kMiddle = kNarrow ? 8 : 2 * kTileRows;
  if constexpr (kNarrow) run_tiles<kTall, kVectors>(access, tiles, rows, rows / kTall);
  if constexpr (kHalf) run_tiles<kMiddle, kVectors>(access, tiles, rows, rows / kMiddle);
  // 8 rows as twice 4: a tile of 2 has too few chains of additions to keep the core busy.
  const std::size_t rest = rows >= 8 && rows % kTileRows == 2 ? 8 : rows % kTileRows;
  run_tiles<kTileRows, kVectors>(access, tiles, rows, (rows - rest) / kTileRows);
  run_tiles<4, kVectors>(access, tiles, rows, rows / 4);
  run_tiles<2, kVectors>(access, tiles, rows, rows / 2);
  run_tiles<1, kVectors>(access, tiles, rows, rows);
}

// Adds the sums of a segment to its levels, and after the last one leaves the sums of all in their place, or in C.
template <class T>
void close_segment(const Gemm<T>& g, const Panel& panel, Rows r) {
  const std::size_t segment = panel.k0 / kSegment;
  for (std::size_t i = 0; i < r.count; ++i) {
    T* const sums = g.sums + i * kPanelColumns<T>;
    const SumLevels<T> levels{g.levels + i * kPanelColumns<T>, g.level, panel.width};
    levels.add(sums, segment);
    if (panel.k1 == g.k) levels.total(segment + 1, g.epilogue ? sums : g.c + (g.row + r.first + i) * g.n + panel.col);
  }
}

// What is done with rows after their panel.
template <class T>
void finish(const Gemm<T>& g, const Panel& panel, Rows r) {
  if (g.level > 0 && (panel.k1 % kSegment == 0 || panel.k1 == g.k)) close_segment(g, panel, r);
  if (!g.epilogue || panel.k1 < g.k) return;
  const Block block{static_cast<std::int64_t>(g.row + r.first), static_cast<std::int64_t>(panel.col),
                    static_cast<std::int64_t>(r.count), static_cast<std::int64_t>(panel.width)};
  g.epilogue->run(g.epilogue->context, block, g.sums, static_cast<std::int64_t>(kPanelColumns<T>));
}

template <std::size_t kVectors, class Access, class T>
HWY_NOINLINE void update_rows(Access access, const Gemm<T>& g, const Panel& panel, Rows r, std::span<Stream> streams) {
  if constexpr (kVectors == kTileVectors && Access::kWhole) {
    const MomentumUpdate<T>& update = *g.epilogue->update;
    T* const place = update.param_out + (g.row + r.first) * g.n + panel.col;
    multiply_rows<kVectors>(Updating<decltype(access.d)>{access.d, &update}, g, panel, r, place, g.n, streams);
  }
}

// Columns col .. col + width of the part.
template <std::size_t kVectors, class Access, class T>
HWY_INLINE void multiply_column(Access access, const Gemm<T>& g, std::size_t col, std::size_t width) {
  for (std::size_t k0 = 0; k0 < g.k; k0 += g.depth) {
    const Panel panel{col, width, k0, std::min(g.k, k0 + g.depth)};
    for (std::size_t i = 0; i < g.rows; i += g.block_rows) {
      const Rows r{i, std::min(g.block_rows, g.rows - i)};
      Streams streams;
      if (g.epilogue && panel.k1 == g.k) add_matrices(streams, g, panel, r);
      if (g.n * g.k >= kWorthFetching) add_next_panel(streams, g, panel, r);
      if (!g.in_sums()) {
        multiply_rows<kVectors>(access, g, panel, r, g.c + (g.row + i) * g.n + col, g.n, streams.all());
      } else if (updates(g, panel)) {
        update_rows<kVectors>(access, g, panel, r, streams.all());
      } else {
        multiply_rows<kVectors>(access, g, panel, r, g.sums, kPanelColumns<T>, streams.all());
        finish(g, panel, r);
      }
    }
  }
}

// Columns from col on in steps of whole vectors; returns the first column left over.
template <std::size_t kVectors, class D, class T>
HWY_INLINE std::size_t columns(D d, const Gemm<T>& g, std::size_t col) {
  const std::size_t width = kVectors * hn::Lanes(d);
  for (; col + width <= g.end(); col += width) multiply_column<kVectors>(Whole<D>{d}, g, col, width);
  return col;
}

// kVectors vectors of columns, the last one masked, if that is what is left from col on.
template <std::size_t kVectors, class D, class T>
HWY_INLINE void last_columns(D d, const Gemm<T>& g, std::size_t col) {
  const std::size_t rest = g.end() - col, before = (kVectors - 1) * hn::Lanes(d);
  if (rest == before + hn::Lanes(d))
    multiply_column<kVectors>(Whole<D>{d}, g, col, rest);
  else if (rest > before && rest < before + hn::Lanes(d))
    multiply_column<kVectors>(Partial<D>{d, hn::FirstN(d, rest - before)}, g, col, rest);
}

template <class T>
void multiply_panels(const Gemm<T>& g) {
  if (g.packed_a)
    for (std::size_t l = 0; l < g.k; ++l) std::copy_n(g.a_at(g.row, l), g.rows, g.packed_a + l * g.packed_a_row);
  const TileTag<T> full;
  std::size_t col = columns<kTileVectors>(full, g, g.col);
  if constexpr (kAvx512) {
    last_columns<4>(full, g, col);
    last_columns<3>(full, g, col);
    last_columns<2>(full, g, col);
    last_columns<1>(full, g, col);
  } else {
    col = columns<1>(full, g, col);
    col = columns<1>(hn::CappedTag<T, 16 / sizeof(T)>(), g, col);
    columns<1>(hn::CappedTag<T, 1>(), g, col);
  }
}

template <class T>
void multiply_dots(const Gemm<T>& g) {
  for (std::size_t col = g.col; col < g.end(); col += kPanelColumns<T>) {
    const std::size_t width = std::min(kPanelColumns<T>, g.end() - col);
    T* const to = g.in_sums() ? g.sums : g.c + g.row * g.n + col;
    const std::size_t stride = g.in_sums() ? kPanelColumns<T> : g.n;
    for (std::size_t k0 = 0; k0 < g.k; k0 += kSegment) {
      const Panel panel{col, width, k0, std::min<std::size_t>(g.k, k0 + kSegment)};
      for (std::size_t i = 0; i < g.rows; ++i)
        dots_row(g.a_at(g.row + i, k0), g.b_at(k0, col), g.k, panel.depth(), to + i * stride, width);
      finish(g, panel, {0, g.rows});
    }
  }
}

template <class T>
void gemm_part(const GemmPart<T>& made_ready, const T* a, const T* b, T* c, T* scratch,
               const GemmEpilogue<T>* epilogue) {
  const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  const GemmShape& p = made_ready.shape;
  const Block& part = made_ready.block;
  const GemmLayout& layout = made_ready.layout;
  const Gemm<T> g{.transpose_a = p.transpose_a,
                  .transpose_b = p.transpose_b,
                  .m = size(p.m),
                  .n = size(p.n),
                  .k = size(p.k),
                  .row = size(part.row),
                  .rows = size(part.rows),
                  .col = size(part.col),
                  .cols = size(part.cols),
                  .a = a,
                  .b = b,
                  .c = c,
                  .packed_a = layout.packs_a ? scratch + layout.a : nullptr,
                  .packed_b = layout.packs_b ? scratch + layout.b : nullptr,
                  .packed_a_row = layout.a_row,
                  .sums = scratch + layout.sums,
                  .levels = scratch + layout.levels,
                  .depth = layout.depth,
                  .block_rows = layout.block_rows,
                  .level = layout.level,
                  .epilogue = epilogue};
  if (takes_dots(p))
    multiply_dots(g);
  else
    multiply_panels(g);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif  // WEFT_OPS_GEMM_INL_H_
