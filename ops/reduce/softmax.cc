// softmax and log_softmax along one dim.
#include "graph/capture/capture.h"
#include "ops/kernels/reduce/softmax_simd.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype), "needs a floating tensor", "cast(x, kFloat32) first");
  infer_axis(call);
  return {call.in(0)};
}

Value sum_over_dim(const GradCall& g, const Value& x) { return sum(x, {g.attr<std::int64_t>("dim")}, true); }

void softmax_grad(GradCall& g) {
  const Value y = g.out(), ydy = y * g.dout();
  g.set(0, ydy - y * sum_over_dim(g, ydy));
}

void log_softmax_grad(GradCall& g) { g.set(0, g.dout() - exp(g.out()) * sum_over_dim(g, g.dout())); }

Kernel kernel(const OpCall& call, ReducePassFn f32, ReducePassFn f64) {
  constexpr double kFlopsPerElement = 20;
  const ReducePassFn fn = call.in(0).dtype == DType::f32 ? f32 : f64;
  const ReducePass pass = axis_pass(call.in(0).shape, call.attr<std::int64_t>("dim"));
  return {.run = [fn, pass](const KernelArgs& args) { fn(args.in[0], args.out[0], pass); },
          .flops = kFlopsPerElement * static_cast<double>(call.in(0).shape.numel())};
}

Kernel compile_softmax(const OpCall& call) { return kernel(call, softmax_f32, softmax_f64); }
Kernel compile_log_softmax(const OpCall& call) { return kernel(call, log_softmax_f32, log_softmax_f64); }

}  // namespace

constexpr OpDef kSoftmax{.name = "softmax",
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .infer = infer,
                         .grad = softmax_grad,
                         .compile = compile_softmax,
                         .grad_name = "SoftmaxBackward0"};
WEFT_REGISTER_OP(kSoftmax);
constexpr OpDef kLogSoftmax{.name = "log_softmax",
                            .min_inputs = 1,
                            .max_inputs = 1,
                            .infer = infer,
                            .grad = log_softmax_grad,
                            .compile = compile_log_softmax,
                            .grad_name = "LogSoftmaxBackward0"};
WEFT_REGISTER_OP(kLogSoftmax);

Value softmax(const Value& x, std::int64_t dim) {
  const std::int64_t axis = normalize_axis("softmax", dim, x.type(), x.builder().where);
  return x.builder().record(kSoftmax, {x}, {{"dim", axis}});
}
Value log_softmax(const Value& x, std::int64_t dim) {
  const std::int64_t axis = normalize_axis("log_softmax", dim, x.type(), x.builder().where);
  return x.builder().record(kLogSoftmax, {x}, {{"dim", axis}});
}

Tensor softmax(const Operand& x, std::int64_t dim) {
  return capture({&x}, [&](std::span<const Value> v) { return softmax(v[0], dim); });
}
Tensor log_softmax(const Operand& x, std::int64_t dim) {
  return capture({&x}, [&](std::span<const Value> v) { return log_softmax(v[0], dim); });
}

Tensor Tensor::softmax(std::int64_t dim, SourceLocation at) const { return weft::softmax({*this, at}, dim); }
Tensor Tensor::log_softmax(std::int64_t dim, SourceLocation at) const { return weft::log_softmax({*this, at}, dim); }

}  // namespace weft
