// LAMB: Adam with steps in proportion to the norm of each parameter.
#include "ops/optim/formula.h"
#include "weft/adaptive_optim.h"

namespace weft::optim {
namespace {

Value norm_of(const Value& x) { return sqrt(sum(x * x, {}, false)); }

}  // namespace

LAMB::LAMB(std::vector<Tensor> parameters, LAMBOptions options, SourceLocation at) : OptimizerOf("LAMB") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> LAMB::list(LAMBOptions& options) const {
  return {{"beta1", &options.beta1, Range::below_one},
          {"beta2", &options.beta2, Range::below_one},
          {"eps", &options.eps},
          {"weight_decay", &options.weight_decay}};
}

Optimizer::State LAMB::first_state(const Tensor& parameter, const LAMBOptions&, SourceLocation at) const {
  return {{"step", counter(at)}, {"exp_avg", zeros_like(parameter, at)}, {"exp_avg_sq", zeros_like(parameter, at)}};
}

void LAMB::update_parameter(std::size_t i, const Tensor& grad, const LAMBOptions& options, Updates& updates,
                            SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const Value p = f.param(), g = f.grad();
  const Value step = f.next_step(state(i, "step"));
  const Tensor &first = state(i, "exp_avg"), &second = state(i, "exp_avg_sq");
  const Value m = f.write(first, average(options.beta1, f.read(first), g));
  const Value v = f.write(second, average(options.beta2, f.read(second), g * g));
  const Value mean = m / f.scalar(1.0 - Formula::power(options.beta1, step));
  const Value variance = v / f.scalar(1.0 - Formula::power(options.beta2, step));
  Value u = mean / (sqrt(variance) + options.eps);
  if (options.weight_decay != 0) u = u + p * options.weight_decay;
  const Value p_norm = norm_of(p), u_norm = norm_of(u), zero = number(p.builder(), p.dtype(), 0);
  const Value has_ratio = logical_and(gt(p_norm, zero), gt(u_norm, zero));
  const Value trust = where(has_ratio, p_norm / u_norm, number(p.builder(), p.dtype(), 1));
  f.write_param(p - f.scalar(f.lr()) * trust * u);
}

}  // namespace weft::optim
