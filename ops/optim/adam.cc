// adam_step(param, grad, m, v, lr, step) -> (param', m', v'); step counts from 1.
#include "graph/capture.h"
#include "ops/call_checks.h"
#include "ops/optim/kernels.h"
#include "ops/optim/update.h"
#include "weft/autograd.h"
#include "weft/optim.h"

namespace weft {
namespace {

// ---- shape

Types infer(const OpCall& call) {
  for (const char* name : {"beta1", "beta2", "eps", "weight_decay"}) checked_attr<double>(call, name);
  checked_attr<bool>(call, "decoupled");
  require_update(call, 2);
  require_scalar(call, 4, DType::f64, "lr must be f64[]");
  require_scalar(call, 5, DType::i64, "step must be i64[]");
  return Types(3, call.in(0));
}

// ---- kernel

template <class T>
Kernel make(const OpCall& call, void (*run)(const optim_kernels::AdamPass<T>&)) {
  const double beta1 = call.attr<double>("beta1"), beta2 = call.attr<double>("beta2");
  const double weight_decay = call.attr<double>("weight_decay");
  const bool decoupled = call.attr<bool>("decoupled");
  optim_kernels::AdamPass<T> pass{};
  pass.size = call.in(0).shape.numel();
  pass.beta1 = static_cast<T>(beta1);
  pass.gain1 = static_cast<T>(1 - beta1);
  pass.beta2 = static_cast<T>(beta2);
  pass.gain2 = static_cast<T>(1 - beta2);
  pass.eps = static_cast<T>(call.attr<double>("eps"));
  pass.l2 = static_cast<T>(decoupled ? 0 : weight_decay);
  return {.run = [=](const KernelArgs& args) {
    auto now = pass;
    now.param = args.input<T>(0);
    now.grad = args.input<T>(1);
    now.m = args.input<T>(2);
    now.v = args.input<T>(3);
    now.param_out = args.output<T>(0);
    now.m_out = args.output<T>(1);
    now.v_out = args.output<T>(2);
    const double lr = *args.input<double>(4);
    const double step = static_cast<double>(*args.input<std::int64_t>(5));
    now.step_size = static_cast<T>(lr / (1 - std::pow(beta1, step)));
    now.root_correction = static_cast<T>(std::sqrt(1 - std::pow(beta2, step)));
    now.keep = static_cast<T>(decoupled ? 1 - lr * weight_decay : 1);
    run(now);
  }};
}

Kernel compile(const OpCall& call) {
  if (call.in(0).dtype == DType::f32) return make<float>(call, optim_kernels::adam_f32);
  return make<double>(call, [](const optim_kernels::AdamPass<double>& pass) { optim_kernels::adam(pass); });
}

constexpr OpDef kAdamStep{.name = "adam_step",
                          .min_inputs = 6,
                          .max_inputs = 6,
                          .infer = infer,
                          .compile = compile,
                          .in_place = InPlace::elementwise};
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
  m_ = zeros_like_parameters();
  v_ = zeros_like_parameters();
  steps_ = counters();
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
  const Value result = scope.builder().record(kAdamStep, scope.values(),
                                              Attrs{{"beta1", options_.beta1},
                                                    {"beta2", options_.beta2},
                                                    {"decoupled", decoupled_},
                                                    {"eps", options_.eps},
                                                    {"weight_decay", options_.weight_decay}});
  updates.emplace_back(param, scope.tensor(result));
  updates.emplace_back(m_[i], scope.tensor(result.output(1)));
  updates.emplace_back(v_[i], scope.tensor(result.output(2)));
  updates.emplace_back(steps_[i], step);
}

}  // namespace optim
}  // namespace weft
