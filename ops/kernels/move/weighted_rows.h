// Rows that are weighted sums of rows, for borders, resizing and patches of images. A row is what lies behind one index
// of a dim: `width` elements.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weft {

// Row r of the result is the sum of weight[k] * x[row[k]] for begin[r] <= k < begin[r + 1], added in this order; 0
// where there is no such k.
struct WeightedRows {
  std::vector<std::int64_t> begin{0}, row;
  std::vector<double> weight;  // empty: 1 for all

  std::int64_t size() const { return static_cast<std::int64_t>(begin.size()) - 1; }
  // For k in the order of the sums: adds a term to the row that is made now, and ends it.
  void add(std::int64_t from) { row.push_back(from); }
  void add(std::int64_t from, double by) {
    row.push_back(from);
    weight.push_back(by);
  }
  void end_row() { begin.push_back(static_cast<std::int64_t>(row.size())); }

  // The adjoint map, to `rows` rows: sums in the order of the rows that they come from.
  WeightedRows transposed(std::int64_t rows) const {
    WeightedRows t;
    t.begin.assign(static_cast<std::size_t>(rows) + 1, 0);
    for (const std::int64_t r : row) ++t.begin[static_cast<std::size_t>(r) + 1];
    for (std::size_t r = 1; r < t.begin.size(); ++r) t.begin[r] += t.begin[r - 1];
    t.row.resize(row.size());
    t.weight.resize(weight.size());
    std::vector<std::int64_t> next(t.begin.begin(), t.begin.end() - 1);
    for (std::int64_t r = 0; r < size(); ++r)
      for (auto k = static_cast<std::size_t>(begin[static_cast<std::size_t>(r)]);
           k < static_cast<std::size_t>(begin[static_cast<std::size_t>(r) + 1]); ++k) {
        const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(row[k])]++);
        t.row[to] = r;
        if (!weight.empty()) t.weight[to] = weight[k];
      }
    return t;
  }
};

// Rows first to last of the result, seen as [outer, w.size(), width], of x as [outer, rows, width]. T is any type that
// is added: with no weights, and at most one term in each sum, it only moves elements.
template <class T>
void sum_weighted_rows(const WeightedRows& w, const T* x, std::int64_t rows, std::int64_t width, T* y,
                       std::int64_t first, std::int64_t last) {
  const std::int64_t* const begin = w.begin.data();
  const std::int64_t* const row = w.row.data();
  const double* const weight = w.weight.empty() ? nullptr : w.weight.data();
  std::int64_t outer = first / w.size(), r = first % w.size();
  for (std::int64_t i = first; i < last; ++i) {
    T* const to = y + i * width;
    const T* const from = x + outer * rows * width;
    if (begin[r] == begin[r + 1]) std::fill_n(to, width, T{0});
    for (std::int64_t k = begin[r]; k < begin[r + 1]; ++k) {
      const T* const term = from + row[k] * width;
      const T by = weight ? static_cast<T>(weight[k]) : T{1};
      if (k == begin[r] && !weight)
        std::copy_n(term, width, to);
      else if (k == begin[r])
        for (std::int64_t j = 0; j < width; ++j) to[j] = static_cast<T>(by * term[j]);
      else
        for (std::int64_t j = 0; j < width; ++j) to[j] = static_cast<T>(to[j] + by * term[j]);
    }
    if (++r == w.size()) r = 0, ++outer;
  }
}

}  // namespace weft
