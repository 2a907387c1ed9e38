// The tables of blend: PyTorch's formulas, in the order and the precision in which it has them.
#include <algorithm>
#include <cmath>

#include "ops/images/blend.h"

namespace weft {
namespace {

std::int64_t mirrored(std::int64_t i, std::int64_t rows) {
  const std::int64_t at = i < 0 ? -i : i;
  return at < rows ? at : 2 * (rows - 1) - at;
}
std::int64_t modulo(std::int64_t i, std::int64_t rows) { return (i % rows + rows) % rows; }

// The row at a place that lies at most half a row below 0, of `rows`.
template <class T>
std::int64_t row_at(T place, std::int64_t rows) {
  return place >= static_cast<T>(rows - 1) ? rows - 1 : static_cast<std::int64_t>(std::floor(place));
}

template <class T>
T scale_of(const BlendMap& m) {
  if (m.align_corners) return m.to > 1 ? static_cast<T>(m.from - 1) / static_cast<T>(m.to - 1) : T{0};
  return m.scale > 0 ? static_cast<T>(1 / m.scale) : static_cast<T>(m.from) / static_cast<T>(m.to);
}

// Keys' kernel within 1 of its middle, and from there to 2.
template <class T>
T cubic_near(T x, T a) {
  return ((a + 2) * x - (a + 3)) * x * x + 1;
}
template <class T>
T cubic_far(T x, T a) {
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

template <class T>
void add_linear(WeightedRows& w, const BlendMap& m, std::int64_t i, T place) {
  if (m.from == m.to) place = static_cast<T>(i);
  const std::int64_t first = row_at(std::max(place, T{0}), m.from);
  const T part = std::clamp(std::max(place, T{0}) - static_cast<T>(first), T{0}, T{1});
  w.add(first, 1 - part);
  w.add(std::min(first + 1, m.from - 1), part);
}

template <class T>
void add_cubic(WeightedRows& w, const BlendMap& m, T place) {
  constexpr T kA = static_cast<T>(-0.75);
  const std::int64_t first = row_at(place, m.from);
  const T part = std::clamp(place - static_cast<T>(first), T{0}, T{1}), rest = 1 - part;
  const T weights[] = {cubic_far(part + 1, kA), cubic_near(part, kA), cubic_near(rest, kA), cubic_far(rest + 1, kA)};
  for (std::int64_t k = 0; k < 4; ++k)
    w.add(std::clamp<std::int64_t>(first + k - 1, 0, m.from - 1), weights[static_cast<std::size_t>(k)]);
}

template <class T>
void add_average(WeightedRows& w, const BlendMap& m, std::int64_t i, T scale) {
  const bool cubic = m.rule == BlendRule::cubic_average;
  const auto filter = [cubic](T x) {
    constexpr T kA = static_cast<T>(-0.5);
    x = std::abs(x);
    if (!cubic) return x < 1 ? 1 - x : T{0};
    return x < 1 ? cubic_near(x, kA) : x < 2 ? cubic_far(x, kA) : T{0};
  };
  const T reach = (cubic ? T{2} : T{1}) * std::max(scale, T{1}), inverse = scale >= 1 ? 1 / scale : T{1};
  const T middle = scale * (static_cast<T>(i) + T(0.5));
  // The middle may lie outside where the scale is not that of the extents: then the last row counts.
  const T low = std::clamp(middle - reach + T(0.5), T{0}, static_cast<T>(m.from - 1));
  const T high = std::clamp(middle + reach + T(0.5), T{0}, static_cast<T>(m.from));
  const auto first = static_cast<std::int64_t>(low);
  const std::int64_t count = std::max<std::int64_t>(static_cast<std::int64_t>(high) - first, 1);
  T total = 0;
  for (std::int64_t j = 0; j < count; ++j) total += filter((static_cast<T>(j + first) - middle + T(0.5)) * inverse);
  for (std::int64_t j = 0; j < count; ++j) {
    const T weight = filter((static_cast<T>(j + first) - middle + T(0.5)) * inverse);
    w.add(first + j, total != 0 ? weight / total : weight);
  }
}

template <class T>
void add_terms(WeightedRows& w, const BlendMap& m, std::int64_t i, T scale) {
  const T place = m.align_corners ? scale * static_cast<T>(i) : scale * (static_cast<T>(i) + T(0.5)) - T(0.5);
  switch (m.rule) {
    case BlendRule::reflect:
      return w.add(mirrored(i - m.before, m.from));
    case BlendRule::replicate:
      return w.add(std::clamp<std::int64_t>(i - m.before, 0, m.from - 1));
    case BlendRule::circular:
      return w.add(modulo(i - m.before, m.from));
    case BlendRule::windows: {
      const std::int64_t n = m.to / m.window[0], at = m.window[1] * (i % n) + m.window[2] * (i / n) - m.before;
      if (at >= 0 && at < m.from) w.add(at);
      return;
    }
    case BlendRule::nearest:
      return w.add(row_at(scale * static_cast<T>(i), m.from));
    case BlendRule::nearest_exact:
      return w.add(row_at(std::max(place, T{0}) + T(0.5), m.from));
    case BlendRule::linear:
      return add_linear(w, m, i, place);
    case BlendRule::cubic:
      return add_cubic(w, m, place);
    default:
      return add_average(w, m, i, scale);
  }
}

template <class T>
WeightedRows table(const BlendMap& m) {
  WeightedRows w;
  w.begin.reserve(static_cast<std::size_t>(m.to) + 1);  // fails at once, not when half of the memory is full
  w.row.reserve(static_cast<std::size_t>(m.to));
  const T scale = scale_of<T>(m);
  for (std::int64_t i = 0; i < m.to; ++i) {
    add_terms(w, m, i, scale);
    w.end_row();
  }
  return w;
}

}  // namespace

WeightedRows blend_table(const BlendMap& map, bool is_double) {
  return is_double ? table<double>(map) : table<float>(map);
}

}  // namespace weft
