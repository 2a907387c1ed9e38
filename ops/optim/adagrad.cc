// Adagrad: gradients over the root of the sum of their squares.
#include "ops/optim/formula.h"
#include "weft/adaptive_optim.h"

namespace weft::optim {

Adagrad::Adagrad(std::vector<Tensor> parameters, AdagradOptions options, SourceLocation at) : OptimizerOf("Adagrad") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> Adagrad::list(AdagradOptions& options) const {
  return {{"lr_decay", &options.lr_decay},
          {"weight_decay", &options.weight_decay},
          {"initial_accumulator_value", &options.initial_accumulator_value},
          {"eps", &options.eps}};
}

Optimizer::State Adagrad::first_state(const Tensor& parameter, const AdagradOptions& options, SourceLocation at) const {
  return {{"step", counter(at)}, {"sum", zeros_like(parameter, at, options.initial_accumulator_value)}};
}

void Adagrad::update_parameter(std::size_t i, const Tensor& grad, const AdagradOptions& options, Updates& updates,
                               SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const Value g = f.grad_with_decay(options.weight_decay);
  const Value before = f.next_step(state(i, "step")) - 1.0;
  const Value lr = f.scalar(f.lr() / (before * options.lr_decay + 1.0));
  const Tensor& sum = state(i, "sum");
  const Value squares = f.write(sum, f.read(sum) + g * g);
  f.write_param(f.param() - lr * g / (sqrt(squares) + options.eps));
}

}  // namespace weft::optim
