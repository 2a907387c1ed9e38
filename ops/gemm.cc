#include "ops/gemm.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include "graph/element_program.h"

// Once, for all instruction sets.
#ifndef WEFT_OPS_GEMM_ONCE
#define WEFT_OPS_GEMM_ONCE
namespace weft {
namespace {

constexpr std::size_t kTileRows = 6;
#ifndef PD
#define PD 128
#endif
// A panel of B: small enough for the first cache while the rows of A pass by.
constexpr std::size_t kPanelDepth = PD, kPanelBytes = 256;
// Rows that an epilogue takes at once: what it reads and writes beside them fits into the second cache.
constexpr std::size_t kEpilogueRows = static_cast<std::size_t>(kSumRows);

template <class T>
constexpr std::size_t kPanelColumns = kPanelBytes / sizeof(T);

// The depth of the panels: equal ones.
std::size_t panel_depth(std::size_t k) {
  const std::size_t panels = (k + kPanelDepth - 1) / kPanelDepth;
  return std::min(k, ((k + panels - 1) / panels + 7) / 8 * 8);
}

// Whether panels of B are copied, transposed where need be, which many rows of A or a transposition pay for.
bool packs_b(const Product& p, const Block& part) {
  constexpr std::int64_t kFitsAnyway = 1 << 14;
  return p.transpose_b || (part.rows >= 16 && p.n * p.k > kFitsAnyway);
}
// Whether strips of A^T are copied: its rows are too far apart for the first cache.
bool packs_a(const Product& p, const Block& part) { return p.transpose_a && part.cols > 16 && p.m * p.k > 1024; }

// Where the parts of scratch start.
struct ScratchLayout {
  std::size_t packed_a = 0, packed_b = 0, sums = 0, total = 0;
};

template <class T>
ScratchLayout scratch_layout(const Product& p, const Block& part, bool epilogue) {
  const auto rows = static_cast<std::size_t>(part.rows), k = static_cast<std::size_t>(p.k), depth = panel_depth(k);
  constexpr std::size_t kLine = 64 / sizeof(T);
  const auto whole_lines = [](std::size_t n) { return (n + kLine - 1) / kLine * kLine; };
  ScratchLayout layout;
  const bool dots = takes_dots(p);
  layout.packed_a = layout.packed_b + (!dots && packs_b(p, part) ? depth * kPanelColumns<T> : 0);
  layout.sums = layout.packed_a + (packs_a(p, part) ? whole_lines(rows * k) : 0);
  const std::size_t rows_of_sums = depth < k ? rows : std::min(rows, kEpilogueRows);
  layout.total = layout.sums + (epilogue ? rows_of_sums * kPanelColumns<T> : 0);
  return layout;
}

}  // namespace
}  // namespace weft
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/gemm.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/gemm_pack-inl.h"
#include "ops/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

template <class T>
struct Gemm {
  bool transpose_a, transpose_b;
  std::size_t m, n, k;
  std::size_t row, col, rows, cols;  // the part
  const T *a, *b;
  T* c;
  T *packed_a, *packed_b, *sums;  // null where they are not used
  std::size_t depth;              // of a panel
  const GemmEpilogue<T>* epilogue;
};

// A panel of B, or of C: columns of C and a range of the depth.
struct Panel {
  std::size_t col, width, k0, k1;
};

// What to fetch during a tile.
struct Fetch {
  std::array<const void*, 64> pieces;
  std::size_t count = 0;
  void add(const void* p) {
    if (count < pieces.size()) pieces[count++] = p;
  }
};

template <class T>
const void* piece_of_b(const Gemm<T>& g, const Panel& panel, std::size_t i) {
  if (!g.transpose_b) return g.b + (panel.k0 + i) * g.n + panel.col;
  const std::size_t bytes = (panel.k1 - panel.k0) * sizeof(T), per_row = (bytes + kFetched - 1) / kFetched;
  return g.b + (panel.col + i / per_row) * g.k + panel.k0 + i % per_row * (kFetched / sizeof(T));
}
template <class T>
std::size_t pieces_of_b(const Gemm<T>& g, const Panel& panel) {
  if (!g.transpose_b) return panel.k1 - panel.k0;
  const std::size_t bytes = (panel.k1 - panel.k0) * sizeof(T), per_row = (bytes + kFetched - 1) / kFetched;
  return panel.width * per_row;
}

template <class T>
void pack_b(const Gemm<T>& g, const Panel& panel) {
  const std::size_t depth = panel.k1 - panel.k0;
  if (g.transpose_b)
    pack_turned(g.b + panel.col * g.k + panel.k0, g.k, depth, panel.width, g.packed_b, kPanelColumns<T>);
  else
    pack_rows(g.b + panel.k0 * g.n + panel.col, g.n, depth, panel.width, g.packed_b, kPanelColumns<T>);
}

template <class T>
void pack_a(const Gemm<T>& g) {
  for (std::size_t k0 = 0; k0 < g.k; k0 += g.depth) {
    const std::size_t depth = std::min(g.k - k0, g.depth);
    const T* from = g.a + k0 * g.m + g.row;
    T* to = g.packed_a + k0 * g.rows;
    std::size_t i = g.rows / kTileRows * kTileRows;
    pack_strips<kTileRows>(from, g.m, depth, i / kTileRows, to);
    const auto rest = [&](auto rows) {
      if (g.rows - i < rows) return;
      pack_strips<rows>(from + i, g.m, depth, 1, to + i * depth);
      i += rows;
    };
    rest(std::integral_constant<std::size_t, 4>());
    rest(std::integral_constant<std::size_t, 2>());
    rest(std::integral_constant<std::size_t, 1>());
  }
}

template <std::size_t kRows, std::size_t kVectors, class Access, class T>
HWY_INLINE void run_tile(Access access, const Gemm<T>& g, const Panel& panel, const Panel& next, std::size_t i, T* c,
                         std::size_t c_row) {
  Tile<T> tile{};
  tile.depth = panel.k1 - panel.k0;
  if (g.packed_a) {
    tile.a = g.packed_a + panel.k0 * g.rows + i * tile.depth;
    tile.a_row = 1;
    tile.a_col = kRows;
  } else {
    tile.a_row = g.transpose_a ? 1 : g.k;
    tile.a_col = g.transpose_a ? g.m : 1;
    tile.a = g.a + (g.row + i) * tile.a_row + panel.k0 * tile.a_col;
  }
  tile.b = g.packed_b ? g.packed_b : g.b + panel.k0 * g.n + panel.col;
  tile.b_row = g.packed_b ? kPanelColumns<T> : g.n;
  tile.c = c;
  tile.c_row = c_row;
  tile.from_zero = panel.k0 == 0;
  Fetch fetch;
#ifndef NOFETCH
  if (g.m * g.n > 65536) {
    if (!g.epilogue && panel.k0 == 0)
      for (std::size_t r = 0; r < kRows; ++r) fetch.add(c + r * c_row);
    if (g.epilogue && panel.k1 == g.k)
      for (const T* matrix : g.epilogue->prefetch)
        for (std::size_t r = 0; r < kRows; ++r) fetch.add(matrix + (g.row + i + r) * g.n + panel.col);
  }
  if (next.width > 0) {
    const std::size_t all = pieces_of_b(g, next);
    for (std::size_t s = all * i / g.rows; s < all * (i + kRows) / g.rows; ++s) fetch.add(piece_of_b(g, next, s));
  }
  tile.fetch = {fetch.pieces.data(), fetch.count};
#endif
  multiply_tile<kRows, kVectors>(access, tile);
}

// Rows i0 .. i1 of a panel of C.
template <std::size_t kVectors, class Access, class T>
HWY_INLINE void block(Access access, const Gemm<T>& g, const Panel& panel, const Panel& next, std::size_t i0,
                      std::size_t i1, T* c, std::size_t c_row) {
  std::size_t i = i0;
  for (; i + kTileRows <= i1; i += kTileRows)
    run_tile<kTileRows, kVectors>(access, g, panel, next, i, c + (i - i0) * c_row, c_row);
  if (i1 - i >= 4) {
    run_tile<4, kVectors>(access, g, panel, next, i, c + (i - i0) * c_row, c_row);
    i += 4;
  }
  if (i1 - i >= 2) {
    run_tile<2, kVectors>(access, g, panel, next, i, c + (i - i0) * c_row, c_row);
    i += 2;
  }
  if (i < i1) run_tile<1, kVectors>(access, g, panel, next, i, c + (i - i0) * c_row, c_row);
}

// Columns col .. col + width of the product.
template <std::size_t kVectors, class Access, class T>
HWY_INLINE void column(Access access, const Gemm<T>& g, std::size_t col, std::size_t width) {
  const std::size_t end = g.col + g.cols;
  for (std::size_t k0 = 0; k0 < g.k; k0 += g.depth) {
    const Panel panel{col, width, k0, std::min(g.k, k0 + g.depth)};
    Panel next{};
    if (g.packed_b) {
      next = {col, width, panel.k1, std::min(g.k, panel.k1 + g.depth)};
      if (panel.k1 == g.k)
        next = {col + width, std::min(kPanelColumns<T>, end - col - width), 0, std::min(g.k, g.depth)};
      pack_b(g, panel);
    }
    if (!g.epilogue) {
      block<kVectors>(access, g, panel, next, 0, g.rows, g.c + g.row * g.n + col, g.n);
      continue;
    }
    for (std::size_t i = 0; i < g.rows; i += kEpilogueRows) {
      const std::size_t i1 = std::min(g.rows, i + kEpilogueRows);
      T* sums = g.sums + (g.depth < g.k ? i * kPanelColumns<T> : 0);
      block<kVectors>(access, g, panel, next, i, i1, sums, kPanelColumns<T>);
      if (panel.k1 == g.k)
        g.epilogue->run(g.epilogue->context,
                        {static_cast<std::int64_t>(g.row + i), static_cast<std::int64_t>(col),
                         static_cast<std::int64_t>(i1 - i), static_cast<std::int64_t>(width)},
                        sums, static_cast<std::int64_t>(kPanelColumns<T>));
    }
  }
}

// Columns from col on in steps of whole vectors; returns the first column left over.
template <std::size_t kVectors, class D, class T>
HWY_INLINE std::size_t columns(D d, const Gemm<T>& g, std::size_t col) {
  const std::size_t width = kVectors * hn::Lanes(d);
  for (; col + width <= g.col + g.cols; col += width) column<kVectors>(Whole<D>{d}, g, col, width);
  return col;
}

template <class T>
void multiply_panels(const Gemm<T>& g) {
  if (g.packed_a) pack_a(g);
  const TileTag<T> full;
  std::size_t col = columns<kTileVectors>(full, g, g.col);
  if constexpr (kTileVectors > 2) col = columns<2>(full, g, col);
  col = columns<1>(full, g, col);
  const std::size_t rest = g.col + g.cols - col;
  if constexpr (kAvx512) {
    if (rest > 0) column<1>(Partial<std::decay_t<decltype(full)>>{full, hn::FirstN(full, rest)}, g, col, rest);
  } else {
    col = columns<1>(hn::CappedTag<T, 16 / sizeof(T)>(), g, col);
    columns<1>(hn::CappedTag<T, 1>(), g, col);
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

// The part of C of A [m,k] and B stored [n,k].
template <class T>
void multiply_dots(const Gemm<T>& g) {
  const std::size_t end = g.col + g.cols;
  for (std::size_t col = g.col; col < end; col += kPanelColumns<T>) {
    const std::size_t width = std::min(kPanelColumns<T>, end - col);
    T* const to = g.epilogue ? g.sums : g.c + g.row * g.n + col;
    const std::size_t stride = g.epilogue ? kPanelColumns<T> : g.n;
    for (std::size_t i = 0; i < g.rows; ++i) {
      const T* a = g.a + (g.row + i) * g.k;
      std::size_t j = 0;
      for (; j + 4 <= width; j += 4) dots<4>(a, g.b + (col + j) * g.k, g.k, to + i * stride + j);
      for (; j < width; ++j) dots<1>(a, g.b + (col + j) * g.k, g.k, to + i * stride + j);
    }
    if (g.epilogue)
      g.epilogue->run(g.epilogue->context,
                      {static_cast<std::int64_t>(g.row), static_cast<std::int64_t>(col),
                       static_cast<std::int64_t>(g.rows), static_cast<std::int64_t>(width)},
                      to, static_cast<std::int64_t>(stride));
  }
}

template <class T>
void gemm_part(const Product& p, const Block& part, const T* a, const T* b, T* c, T* scratch,
               const GemmEpilogue<T>* epilogue) {
  const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  const ScratchLayout at = scratch_layout<T>(p, part, epilogue != nullptr);
  const bool dots = takes_dots(p);
  const Gemm<T> g{p.transpose_a,
                  p.transpose_b,
                  size(p.m),
                  size(p.n),
                  size(p.k),
                  size(part.row),
                  size(part.col),
                  size(part.rows),
                  size(part.cols),
                  a,
                  b,
                  c,
                  packs_a(p, part) ? scratch + at.packed_a : nullptr,
                  packs_b(p, part) ? scratch + at.packed_b : nullptr,
                  scratch + at.sums,
                  panel_depth(size(p.k)),
                  epilogue};
  if (dots)
    multiply_dots(g);
  else
    multiply_panels(g);
}

void gemm_f32(const Product& p, const Block& part, const float* a, const float* b, float* c, float* scratch,
              const GemmEpilogue<float>* epilogue) {
  gemm_part(p, part, a, b, c, scratch, epilogue);
}
void gemm_f64(const Product& p, const Block& part, const double* a, const double* b, double* c, double* scratch,
              const GemmEpilogue<double>* epilogue) {
  gemm_part(p, part, a, b, c, scratch, epilogue);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(gemm_f32);
HWY_EXPORT(gemm_f64);

void gemm(const Product& p, const Block& part, const float* a, const float* b, float* c, float* scratch,
          const GemmEpilogue<float>* epilogue) {
  HWY_DYNAMIC_DISPATCH(gemm_f32)(p, part, a, b, c, scratch, epilogue);
}

void gemm(const Product& p, const Block& part, const double* a, const double* b, double* c, double* scratch,
          const GemmEpilogue<double>* epilogue) {
  HWY_DYNAMIC_DISPATCH(gemm_f64)(p, part, a, b, c, scratch, epilogue);
}

std::int64_t gemm_scratch(const Product& p, const Block& part, bool epilogue) {
  // A double takes the place of no more elements than a float.
  return static_cast<std::int64_t>(scratch_layout<float>(p, part, epilogue).total);
}

}  // namespace weft
#endif
