// cast: the same numbers in another dtype. To integers: towards zero; to bool: is not 0.
#include "graph/capture/capture.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/kernels/elements.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer_cast(const OpCall& call) { return {{checked_attr<DType>(call, "dtype"), call.in(0).shape}}; }

void grad_cast(GradCall& g) { g.set(0, cast(g.dout(), g.in(0).dtype())); }

Kernel compile_cast(const OpCall& call) {
  return with_element_type(call.in(0).dtype, [&]<class From>(From) {
    return with_element_type(call.out().dtype, [&]<class To>(To) {
      return map_kernel<From, To>(call, [](From x) { return convert<To>(x); });
    });
  });
}

constexpr OpDef kCast{.name = "cast",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .infer = infer_cast,
                      .grad = grad_cast,
                      .compile = compile_cast,
                      .grad_name = "ToCopyBackward0",
                      .in_place = elementwise_in_place,
                      .simplify = drop_copy};
WEFT_REGISTER_OP(kCast);

}  // namespace

Value cast(const Value& x, DType dtype) {
  return x.dtype() == dtype ? x : x.builder().record(kCast, {x}, Attrs{{"dtype", dtype}});
}

Tensor cast(const Operand& x, DType dtype) {
  if (!x.is_number() && x.tensor().defined() && x.tensor().dtype() == dtype) return x.tensor();
  return capture({&x}, [dtype](auto v) { return cast(v[0], dtype); });
}
Tensor Tensor::to(DType dtype, SourceLocation at) const { return cast({*this, at}, dtype); }

}  // namespace weft
