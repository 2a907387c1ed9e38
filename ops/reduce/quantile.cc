// Quantiles and modes: of elements in ascending order.
#include <algorithm>
#include <string>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/indexing/index.h"
#include "ops/reduce/reduce.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

struct Quantiles {
  const char* name;
  std::vector<double> q;
  bool one;  // without a dim of its own
  std::string_view interpolation;
  bool ignore_nan;
};

bool is_any(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void check(const Value& x, const Quantiles& asked) {
  const auto fail = [&](ErrorKind kind, std::string_view rule) { fail_call(kind, asked.name, x, rule); };
  require_floating(asked.name, x);
  for (const double q : asked.q)
    if (!(q >= 0 && q <= 1)) fail(ErrorKind::value, "q = " + std::to_string(q) + " is outside of [0, 1]");
  if (asked.q.empty()) fail(ErrorKind::value, "there is no q");
  if (!is_any(asked.interpolation, {"linear", "lower", "higher", "midpoint", "nearest"}))
    fail(ErrorKind::value, "interpolation '" + std::string(asked.interpolation) +
                               "': \"linear\", \"lower\", \"higher\", \"midpoint\" or \"nearest\"");
  if (x.shape().numel() == 0) fail(ErrorKind::shape, "no elements have no quantiles");
}

// The operand as [.., n], of the n elements of each quantile.
Value as_rows(const Value& x, std::optional<std::int64_t> axis) {
  if (!axis || x.rank() == 0) return reshape(x, {x.shape().numel()});
  Dims order;
  for (std::int64_t d = 0; d < x.rank(); ++d)
    if (d != *axis) order.push_back(d);
  order.push_back(*axis);
  return permute(x, order);
}

// The ranks that each q asks for in each row, as numbers of the dtype: [.., q].
Value ranks_of(const Value& rows, const Value& sorted, const Quantiles& asked) {
  const std::int64_t last = rows.rank() - 1, n = rows.shape()[rows.rank() - 1];
  const auto of = [&](double value) { return number(rows.builder(), rows.dtype(), value); };
  const Value greatest = of(static_cast<double>(n - 1));
  const Value last_element = slice(sorted, last, n - 1, n, 1);  // nan where there is one
  const Value is_nan = ne(last_element, last_element);
  std::vector<Value> ranks;
  for (const double q : asked.q) {
    if (asked.ignore_nan)
      ranks.push_back(maximum(of(q) * (sum(cast(eq(rows, rows), rows.dtype()), {last}, true) - 1.0), of(0)));
    else
      ranks.push_back(where(is_nan, greatest, of(q) * greatest));
  }
  return cat(ranks, last);
}

Value interpolated(const Value& sorted, Value ranks, std::string_view interpolation) {
  const std::int64_t last = sorted.rank() - 1;
  if (interpolation == "lower") ranks = floor(ranks);
  if (interpolation == "higher") ranks = ceil(ranks);
  if (interpolation == "nearest") ranks = round(ranks);
  const auto at = [&](const Value& places) { return gather(sorted, last, cast(places, DType::i64)); };
  const Value low = at(floor(ranks));
  if (!is_any(interpolation, {"linear", "midpoint"})) return low;
  const auto of = [&](double value) { return number(ranks.builder(), ranks.dtype(), value); };
  const Value weight = interpolation == "midpoint" ? of(0.5) : ranks - floor(ranks);
  const Value high = at(ceil(ranks)), distance = high - low;
  return where(lt(weight, of(0.5)), low + weight * distance, high - distance * (1.0 - weight));
}

// q comes first; then the dims of x without, or with, the one that was reduced.
Tensor quantiles(const Operand& x, std::optional<std::int64_t> dim, bool keepdim, const Quantiles& asked) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands, asked.name);
  const Value v = scope.values()[0];
  check(v, asked);
  std::optional<std::int64_t> axis;
  if (dim) axis = normalize_axis(asked.name, *dim, v.type(), x.at());
  const Value rows = as_rows(v, axis);
  const std::int64_t last = rows.rank() - 1, n = rows.shape()[rows.rank() - 1];
  const Value sorted =
      rows.builder().record(*find_op("sort"), {rows}, {{"count", n}, {"descending", false}, {"dim", last}});
  const Value result = interpolated(sorted, record_detach(ranks_of(rows, sorted, asked)), asked.interpolation);
  Dims order{last}, shape;
  if (!asked.one) shape.push_back(static_cast<std::int64_t>(asked.q.size()));
  for (std::int64_t d = 0; d < last; ++d) order.push_back(d);
  for (std::int64_t d = 0; d < v.rank(); ++d) {
    const bool is_reduced = !axis || d == *axis;
    if (!is_reduced || keepdim) shape.push_back(is_reduced ? 1 : v.shape()[static_cast<int>(d)]);
  }
  return scope.tensor(reshape(permute(result, order), Shape(shape)), "SqueezeBackward4");
}

// Where the longest run of equal elements ends, of elements in ascending order.
Value end_of_longest_run(const Value& sorted, std::int64_t dim) {
  Builder& b = sorted.builder();
  const std::int64_t n = sorted.shape()[static_cast<int>(dim)];
  Dims along(static_cast<std::size_t>(sorted.rank()), 1);
  along[static_cast<std::size_t>(dim)] = n;
  const Value place = expand(reshape(arange(b, n), Shape(along)), sorted.shape());
  const Value first = zeros_like(slice(place, dim, 0, 1, 1));
  const Value differs = ne(slice(sorted, dim, 1, n, 1), slice(sorted, dim, 0, n - 1, 1));
  const Value parts[] = {first, where(differs, slice(place, dim, 1, n, 1), number(b, DType::i64, 0))};
  const Value begin = b.record(*find_op("cumulative_extreme"), {cat(parts, dim)}, {{"dim", dim}, {"largest", true}});
  return b.record(*find_op("argmax"), {place - begin}, {{"dim", dim}, {"keepdim", true}});
}

}  // namespace

Tensor quantile(const Operand& x, double q, std::optional<std::int64_t> dim, bool keepdim,
                std::string_view interpolation) {
  return quantiles(x, dim, keepdim, {"quantile", {q}, true, interpolation, false});
}
Tensor quantile(const Operand& x, const std::vector<double>& q, std::optional<std::int64_t> dim, bool keepdim,
                std::string_view interpolation) {
  return quantiles(x, dim, keepdim, {"quantile", q, false, interpolation, false});
}
Tensor nanquantile(const Operand& x, double q, std::optional<std::int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
  return quantiles(x, dim, keepdim, {"nanquantile", {q}, true, interpolation, true});
}
Tensor nanquantile(const Operand& x, const std::vector<double>& q, std::optional<std::int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
  return quantiles(x, dim, keepdim, {"nanquantile", q, false, interpolation, true});
}

Sorted mode(const Operand& x, std::int64_t dim, bool keepdim) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  const Value v = scope.values()[0], rows = v.rank() == 0 ? reshape(v, {1}) : v;
  const std::int64_t d = checked_dim("mode", dim, rows), n = rows.shape()[static_cast<int>(d)];
  if (n == 0) fail_call(ErrorKind::shape, "mode", v, "no elements have no mode", "reduce over a dim of elements");
  const Value sorted =
      rows.builder().record(*find_op("sort"), {rows}, {{"count", n}, {"descending", false}, {"dim", d}});
  const Value index = gather(sorted.output(1), d, end_of_longest_run(record_detach(sorted), d));
  const auto result = [&](const Value& one) {
    return v.rank() == 0 ? reshape(one, {}) : keepdim ? one : squeeze(one, d);
  };
  return {scope.tensor(result(gather(rows, d, index)), "ModeBackward0"), scope.tensor(result(index))};
}

}  // namespace weft
