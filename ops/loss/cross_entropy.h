// What cross_entropy and its gradient share.
#pragma once

#include <string>

#include "graph/autodiff.h"
#include "ops/kernels/reduce/nll_simd.h"
#include "weft/ops.h"

namespace weft {

constexpr double kSoftmaxFlops = 20;  // for each element

// The attribute "reduction" of an OpCall or GradCall.
template <class Call>
Reduction reduction_of(const Call& call) {
  return static_cast<Reduction>(call.template attr<std::int64_t>("reduction"));
}

// The type of the loss, after checking logits, target and the attribute "reduction".
TensorType infer_cross_entropy(const OpCall& call);

// d(loss)/d(logits) * dloss: (softmax(logits) - onehot(target)) * dloss, divided by n for the mean.
Value cross_entropy_grad(const Value& logits, const Value& target, const Value& dloss, Reduction reduction);

// The operands of an execution, once the targets are known to be legal.
class CheckedRows {
 public:
  explicit CheckedRows(const OpCall& call);
  // Throws Error for a target outside of [0, classes).
  NllRows operator()(const KernelArgs& args) const;

 private:
  std::string call_;
  SourceLocation where_;
  std::int64_t rows_, classes_;
};

}  // namespace weft
