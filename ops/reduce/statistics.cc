// var, std, norm, logsumexp, any and all: formulas of sums and extremes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

// f(x, dims) of a floating operand and its checked dims.
template <class F>
Tensor statistic(const char* name, const Operand& x, DimsRef dims, const char* grad_name, F f) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands, name);
  const Value v = scope.values()[0];
  require_floating(name, v);
  return scope.tensor(f(v, normalize_dims(name, dims.vec(), v.type(), x.at())), grad_name);
}

// Without degrees of freedom the variance is nan, or infinite where there are deviations.
Value variance(const Value& x, const Dims& dims, double correction, bool keepdim) {
  const Value squares = sum(square(x - mean(x, dims, true)), dims, keepdim);
  const double count = static_cast<double>(x.shape().numel()) /
                       static_cast<double>(std::max<std::int64_t>(reduced_shape(x.shape(), dims, false).numel(), 1));
  return squares / std::max(0.0, count - correction);
}

// The root has no slope at 0 and takes none.
Value root(const Value& x) {
  const Value is_zero = eq(x, of(x, 0));
  return where(is_zero, x, sqrt(where(is_zero, of(x, 1), x)));
}

Value logsumexp(const Value& x, const Dims& dims, bool keepdim) {
  if (x.shape().numel() == 0) return log(sum(exp(x), dims, keepdim));
  const Value largest = record_detach(max(x, dims, true));
  const Value shift = where(eq(abs(largest), of(x, std::numeric_limits<double>::infinity())), of(x, 0), largest);
  const Value rest = log(sum(exp(x - shift), dims, keepdim));
  return rest + reshape(shift, rest.shape());
}

// Whether elements that are `wanted` are there, as their number.
template <class F>
Tensor tested(const char* name, const Operand& x, DimsRef dims, bool keepdim, bool wanted, F f) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands, name);
  const Value v = scope.values()[0];
  const Dims over = normalize_dims(name, dims.vec(), v.type(), x.at());
  const Value are_there = wanted ? ne(v, of(v, 0)) : eq(v, of(v, 0));
  const Value count = sum(cast(are_there, DType::i64), over, keepdim);
  const Value result = f(count, of(count, 0));
  // As in PyTorch, which had no bool once.
  return scope.tensor(v.dtype() == DType::u8 ? cast(result, DType::u8) : result);
}

}  // namespace

Tensor var(const Operand& x, DimsRef dims, double correction, bool keepdim) {
  return statistic("var", x, dims, "VarBackward0",
                   [&](const Value& v, const Dims& over) { return variance(v, over, correction, keepdim); });
}

Tensor std(const Operand& x, DimsRef dims, double correction, bool keepdim) {
  return statistic("std", x, dims, "StdBackward0",
                   [&](const Value& v, const Dims& over) { return root(variance(v, over, correction, keepdim)); });
}

Tensor norm(const Operand& x, double p, DimsRef dims, bool keepdim) {
  if (std::isnan(p)) throw Error(ErrorKind::value, "[norm] p is nan", x.at());
  return statistic("norm", x, dims, "LinalgVectorNormBackward0",
                   [&](const Value& v, const Dims& over) { return vector_norm(v, p, over, keepdim); });
}

Tensor normalize(const Operand& x, double p, std::int64_t dim, double eps) {
  if (std::isnan(p)) throw Error(ErrorKind::value, "[normalize] p is nan", x.at());
  return statistic("normalize", x, dim, nullptr, [&](const Value& v, const Dims& over) {
    return v / clamp(vector_norm(v, p, over, true), eps, std::nullopt);
  });
}

Tensor logsumexp(const Operand& x, DimsRef dims, bool keepdim) {
  return statistic("logsumexp", x, dims, "LogsumexpBackward0",
                   [&](const Value& v, const Dims& over) { return logsumexp(v, over, keepdim); });
}

Tensor any(const Operand& x, DimsRef dims, bool keepdim) {
  return tested("any", x, dims, keepdim, true, [](const Value& n, const Value& zero) { return gt(n, zero); });
}
Tensor all(const Operand& x, DimsRef dims, bool keepdim) {
  return tested("all", x, dims, keepdim, false, [](const Value& n, const Value& zero) { return eq(n, zero); });
}

Tensor Tensor::var(DimsRef dims, double correction, bool keepdim, SourceLocation at) const {
  return weft::var({*this, at}, dims, correction, keepdim);
}
Tensor Tensor::std(DimsRef dims, double correction, bool keepdim, SourceLocation at) const {
  return weft::std({*this, at}, dims, correction, keepdim);
}
Tensor Tensor::norm(double p, DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::norm({*this, at}, p, dims, keepdim);
}
Tensor Tensor::logsumexp(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::logsumexp({*this, at}, dims, keepdim);
}
Tensor Tensor::any(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::any({*this, at}, dims, keepdim);
}
Tensor Tensor::all(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::all({*this, at}, dims, keepdim);
}

}  // namespace weft
