// NAdam: Adam with the momentum of Nesterov.
#include "ops/optim/formula.h"
#include "weft/adaptive_optim.h"

namespace weft::optim {

NAdam::NAdam(std::vector<Tensor> parameters, NAdamOptions options, SourceLocation at) : OptimizerOf("NAdam") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> NAdam::list(NAdamOptions& options) const {
  return {{"beta1", &options.beta1, Range::below_one},
          {"beta2", &options.beta2, Range::below_one},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay},
          {"momentum_decay", &options.momentum_decay},
          {"decoupled_weight_decay", &options.decoupled_weight_decay}};
}

Optimizer::State NAdam::first_state(const Tensor& parameter, const NAdamOptions&, SourceLocation at) const {
  return {{"step", counter(at)},
          {"exp_avg", zeros_like(parameter, at)},
          {"exp_avg_sq", zeros_like(parameter, at)},
          {"mu_product", scalar(1, at)}};
}

void NAdam::update_parameter(std::size_t i, const Tensor& grad, const NAdamOptions& options, Updates& updates,
                             SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const bool decoupled = options.decoupled_weight_decay && options.weight_decay != 0;
  const Value p = decoupled ? f.param() * f.scalar(1.0 - f.lr() * options.weight_decay) : f.param();
  const Value g = decoupled ? f.grad() : f.grad_with_decay(options.weight_decay);
  const Value step = f.next_step(state(i, "step"));
  const Tensor &first = state(i, "exp_avg"), &second = state(i, "exp_avg_sq");
  const Value m = f.write(first, average(options.beta1, f.read(first), g));
  const Value v = f.write(second, average(options.beta2, f.read(second), g * g));
  const auto mu = [&](const Value& t) {
    return (1.0 - Formula::power(0.96, t * options.momentum_decay) * 0.5) * options.beta1;
  };
  const Value now = mu(step), next = mu(step + 1.0);
  const Tensor& product = state(i, "mu_product");
  const Value c = f.write(product, f.read(product) * now);
  const Value root = sqrt(v / f.scalar(1.0 - Formula::power(options.beta2, step))) + options.eps;
  const Value by_grad = f.scalar(f.lr() * (1.0 - now) / (1.0 - c));
  const Value by_first = f.scalar(f.lr() * next / (1.0 - c * next));
  f.write_param(p - by_grad * g / root - by_first * m / root);
}

}  // namespace weft::optim
