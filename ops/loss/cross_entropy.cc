// cross_entropy of logits and class indices, fused: no matrix of probabilities or one-hot targets exists.
#include "ops/loss/cross_entropy.h"

#include "graph/capture/capture.h"
#include "ops/kernels/elements.h"
#include "ops/kernels/reduce/nll_simd.h"
#include "ops/kernels/reduce/sum_simd.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer(const OpCall& call) { return {infer_cross_entropy(call)}; }

void grad(GradCall& g) { g.set(0, cross_entropy_grad(g.in(0), g.in(1), g.dout(), reduction_of(g))); }

Kernel compile(const OpCall& call) {
  const Reduction reduction = reduction_of(call);
  const DType dtype = call.in(0).dtype;
  const std::int64_t rows = call.in(0).shape[0];
  auto run = [checked = CheckedRows(call), reduction, dtype, rows](const KernelArgs& args) {
    const bool f32 = dtype == DType::f32;
    void* losses = reduction == Reduction::none ? args.out[0] : args.scratch;
    (f32 ? nll_f32 : nll_f64)(checked(args), losses);
    if (reduction == Reduction::none) return;
    (f32 ? sum_pass_f32 : sum_pass_f64)(losses, args.out[0], {.count = rows});
    if (reduction == Reduction::sum) return;
    with_float_type(dtype, [&](auto t) { *args.output<decltype(t)>() /= static_cast<decltype(t)>(rows); });
  };
  return {.run = std::move(run),
          .scratch_bytes = reduction == Reduction::none ? 0 : call.in(1).shape.numel() * size_of(dtype),
          .flops = kSoftmaxFlops * static_cast<double>(call.in(0).shape.numel())};
}

}  // namespace

constexpr OpDef kCrossEntropy{.name = "cross_entropy",
                              .min_inputs = 2,
                              .max_inputs = 2,
                              .infer = infer,
                              .grad = grad,
                              .compile = compile,
                              .grad_name = "NllLossBackward",
                              .may_throw = true};
WEFT_REGISTER_OP(kCrossEntropy);

namespace {

Value cross_entropy(const Value& logits, const Value& target, Reduction reduction) {
  // One sample, without the dim of samples.
  if (logits.rank() == 1 && target.rank() == 0) {
    const Value rows = reshape(logits, {1, logits.shape()[0]});
    return reshape(cross_entropy(rows, reshape(target, {1}), reduction), {});
  }
  return logits.builder().record(kCrossEntropy, {logits, target},
                                 {{"reduction", static_cast<std::int64_t>(reduction)}});
}

}  // namespace

Tensor cross_entropy(const Operand& logits, const Operand& target, Reduction reduction) {
  return capture(
      {&logits, &target}, [&](std::span<const Value> v) { return cross_entropy(v[0], v[1], reduction); },
      "NllLossBackward");
}

}  // namespace weft
