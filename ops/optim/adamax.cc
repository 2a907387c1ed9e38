// Adamax: Adam with the largest gradient instead of the root of the second moment.
#include "ops/optim/formula.h"
#include "weft/adaptive_optim.h"

namespace weft::optim {

Adamax::Adamax(std::vector<Tensor> parameters, AdamaxOptions options, SourceLocation at) : OptimizerOf("Adamax") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> Adamax::list(AdamaxOptions& options) const {
  return {{"beta1", &options.beta1, Range::below_one},
          {"beta2", &options.beta2, Range::below_one},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay}};
}

Optimizer::State Adamax::first_state(const Tensor& parameter, const AdamaxOptions&, SourceLocation at) const {
  return {{"step", counter(at)}, {"exp_avg", zeros_like(parameter, at)}, {"exp_inf", zeros_like(parameter, at)}};
}

void Adamax::update_parameter(std::size_t i, const Tensor& grad, const AdamaxOptions& options, Updates& updates,
                              SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const Value g = f.grad_with_decay(options.weight_decay);
  const Value step = f.next_step(state(i, "step"));
  const Tensor &first = state(i, "exp_avg"), &largest = state(i, "exp_inf");
  const Value m = f.write(first, average(options.beta1, f.read(first), g));
  const Value u = f.write(largest, maximum(f.read(largest) * options.beta2, abs(g) + options.eps));
  const Value lr = f.scalar(f.lr() / (1.0 - Formula::power(options.beta1, step)));
  f.write_param(f.param() - lr * m / u);
}

}  // namespace weft::optim
