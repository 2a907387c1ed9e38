// nansum, nanmean and count_nonzero: sums of the elements that count. diff and trace.
#include <optional>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

Value zero_of(const Value& x) { return number(x.builder(), x.dtype(), 0); }

Value sum_of_numbers(const char* name, const Value& x, DimsRef dims, bool keepdim) {
  const Dims over = normalize_dims(name, dims.vec(), x.type(), x.builder().where);
  if (!is_floating(x.dtype())) return sum(cast(x, DType::i64), over, keepdim);
  return sum(where(eq(x, x), x, zero_of(x)), over, keepdim);
}

Value difference(const Value& x, std::int64_t dim) {
  const std::int64_t extent = x.shape()[static_cast<int>(dim)];
  const Value later = slice(x, dim, std::min<std::int64_t>(extent, 1), extent, 1);
  const Value earlier = slice(x, dim, 0, std::max<std::int64_t>(extent - 1, 0), 1);
  return x.dtype() == DType::boolean ? logical_xor(later, earlier) : later - earlier;
}

// x with its neighbours along dim, and the differences of all.
Value differences(std::span<const Value> parts, std::int64_t n, std::int64_t dim) {
  Value result = parts.size() == 1 ? parts[0] : cat(parts, dim);
  for (std::int64_t i = 0; i < n && result.shape()[static_cast<int>(dim)] > 0; ++i) result = difference(result, dim);
  return result;
}

}  // namespace

Tensor nansum(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return sum_of_numbers("nansum", v[0], dims, keepdim); }, "NansumBackward0");
}

Tensor nanmean(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        require_floating("nanmean", v[0]);
        const Dims over = normalize_dims("nanmean", dims.vec(), v[0].type(), x.at());
        return sum_of_numbers("nanmean", v[0], dims, keepdim) / sum(cast(eq(v[0], v[0]), v[0].dtype()), over, keepdim);
      },
      "DivBackward0");
}

Tensor count_nonzero(const Operand& x, DimsRef dims) {
  return capture({&x}, [&](std::span<const Value> v) {
    const Dims over = normalize_dims("count_nonzero", dims.vec(), v[0].type(), x.at());
    return sum(cast(ne(v[0], zero_of(v[0])), DType::i64), over, false);
  });
}

Tensor trace(const Operand& x) {
  return capture(
      {&x},
      [](std::span<const Value> v) {
        if (v[0].rank() != 2) fail_call(ErrorKind::shape, "trace", v[0], "wants a matrix");
        if (v[0].dtype() == DType::boolean) fail_call(ErrorKind::dtype, "trace", v[0], "is not defined for bool");
        const Value line = diagonal(v[0], 0, 0, 1);
        return sum(is_integer(line.dtype()) ? cast(line, DType::i64) : line, {0}, false);
      },
      "TraceBackward0");
}

Tensor diff(const Operand& x, std::int64_t n, std::int64_t dim, const Tensor& prepend, const Tensor& append) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  const Value v = scope.values()[0];
  if (v.rank() == 0) fail_call(ErrorKind::shape, "diff", v, "a scalar has no differences");
  if (n < 0) fail_call(ErrorKind::value, "diff", v, "n is " + std::to_string(n));
  const std::int64_t d = checked_dim("diff", dim, v);
  std::vector<Value> parts{v};
  if (prepend.defined()) parts.insert(parts.begin(), scope.value_of(prepend));
  if (append.defined()) parts.push_back(scope.value_of(append));
  const DType dtype = promote(parts);
  for (Value& part : parts) {
    if (part.rank() != v.rank())
      fail_call(ErrorKind::shape, "diff", parts, x.at(), "what is put before or after has other dims");
    part = cast(part, dtype);
  }
  const Value result = differences(parts, n, d);
  return scope.tensor(result.id() == v.id() ? clone(v) : result);
}

}  // namespace weft
