// What attention does with rows of a tile of scores, in Highway vectors, for f32 and f64.
#pragma once

#include <cstdint>

namespace weft {

// Scores of some queries (rows) and keys (columns), dense, and what makes them scores: factor * product + mask.
template <class T>
struct ScoreTile {
  T* values;
  std::int64_t rows, cols;
  T factor;
  // Of row 0 and column 0; null: none. Rows are mask_row elements apart.
  const T* added = nullptr;
  const bool* kept = nullptr;
  std::int64_t mask_row = 0;
  // Row r has the columns below visible + r; the others count as -inf.
  std::int64_t visible = 0;
};

// The terms e^(score - max) of a softmax that comes tile by tile. For each row: takes the scores, raises `max` to the
// largest one so far, leaves the terms in their place, adds them to `sum`, and scales `sum` and the `width` elements of
// the row of `total` to the new max.
void add_tile(const ScoreTile<float>& tile, float* max, float* sum, float* total, std::int64_t width);
void add_tile(const ScoreTile<double>& tile, double* max, double* sum, double* total, std::int64_t width);

// The softmax itself, from the logarithms of its sums: e^(score - log_sum).
void probabilities(const ScoreTile<float>& tile, const float* log_sum);
void probabilities(const ScoreTile<double>& tile, const double* log_sum);

// slope = factor * value * (slope - shift of the row): from the slopes by probabilities to those by products.
void score_slopes(const ScoreTile<float>& tile, const float* shift, float* slope);
void score_slopes(const ScoreTile<double>& tile, const double* shift, double* slope);

// to += x
void add_elements(const float* x, std::int64_t n, float* to);
void add_elements(const double* x, std::int64_t n, double* to);

}  // namespace weft
