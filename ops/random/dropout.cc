// dropout: elements vanish at random, the others grow so that the expected value stays.
#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/random/random.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {

// The factors of the elements are a value that the product and its gradient share.
Tensor dropout(const Operand& x, double p, bool training) {
  if (!(p >= 0 && p <= 1))
    fail_call(ErrorKind::value, "dropout", {}, x.at(), "p = " + std::to_string(p) + " is outside of [0, 1]");
  const bool nothing_drops = !training || p == 0;
  if (nothing_drops && x.tensor().defined()) return x.tensor();

  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  const Value v = scope.values()[0];
  if (!is_floating(v.dtype())) fail_call(ErrorKind::dtype, "dropout", v, "wants a floating tensor");
  if (nothing_drops) return scope.tensor(v);
  if (p == 1) return scope.tensor(v * zeros_like(v));
  const Value kept = cast(ge(rand(next_random(scope), v.type()), number(v.builder(), v.dtype(), p)), v.dtype());
  return scope.tensor(v * (kept * (1 / (1 - p))));
}

}  // namespace weft
