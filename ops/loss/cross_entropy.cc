// cross_entropy of logits and class indices, fused, and its gradient, an op of its own: no matrix of probabilities or
// one-hot targets exists.
#include <array>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/elements.h"
#include "ops/kernels/reduce/nll_simd.h"
#include "ops/kernels/reduce/sum_simd.h"
#include "ops/loss/loss.h"
#include "ops/values.h"

namespace weft {
namespace {

constexpr double kSoftmaxFlops = 20;  // for each element

// The attribute "reduction" of an OpCall or GradCall.
template <class Call>
Reduction reduction_of(const Call& call) {
  return static_cast<Reduction>(call.template attr<std::int64_t>("reduction"));
}

// The type of the loss, after checking logits, target and the attribute "reduction".
TensorType checked_loss(const OpCall& call) {
  const TensorType &logits = call.in(0), &target = call.in(1);
  call.require(ErrorKind::dtype, is_floating(logits.dtype), "logits must be floating");
  call.require(ErrorKind::dtype, target.dtype == DType::i64, "target must hold class indices, i64");
  call.require(logits.shape.rank() == 2 && target.shape.rank() == 1 && logits.shape[0] == target.shape[0],
               "needs logits [n, classes] and target [n]");
  const auto reduction = checked_attr_in(call, "reduction", 0, 2);
  return {logits.dtype, reduction == static_cast<int>(Reduction::none) ? target.shape : Shape()};
}

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
                  where_, "targets are class indices; ClassLossOptions have one that is ignored");
  return {args.in[0], target, rows_, classes_};
}

// d(loss)/d(logits) * dloss: (softmax(logits) - onehot(target)) * dloss, divided by n for the mean.
Value cross_entropy_grad(const Value& logits, const Value& target, const Value& dloss, Reduction reduction);

// ---- The gradient

Types infer_gradient(const OpCall& call) {
  call.require(call.in(2) == checked_loss(call), "the gradient must be of the type of the loss");
  return {call.in(0)};
}

// Of G = (softmax(logits) - onehot(target)) * s, where s is dloss, divided by n for the mean.
void grad_gradient(GradCall& g) {
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

Kernel compile_gradient(const OpCall& call) {
  const Reduction reduction = reduction_of(call);
  const auto fn = call.in(0).dtype == DType::f32 ? nll_grad_f32 : nll_grad_f64;
  const std::int64_t stride = reduction == Reduction::none ? 1 : 0;
  const double factor = reduction == Reduction::mean ? 1.0 / static_cast<double>(call.in(0).shape[0]) : 1.0;
  return {.run = [checked = CheckedRows(call), fn, stride,
                  factor](const KernelArgs& args) { fn(checked(args), args.in[2], stride, factor, args.out[0]); },
          .flops = kSoftmaxFlops * static_cast<double>(call.in(0).shape.numel())};
}

constexpr OpDef kCrossEntropyGrad{.name = "cross_entropy_grad",
                                  .min_inputs = 3,
                                  .max_inputs = 3,
                                  .infer = infer_gradient,
                                  .grad = grad_gradient,
                                  .compile = compile_gradient,
                                  .grad_name = "NllLossBackwardBackward0",
                                  .may_throw = true};
WEFT_REGISTER_OP(kCrossEntropyGrad);

Value cross_entropy_grad(const Value& logits, const Value& target, const Value& dloss, Reduction reduction) {
  return logits.builder().record(kCrossEntropyGrad, {logits, target, dloss},
                                 {{"reduction", static_cast<std::int64_t>(reduction)}});
}

// ---- The loss

Types infer_loss(const OpCall& call) { return {checked_loss(call)}; }

void grad_loss(GradCall& g) { g.set(0, cross_entropy_grad(g.in(0), g.in(1), g.dout(), reduction_of(g))); }

Kernel compile_loss(const OpCall& call) {
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

constexpr OpDef kCrossEntropy{.name = "cross_entropy",
                              .min_inputs = 2,
                              .max_inputs = 2,
                              .infer = infer_loss,
                              .grad = grad_loss,
                              .compile = compile_loss,
                              .grad_name = "NllLossBackward0",
                              .may_throw = true};
WEFT_REGISTER_OP(kCrossEntropy);

Value cross_entropy(const Value& logits, const Value& target, Reduction reduction) {
  const auto of_rows = [&](const Value& rows, const Value& classes, Reduction r) {
    const Value index = classes.dtype() == DType::u8 ? cast(classes, DType::i64) : classes;
    return logits.builder().record(kCrossEntropy, {rows, index}, {{"reduction", static_cast<std::int64_t>(r)}});
  };
  if (logits.rank() == 0 || logits.rank() == 2) return of_rows(logits, target, reduction);
  if (target.shape() != without_classes(logits.shape()))
    fail_call(ErrorKind::shape, "cross_entropy", std::array{logits, target}, logits.builder().where,
              "the target must have the shape of the logits without classes");
  const Value rows = class_rows(logits), index = reshape(target, {target.shape().numel()});
  // The loss of one sample without a dim of samples is a sum.
  const Value loss = of_rows(rows, index, logits.rank() == 1 ? Reduction::sum : reduction);
  return reduction == Reduction::none ? reshape(loss, target.shape()) : loss;
}

}  // namespace

Tensor cross_entropy(const Operand& logits, const Operand& target, Reduction reduction) {
  const Tensor &x = logits.tensor(), &y = target.tensor();
  if (x.defined() && y.defined() && is_floating(y.dtype()) && y.shape() == x.shape())
    return cross_entropy(logits, target, ClassLossOptions(), reduction);
  return capture(
      {&logits, &target}, [&](std::span<const Value> v) { return cross_entropy(v[0], v[1], reduction); },
      "NllLossBackward0");
}

}  // namespace weft
