// cov, corrcoef and renorm.
#include <algorithm>
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

// Variables in rows, in a floating dtype.
Value observations(const char* name, const Value& x) {
  if (x.rank() > 2) fail_call(ErrorKind::shape, name, x, "wants a matrix of variables and observations, or a vector");
  if (x.dtype() == DType::boolean) fail_call(ErrorKind::dtype, name, x, "is not defined for bool");
  const Value numbers = to_floating(x);
  return x.rank() == 2 ? numbers : reshape(numbers, {1, x.shape().numel()});
}

// One weight for each observation, none below 0; or an undefined tensor.
Value checked_weights(CaptureScope& scope, const char* what, const Tensor& weights, bool whole, std::int64_t count) {
  if (!weights.defined()) return {};
  const SourceLocation at = scope.builder().where;
  const Value w = scope.value_of(weights);
  const std::vector<Value> operands{scope.values()[0], w};
  const auto fail = [&](ErrorKind kind, const std::string& rule) {
    fail_call(kind, "cov", operands, at, std::string(what) + " " + rule);
  };
  if (w.rank() > 1 || w.shape().numel() != count) fail(ErrorKind::shape, "needs a number for each observation");
  if (whole != is_integer(w.dtype()) || w.dtype() == DType::boolean)
    fail(ErrorKind::dtype, whole ? "must hold integers" : "must be floating");
  if (any({lt({weights.detach(at), at}, {0, at}), at}).item<bool>(at)) fail(ErrorKind::value, "must not be negative");
  return reshape(w, {count});
}

// The products of deviations from the mean, over what is left of the number of observations.
Value covariance(const Value& x, std::int64_t correction, const Value& weights, const Value& aweights) {
  const Value zero = number(x.builder(), x.dtype(), 0);
  if (!weights.defined()) {
    const auto n = static_cast<double>(x.shape()[1]);
    const Value centered = x - mean(x, {1}, true);
    const double left = std::max(0.0, n - static_cast<double>(correction));
    return matmul(centered, false, centered, true) / left;
  }
  const Value total = sum(weights, {}, false);
  const Value centered = x - sum(x * weights, {1}, true) / total;
  const Value counted = aweights.defined() && correction != 0 ? sum(weights * aweights, {}, false) / total
                                                              : number(x.builder(), x.dtype(), 1);
  const Value left = total - counted * static_cast<double>(correction);
  return matmul(centered, false, centered * weights, true) / where(le(left, zero), zero, left);
}

// Of one variable a scalar.
Value squeezed(const Value& matrix) { return matrix.shape().numel() == 1 ? reshape(matrix, {}) : matrix; }

Value correlation(const Value& covariances) {
  if (covariances.rank() == 0) return covariances / covariances;
  const Value deviations = sqrt(diagonal(covariances, 0, 0, 1));
  return clamp(covariances / unsqueeze(deviations, 1) / unsqueeze(deviations, 0), -1, 1);
}

Value renormed(const Value& x, double p, std::int64_t dim, double maxnorm) {
  Dims others;
  for (std::int64_t d = 0; d < x.rank(); ++d)
    if (d != dim) others.push_back(d);
  const Value norm = vector_norm(x, p, others, true);
  const auto of = [&](double value) { return number(x.builder(), x.dtype(), value); };
  return x * where(gt(norm, of(maxnorm)), of(maxnorm) / (norm + 1e-7), of(1));
}

}  // namespace

Tensor cov(const Operand& x, std::int64_t correction, const Tensor& fweights, const Tensor& aweights) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  const Value rows = observations("cov", scope.values()[0]);
  const std::int64_t n = rows.shape()[1];
  const Value f = checked_weights(scope, "fweights", fweights, true, n);
  const Value a = checked_weights(scope, "aweights", aweights, false, n);
  Value weights = f.defined() ? cast(f, rows.dtype()) : Value();
  const Value shares = a.defined() ? cast(a, rows.dtype()) : Value();
  if (shares.defined()) weights = weights.defined() ? weights * shares : shares;
  return scope.tensor(squeezed(covariance(rows, correction, weights, shares)), "SqueezeBackward0");
}

Tensor corrcoef(const Operand& x) {
  return capture(
      {&x},
      [](std::span<const Value> v) {
        return correlation(squeezed(covariance(observations("corrcoef", v[0]), 1, {}, {})));
      },
      "ClampBackward1");
}

Tensor renorm(const Operand& x, double p, std::int64_t dim, double maxnorm) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        require_floating("renorm", v[0]);
        const std::int64_t d = checked_dim("renorm", dim, v[0]);
        if (v[0].rank() < 2) fail_call(ErrorKind::shape, "renorm", v[0], "wants at least 2 dims");
        if (!(p > 0)) fail_call(ErrorKind::value, "renorm", v[0], "p is not above 0");
        if (!(maxnorm >= 0)) fail_call(ErrorKind::value, "renorm", v[0], "maxnorm is not 0 or more");
        return renormed(v[0], p, d, maxnorm);
      },
      "RenormBackward0");
}

}  // namespace weft
