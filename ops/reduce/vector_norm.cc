// Norms of vectors: (sum |x|^p)^(1/p) along dims, and its limits: p = 0 counts, infinite p take the extreme.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {

Value vector_norm(const Value& x, double p, const Dims& dims, bool keepdim) {
  const Value zero = number(x.builder(), x.dtype(), 0), one = number(x.builder(), x.dtype(), 1);
  const Value size = abs(x);
  if (p == 0) return sum(cast(ne(x, zero), x.dtype()), dims, keepdim);
  if (p == 1) return sum(size, dims, keepdim);
  if (std::isinf(p)) return p > 0 ? max(size, dims, keepdim) : min(size, dims, keepdim);
  // Where the sum is 0 the root has no slope: it is taken of 1 there.
  const auto root = [&](const Value& total, auto f) {
    const Value is_zero = eq(total, zero);
    return where(is_zero, total, f(where(is_zero, one, total)));
  };
  if (p == 2) return root(sum(square(x), dims, keepdim), [](const Value& v) { return sqrt(v); });
  const Value is_zero = eq(size, zero);
  const Value powers = where(is_zero, p > 0 ? zero : pow(size, p), pow(where(is_zero, one, size), p));
  return root(sum(powers, dims, keepdim), [&](const Value& v) { return pow(v, 1 / p); });
}

}  // namespace weft
