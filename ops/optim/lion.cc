// Lion: steps of one size, along the sign of the momentum.
#include "ops/optim/formula.h"
#include "weft/adaptive_optim.h"

namespace weft::optim {

Lion::Lion(std::vector<Tensor> parameters, LionOptions options, SourceLocation at) : OptimizerOf("Lion") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> Lion::list(LionOptions& options) const {
  return {{"beta1", &options.beta1, Range::below_one},
          {"beta2", &options.beta2, Range::below_one},
          {"weight_decay", &options.weight_decay}};
}

Optimizer::State Lion::first_state(const Tensor& parameter, const LionOptions&, SourceLocation at) const {
  return {{"exp_avg", zeros_like(parameter, at)}};
}

void Lion::update_parameter(std::size_t i, const Tensor& grad, const LionOptions& options, Updates& updates,
                            SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const Value lr = f.scalar(f.lr()), g = f.grad();
  const Value p = options.weight_decay != 0 ? f.param() * f.scalar(1.0 - f.lr() * options.weight_decay) : f.param();
  const Tensor& momentum = state(i, "exp_avg");
  const Value m = f.read(momentum);
  f.write(momentum, average(options.beta2, m, g));
  f.write_param(p - lr * sign(average(options.beta1, m, g)));
}

}  // namespace weft::optim
