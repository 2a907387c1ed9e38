// adam_factors(lr, step) -> (step_size, root_correction, keep), f64[]; step counts from 1.
// adam_step(param, grad, m, v, step_size, root_correction, keep) -> (param', m', v')
// In two, so that the second is elementwise and can be fused with what makes the gradient.
#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/optim/adam_step-inl.h"
#include "ops/kernels/optim/updates.h"
#include "ops/optim/formula.h"
#include "ops/optim/register_math.h"
#include "ops/optim/update.h"
#include "ops/values.h"
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

namespace {

AdamOptions plain(const AdamWOptions& o) {
  return {o.lr, o.beta1, o.beta2, o.eps, o.weight_decay, o.amsgrad, o.maximize};
}

}  // namespace

Adam::Adam(const char* name, std::vector<Tensor> parameters, const AdamOptions& options, bool decoupled,
           SourceLocation at)
    : OptimizerOf(name), decoupled_(decoupled) {
  add_param_group(std::move(parameters), options, at);
}

Adam::Adam(std::vector<Tensor> parameters, AdamOptions options, SourceLocation at)
    : Adam("Adam", std::move(parameters), options, false, at) {}

AdamW::AdamW(std::vector<Tensor> parameters, AdamWOptions options, SourceLocation at)
    : Adam("AdamW", std::move(parameters), plain(options), true, at) {}

void AdamW::add_param_group(std::vector<Tensor> parameters, const AdamWOptions& options, SourceLocation at) {
  Adam::add_param_group(std::move(parameters), plain(options), at);
}

std::vector<Optimizer::Option> Adam::list(AdamOptions& options) const {
  return {{"beta1", &options.beta1, Range::below_one},
          {"beta2", &options.beta2, Range::below_one},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay},
          {"amsgrad", &options.amsgrad}};
}

Optimizer::State Adam::first_state(const Tensor& parameter, const AdamOptions& options, SourceLocation at) const {
  State state{{"step", counter(at)}, {"exp_avg", zeros_like(parameter, at)}, {"exp_avg_sq", zeros_like(parameter, at)}};
  if (options.amsgrad) state.emplace_back("max_exp_avg_sq", zeros_like(parameter, at));
  return state;
}

// With amsgrad, or beta1 as a variable: out of ordinary operations.
void Adam::update_by_operations(std::size_t i, const Tensor& grad, const AdamOptions& options, Updates& updates,
                                SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const Value step = f.next_step(state(i, "step"));
  const Value beta1 =
      momentum_tensor(i).defined() ? f.read(momentum_tensor(i)) : number(step.builder(), DType::f64, options.beta1);
  const Value p = decoupled_ ? f.param() * f.scalar(1.0 - f.lr() * options.weight_decay) : f.param();
  const Value g = decoupled_ ? f.grad() : f.grad_with_decay(options.weight_decay);
  const Tensor &first = state(i, "exp_avg"), &second = state(i, "exp_avg_sq");
  const Value m = f.write(first, f.read(first) * f.scalar(beta1) + g * f.scalar(1.0 - beta1));
  Value v = f.write(second, average(options.beta2, f.read(second), g * g));
  if (options.amsgrad) {
    const Tensor& most = state(i, "max_exp_avg_sq");
    v = f.write(most, maximum(f.read(most), v));
  }
  const Value step_size = f.scalar(f.lr() / (1.0 - pow(beta1, step)));
  const Value root_correction = f.scalar(sqrt(1.0 - Formula::power(options.beta2, step)));
  f.write_param(p - step_size * m / (sqrt(v) / root_correction + options.eps));
}

void Adam::update_parameter(std::size_t i, const Tensor& grad, const AdamOptions& options, Updates& updates,
                            SourceLocation at) {
  if (options.amsgrad || momentum_tensor(i).defined()) {
    update_by_operations(i, grad, options, updates, at);
    return;
  }
  const Tensor &param = parameters()[i], &m = state(i, "exp_avg"), &v = state(i, "exp_avg_sq");
  const Tensor step = Operand(state(i, "step"), at) + Operand(1, at);
  CaptureScope scope({param, grad, m, v, lr_tensor(i), step}, at);
  const std::span<const Value> in = scope.values();
  const double decay = decoupled_ ? options.weight_decay : 0.0, l2 = decoupled_ ? 0.0 : options.weight_decay;
  const Value factors = scope.builder().record(
      kAdamFactors, {in[4], in[5]}, Attrs{{"beta1", options.beta1}, {"beta2", options.beta2}, {"decay", decay}});
  const Value result = scope.builder().record(
      kAdamStep, {in[0], in[1], in[2], in[3], factors, factors.output(1), factors.output(2)},
      Attrs{{"beta1", options.beta1}, {"beta2", options.beta2}, {"eps", options.eps}, {"l2", l2}});
  updates.emplace_back(param, scope.tensor(result));
  updates.emplace_back(m, scope.tensor(result.output(1)));
  updates.emplace_back(v, scope.tensor(result.output(2)));
  updates.emplace_back(state(i, "step"), step);
}

}  // namespace optim
}  // namespace weft
