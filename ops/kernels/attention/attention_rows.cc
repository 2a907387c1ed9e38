#include "ops/kernels/attention/attention_rows.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/attention/attention_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/reduce/softmax_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

// The scores of a row in the place of its products.
template <class T>
void scores_of_row(const ScoreTile<T>& tile, std::int64_t r) {
  T* const row = tile.values + r * tile.cols;
  const auto cols = static_cast<std::size_t>(tile.cols);
  const auto factor = hn::Set(Tag<T>(), tile.factor);
  map_row(row, row, cols, [=](auto v) HWY_ATTR { return hn::Mul(v, factor); });
  if (tile.added) {
    const T* const mask = tile.added + r * tile.mask_row;
    for (std::size_t i = 0; i < cols; ++i) row[i] += mask[i];
  }
  if (tile.kept) {
    const bool* const mask = tile.kept + r * tile.mask_row;
    for (std::size_t i = 0; i < cols; ++i) row[i] += mask[i] ? T{0} : kMinusInfinity<T>;
  }
  const std::int64_t visible = std::clamp<std::int64_t>(tile.visible + r, 0, tile.cols);
  std::fill(row + visible, row + tile.cols, kMinusInfinity<T>);
}

template <class T>
void add_tile_t(const ScoreTile<T>& tile, T* max, T* sum, T* total, std::int64_t width) {
  const auto cols = static_cast<std::size_t>(tile.cols);
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    scores_of_row(tile, r);
    T* const row = tile.values + r * tile.cols;
    const T before = max[r], now = std::max(before, row_max(row, cols));
    // A row that sees nothing yet has terms of 0, not of nan.
    const T shift = now == kMinusInfinity<T> ? T{0} : now, scale = std::exp(before - shift);
    max[r] = now;
    sum[r] = sum[r] * scale + row_exp(row, cols, shift, row);
    T* const to = total + r * width;
    const auto factor = hn::Set(Tag<T>(), scale);
    if (scale != T{1})
      map_row(to, to, static_cast<std::size_t>(width), [=](auto v) HWY_ATTR { return hn::Mul(v, factor); });
  }
}

template <class T>
void probabilities_t(const ScoreTile<T>& tile, const T* log_sum) {
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    scores_of_row(tile, r);
    T* const row = tile.values + r * tile.cols;
    const auto shift = hn::Set(Tag<T>(), log_sum[r]);
    map_row(row, row, static_cast<std::size_t>(tile.cols),
            [=](auto v) HWY_ATTR { return exp_of(Tag<T>(), hn::Sub(v, shift)); });
  }
}

template <class T>
void score_slopes_t(const ScoreTile<T>& tile, const T* shift, T* slope) {
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    const T* const p = tile.values + r * tile.cols;
    T* const s = slope + r * tile.cols;
    for (std::int64_t i = 0; i < tile.cols; ++i) s[i] = tile.factor * (p[i] * (s[i] - shift[r]));
  }
}

template <class T>
void add_elements_t(const T* x, std::int64_t n, T* to) {
  for (std::int64_t i = 0; i < n; ++i) to[i] += x[i];
}

void add_tile32(const ScoreTile<float>& t, float* max, float* sum, float* total, std::int64_t width) {
  add_tile_t(t, max, sum, total, width);
}
void add_tile64(const ScoreTile<double>& t, double* max, double* sum, double* total, std::int64_t width) {
  add_tile_t(t, max, sum, total, width);
}
void probabilities32(const ScoreTile<float>& t, const float* log_sum) { probabilities_t(t, log_sum); }
void probabilities64(const ScoreTile<double>& t, const double* log_sum) { probabilities_t(t, log_sum); }
void score_slopes32(const ScoreTile<float>& t, const float* shift, float* slope) { score_slopes_t(t, shift, slope); }
void score_slopes64(const ScoreTile<double>& t, const double* shift, double* slope) { score_slopes_t(t, shift, slope); }
void add_elements32(const float* x, std::int64_t n, float* to) { add_elements_t(x, n, to); }
void add_elements64(const double* x, std::int64_t n, double* to) { add_elements_t(x, n, to); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(add_tile32);
HWY_EXPORT(add_tile64);
HWY_EXPORT(probabilities32);
HWY_EXPORT(probabilities64);
HWY_EXPORT(score_slopes32);
HWY_EXPORT(score_slopes64);
HWY_EXPORT(add_elements32);
HWY_EXPORT(add_elements64);

void add_tile(const ScoreTile<float>& t, float* max, float* sum, float* total, std::int64_t width) {
  HWY_DYNAMIC_DISPATCH(add_tile32)(t, max, sum, total, width);
}
void add_tile(const ScoreTile<double>& t, double* max, double* sum, double* total, std::int64_t width) {
  HWY_DYNAMIC_DISPATCH(add_tile64)(t, max, sum, total, width);
}
void probabilities(const ScoreTile<float>& t, const float* log_sum) {
  HWY_DYNAMIC_DISPATCH(probabilities32)(t, log_sum);
}
void probabilities(const ScoreTile<double>& t, const double* log_sum) {
  HWY_DYNAMIC_DISPATCH(probabilities64)(t, log_sum);
}
void score_slopes(const ScoreTile<float>& t, const float* shift, float* slope) {
  HWY_DYNAMIC_DISPATCH(score_slopes32)(t, shift, slope);
}
void score_slopes(const ScoreTile<double>& t, const double* shift, double* slope) {
  HWY_DYNAMIC_DISPATCH(score_slopes64)(t, shift, slope);
}
void add_elements(const float* x, std::int64_t n, float* to) { HWY_DYNAMIC_DISPATCH(add_elements32)(x, n, to); }
void add_elements(const double* x, std::int64_t n, double* to) { HWY_DYNAMIC_DISPATCH(add_elements64)(x, n, to); }

}  // namespace weft
#endif  // HWY_ONCE
