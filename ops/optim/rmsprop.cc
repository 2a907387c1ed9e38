// RMSprop: gradients over the root of their mean square.
#include "ops/optim/formula.h"
#include "weft/adaptive_optim.h"

namespace weft::optim {

RMSprop::RMSprop(std::vector<Tensor> parameters, RMSpropOptions options, SourceLocation at) : OptimizerOf("RMSprop") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> RMSprop::list(RMSpropOptions& options) const {
  return {{"alpha", &options.alpha},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay},
          {"momentum", &options.momentum},
          {"centered", &options.centered}};
}

Optimizer::State RMSprop::first_state(const Tensor& parameter, const RMSpropOptions& options, SourceLocation at) const {
  State state{{"square_avg", zeros_like(parameter, at)}};
  if (options.momentum > 0) state.emplace_back("momentum_buffer", zeros_like(parameter, at));
  if (options.centered) state.emplace_back("grad_avg", zeros_like(parameter, at));
  return state;
}

void RMSprop::update_parameter(std::size_t i, const Tensor& grad, const RMSpropOptions& options, Updates& updates,
                               SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const Value g = f.grad_with_decay(options.weight_decay);
  const Tensor& square = state(i, "square_avg");
  Value variance = f.write(square, average(options.alpha, f.read(square), g * g));
  if (options.centered) {
    const Tensor& mean = state(i, "grad_avg");
    const Value a = f.write(mean, average(options.alpha, f.read(mean), g));
    variance = variance - a * a;
  }
  Value slope = g / (sqrt(variance) + options.eps);
  if (options.momentum > 0) {
    const Tensor& buffer = state(i, "momentum_buffer");
    slope = f.write(buffer, f.read(buffer) * options.momentum + slope);
  }
  f.write_param(f.param() - f.scalar(f.lr()) * slope);
}

}  // namespace weft::optim
