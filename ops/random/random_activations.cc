// rrelu and gumbel_softmax.
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/random/random.h"
#include "ops/values.h"
#include "weft/distances.h"

namespace weft {
namespace {

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

// 1 at the first largest along dim, else 0.
Value largest_of(const Value& x, std::int64_t dim) {
  const Value index = x.builder().record(*find_op("argmax"), {x}, {{"dim", dim}, {"keepdim", true}});
  return scatter_sum(ones_like(cast(index, x.dtype())), dim, index, x.shape());
}

}  // namespace

Tensor rrelu(const Operand& x, double lower, double upper, bool training) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  const Value v = scope.values()[0];
  require_floating("rrelu", v);
  if (!(lower <= upper) || !std::isfinite(upper - lower))
    fail_call(ErrorKind::value, "rrelu", v, "lower lies above upper, or one is not finite");
  const Value slope =
      training ? rand(next_random(scope), v.type()) * (upper - lower) + lower : of(v, (lower + upper) / 2);
  return scope.tensor(where(gt(v, of(v, 0)), v, v * slope), "RreluWithNoiseBackward0");
}

Tensor gumbel_softmax(const Operand& logits, double tau, bool hard, std::int64_t dim) {
  const Operand* const operands[] = {&logits};
  CaptureScope scope(operands);
  const Value v = scope.values()[0];
  require_floating("gumbel_softmax", v);
  const std::int64_t d = checked_dim("gumbel_softmax", dim, v);
  // -log(1 - u) is exponential for a uniform u in [0, 1): 0, whose logarithm is infinite, counts as the least number.
  const Value uniform = rand(next_random(scope), v.type());
  const double least = v.dtype() == DType::f32 ? 0x1p-25 : 0x1p-54;
  const Value exponential = clamp(-log1p(-uniform), least, std::nullopt);
  const Value soft = softmax((v - log(exponential)) / tau, d);
  if (!hard || v.shape().numel() == 0) return scope.tensor(soft, hard ? "AddBackward0" : "SoftmaxBackward0");
  const Value fixed = record_detach(soft);
  return scope.tensor(with_derivative(largest_of(fixed, d), soft, ones_like(soft)), "AddBackward0");
}

}  // namespace weft
