#include "ops/kernels/reduce/sum_simd.h"

#include <algorithm>

#include "graph/element_program.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/reduce/sum_simd.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/reduce/sum_levels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kRowBlock = kSumBlock, kColumnBlock = kSumRows;
constexpr std::size_t blocks_of_rows(std::size_t rows) { return (rows + kColumnBlock - 1) / kColumnBlock; }

template <class T>
T sum_block(const T* HWY_RESTRICT x, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  T total = 0;
  if (n >= lanes) {
    auto a = hn::Zero(d), b = hn::Zero(d), c = hn::Zero(d), e = hn::Zero(d);
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      a = hn::Add(a, hn::LoadU(d, x + i));
      b = hn::Add(b, hn::LoadU(d, x + i + lanes));
      c = hn::Add(c, hn::LoadU(d, x + i + 2 * lanes));
      e = hn::Add(e, hn::LoadU(d, x + i + 3 * lanes));
    }
    for (; i + lanes <= n; i += lanes) a = hn::Add(a, hn::LoadU(d, x + i));
    total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
  }
  for (; i < n; ++i) total += x[i];
  return total;
}

template <class T>
T sum_row(const T* HWY_RESTRICT x, std::size_t n) {
  if (n <= kRowBlock) return sum_block(x, n);
  const std::size_t blocks = (n + kRowBlock - 1) / kRowBlock;
  const std::size_t half = blocks / 2 * kRowBlock;
  return sum_row(x, half) + sum_row(x + half, n - half);
}

// out[c] += the sum of column c over the rows of a block, for the columns of four vectors.
template <class T>
void add_column_tile(const T* HWY_RESTRICT x, T* HWY_RESTRICT out, std::size_t rows, std::size_t stride) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  auto a = hn::Zero(d), b = hn::Zero(d), c = hn::Zero(d), e = hn::Zero(d);
  for (std::size_t r = 0; r < rows; ++r, x += stride) {
    a = hn::Add(a, hn::LoadU(d, x));
    b = hn::Add(b, hn::LoadU(d, x + lanes));
    c = hn::Add(c, hn::LoadU(d, x + 2 * lanes));
    e = hn::Add(e, hn::LoadU(d, x + 3 * lanes));
  }
  hn::StoreU(hn::Add(hn::LoadU(d, out), a), d, out);
  hn::StoreU(hn::Add(hn::LoadU(d, out + lanes), b), d, out + lanes);
  hn::StoreU(hn::Add(hn::LoadU(d, out + 2 * lanes), c), d, out + 2 * lanes);
  hn::StoreU(hn::Add(hn::LoadU(d, out + 3 * lanes), e), d, out + 3 * lanes);
}

template <class T>
void add_column_vector(const T* HWY_RESTRICT x, T* HWY_RESTRICT out, std::size_t rows, std::size_t stride) {
  const hn::ScalableTag<T> d;
  auto a = hn::Zero(d);
  for (std::size_t r = 0; r < rows; ++r, x += stride) a = hn::Add(a, hn::LoadU(d, x));
  hn::StoreU(hn::Add(hn::LoadU(d, out), a), d, out);
}

// The columns that fill no vector.
template <class T>
void add_column_rest(const T* HWY_RESTRICT x, T* HWY_RESTRICT out, std::size_t rows, std::size_t stride,
                     std::size_t columns) {
  T block[hn::MaxLanes(hn::ScalableTag<T>())] = {};
  for (std::size_t r = 0; r < rows; ++r, x += stride)
    for (std::size_t c = 0; c < columns; ++c) block[c] += x[c];
  for (std::size_t c = 0; c < columns; ++c) out[c] += block[c];
}

constexpr std::size_t kLevelRows = kSumFan * kColumnBlock;

// The sums of up to kLevelRows rows. Rows go in blocks, so that the pages of a block stay in the TLB while its columns
// are walked.
template <class T>
void sum_level(const T* x, T* out, std::size_t rows, std::size_t stride, std::size_t columns) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>());
  std::fill_n(out, columns, T{0});
  for (std::size_t first = 0; first < rows; first += kColumnBlock) {
    const T* rows_here = x + first * stride;
    const std::size_t block = std::min(rows - first, kColumnBlock);
    std::size_t c = 0;
    for (; c + 4 * lanes <= columns; c += 4 * lanes) add_column_tile(rows_here + c, out + c, block, stride);
    for (; c + lanes <= columns; c += lanes) add_column_vector(rows_here + c, out + c, block, stride);
    if (c < columns) add_column_rest(rows_here + c, out + c, block, stride, columns - c);
  }
}

// Columns whose levels fit on the stack.
constexpr std::size_t kStrip = 1024;

template <class T>
void sum_strip(const T* x, T* out, std::size_t rows, std::size_t stride, std::size_t columns) {
  T sums[kSumLevels * kStrip];
  const SumLevels<T> levels{sums, kStrip, columns};
  for (std::size_t first = 0; first < rows; first += kLevelRows) {
    const std::size_t end = std::min(rows, first + kLevelRows);
    sum_level(x + first * stride, sums, end - first, stride, columns);
    levels.carry(blocks_of_rows(end));
  }
  levels.total(blocks_of_rows(rows), out);
}

// Every column is added in the same order, wherever it stands.
template <class T>
void sum_columns(const T* x, T* out, std::size_t rows, std::size_t columns) {
  if (rows <= kLevelRows) return sum_level(x, out, rows, columns, columns);
  for (std::size_t c = 0; c < columns; c += kStrip)
    sum_strip(x + c, out + c, rows, columns, std::min(kStrip, columns - c));
}

template <class T>
void sum_pass(const void* x, void* out, const ReducePass& pass) {
  const T* from = static_cast<const T*>(x);
  T* to = static_cast<T*>(out);
  const auto count = static_cast<std::size_t>(pass.count), inner = static_cast<std::size_t>(pass.inner);
  for (std::int64_t o = 0; o < pass.outer; ++o, from += count * inner, to += inner) {
    if (inner == 1)
      *to = sum_row(from, count);
    else
      sum_columns(from, to, count, inner);
  }
}

// Sums of kVectors vectors of columns, in registers: block[c] += x over the rows.
template <std::size_t kVectors>
HWY_INLINE void continue_columns(const float* HWY_RESTRICT x, std::size_t stride, std::size_t rows,
                                 float* HWY_RESTRICT block) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kVectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::LoadU(d, block + v * lanes);
  for (std::size_t r = 0; r < rows; ++r, x += stride) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::Add(sums[v], hn::LoadU(d, x + v * lanes));
  }
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sums[v], d, block + v * lanes);
}

// Rows of one block.
void continue_block(const RowsOfSum& s, const float* x, std::size_t rows) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<float>());
  std::size_t c = 0;
  if (!s.same_in_row) {
    for (; c + 4 * lanes <= s.cols; c += 4 * lanes) continue_columns<4>(x + c, s.stride, rows, s.block + c);
    for (; c + lanes <= s.cols; c += lanes) continue_columns<1>(x + c, s.stride, rows, s.block + c);
  }
  for (std::size_t r = 0; r < rows; ++r, x += s.stride)
    for (std::size_t rest = c; rest < s.cols; ++rest) s.block[rest] += s.same_in_row ? *x : x[rest];
}

// Continues column sums: x += over the rows of a block, the block to its levels where it ends.
void add_rows(const RowsOfSum& s) {
  const SumLevels<float> levels{s.levels, s.cols, s.cols};
  const std::size_t end = s.first_row + s.rows;
  for (std::size_t row = s.first_row; row < end;) {
    const std::size_t block = row / kColumnBlock, next = std::min(end, (block + 1) * kColumnBlock);
    if (row % kColumnBlock == 0) std::fill_n(s.block, s.cols, 0.0F);
    continue_block(s, s.x + (row - s.first_row) * s.stride, next - row);
    row = next;
    if (row % kColumnBlock == 0 || (s.ends && row == end)) levels.add(s.block, block);
  }
  if (s.ends) levels.total(blocks_of_rows(end), s.total);
}

float block_f32(const float* x, std::size_t n) { return sum_block(x, n); }

// Integers are added as unsigned ones, whose overflow is defined.
void sum_f32(const void* x, void* out, const ReducePass& pass) { sum_pass<float>(x, out, pass); }
void sum_f64(const void* x, void* out, const ReducePass& pass) { sum_pass<double>(x, out, pass); }
void sum_i64(const void* x, void* out, const ReducePass& pass) { sum_pass<std::uint64_t>(x, out, pass); }

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(add_rows);
HWY_EXPORT(block_f32);
HWY_EXPORT(sum_f32);
HWY_EXPORT(sum_f64);
HWY_EXPORT(sum_i64);

void add_rows_f32(const RowsOfSum& rows) { HWY_DYNAMIC_DISPATCH(add_rows)(rows); }

float sum_block_f32(const float* x, std::size_t n) { return HWY_DYNAMIC_DISPATCH(block_f32)(x, n); }

float sum_same_f32(float x, std::size_t n) {
  float all[kSumBlock];
  std::fill_n(all, n, x);
  return sum_block_f32(all, n);
}

float sum_blocks_f32(const float* sums, std::int64_t n) {
  return n <= 1 ? *sums : sum_blocks_f32(sums, n / 2) + sum_blocks_f32(sums + n / 2, n - n / 2);
}

void sum_pass_f32(const void* x, void* out, const ReducePass& pass) { HWY_DYNAMIC_DISPATCH(sum_f32)(x, out, pass); }
void sum_pass_f64(const void* x, void* out, const ReducePass& pass) { HWY_DYNAMIC_DISPATCH(sum_f64)(x, out, pass); }
void sum_pass_i64(const void* x, void* out, const ReducePass& pass) { HWY_DYNAMIC_DISPATCH(sum_i64)(x, out, pass); }

}  // namespace weft
#endif  // HWY_ONCE
