// adam_factors(lr, step) -> (step_size, root_correction, keep), f64[]; step counts from 1.
// adam_step(param, grad, m, v, step_size, root_correction, keep) -> (param', m', v')
// In two, so that the second is elementwise and can be fused with what makes the gradient.
#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/optim/adam_step-inl.h"
#include "ops/kernels/optim/updates.h"
#include "ops/optim/register_math.h"
#include "ops/optim/update.h"
#include "weft/autograd.h"
#include "weft/optim.h"

namespace weft {
namespace {

Types infer_factors(const OpCall& call) {
  for (const char* name : {"beta1", "beta2", "decay"}) checked_attr<double>(call, name);
  require_scalar(call, 0, DType::f64, "lr must be f64[]");
  require_scalar(call, 1, DType::i64, "step must be i64[]");
  return Types(3, {DType::f64, {}});
}

Types infer(const OpCall& call) {
  for (const char* name : {"beta1", "beta2", "eps", "l2"}) checked_attr<double>(call, name);
  require_update(call, 2);
  for (const std::size_t i : {4, 5, 6}) require_scalar(call, i, DType::f64, "the factors must be f64[]");
  return Types(3, call.in(0));
}

// decay: what is taken off the parameter itself, times lr.
Kernel compile_factors(const OpCall& call) {
  const double beta1 = call.attr<double>("beta1"), beta2 = call.attr<double>("beta2");
  return {.run = [=, decay = call.attr<double>("decay")](const KernelArgs& args) {
    const double lr = *args.input<double>(0), step = static_cast<double>(*args.input<std::int64_t>(1));
    *args.output<double>(0) = lr / (1 - std::pow(beta1, step));
    *args.output<double>(1) = std::sqrt(1 - std::pow(beta2, step));
    *args.output<double>(2) = 1 - lr * decay;
  }};
}

constexpr OpDef kAdamFactors{
    .name = "adam_factors", .min_inputs = 2, .max_inputs = 2, .infer = infer_factors, .compile = compile_factors};
WEFT_REGISTER_OP(kAdamFactors);

template <class T>
Kernel make(const OpCall& call) {
  const double beta1 = call.attr<double>("beta1"), beta2 = call.attr<double>("beta2");
  optim_kernels::AdamPass<T> pass{};
  pass.size = call.in(0).shape.numel();
  pass.beta1 = static_cast<T>(beta1);
  pass.gain1 = static_cast<T>(1 - beta1);
  pass.beta2 = static_cast<T>(beta2);
  pass.gain2 = static_cast<T>(1 - beta2);
  pass.eps = static_cast<T>(call.attr<double>("eps"));
  pass.l2 = static_cast<T>(call.attr<double>("l2"));
  return {.run = [=](const KernelArgs& args) {
    auto now = pass;
    now.param = args.input<T>(0);
    now.grad = args.input<T>(1);
    now.m = args.input<T>(2);
    now.v = args.input<T>(3);
    now.param_out = args.output<T>(0);
    now.m_out = args.output<T>(1);
    now.v_out = args.output<T>(2);
    now.step_size = static_cast<T>(*args.input<double>(4));
    now.root_correction = static_cast<T>(*args.input<double>(5));
    now.keep = static_cast<T>(*args.input<double>(6));
    optim_kernels::adam(now);
  }};
}

Kernel compile(const OpCall& call) { return call.in(0).dtype == DType::f32 ? make<float>(call) : make<double>(call); }

void lower(LowerCall& call) {
  using namespace HWY_NAMESPACE;
  const double beta1 = call.attr<double>("beta1"), beta2 = call.attr<double>("beta2"), l2 = call.attr<double>("l2");
  const AdamTerms terms{.l2 = l2 != 0, .keep = true};  // keep is known when the program runs
  AdamFactors<Register> by{};
  by.beta1 = call.constant(beta1);
  by.gain1 = call.constant(1 - beta1);
  by.beta2 = call.constant(beta2);
  by.gain2 = call.constant(1 - beta2);
  by.eps = call.constant(call.attr<double>("eps"));
  if (terms.l2) by.l2 = call.constant(l2);
  by.step_size = call.in(4);
  by.root_correction = call.in(5);
  by.keep = call.in(6);
  const AdamResult<Register> next =
      adam_step(RegisterMath{call}, terms, by, call.in(0), call.in(1), call.in(2), call.in(3));
  call.out(next.param);
  call.out(next.m);
  call.out(next.v);
}

constexpr OpDef kAdamStep{.name = "adam_step",
                          .min_inputs = 7,
                          .max_inputs = 7,
                          .infer = infer,
                          .compile = compile,
                          .in_place = elementwise_in_place,
                          .lower = lower};
WEFT_REGISTER_OP(kAdamStep);

}  // namespace

namespace optim {

Adam::Adam(const char* name, std::vector<Tensor> parameters, AdamOptions options, bool decoupled, SourceLocation at)
    : Optimizer(name, std::move(parameters), options.lr, at), options_(options), decoupled_(decoupled) {
  const auto refuse = [&](const char* option, double value, const char* rule) {
    throw Error(std::string("[") + name + "] " + option + " " + std::to_string(value) + ": " + rule, at);
  };
  if (!(options.beta1 >= 0 && options.beta1 < 1)) refuse("beta1", options.beta1, "not in [0, 1)");
  if (!(options.beta2 >= 0 && options.beta2 < 1)) refuse("beta2", options.beta2, "not in [0, 1)");
  if (!(options.eps >= 0)) refuse("eps", options.eps, "negative");
  if (!(options.weight_decay >= 0)) refuse("weight_decay", options.weight_decay, "negative");
  m_ = zeros_like_parameters(at);
  v_ = zeros_like_parameters(at);
  steps_ = counters(at);
}

Adam::Adam(std::vector<Tensor> parameters, AdamOptions options, SourceLocation at)
    : Adam("Adam", std::move(parameters), options, false, at) {}

AdamW::AdamW(std::vector<Tensor> parameters, AdamWOptions options, SourceLocation at)
    : Adam("AdamW", std::move(parameters),
           {options.lr, options.beta1, options.beta2, options.eps, options.weight_decay}, true, at) {}

void Adam::update(std::size_t i, const Tensor& grad, Updates& updates, SourceLocation at) {
  const Tensor& param = parameters()[i];
  const Tensor step = Operand(steps_[i], at) + Operand(1, at);
  CaptureScope scope({param, grad, m_[i], v_[i], lr_tensor(), step}, at);
  const std::span<const Value> v = scope.values();
  const Value factors = scope.builder().record(
      kAdamFactors, {v[4], v[5]},
      Attrs{{"beta1", options_.beta1}, {"beta2", options_.beta2}, {"decay", decoupled_ ? options_.weight_decay : 0.0}});
  const Value result =
      scope.builder().record(kAdamStep, {v[0], v[1], v[2], v[3], factors, factors.output(1), factors.output(2)},
                             Attrs{{"beta1", options_.beta1},
                                   {"beta2", options_.beta2},
                                   {"eps", options_.eps},
                                   {"l2", decoupled_ ? 0.0 : options_.weight_decay}});
  updates.emplace_back(param, scope.tensor(result));
  updates.emplace_back(m_[i], scope.tensor(result.output(1)));
  updates.emplace_back(v_[i], scope.tensor(result.output(2)));
  updates.emplace_back(steps_[i], step);
}

}  // namespace optim
}  // namespace weft
