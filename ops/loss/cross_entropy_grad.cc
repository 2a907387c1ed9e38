// The gradient of cross_entropy, an op of its own: neither probabilities nor one-hot targets are kept from the loss.
#include "ops/call_checks.h"
#include "ops/loss/cross_entropy.h"
#include "ops/values.h"

namespace weft {

TensorType infer_cross_entropy(const OpCall& call) {
  const TensorType &logits = call.in(0), &target = call.in(1);
  call.require(is_floating(logits.dtype), "logits must be floating");
  call.require(target.dtype == DType::i64, "target must hold class indices, i64");
  call.require(logits.shape.rank() == 2 && target.shape.rank() == 1 && logits.shape[0] == target.shape[0],
               "needs logits [n, classes] and target [n]");
  const auto reduction = checked_attr_in(call, "reduction", 0, 2);
  return {logits.dtype, reduction == static_cast<int>(Reduction::none) ? target.shape : Shape()};
}

CheckedRows::CheckedRows(const OpCall& call)
    : call_("[" + std::string(call.op.name) + "] " + describe(call.inputs)),
      where_(call.where),
      rows_(call.in(0).shape[0]),
      classes_(call.in(0).shape[1]) {}

NllRows CheckedRows::operator()(const KernelArgs& args) const {
  const auto* target = args.input<std::int64_t>(1);
  for (std::int64_t i = 0; i < rows_; ++i)
    if (target[i] < 0 || target[i] >= classes_)
      throw Error(call_ + ": target[" + std::to_string(i) + "] is " + std::to_string(target[i]) + ", outside of [0," +
                      std::to_string(classes_) + ")",
                  where_, "targets are class indices");
  return {args.in[0], target, rows_, classes_};
}

namespace {

Types infer(const OpCall& call) {
  call.require(call.in(2) == infer_cross_entropy(call), "the gradient must be of the type of the loss");
  return {call.in(0)};
}

// Of G = (softmax(logits) - onehot(target)) * s, where s is dloss, divided by n for the mean.
void grad(GradCall& g) {
  const Value logits = g.in(0), dloss = g.in(2), dout = g.dout();
  const Reduction reduction = reduction_of(g);
  if (g.needs(0)) {
    const auto n = static_cast<double>(logits.shape()[0]);
    Value weighted = dout * (reduction == Reduction::none ? unsqueeze(dloss, 1) : dloss);
    if (reduction == Reduction::mean) weighted = weighted / n;
    const Value p = softmax(logits, 1), pw = p * weighted;
    g.set(0, pw - p * sum(pw, {1}, true));
  }
  if (g.needs(2)) {
    const Value per_dloss = dout * cross_entropy_grad(logits, g.in(1), ones_like(dloss), reduction);
    g.set(2, reduction == Reduction::none ? sum(per_dloss, {1}, false) : sum(per_dloss, {}, false));
  }
}

Kernel compile(const OpCall& call) {
  const Reduction reduction = reduction_of(call);
  const auto fn = call.in(0).dtype == DType::f32 ? nll_grad_f32 : nll_grad_f64;
  const std::int64_t stride = reduction == Reduction::none ? 1 : 0;
  const double factor = reduction == Reduction::mean ? 1.0 / static_cast<double>(call.in(0).shape[0]) : 1.0;
  return {.run = [checked = CheckedRows(call), fn, stride,
                  factor](const KernelArgs& args) { fn(checked(args), args.in[2], stride, factor, args.out[0]); },
          .flops = kSoftmaxFlops * static_cast<double>(call.in(0).shape.numel())};
}

}  // namespace

constexpr OpDef kCrossEntropyGrad{.name = "cross_entropy_grad",
                                  .min_inputs = 3,
                                  .max_inputs = 3,
                                  .infer = infer,
                                  .grad = grad,
                                  .compile = compile,
                                  .grad_name = "NllLossBackwardBackward",
                                  .may_throw = true};
WEFT_REGISTER_OP(kCrossEntropyGrad);

Value cross_entropy_grad(const Value& logits, const Value& target, const Value& dloss, Reduction reduction) {
  return logits.builder().record(kCrossEntropyGrad, {logits, target, dloss},
                                 {{"reduction", static_cast<std::int64_t>(reduction)}});
}

}  // namespace weft
