// Diagonals of matrices that they make, quarter turns, windows, and shapes of other tensors.
#include <algorithm>
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/values.h"
#include "weft/arrange.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Each row of x on a diagonal of a matrix that is a row of zeros.
Value diag_embed(const Value& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  Dims shape = x.shape().vec();
  const auto fail = [&](ErrorKind kind, std::string_view rule) { fail_call(kind, "diag_embed", x, rule); };
  const auto rank = static_cast<std::int64_t>(shape.size()) + 1;
  const auto checked = [&](std::int64_t d) {
    if (d < -rank || d >= rank || shape.empty())
      fail(ErrorKind::shape, "dim " + std::to_string(d) + " is out of range");
    return d < 0 ? d + rank : d;
  };
  const std::int64_t a = checked(dim1), b = checked(dim2);
  if (a == b) fail(ErrorKind::value, "dim1 and dim2 are the same dim");
  if (std::abs(std::clamp(offset, -kMaxExtent, kMaxExtent)) >= kMaxExtent)
    fail(ErrorKind::value, "offset is too large");
  const std::int64_t n = shape.back() + std::abs(offset);
  shape.back() = checked_shape("diag_embed", std::span(&x, 1), x.builder().where, {n, n}).numel();
  (void)checked_shape("diag_embed", std::span(&x, 1), x.builder().where, shape);
  const std::int64_t start = offset < 0 ? -offset * n : offset;
  const Value rows = slice_scatter(x, rank - 2, start, n + 1, shape.back());
  shape.back() = n;
  shape.push_back(n);
  // Dims of the matrices last: where each dim of the result comes from.
  Dims order(static_cast<std::size_t>(rank), -1);
  order[static_cast<std::size_t>(a)] = rank - 2;
  order[static_cast<std::size_t>(b)] = rank - 1;
  std::int64_t next = 0;
  for (std::int64_t& d : order)
    if (d < 0) d = next++;
  return permute(reshape(rows, Shape(shape)), order);
}

Value turned(const Value& x, std::int64_t k, DimsRef dims) {
  if (dims.size() != 2) fail_call(ErrorKind::value, "rot90", x, "wants two dims");
  const std::int64_t a = checked_dim("rot90", dims[0], x), b = checked_dim("rot90", dims[1], x);
  if (a == b) fail_call(ErrorKind::value, "rot90", x, "the dims are the same");
  switch ((k % 4 + 4) % 4) {
    case 1:
      return transpose(flip(x, {b}), a, b);
    case 2:
      return flip(x, {std::min(a, b), std::max(a, b)});
    case 3:
      return transpose(flip(x, {a}), a, b);
    default:
      return clone(x);
  }
}

Value windows(const Value& x, std::int64_t dim, std::int64_t size, std::int64_t step) {
  if (x.rank() == 0) return reshape(windows(reshape(x, {1}), dim, size, step), {size});
  const std::int64_t d = checked_dim("unfold", dim, x), extent = x.shape()[static_cast<int>(d)];
  const auto fail = [&](const std::string& rule) { fail_call(ErrorKind::value, "unfold", x, rule); };
  if (size < 0 || size > extent)
    fail("windows of size " + std::to_string(size) + " of a dim of extent " + std::to_string(extent));
  if (step < 1) fail("step " + std::to_string(step) + " is below 1");
  const std::int64_t count = (extent - size) / step + 1;
  Builder& b = x.builder();
  const Value start =
      reshape(arange(b, count) * full(b, {DType::i64, {}}, Operand(std::min(step, extent + 1))), {count, 1});
  const Value places = start + arange(b, size);
  const Value rows = index_select(x, d, reshape(places, {count * size}));
  Dims shape = x.shape().vec(), order;
  shape[static_cast<std::size_t>(d)] = count;
  shape.insert(shape.begin() + d + 1, size);
  for (std::int64_t k = 0; k <= x.rank(); ++k)
    if (k != d + 1) order.push_back(k);
  order.push_back(d + 1);
  return permute(reshape(rows, checked_shape("unfold", std::span(&x, 1), b.where, shape)), order);
}

const Shape& shape_of(const char* name, const Tensor& other, SourceLocation at) {
  if (!other.defined()) fail_call(ErrorKind::state, name, {}, at, "undefined tensor");
  return other.shape(at);
}

}  // namespace

Tensor diag_embed(const Operand& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return diag_embed(v[0], offset, dim1, dim2); }, "DiagEmbedBackward0");
}

Tensor rot90(const Operand& x, std::int64_t k, DimsRef dims) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return turned(v[0], k, dims); }, "Rot90Backward0");
}

Tensor unfold(const Operand& x, std::int64_t dim, std::int64_t size, std::int64_t step) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return windows(v[0], dim, size, step); }, "UnfoldBackward0");
}

Tensor expand_as(const Operand& x, const Tensor& other) { return expand(x, shape_of("expand_as", other, x.at())); }
Tensor view_as(const Operand& x, const Tensor& other) { return view(x, shape_of("view_as", other, x.at())); }

}  // namespace weft
