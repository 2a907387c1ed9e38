// Views made of other views: parts along a dim, dims in another order, diagonals, grids.
#include <algorithm>
#include <numeric>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/values.h"
#include "weft/arrange.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Several views of one operand: emit gives their values.
template <class F>
std::vector<Tensor> capture_views(const Operand& x, F emit, const char* grad_name,
                                  const char* name = __builtin_FUNCTION()) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands, name);
  const Value from = scope.values()[0];
  std::vector<Tensor> views;
  for (const Value& value : emit(from))
    views.push_back(x.is_number() ? scope.tensor(value, grad_name) : scope.view(x.tensor(), from, value, grad_name));
  return views;
}

std::vector<Value> parts_of(const Value& x, std::int64_t dim, std::span<const std::int64_t> sizes) {
  std::vector<Value> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(slice(x, dim, start, start + size, 1));
    start += size;
  }
  return parts;
}

// A view is a tensor of its own also where it changes nothing.
Value as_view(const Value& x, const Value& view) { return view.id() == x.id() ? clone(view) : view; }

void require_few(const char* name, const Value& x, std::int64_t parts) {
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  if (parts > kMost) fail_call(ErrorKind::value, name, x, std::to_string(parts) + " parts are too many");
}

// Parts of `size` that make up `extent`; of no elements there is one part.
Dims sizes_of(std::int64_t extent, std::int64_t size) {
  Dims sizes;
  for (std::int64_t start = 0; start < extent; start += size) sizes.push_back(std::min(size, extent - start));
  if (sizes.empty()) sizes.push_back(0);
  return sizes;
}

std::vector<Value> split_evenly(const Value& x, std::int64_t size, std::int64_t dim) {
  const std::int64_t d = checked_dim("split", dim, x), extent = x.shape()[static_cast<int>(d)];
  if (size < 0 || (size == 0 && extent > 0))
    fail_call(ErrorKind::value, "split", x, "parts of size " + std::to_string(size) + " never make up the extent");
  require_few("split", x, size > 0 ? extent / size : 0);
  return parts_of(x, d, sizes_of(extent, size));
}

std::vector<Value> split_by_sizes(const Value& x, const Dims& sizes, std::int64_t dim) {
  const std::int64_t d = checked_dim("split", dim, x), extent = x.shape()[static_cast<int>(d)];
  std::int64_t left = extent;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > left)
      fail_call(ErrorKind::value, "split", x, "size " + std::to_string(size) + " does not fit what is left of the dim");
    left -= size;
  }
  if (left > 0)
    fail_call(ErrorKind::value, "split", x, "the sizes add up to less than the extent " + std::to_string(extent));
  return parts_of(x, d, sizes);
}

std::vector<Value> chunks_of(const Value& x, std::int64_t chunks, std::int64_t dim) {
  if (chunks < 1) fail_call(ErrorKind::value, "chunk", x, std::to_string(chunks) + " chunks: at least 1");
  const std::int64_t d = checked_dim("chunk", dim, x), extent = x.shape()[static_cast<int>(d)];
  require_few("chunk", x, extent == 0 ? chunks : std::min(chunks, extent));
  if (extent == 0) return parts_of(x, d, Dims(static_cast<std::size_t>(chunks), 0));
  return parts_of(x, d, sizes_of(extent, extent / chunks + (extent % chunks > 0)));
}

std::vector<Value> rows_of(const Value& x, std::int64_t dim) {
  const std::int64_t d = checked_dim("unbind", dim, x);
  require_few("unbind", x, x.shape()[static_cast<int>(d)]);
  std::vector<Value> rows = parts_of(x, d, Dims(static_cast<std::size_t>(x.shape()[static_cast<int>(d)]), 1));
  for (Value& row : rows) row = squeeze(row, d);
  return rows;
}

Dims moved(const Value& x, DimsRef source, DimsRef destination) {
  const SourceLocation where = x.builder().where;
  if (source.size() != destination.size())
    fail_call(ErrorKind::value, "movedim", x, "as many dims to move as places to go to");
  Dims order(static_cast<std::size_t>(x.rank()), -1), rest(order.size());
  std::iota(rest.begin(), rest.end(), 0);
  for (std::size_t i = 0; i < source.size(); ++i) {
    const std::int64_t from = normalize_dim("movedim", source[i], x.type(), where);
    std::int64_t& to = order[static_cast<std::size_t>(normalize_dim("movedim", destination[i], x.type(), where))];
    if (to >= 0 || std::erase(rest, from) == 0) fail_call(ErrorKind::value, "movedim", x, "a dim is given twice");
    to = from;
  }
  auto next = rest.begin();
  for (std::int64_t& d : order)
    if (d < 0) d = *next++;
  return order;
}

Dims unflattened(const Value& x, std::int64_t dim, DimsRef sizes) {
  const std::int64_t d = checked_dim("unflatten", dim, x), extent = x.shape()[static_cast<int>(d)];
  const auto fail = [&](std::string_view rule) { fail_call(ErrorKind::value, "unflatten", x, rule); };
  Dims given = sizes.vec(), known;
  if (given.empty()) fail("sizes must not be empty");
  std::int64_t* open = nullptr;
  for (std::int64_t& size : given) {
    if (size < -1 || (size == -1 && open)) fail("one size may be -1, no other is negative");
    if (size == -1)
      open = &size;
    else
      known.push_back(size);
  }
  const std::int64_t product = checked_shape("unflatten", std::span(&x, 1), x.builder().where, known).numel();
  if (open && product > 0 && extent % product == 0)
    *open = extent / product;
  else if (open || product != extent)
    fail("the sizes do not make up the extent " + std::to_string(extent));
  Dims shape = x.shape().vec();
  shape.erase(shape.begin() + d);
  shape.insert(shape.begin() + d, given.begin(), given.end());
  (void)checked_shape("unflatten", std::span(&x, 1), x.builder().where, shape);
  return shape;
}

}  // namespace

Value diagonal(const Value& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  const std::int64_t a = checked_dim("diagonal", dim1, x), b = checked_dim("diagonal", dim2, x);
  if (a == b) fail_call(ErrorKind::value, "diagonal", x, "dim1 and dim2 are the same dim");
  Dims order, shape;
  for (std::int64_t d = 0; d < x.rank(); ++d)
    if (d != a && d != b) {
      order.push_back(d);
      shape.push_back(x.shape()[static_cast<int>(d)]);
    }
  order.insert(order.end(), {a, b});
  const std::int64_t rows = x.shape()[static_cast<int>(a)], cols = x.shape()[static_cast<int>(b)];
  const bool below = offset < 0;
  const std::int64_t away = std::min(below ? -std::max(offset, -kMaxExtent) : offset, below ? rows : cols);
  const std::int64_t length = std::min(below ? rows - away : rows, below ? cols : cols - away);
  const std::int64_t start = length > 0 ? (below ? away * cols : away) : 0;
  shape.push_back(rows * cols);
  // Steps of a row and a column: one after the last element would leave the matrix.
  const std::int64_t end = length > 0 ? start + (length - 1) * (cols + 1) + 1 : start;
  return slice(reshape(permute(x, order), Shape(shape)), static_cast<std::int64_t>(shape.size()) - 1, start, end,
               cols + 1);
}

std::vector<Tensor> split(const Operand& x, std::int64_t size, std::int64_t dim) {
  return capture_views(
      x, [&](const Value& v) { return split_evenly(v, size, dim); }, "SplitBackward0");
}

std::vector<Tensor> split(const Operand& x, const std::vector<std::int64_t>& sizes, std::int64_t dim) {
  return capture_views(
      x, [&](const Value& v) { return split_by_sizes(v, sizes, dim); }, "SplitWithSizesBackward0");
}

std::vector<Tensor> chunk(const Operand& x, std::int64_t chunks, std::int64_t dim) {
  return capture_views(
      x, [&](const Value& v) { return chunks_of(v, chunks, dim); }, "SplitBackward0");
}

std::vector<Tensor> unbind(const Operand& x, std::int64_t dim) {
  return capture_views(
      x, [&](const Value& v) { return rows_of(v, dim); }, "UnbindBackward0");
}

Tensor movedim(const Operand& x, DimsRef source, DimsRef destination) {
  return capture_view(
      x, [&](std::span<const Value> v) { return as_view(v[0], permute(v[0], moved(v[0], source, destination))); },
      "PermuteBackward0");
}

Tensor swapaxes(const Operand& x, std::int64_t dim0, std::int64_t dim1) { return transpose(x, dim0, dim1); }

Tensor unflatten(const Operand& x, std::int64_t dim, DimsRef sizes) {
  return capture_view(
      x, [&](std::span<const Value> v) { return as_view(v[0], reshape(v[0], Shape(unflattened(v[0], dim, sizes)))); },
      "ViewBackward0");
}

Tensor broadcast_to(const Operand& x, DimsRef shape) { return expand(x, shape); }

Tensor diagonal(const Operand& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  return capture_view(
      x, [&](std::span<const Value> v) { return diagonal(v[0], offset, dim1, dim2); }, "DiagonalBackward0");
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& vectors, std::string_view indexing, SourceLocation at) {
  if (indexing != "ij" && indexing != "xy")
    throw Error(ErrorKind::value, "[meshgrid] indexing '" + std::string(indexing) + "': \"ij\" or \"xy\"", at);
  if (vectors.empty()) throw Error(ErrorKind::value, "[meshgrid] wants at least one tensor", at);
  const CaptureScope checked(vectors, at);
  Dims shape;
  for (const Value& v : checked.values()) {
    if (v.rank() > 1) fail_call(ErrorKind::shape, "meshgrid", v, "wants vectors");
    shape.push_back(v.shape().numel());
  }
  std::vector<Tensor> grid;
  for (std::size_t k = 0; k < vectors.size(); ++k) {
    Dims own(shape.size(), 1);
    own[k] = shape[k];
    Tensor one = weft::expand({weft::reshape({vectors[k], at}, own), at}, shape);
    grid.push_back(indexing == "xy" && shape.size() > 1 ? one.transpose(0, 1, at) : std::move(one));
  }
  return grid;
}

std::vector<Tensor> Tensor::split(std::int64_t size, std::int64_t dim, SourceLocation at) const {
  return weft::split({*this, at}, size, dim);
}
std::vector<Tensor> Tensor::split(const std::vector<std::int64_t>& sizes, std::int64_t dim, SourceLocation at) const {
  return weft::split({*this, at}, sizes, dim);
}
std::vector<Tensor> Tensor::chunk(std::int64_t chunks, std::int64_t dim, SourceLocation at) const {
  return weft::chunk({*this, at}, chunks, dim);
}
std::vector<Tensor> Tensor::unbind(std::int64_t dim, SourceLocation at) const { return weft::unbind({*this, at}, dim); }
Tensor Tensor::movedim(DimsRef source, DimsRef destination, SourceLocation at) const {
  return weft::movedim({*this, at}, source, destination);
}
Tensor Tensor::swapaxes(std::int64_t dim0, std::int64_t dim1, SourceLocation at) const {
  return weft::swapaxes({*this, at}, dim0, dim1);
}
Tensor Tensor::unflatten(std::int64_t dim, DimsRef sizes, SourceLocation at) const {
  return weft::unflatten({*this, at}, dim, sizes);
}
Tensor Tensor::broadcast_to(DimsRef shape, SourceLocation at) const { return weft::broadcast_to({*this, at}, shape); }
Tensor Tensor::diagonal(std::int64_t offset, std::int64_t dim1, std::int64_t dim2, SourceLocation at) const {
  return weft::diagonal({*this, at}, offset, dim1, dim2);
}

}  // namespace weft
