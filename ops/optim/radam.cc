// RAdam: Adam that trusts the second moment only when it is known well enough.
#include "ops/optim/formula.h"
#include "weft/adaptive_optim.h"

namespace weft::optim {

RAdam::RAdam(std::vector<Tensor> parameters, RAdamOptions options, SourceLocation at) : OptimizerOf("RAdam") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> RAdam::list(RAdamOptions& options) const {
  return {{"beta1", &options.beta1, Range::below_one},
          {"beta2", &options.beta2, Range::below_one},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay},
          {"decoupled_weight_decay", &options.decoupled_weight_decay}};
}

Optimizer::State RAdam::first_state(const Tensor& parameter, const RAdamOptions&, SourceLocation at) const {
  return {{"step", counter(at)}, {"exp_avg", zeros_like(parameter, at)}, {"exp_avg_sq", zeros_like(parameter, at)}};
}

void RAdam::update_parameter(std::size_t i, const Tensor& grad, const RAdamOptions& options, Updates& updates,
                             SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const bool decoupled = options.decoupled_weight_decay && options.weight_decay != 0;
  const Value p = decoupled ? f.param() * f.scalar(1.0 - f.lr() * options.weight_decay) : f.param();
  const Value g = decoupled ? f.grad() : f.grad_with_decay(options.weight_decay);
  const Value step = f.next_step(state(i, "step"));
  const Tensor &first = state(i, "exp_avg"), &second = state(i, "exp_avg_sq");
  const Value m = f.write(first, average(options.beta1, f.read(first), g));
  const Value v = f.write(second, average(options.beta2, f.read(second), g * g));
  const Value power2 = Formula::power(options.beta2, step), left2 = 1.0 - power2;
  const double r_end = 2 / (1 - options.beta2) - 1;
  const Value r = r_end - step * power2 * 2.0 / left2;
  const Value rectified = sqrt((r - 4.0) * (r - 2.0) * r_end / (r * ((r_end - 4) * (r_end - 2))) * left2);
  const Value is_known = gt(r, number(r.builder(), DType::f64, 5));
  const Value scaled = f.scalar(rectified) / (sqrt(v) + options.eps);
  const Value lr = f.scalar(f.lr() / (1.0 - Formula::power(options.beta1, step)));
  f.write_param(p - lr * m * where(is_known, scaled, number(p.builder(), p.dtype(), 1)));
}

}  // namespace weft::optim
