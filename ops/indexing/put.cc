// put, masked_scatter and index_reduce: writes that others are made of.
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/values.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

Value flattened(const Value& x) { return reshape(x, {x.shape().numel()}); }

Value put(std::span<const Value> v, bool accumulate) {
  const Value &x = v[0], &src = v[2];
  const auto fail = [&](ErrorKind kind, std::string_view rule) { fail_call(kind, "put", v, x.builder().where, rule); };
  if (v[1].dtype() != DType::i64) fail(ErrorKind::dtype, "the index must be i64");
  if (src.dtype() != x.dtype()) fail(ErrorKind::dtype, "the dtypes differ");
  if (src.shape().numel() != v[1].shape().numel()) fail(ErrorKind::shape, "needs an index for each element");
  const Value given = flattened(v[1]);
  const Value count = full(x.builder(), {DType::i64, {}}, Operand(x.shape().numel()));
  const Value index = where(lt(given, zeros_like(given)), given + count, given);
  const Value whole = flattened(x), elements = flattened(src);
  const Value result =
      accumulate ? whole + scatter_sum(elements, 0, index, whole.shape()) : scatter(whole, 0, index, elements);
  return reshape(result, x.shape());
}

// Each true element takes the one of src that has its number; the others take one that does not count.
Value scatter_in_order(std::span<const Value> v) {
  const auto fail = [&](ErrorKind kind, std::string_view rule) {
    fail_call(kind, "masked_scatter", v, v[0].builder().where, rule);
  };
  if (v[1].dtype() != DType::boolean) fail(ErrorKind::dtype, "the mask must be bool");
  if (v[2].dtype() != v[0].dtype()) fail(ErrorKind::dtype, "the dtypes differ");
  const auto shape = broadcast(v[0].shape(), v[1].shape());
  if (!shape) fail(ErrorKind::shape, "the mask does not broadcast with the tensor");
  const Value x = expand(v[0], *shape), mask = expand(v[1], *shape);
  const Value flags = flattened(mask), number = cumsum(cast(flags, DType::i64), 0, false);
  const Value none[] = {zeros_like(full(x.builder(), {x.dtype(), {1}}, 0.0)), flattened(v[2])};
  const Value taken = gather(cat(none, 0), 0, where(flags, number, zeros_like(number)));
  return where(mask, reshape(taken, *shape), x);
}

// An index of rows as one of elements of src.
Tensor index_of_elements(const Tensor& index, std::int64_t dim, const Tensor& src, SourceLocation at) {
  Dims own(static_cast<std::size_t>(src.dim(at)), 1);
  own[static_cast<std::size_t>(dim)] = index.numel(at);
  return index.reshape(own, at).expand(src.shape(at), at);
}

}  // namespace

Tensor put(const Operand& x, const Tensor& index, const Operand& src, bool accumulate) {
  const Operand places = as_index(index, x.at());
  return capture(
      {&x, &places, &src}, [&](std::span<const Value> v) { return put(v, accumulate); }, "PutBackward0");
}

Tensor masked_scatter(const Operand& x, const Tensor& mask, const Tensor& src) {
  const Operand flags(mask, x.at()), elements(src, x.at());
  return capture({&x, &flags, &elements}, scatter_in_order, "MaskedScatterBackward0");
}

Tensor index_reduce(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src,
                    std::string_view reduce, bool include_self) {
  const Operand places = as_index(index, x.at());
  const Operand* const operands[] = {&x, &places, &src};
  std::int64_t d = 0;
  {
    const CaptureScope checked(operands);
    const std::span<const Value> v = checked.values();
    const auto fail = [&](ErrorKind kind, const std::string& rule) {
      fail_call(kind, "index_reduce", v, x.at(), rule);
    };
    if (reduce != "mean" && reduce != "amax" && reduce != "amin")
      fail(ErrorKind::value, "reduce '" + std::string(reduce) + "': \"mean\", \"amax\" or \"amin\"");
    d = checked_dim("index_reduce", dim, v[0]);
    if (v[1].dtype() != DType::i64) fail(ErrorKind::dtype, "the index must be i64");
    if (v[1].rank() > 1) fail(ErrorKind::shape, "the index must be a vector");
    if (v[2].rank() != v[0].rank()) fail(ErrorKind::shape, "the ranks differ");
    for (int k = 0; k < v[0].rank(); ++k)
      if (v[2].shape()[k] != (k == d ? v[1].shape().numel() : v[0].shape()[k]))
        fail(ErrorKind::shape, "needs a row of the tensor for each index");
  }
  return scatter_reduce(x, d, index_of_elements(places.tensor(), d, src.tensor(), x.at()), src, reduce, include_self);
}

}  // namespace weft
