// Rows of powers and of combinations of elements.
#include <algorithm>
#include <string>
#include <vector>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/indexing/index.h"
#include "weft/arrange.h"
#include "weft/ops.h"

namespace weft {
namespace {

void require_vector(const char* name, const Value& x) {
  if (x.rank() != 1) fail_call(ErrorKind::shape, name, x, "wants a vector");
}

// Products of more and more columns of x.
Value vander(const Value& x, std::int64_t columns, bool increasing) {
  const std::int64_t n = x.shape()[0];
  const Shape shape = checked_shape("vander", std::span(&x, 1), x.builder().where, {n, columns});
  if (columns < 2) return full(x.builder(), {x.dtype(), shape}, 1.0);
  Value powers = full(x.builder(), {x.dtype(), {n, 1}}, 1.0);
  const Value column = reshape(x, {n, 1});
  // Doubling: the columns so far times the power that comes next.
  Value next = column;
  for (std::int64_t have = 1; have < columns; have *= 2, next = next * next) {
    const Value parts[] = {powers, powers * next};
    powers = cat(parts, 1);
  }
  const Value first = slice(powers, 1, 0, columns, 1);
  return increasing ? first : flip(first, {1});
}

// The next r of n numbers in order, of which each is at least, or above, the one before; false after the last.
bool advance(std::vector<std::int64_t>& taken, std::int64_t n, bool repeats) {
  const auto r = static_cast<std::int64_t>(taken.size());
  for (std::int64_t i = r; i-- > 0;) {
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t most = repeats ? n - 1 : n - (r - i);
    if (taken[at] >= most) continue;
    ++taken[at];
    for (std::size_t k = at + 1; k < taken.size(); ++k) taken[k] = taken[k - 1] + (repeats ? 0 : 1);
    return true;
  }
  return false;
}

// How many ways there are to take r of n elements, nearly.
double num_combinations(std::int64_t n, std::int64_t r) {
  double count = 1;
  for (std::int64_t i = 1; i <= std::min(r, n - r); ++i)
    count *= static_cast<double>(n + 1 - i) / static_cast<double>(i);
  return count;
}

std::vector<std::int64_t> places_of_combinations(const Value& x, std::int64_t n, std::int64_t r, bool repeats) {
  constexpr double kMost = 1 << 28;
  if (num_combinations(repeats ? n + r - 1 : n, r) * static_cast<double>(r) > kMost)
    fail_call(ErrorKind::value, "combinations", x, "there are too many");
  std::vector<std::int64_t> places, taken(static_cast<std::size_t>(r));
  for (std::size_t i = 0; i < taken.size(); ++i) taken[i] = repeats ? 0 : static_cast<std::int64_t>(i);
  do {
    places.insert(places.end(), taken.begin(), taken.end());
  } while (advance(taken, n, repeats));
  return places;
}

}  // namespace

Tensor vander(const Operand& x, std::optional<std::int64_t> columns, bool increasing) {
  return capture({&x}, [&](std::span<const Value> v) {
    require_vector("vander", v[0]);
    if (columns && *columns < 0)
      fail_call(ErrorKind::value, "vander", v[0], std::to_string(*columns) + " columns: negative");
    return clone(vander(to_number(v[0]), columns.value_or(v[0].shape()[0]), increasing));
  });
}

Tensor cartesian_prod(const std::vector<Tensor>& vectors, SourceLocation at) {
  if (vectors.empty()) throw Error(ErrorKind::value, "[cartesian_prod] wants at least one tensor", at);
  const CaptureScope checked(vectors, at);
  for (const Value& v : checked.values()) require_vector("cartesian_prod", v);
  if (vectors.size() == 1) return vectors[0];
  std::vector<Tensor> columns;
  for (const Tensor& grid : meshgrid(vectors, "ij", at)) columns.push_back(grid.reshape(-1, at));
  return stack(columns, 1, at);
}

Tensor combinations(const Operand& x, std::int64_t r, bool with_replacement) {
  const Operand* const operands[] = {&x};
  std::int64_t n = 0;
  std::vector<std::int64_t> places;
  {
    const CaptureScope checked(operands);
    const Value v = checked.values()[0];
    require_vector("combinations", v);
    if (r < 0 || r > (std::int64_t{1} << 24))
      fail_call(ErrorKind::value, "combinations", v, std::to_string(r) + " elements");
    n = v.shape()[0];
    if (r == 0) return zeros({0}, v.dtype(), x.at());
    const bool are_some = with_replacement ? n > 0 : r <= n;
    if (are_some) places = places_of_combinations(v, n, r, with_replacement);
  }
  const auto rows = static_cast<std::int64_t>(places.size()) / r;
  const Operand index(from_data(std::span<const std::int64_t>(places), places.size(), x.at()), x.at());
  return capture(
      {&x, &index},
      [&](std::span<const Value> v) {
        return reshape(index_select(v[0], 0, v[1]), {rows, r});
      },
      "IndexBackward0");
}

}  // namespace weft
