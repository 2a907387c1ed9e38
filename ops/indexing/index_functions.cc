// Functions that read or write elements by number.
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/values.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

// A scalar is a vector of one element.
Value at_least_vector(const Value& x) { return x.rank() == 0 ? reshape(x, {1}) : x; }

void require_index(std::string_view name, std::span<const Value> v) {
  if (v[1].dtype() != DType::i64)
    fail_call(ErrorKind::dtype, name, v, v[0].builder().where, "the index must be i64",
              "cast() gives it another dtype");
}

// Negative numbers count from the end.
Value from_start(const Value& index, std::int64_t extent) {
  const Value all = full(index.builder(), {DType::i64, {}}, Operand(extent));
  return where(lt(index, zeros_like(index)), index + all, index);
}

void require_vector_index(std::string_view name, std::span<const Value> v) {
  require_index(name, v);
  if (v[1].rank() > 1) fail_call(ErrorKind::shape, name, v, v[0].builder().where, "the index must be a vector");
}

// Rows `src` of x along dim, by an index of as many elements.
void require_rows(std::string_view name, std::span<const Value> v, std::int64_t dim) {
  require_vector_index(name, v);
  const Value &x = v[0], &src = v[2];
  const SourceLocation where = x.builder().where;
  if (src.dtype() != x.dtype()) fail_call(ErrorKind::dtype, name, v, where, "the dtypes differ");
  if (src.rank() != x.rank()) fail_call(ErrorKind::shape, name, v, where, "the ranks differ");
  for (int d = 0; d < x.rank(); ++d)
    if (src.shape()[d] != (d == dim ? v[1].shape().numel() : x.shape()[d]))
      fail_call(ErrorKind::shape, name, v, where, "needs a row of the tensor for each index");
}

// An index of rows as one of elements of `shape`.
Value index_of_elements(const Value& index, std::int64_t dim, const Shape& shape) {
  Dims own(static_cast<std::size_t>(shape.rank()), 1);
  own[static_cast<std::size_t>(dim)] = index.shape().numel();
  return expand(reshape(index, Shape(own)), shape);
}

Value index_add(std::span<const Value> v, std::int64_t dim, double alpha) {
  const Value x = v[0];
  if (x.rank() == 0) {
    const Value vectors[] = {reshape(x, {1}), v[1], at_least_vector(v[2])};
    return reshape(index_add(vectors, dim, alpha), {});
  }
  const std::int64_t d = checked_dim("index_add", dim, x);
  require_rows("index_add", v, d);
  const Value src = alpha == 1 ? v[2] : v[2] * alpha;
  return x + index_sum(src, d, at_least_vector(v[1]), x.shape()[static_cast<int>(d)]);
}

Value index_copy(std::span<const Value> v, std::int64_t dim) {
  const std::int64_t d = checked_dim("index_copy", dim, v[0]);
  require_rows("index_copy", v, d);
  return scatter(v[0], d, index_of_elements(v[1], d, v[2].shape()), v[2]);
}

Value index_fill(std::span<const Value> v, std::int64_t dim) {
  const std::int64_t d = checked_dim("index_fill", dim, v[0]);
  require_vector_index("index_fill", v);
  if (v[2].rank() > 0)
    fail_call(ErrorKind::shape, "index_fill", v, v[0].builder().where, "the value must be a number or a scalar");
  Dims shape = v[0].shape().vec();
  shape[static_cast<std::size_t>(d)] = v[1].shape().numel();
  const Value index = from_start(v[1], v[0].shape()[static_cast<int>(d)]);
  return scatter(v[0], d, index_of_elements(index, d, Shape(shape)), expand(cast(v[2], v[0].dtype()), Shape(shape)));
}

// A tensor, its checked dim and an index of as many dims: scalars are vectors of one element.
struct PlacesIn {
  PlacesIn(const char* name, std::span<const Value> v, std::int64_t asked) {
    require_index(name, v);
    x = at_least_vector(v[0]);
    index = at_least_vector(v[1]);
    dim = checked_dim(name, asked, x);
    if (index.rank() != x.rank())
      fail_call(ErrorKind::shape, name, v, x.builder().where, "the index must have as many dims as the tensor");
  }
  Value x, index;
  std::int64_t dim = 0;
};

// What is written to the places of an index: a number, or the first elements of a tensor.
Value source_for(const char* name, std::span<const Value> v, const Value& x, const Value& index) {
  const Value src = v[2];
  const SourceLocation where = x.builder().where;
  if (src.dtype() != x.dtype()) fail_call(ErrorKind::dtype, name, v, where, "the dtypes differ");
  if (src.rank() == 0) return expand(src, index.shape());
  if (src.rank() != index.rank())
    fail_call(ErrorKind::shape, name, v, where, "the source has other dims than the index");
  Value part = src;
  for (int d = 0; d < src.rank(); ++d) {
    if (src.shape()[d] < index.shape()[d])
      fail_call(ErrorKind::shape, name, v, where, "the source is smaller than the index");
    if (src.shape()[d] > index.shape()[d]) part = slice(part, d, 0, index.shape()[d], 1);
  }
  return part;
}

using WriteFn = Value (*)(const Value& x, std::int64_t dim, const Value& index, const Value& src);
Value write_to(const char* name, std::span<const Value> v, std::int64_t dim, WriteFn write) {
  const PlacesIn p(name, v, dim);
  return reshape(write(p.x, p.dim, p.index, source_for(name, v, p.x, p.index)), v[0].shape());
}

Value add_in_places(const Value& x, std::int64_t dim, const Value& index, const Value& src) {
  return x + scatter_sum(src, dim, index, x.shape());
}

Value take_along(std::span<const Value> v, std::int64_t dim) {
  const Value &x = v[0], &index = v[1];
  const std::int64_t d = checked_dim("take_along_dim", dim, x);
  const SourceLocation where = x.builder().where;
  if (index.rank() != x.rank())
    fail_call(ErrorKind::shape, "take_along_dim", v, where, "the index must have as many dims as the tensor");
  Dims from = x.shape().vec(), to = index.shape().vec();
  for (std::size_t k = 0; k < from.size(); ++k) {
    if (static_cast<std::int64_t>(k) == d) continue;
    if (from[k] != to[k] && from[k] != 1 && to[k] != 1)
      fail_call(ErrorKind::shape, "take_along_dim", v, where, "does not broadcast in dim " + std::to_string(k));
    from[k] = to[k] = from[k] == 1 ? to[k] : from[k];
  }
  return gather(expand(x, Shape(from)), d, expand(index, Shape(to)));
}

Value flattened(const Value& x) { return reshape(x, {x.shape().numel()}); }

// x, index and src as operands; a number is a scalar of the dtype of x.
template <class F>
Tensor capture_write(const Operand& x, const Tensor& index, const Operand& src, F emit, const char* grad_name,
                     const char* name = __builtin_FUNCTION()) {
  const Operand places = as_index(index, x.at());
  return capture(
      {&x, &places, &src},
      [&](std::span<const Value> v) {
        if (!src.is_number()) return emit(v);
        const Value with_number[] = {v[0], v[1], full(v[0].builder(), {v[0].dtype(), {}}, src)};
        return emit(std::span<const Value>(with_number));
      },
      grad_name, name);
}

}  // namespace

Tensor index_add(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src, double alpha) {
  const Operand places = as_index(index, x.at());
  return capture(
      {&x, &places, &src}, [&](std::span<const Value> v) { return index_add(v, dim, alpha); }, "IndexAddBackward0");
}

Tensor index_copy(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src) {
  return capture_write(
      x, index, src, [&](std::span<const Value> v) { return index_copy(v, dim); }, "IndexCopyBackward0");
}

Tensor index_fill(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& value) {
  return capture_write(
      x, index, value, [&](std::span<const Value> v) { return index_fill(v, dim); }, "IndexFillBackward0");
}

Tensor gather(const Operand& x, std::int64_t dim, const Tensor& index) {
  const Operand places = as_index(index, x.at());
  return capture({&x, &places}, [&](std::span<const Value> v) {
    const PlacesIn p("gather", v, dim);
    const Value result = gather(p.x, p.dim, p.index);
    return v[1].rank() == 0 ? reshape(result, {}) : result;
  });
}

Tensor take_along_dim(const Operand& x, const Tensor& index, std::optional<std::int64_t> dim) {
  const Operand places = as_index(index, x.at());
  return capture({&x, &places}, [&](std::span<const Value> v) {
    require_index("take_along_dim", v);
    return dim ? take_along(v, *dim) : gather(flattened(v[0]), 0, flattened(v[1]));
  });
}

Tensor take(const Operand& x, const Tensor& index) {
  const Operand places = as_index(index, x.at());
  return capture(
      {&x, &places},
      [&](std::span<const Value> v) {
        require_index("take", v);
        const Value from_first = from_start(flattened(v[1]), v[0].shape().numel());
        return reshape(gather(flattened(v[0]), 0, from_first), v[1].shape());
      },
      "TakeBackward0");
}

Tensor scatter(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src) {
  return capture_write(
      x, index, src, [&](std::span<const Value> v) { return write_to("scatter", v, dim, scatter); },
      "ScatterBackward0");
}

Tensor scatter_add(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src) {
  return capture_write(
      x, index, src, [&](std::span<const Value> v) { return write_to("scatter_add", v, dim, add_in_places); },
      "ScatterAddBackward0");
}

Tensor Tensor::index_add(std::int64_t dim, const Tensor& index, const Tensor& src, double alpha,
                         SourceLocation at) const {
  return weft::index_add({*this, at}, dim, index, {src, at}, alpha);
}
Tensor Tensor::index_copy(std::int64_t dim, const Tensor& index, const Tensor& src, SourceLocation at) const {
  return weft::index_copy({*this, at}, dim, index, {src, at});
}
Tensor Tensor::gather(std::int64_t dim, const Tensor& index, SourceLocation at) const {
  return weft::gather({*this, at}, dim, index);
}
Tensor Tensor::take_along_dim(const Tensor& index, std::optional<std::int64_t> dim, SourceLocation at) const {
  return weft::take_along_dim({*this, at}, index, dim);
}
Tensor Tensor::take(const Tensor& index, SourceLocation at) const { return weft::take({*this, at}, index); }
Tensor Tensor::scatter_add(std::int64_t dim, const Tensor& index, const Tensor& src, SourceLocation at) const {
  return weft::scatter_add({*this, at}, dim, index, {src, at});
}
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Operand& src) const {
  return weft::scatter({*this, src.at()}, dim, index, src);
}
Tensor Tensor::index_fill(std::int64_t dim, const Tensor& index, const Operand& value) const {
  return weft::index_fill({*this, value.at()}, dim, index, value);
}

}  // namespace weft
