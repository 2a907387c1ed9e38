// Adadelta: steps in the unit of the parameter.
#include "ops/optim/formula.h"
#include "weft/adaptive_optim.h"

namespace weft::optim {

Adadelta::Adadelta(std::vector<Tensor> parameters, AdadeltaOptions options, SourceLocation at)
    : OptimizerOf("Adadelta") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> Adadelta::list(AdadeltaOptions& options) const {
  return {{"rho", &options.rho, Range::up_to_one}, {"eps", &options.eps}, {"weight_decay", &options.weight_decay}};
}

Optimizer::State Adadelta::first_state(const Tensor& parameter, const AdadeltaOptions&, SourceLocation at) const {
  return {{"square_avg", zeros_like(parameter, at)}, {"acc_delta", zeros_like(parameter, at)}};
}

void Adadelta::update_parameter(std::size_t i, const Tensor& grad, const AdadeltaOptions& options, Updates& updates,
                                SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const Value g = f.grad_with_decay(options.weight_decay);
  const Tensor &square = state(i, "square_avg"), &deltas = state(i, "acc_delta");
  const Value v = f.write(square, average(options.rho, f.read(square), g * g)), u = f.read(deltas);
  const Value delta = sqrt(u + options.eps) / sqrt(v + options.eps) * g;
  f.write(deltas, average(options.rho, u, delta * delta));
  f.write_param(f.param() - f.scalar(f.lr()) * delta);
}

}  // namespace weft::optim
