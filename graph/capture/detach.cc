// detach: the same value, through which no gradient flows. Also the mark of a leaf inside of a traced function.
#include "graph/autodiff.h"
#include "graph/capture/capture.h"

namespace weft {
namespace {

Types infer(const OpCall& call) { return {call.in(0)}; }

// The gradient is zero by definition.
void grad(GradCall&) {}

constexpr OpDef kDetach{
    .name = "detach", .min_inputs = 1, .max_inputs = 1, .infer = infer, .grad = grad, .alias = true};
WEFT_REGISTER_OP(kDetach);

}  // namespace

Tensor Tensor::detach(SourceLocation at) const {
  const Operand x(*this, at);
  return capture({&x}, [](std::span<const Value> v) {
    const bool enabled = std::exchange(v[0].builder().grad_enabled, false);
    const Value result = v[0].builder().record(kDetach, {v[0]});
    v[0].builder().grad_enabled = enabled;
    return result;
  });
}

}  // namespace weft
