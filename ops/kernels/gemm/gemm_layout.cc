#include "ops/kernels/gemm/gemm_layout.h"

#include <hwy/targets.h>

#include <algorithm>

#include "graph/alignment.h"
#include "graph/element_program.h"
#include "ops/kernels/reduce/sum_levels.h"

namespace weft {
namespace {

// What a product costs, in operations. What is not arithmetic, above all to fetch B, counts as some more rows and
// depth.
double cost(std::int64_t m, std::int64_t n, std::int64_t k) {
  constexpr double kOverhead = 16;
  return 2 * (static_cast<double>(m) + kOverhead) * static_cast<double>(n) * (static_cast<double>(k) + kOverhead);
}

// Of a part. On an AVX-512 core a short product is cut into a few parts of at least 5 us, since other workers may have
// nothing else to do; longer ones into parts of 40 us, and large ones of up to 150 us, where longer parts copy less.
double cost_of_part(double whole) {
  constexpr double kShortest = 1.2e6, kFew = 8, kUsual = 9e6, kMany = 64, kLargest = 36e6;
  return std::max(std::clamp(whole / kFew, kShortest, kUsual), std::min(whole / kMany, kLargest));
}

// The step that cuts `extent` into about equal parts of about `wanted`, a multiple of `unit`.
std::int64_t even_step(std::int64_t extent, std::int64_t wanted, std::int64_t unit) {
  const std::int64_t parts = std::max<std::int64_t>(1, (extent + wanted / 2) / wanted);
  return round_up((extent + parts - 1) / parts, unit);
}

// Whole tiles, and few, so that their sums stay in the first cache.
// Sums over rows go on from one block to the next only where a block of theirs ends.
constexpr std::size_t kBlockRows = 96;
static_assert(kBlockRows % kSumRows == 0);

// B goes in panels that stay in the second cache while the rows of A pass by. They are shallow where B comes through
// memory: rows far apart share few places in a cache, which would lose what is fetched ahead of a deep panel.
constexpr std::size_t kPanelDepth = 512, kShallowDepth = 128;
static_assert(kSegment % kPanelDepth == 0 && kSegment % kShallowDepth == 0);
constexpr std::int64_t kStaysInCache = 1 << 21;  // elements of B
constexpr std::int64_t kFarApart = 1024;         // elements of a row

// What pays, by family of processors: bench/README.md names those on which it was measured. No bit depends on it.
struct Family {
  // Rows of A and columns of B from which on a panel of B is copied that comes out of the second cache.
  std::int64_t copies_b_rows, copies_b_columns;
  // Rows of A^T from which on a part of it is copied, and elements between the copied rows: where they are far apart by
  // a power of two they share the places of a cache.
  std::int64_t copies_a_columns, a_gap;
};
// With 32 registers the second cache feeds tiles as fast as they compute: a copy pays where rows are far apart and met
// by many rows of A. Tiles of 16 registers are half as wide and read twice as many rows.
constexpr Family kAvx512Family{192, kFarApart, kFarApart, 0}, kAvx2Family{16, 0, 256, 16};

const Family& family() {
  static const bool has_avx512 = (hwy::SupportedTargets() & (HWY_AVX3 | HWY_AVX3_DL)) != 0;
  return has_avx512 ? kAvx512Family : kAvx2Family;
}

// Whether panels of B are copied before they are multiplied. B that is stored transposed is always copied, and B that
// comes from beyond the second cache.
bool copies_b(const GemmShape& p, std::int64_t rows, std::int64_t panel_columns) {
  constexpr std::int64_t kRowsThatPay = 16;
  if (p.transpose_b) return true;
  if (p.n <= panel_columns) return false;
  if (p.n * p.k > kStaysInCache) return rows >= kRowsThatPay;
  return p.n >= family().copies_b_columns && rows >= family().copies_b_rows;
}

std::size_t panel_depth(const GemmShape& p) {
  const auto k = static_cast<std::size_t>(p.k), most = p.n * p.k > kStaysInCache ? kShallowDepth : kPanelDepth;
  if (k <= most) return k;
  if (p.k > kSegment) return most;  // panels end where segments do
  const std::size_t panels = (k + most - 1) / most;
  return round_up<std::size_t>((k + panels - 1) / panels, 8);
}

GemmLayout layout_of(const GemmShape& p, const Block& part, bool epilogue, std::size_t panel_columns) {
  const auto rows = static_cast<std::size_t>(part.rows), k = static_cast<std::size_t>(p.k), depth = panel_depth(p);
  const auto columns = static_cast<std::int64_t>(panel_columns);
  GemmLayout layout;
  layout.depth = depth;
  layout.a_row = static_cast<std::size_t>(round_up<std::int64_t>(part.rows, 16) + family().a_gap);
  if (!takes_dots(p)) {
    layout.packs_b = copies_b(p, part.rows, columns);
    // The rows of A^T are met again by more panels of B.
    layout.packs_a = p.transpose_a && p.m >= family().copies_a_columns && part.cols > columns;
  }
  layout.block_rows = depth == k ? std::min(rows, kBlockRows) : rows;
  layout.a = layout.b + (layout.packs_b ? depth * panel_columns : 0);
  layout.sums = layout.a + (layout.packs_a ? k * layout.a_row : 0);
  const std::size_t block = layout.block_rows * panel_columns, segments = (k + kSegment - 1) / kSegment;
  layout.levels = layout.sums + (epilogue || segments > 1 ? block : 0);
  layout.level = segments > 1 ? block : 0;
  layout.end = layout.levels + levels_of(segments) * layout.level;
  return layout;
}

}  // namespace

template <class T>
GemmPart<T>::GemmPart(const GemmShape& p, const Block& part, bool has_epilogue)
    : shape(p), block(part), layout(layout_of(p, part, has_epilogue, kPanelColumns<T>)) {}

template struct GemmPart<float>;
template struct GemmPart<double>;

std::vector<Block> parts_of(const GemmShape& p, bool whole_columns) {
  // Whole panels of columns, and rows enough to pay for what a part fetches of B.
  constexpr std::int64_t kVector = 16, kPanel = 64, kFewRows = 4, kRows = 192, kManyRows = 256;
  std::int64_t row_step = p.m, col_step = p.n;
  const double whole = cost(p.m, std::max(p.n, kVector), p.k), wanted = cost_of_part(whole);
  const bool is_narrow = p.n <= kPanel, cuts_rows = !whole_columns && (is_narrow || p.m > kManyRows);
  const auto rows = std::max(kFewRows, static_cast<std::int64_t>(static_cast<double>(p.m) * wanted / whole));
  if (whole >= 1.5 * wanted) {
    if (cuts_rows) row_step = even_step(p.m, is_narrow ? rows : kRows, kFewRows);
    const auto cols = static_cast<std::int64_t>(wanted / cost(row_step, 1, p.k));
    col_step = even_step(p.n, std::max(cols, cuts_rows ? 2 * kPanel : kPanel), kPanel);
    if (cuts_rows && col_step >= p.n) row_step = even_step(p.m, is_narrow ? rows : std::max(rows, kRows), kFewRows);
  }
  std::vector<Block> parts;
  for (std::int64_t i = 0; i < p.m; i += row_step)
    for (std::int64_t j = 0; j < p.n; j += col_step)
      parts.push_back({i, j, std::min(row_step, p.m - i), std::min(col_step, p.n - j)});
  return parts;
}

}  // namespace weft
