// Losses of probabilities and rates.
#include <cmath>
#include <numbers>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/loss/loss.h"

namespace weft {
namespace {

Value at_least(const Value& x, double least) { return clamp(x, least, std::nullopt); }

// Calls f of the operands. After those that are required, undefined tensors are left out.
template <class F>
Tensor loss_of(const char* name, std::initializer_list<const Operand*> operands, Reduction reduction,
               const char* grad_name, F f, std::size_t required = 2) {
  std::vector<const Operand*> defined;
  std::size_t place = 0;
  for (const Operand* x : operands)
    if (place++ < required || x->is_number() || x->tensor().defined()) defined.push_back(x);
  CaptureScope scope(defined, name);
  return reduced(scope, f(loss_operands(name, scope.values())), reduction, grad_name);
}

void require_shape_of_x(const char* name, const std::vector<Value>& v) {
  if (v[0].shape() != v[1].shape())
    fail_call(ErrorKind::shape, name, v, v[0].builder().where, "the target must have the shape of x");
}

// The slopes are PyTorch's: that by x stays finite where x is 0 or 1.
Value binary_cross_entropy(const Value& x, const Value& target) {
  const Value p = record_detach(x), y = record_detach(target);
  const Value value = -(y * at_least(log(p), -100) + (1.0 - y) * at_least(log1p(-p), -100));
  const Value by_x = with_derivative(value, x, (x - target) / at_least(x * (1.0 - x), 1e-12));
  return with_derivative(by_x, target, log1p(-x) - log(x));
}

Value log_factorial(const Value& n) {
  const Value is_large = gt(n, like(n, 1)), large = where(is_large, n, like(n, 1));
  return where(is_large, large * log(large) - large + log(large * (2 * std::numbers::pi)) * 0.5, like(n, 0));
}

}  // namespace

Tensor binary_cross_entropy(const Operand& x, const Operand& target, const Tensor& weight, Reduction reduction) {
  const Operand w(weight, x.at());
  return loss_of("binary_cross_entropy", {&x, &target, &w}, reduction, "BinaryCrossEntropyBackward0",
                 [&](const std::vector<Value>& v) {
                   require_shape_of_x("binary_cross_entropy", v);
                   const Value losses = binary_cross_entropy(v[0], v[1]);
                   return weight.defined() ? losses * v[2] : losses;
                 });
}

Tensor binary_cross_entropy_with_logits(const Operand& logits, const Operand& target, const Tensor& weight,
                                        Reduction reduction, const Tensor& pos_weight) {
  const Operand w(weight, logits.at()), p(pos_weight, logits.at());
  return loss_of("binary_cross_entropy_with_logits", {&logits, &target, &w, &p}, reduction,
                 "BinaryCrossEntropyWithLogitsBackward0", [&](const std::vector<Value>& v) {
                   require_shape_of_x("binary_cross_entropy_with_logits", v);
                   const Value &x = v[0], &y = v[1];
                   // -log sigmoid(x), which is exact for large logits of both signs.
                   const Value cost = logaddexp(like(x, 0), -x);
                   const Value scaled = pos_weight.defined() ? ((v.back() - 1.0) * y + 1.0) * cost : cost;
                   const Value losses = (1.0 - y) * x + scaled;
                   return weight.defined() ? losses * v[2] : losses;
                 });
}

Tensor kl_div(const Operand& x, const Operand& target, Reduction reduction, bool log_target) {
  return loss_of("kl_div", {&x, &target}, reduction, nullptr, [&](const std::vector<Value>& v) {
    return log_target ? exp(v[1]) * (v[1] - v[0]) : xlogy(v[1], v[1]) - v[1] * v[0];
  });
}

Tensor poisson_nll_loss(const Operand& x, const Operand& target, const PoissonNllOptions& options,
                        Reduction reduction) {
  return loss_of("poisson_nll_loss", {&x, &target}, reduction, nullptr, [&](const std::vector<Value>& v) {
    const Value losses = options.log_input ? exp(v[0]) - v[1] * v[0] : v[0] - v[1] * log(v[0] + options.eps);
    return options.full ? losses + log_factorial(v[1]) : losses;
  });
}

Tensor gaussian_nll_loss(const Operand& x, const Operand& target, const Operand& variance, bool full, double eps,
                         Reduction reduction) {
  if (!(eps > 0)) throw Error(ErrorKind::value, "[gaussian_nll_loss] eps is not above 0", x.at());
  return loss_of(
      "gaussian_nll_loss", {&x, &target, &variance}, reduction, nullptr,
      [&](const std::vector<Value>& v) {
        const Value spread = with_derivative(at_least(record_detach(v[2]), eps), v[2], ones_like(v[2]));
        const Value losses = (log(spread) + square(v[0] - v[1]) / spread) * 0.5;
        return full ? losses + 0.5 * std::log(2 * std::numbers::pi) : losses;
      },
      3);
}

}  // namespace weft
