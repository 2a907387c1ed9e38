// Losses of differences, and what all losses share.
#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "ops/loss/loss.h"

namespace weft {

std::vector<Value> loss_operands(std::string_view name, std::span<const Value> operands) {
  DType dtype = DType::f32;
  bool is_any_floating = false;
  for (const Value& v : operands) {
    is_any_floating = is_any_floating || is_floating(v.dtype());
    if (v.dtype() == DType::f64) dtype = DType::f64;
  }
  if (!is_any_floating)
    fail_call(ErrorKind::dtype, name, operands, operands[0].builder().where, "needs a floating tensor",
              "cast(x, kFloat32) first");
  require_broadcast(name, operands);
  std::vector<Value> cast_operands;
  for (const Value& v : operands) cast_operands.push_back(cast(v, dtype));
  return cast_operands;
}

Value reduced(const Value& losses, Reduction reduction) {
  switch (reduction) {
    case Reduction::none:
      return losses;
    case Reduction::mean:
      return mean(losses, {}, false);
    default:
      return sum(losses, {}, false);
  }
}

Tensor reduced(CaptureScope& scope, const Value& losses, Reduction reduction, const char* grad_name) {
  if (!grad_name && reduction == Reduction::mean) grad_name = "MeanBackward0";
  if (!grad_name && reduction == Reduction::sum) grad_name = "SumBackward0";
  return scope.tensor(reduced(losses, reduction), grad_name);
}

namespace {

template <class F>
Tensor difference(const char* name, const Operand& a, const Operand& b, Reduction reduction, const char* grad_name,
                  F f) {
  CaptureScope scope(std::span<const Operand* const>({&a, &b}), name);
  const std::vector<Value> v = loss_operands(name, scope.values());
  return reduced(scope, f(v[0] - v[1]), reduction, grad_name);
}

}  // namespace

Tensor mse_loss(const Operand& a, const Operand& b, Reduction reduction) {
  return difference("mse_loss", a, b, reduction, "MseLossBackward0", [](const Value& d) { return square(d); });
}

Tensor l1_loss(const Operand& a, const Operand& b, Reduction reduction) {
  return difference("l1_loss", a, b, reduction, nullptr, [](const Value& d) { return abs(d); });
}

Tensor smooth_l1_loss(const Operand& a, const Operand& b, Reduction reduction, double beta) {
  if (!(beta >= 0)) throw Error(ErrorKind::value, "[smooth_l1_loss] beta is negative", a.at());
  if (beta == 0) return difference("smooth_l1_loss", a, b, reduction, nullptr, [](const Value& d) { return abs(d); });
  return difference("smooth_l1_loss", a, b, reduction, "SmoothL1LossBackward0", [&](const Value& d) {
    const Value distance = abs(d);
    return where(lt(distance, like(d, beta)), square(d) * (0.5 / beta), distance - 0.5 * beta);
  });
}

Tensor huber_loss(const Operand& a, const Operand& b, Reduction reduction, double delta) {
  if (!(delta > 0)) throw Error(ErrorKind::value, "[huber_loss] delta is not above 0", a.at());
  return difference("huber_loss", a, b, reduction, "HuberLossBackward0", [&](const Value& d) {
    const Value distance = abs(d);
    return where(le(distance, like(d, delta)), square(d) * 0.5, (distance - 0.5 * delta) * delta);
  });
}

}  // namespace weft
