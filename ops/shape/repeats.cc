// Repetitions, shifts and triangles.
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/values.h"
#include "weft/arrange.h"

namespace weft {
namespace {

// The extents in front of dim, and from dim on.
std::pair<std::int64_t, std::int64_t> around(const Shape& shape, std::int64_t dim) {
  std::int64_t before = 1, rest = 1;
  for (std::int64_t d = 0; d < shape.rank(); ++d) (d < dim ? before : rest) *= shape[static_cast<int>(d)];
  return {before, rest};
}

Value repeat(const Value& x, std::string_view name, Dims repeats) {
  if (static_cast<int>(repeats.size()) < x.rank())
    fail_call(ErrorKind::shape, name, x, "fewer repeats than dims", "tile() takes them for the last dims");
  Dims shape(repeats.size() - static_cast<std::size_t>(x.rank()), 1);
  shape.insert(shape.end(), x.shape().begin(), x.shape().end());
  Value result = reshape(x, checked_shape(name, std::span(&x, 1), x.builder().where, shape));
  for (std::size_t d = 0; d < repeats.size(); ++d) {
    if (repeats[d] < 0) fail_call(ErrorKind::value, name, x, std::to_string(repeats[d]) + " repeats");
    if (repeats[d] == 1) continue;
    const auto [before, rest] = around(result.shape(), static_cast<std::int64_t>(d));
    shape[d] = checked_shape(name, std::span(&x, 1), x.builder().where, {shape[d], repeats[d]}).numel();
    const Shape whole = checked_shape(name, std::span(&x, 1), x.builder().where, shape);
    result = reshape(expand(reshape(result, {before, 1, rest}), {before, repeats[d], rest}), whole);
  }
  return result;
}

Value repeat_interleave(const Value& x, std::int64_t repeats, std::optional<std::int64_t> dim) {
  if (repeats < 0) fail_call(ErrorKind::value, "repeat_interleave", x, std::to_string(repeats) + " repeats");
  if (!dim) return repeat_interleave(reshape(x, {x.shape().numel()}), repeats, 0);
  const std::int64_t d = checked_dim("repeat_interleave", *dim, x);
  const auto [before, rest] = around(x.shape(), d + 1);
  Dims shape = x.shape().vec();
  std::int64_t& extent = shape[static_cast<std::size_t>(d)];
  extent = checked_shape("repeat_interleave", std::span(&x, 1), x.builder().where, {extent, repeats}).numel();
  const Shape whole = checked_shape("repeat_interleave", std::span(&x, 1), x.builder().where, shape);
  return reshape(expand(reshape(x, {before, 1, rest}), {before, repeats, rest}), whole);
}

Value rolled(const Value& x, std::int64_t shift, std::int64_t dim) {
  const std::int64_t extent = x.shape()[static_cast<int>(dim)];
  if (extent == 0) return x;
  const std::int64_t cut = extent - (shift % extent + extent) % extent;
  if (cut == extent) return x;
  const Value parts[] = {slice(x, dim, cut, extent, 1), slice(x, dim, 0, cut, 1)};
  return cat(parts, dim);
}

Value roll(const Value& x, DimsRef shifts, DimsRef dims) {
  if (dims.empty() && shifts.size() == 1)
    return reshape(rolled(reshape(x, {x.shape().numel()}), shifts[0], 0), x.shape());
  if (shifts.size() != dims.size() || shifts.empty())
    fail_call(ErrorKind::value, "roll", x, "as many shifts as dims, at least one");
  Value result = x;
  for (std::size_t i = 0; i < dims.size(); ++i) result = rolled(result, shifts[i], checked_dim("roll", dims[i], x));
  return result;
}

// The elements for which compare(column - row, diagonal).
Value triangle(const Value& x, const char* name, std::int64_t diagonal, Value (*compare)(const Value&, const Value&)) {
  if (x.rank() < 2) fail_call(ErrorKind::shape, name, x, "wants matrices, or batches of them");
  Builder& b = x.builder();
  const std::int64_t rows = x.shape()[x.rank() - 2], cols = x.shape()[x.rank() - 1];
  const Value distance = arange(b, cols) - unsqueeze(arange(b, rows), 1);
  const Value inside = compare(distance, full(b, {DType::i64, {}}, Operand(diagonal)));
  return where(inside, x, full(b, {x.dtype(), {}}, 0.0));
}

Value diag(const Value& x, std::int64_t offset) {
  if (x.rank() == 2) return diagonal(x, offset, 0, 1);
  if (x.rank() != 1) fail_call(ErrorKind::shape, "diag", x, "wants a vector or a matrix");
  const std::int64_t away = offset < 0 ? -std::max(offset, -kMaxExtent) : offset;
  const std::int64_t n = x.shape()[0] + std::min(away, kMaxExtent);
  const Shape whole = checked_shape("diag", std::span(&x, 1), x.builder().where, {n, n});
  const std::int64_t start = x.shape()[0] == 0 ? 0 : offset < 0 ? away * n : away;
  return reshape(slice_scatter(x, 0, start, n + 1, n * n), whole);
}

}  // namespace

Tensor repeat(const Operand& x, DimsRef repeats) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return clone(repeat(v[0], "repeat", repeats.vec())); }, "RepeatBackward0");
}

Tensor tile(const Operand& x, DimsRef repeats) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        Dims all = repeats.vec();
        if (static_cast<int>(all.size()) < v[0].rank())
          all.insert(all.begin(), static_cast<std::size_t>(v[0].rank()) - all.size(), 1);
        return clone(repeat(v[0], "tile", std::move(all)));
      },
      "RepeatBackward0");
}

Tensor repeat_interleave(const Operand& x, std::int64_t repeats, std::optional<std::int64_t> dim) {
  return capture({&x}, [&](std::span<const Value> v) { return clone(repeat_interleave(v[0], repeats, dim)); });
}

Tensor roll(const Operand& x, DimsRef shifts, DimsRef dims) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return clone(roll(v[0], shifts, dims)); }, "RollBackward0");
}

Tensor tril(const Operand& x, std::int64_t diagonal) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return triangle(v[0], "tril", diagonal, le); }, "TrilBackward0");
}

Tensor triu(const Operand& x, std::int64_t diagonal) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return triangle(v[0], "triu", diagonal, ge); }, "TriuBackward0");
}

Tensor diag(const Operand& x, std::int64_t diagonal) {
  const bool is_matrix = x.tensor().defined() && x.tensor().shape().rank() == 2;
  return capture(
      {&x}, [&](std::span<const Value> v) { return clone(diag(v[0], diagonal)); },
      is_matrix ? "DiagonalBackward0_copy" : "DiagEmbedBackward0");
}

Tensor Tensor::repeat(DimsRef repeats, SourceLocation at) const { return weft::repeat({*this, at}, repeats); }
Tensor Tensor::tile(DimsRef repeats, SourceLocation at) const { return weft::tile({*this, at}, repeats); }
Tensor Tensor::repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim, SourceLocation at) const {
  return weft::repeat_interleave({*this, at}, repeats, dim);
}
Tensor Tensor::roll(DimsRef shifts, DimsRef dims, SourceLocation at) const {
  return weft::roll({*this, at}, shifts, dims);
}
Tensor Tensor::tril(std::int64_t diagonal, SourceLocation at) const { return weft::tril({*this, at}, diagonal); }
Tensor Tensor::triu(std::int64_t diagonal, SourceLocation at) const { return weft::triu({*this, at}, diagonal); }
Tensor Tensor::diag(std::int64_t diagonal, SourceLocation at) const { return weft::diag({*this, at}, diagonal); }

}  // namespace weft
