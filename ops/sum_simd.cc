#include "ops/sum_simd.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/sum_simd.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Rounding errors grow with the longest chain of additions: blocks keep every chain short.
constexpr std::size_t kRowBlock = 2048;    // elements of a row that are added in lanes; blocks are added in pairs
constexpr std::size_t kColumnBlock = 128;  // rows of a column sum that are added before they join the total

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

// Columns [0, kWidth vectors) of a matrix with rows of `stride`.
template <class T>
void sum_column_tile(const T* HWY_RESTRICT x, T* HWY_RESTRICT out, std::size_t rows, std::size_t stride) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  auto total_a = hn::Zero(d), total_b = hn::Zero(d), total_c = hn::Zero(d), total_e = hn::Zero(d);
  for (std::size_t first = 0; first < rows; first += kColumnBlock) {
    const std::size_t end = std::min(rows, first + kColumnBlock);
    auto a = hn::Zero(d), b = hn::Zero(d), c = hn::Zero(d), e = hn::Zero(d);
    for (std::size_t r = first; r < end; ++r) {
      const T* HWY_RESTRICT row = x + r * stride;
      a = hn::Add(a, hn::LoadU(d, row));
      b = hn::Add(b, hn::LoadU(d, row + lanes));
      c = hn::Add(c, hn::LoadU(d, row + 2 * lanes));
      e = hn::Add(e, hn::LoadU(d, row + 3 * lanes));
    }
    total_a = hn::Add(total_a, a);
    total_b = hn::Add(total_b, b);
    total_c = hn::Add(total_c, c);
    total_e = hn::Add(total_e, e);
  }
  hn::StoreU(total_a, d, out);
  hn::StoreU(total_b, d, out + lanes);
  hn::StoreU(total_c, d, out + 2 * lanes);
  hn::StoreU(total_e, d, out + 3 * lanes);
}

template <class T>
void sum_column_vector(const T* HWY_RESTRICT x, T* HWY_RESTRICT out, std::size_t rows, std::size_t stride) {
  const hn::ScalableTag<T> d;
  auto total = hn::Zero(d);
  for (std::size_t first = 0; first < rows; first += kColumnBlock) {
    const std::size_t end = std::min(rows, first + kColumnBlock);
    auto a = hn::Zero(d);
    for (std::size_t r = first; r < end; ++r) a = hn::Add(a, hn::LoadU(d, x + r * stride));
    total = hn::Add(total, a);
  }
  hn::StoreU(total, d, out);
}

// The columns that fill no vector, all in one walk over the rows.
template <class T>
void sum_column_rest(const T* HWY_RESTRICT x, T* HWY_RESTRICT out, std::size_t rows, std::size_t stride,
                     std::size_t columns) {
  T block[hn::MaxLanes(hn::ScalableTag<T>())];
  std::fill_n(out, columns, T{0});
  for (std::size_t first = 0; first < rows; first += kColumnBlock) {
    const std::size_t end = std::min(rows, first + kColumnBlock);
    std::fill_n(block, columns, T{0});
    for (std::size_t r = first; r < end; ++r)
      for (std::size_t c = 0; c < columns; ++c) block[c] += x[r * stride + c];
    for (std::size_t c = 0; c < columns; ++c) out[c] += block[c];
  }
}

template <class T>
void sum_columns(const T* x, T* out, std::size_t rows, std::size_t columns) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>());
  std::size_t c = 0;
  for (; c + 4 * lanes <= columns; c += 4 * lanes) sum_column_tile(x + c, out + c, rows, columns);
  for (; c + lanes <= columns; c += lanes) sum_column_vector(x + c, out + c, rows, columns);
  if (c < columns) sum_column_rest(x + c, out + c, rows, columns, columns - c);
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

// Integers are added as unsigned ones, whose overflow is defined.
void sum_f32(const void* x, void* out, const ReducePass& pass) { sum_pass<float>(x, out, pass); }
void sum_f64(const void* x, void* out, const ReducePass& pass) { sum_pass<double>(x, out, pass); }
void sum_i64(const void* x, void* out, const ReducePass& pass) { sum_pass<std::uint64_t>(x, out, pass); }

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(sum_f32);
HWY_EXPORT(sum_f64);
HWY_EXPORT(sum_i64);

void sum_pass_f32(const void* x, void* out, const ReducePass& pass) { HWY_DYNAMIC_DISPATCH(sum_f32)(x, out, pass); }
void sum_pass_f64(const void* x, void* out, const ReducePass& pass) { HWY_DYNAMIC_DISPATCH(sum_f64)(x, out, pass); }
void sum_pass_i64(const void* x, void* out, const ReducePass& pass) { HWY_DYNAMIC_DISPATCH(sum_i64)(x, out, pass); }

}  // namespace weft
#endif  // HWY_ONCE
