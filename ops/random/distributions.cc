// Random tensors made of uniform and normal ones.
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/random/random.h"
#include "ops/values.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Weights as rows, and what is drawn from them.
void check_weights(const Value& weights, std::int64_t samples, bool replacement) {
  require_floating("multinomial", weights);
  if (weights.rank() < 1 || weights.rank() > 2)
    fail_call(ErrorKind::shape, "multinomial", weights, "wants a vector or a matrix");
  const std::int64_t n = weights.shape()[weights.rank() - 1];
  if (samples < 1 || (!replacement && samples > n))
    fail_call(
        ErrorKind::value, "multinomial", weights,
        std::to_string(samples) + " samples of " + std::to_string(n) + (replacement ? "" : " without replacement"));
  if (n == 0) fail_call(ErrorKind::shape, "multinomial", weights, "no elements to draw from");
}

// How many of the sums of weights lie at or below a uniform share of their total.
Value with_replacement(const Value& weights, const Value& uniform) {
  const Value sums = cumsum(weights, weights.rank() - 1, false);
  const std::int64_t n = weights.shape()[weights.rank() - 1];
  const Value total = slice(sums, weights.rank() - 1, n - 1, n, 1);
  const Value below = le(unsqueeze(sums, weights.rank() - 1), unsqueeze(uniform * total, weights.rank()));
  const Value index = sum(cast(below, DType::i64), {below.rank() - 1}, false);
  return minimum(index, full(weights.builder(), {DType::i64, {}}, Operand(n - 1)));
}

}  // namespace

Tensor normal(double mean, double std, DimsRef shape, DType dtype, SourceLocation at) {
  if (!(std >= 0)) throw Error(ErrorKind::value, "[normal] the standard deviation must not be negative", at);
  return add({mul({randn(shape, dtype, at), at}, {std, at}), at}, {mean, at});
}

Tensor randperm(std::int64_t n, SourceLocation at) {
  if (n < 0) throw Error(ErrorKind::value, "[randperm] " + std::to_string(n) + " numbers", at);
  return argsort({rand(n, kFloat64, at), at}, 0);
}

Tensor bernoulli(const Operand& p) {
  const Operand* const operands[] = {&p};
  CaptureScope scope(operands);
  const Value probability = scope.values()[0];
  require_floating("bernoulli", probability);
  scope.builder().grad_enabled = false;
  const Value uniform = rand(next_random(scope), probability.type());
  return scope.tensor(cast(lt(uniform, probability), probability.dtype()));
}

Tensor multinomial(const Operand& weights, std::int64_t samples, bool replacement) {
  const Operand* const operands[] = {&weights};
  CaptureScope scope(operands);
  const Value given = scope.values()[0];
  check_weights(given, samples, replacement);
  scope.builder().grad_enabled = false;
  Dims shape = given.shape().vec();
  if (replacement) shape.back() = samples;
  const Value uniform =
      rand(next_random(scope), {given.dtype(), checked_shape("multinomial", scope.values(), weights.at(), shape)});
  if (replacement) return scope.tensor(with_replacement(given, uniform));
  // Weights over exponential numbers: the largest come in the order of draws without replacement.
  const Value none = number(given.builder(), given.dtype(), 0);
  const Value keys = where(gt(given, none), given / neg(log(1.0 - uniform)), none - 1.0);
  return topk({scope.tensor(keys), weights.at()}, samples).indices;
}

}  // namespace weft
