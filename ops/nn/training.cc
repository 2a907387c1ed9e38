// Clipping of gradients, and averages of weights.
#include "weft/training.h"

#include <cmath>

#include "graph/capture/capture.h"
#include "graph/capture/tensor_impl.h"
#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft::nn {
namespace {

std::vector<Tensor> gradients(const char* name, const std::vector<Tensor>& parameters, SourceLocation at) {
  std::vector<Tensor> found;
  for (const Tensor& parameter : parameters) {
    if (!parameter.defined()) throw Error(ErrorKind::state, std::string("[") + name + "] undefined tensor", at);
    if (const Tensor grad = parameter.grad(at); grad.defined()) found.push_back(grad);
  }
  return found;
}

}  // namespace

Tensor clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite, SourceLocation at) {
  if (!(max_norm >= 0)) throw Error("[clip_grad_norm_] max_norm " + std::to_string(max_norm) + ": negative", at);
  const NoGradGuard no_grad;
  const std::vector<Tensor> grads = gradients("clip_grad_norm_", parameters, at);
  if (grads.empty()) return zeros({}, kFloat32, at);
  std::vector<Tensor> norms;
  for (const Tensor& grad : grads) norms.push_back(grad.norm(norm_type, {}, false, at));
  for (Tensor& each : norms) each = each.to(norms[0].dtype(), at);
  const Tensor total = stack(norms, 0, at).norm(norm_type, {}, false, at);
  if (error_if_nonfinite && !total.isfinite(at).item<bool>(at))
    throw Error("[clip_grad_norm_] the norm of the gradients is " + std::to_string(total.item(at)), at,
                "error_if_nonfinite is set");
  const Tensor scale = clamp(Operand(Operand(max_norm, at) / Operand(Operand(total, at) + Operand(1e-6, at), at), at),
                             std::nullopt, 1.0);
  for (const Tensor& grad : grads) grad.mul_(Operand(scale.to(grad.dtype(), at), at));
  return total;
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value, SourceLocation at) {
  if (!(clip_value >= 0)) throw Error("[clip_grad_value_] clip_value " + std::to_string(clip_value) + ": negative", at);
  const NoGradGuard no_grad;
  for (const Tensor& grad : gradients("clip_grad_value_", parameters, at)) grad.clamp_(-clip_value, clip_value, at);
}

AveragedModel::AveragedModel(std::shared_ptr<Module> part, AverageOptions options, SourceLocation at)
    : options_(options) {
  if (options.ema_decay && !(*options.ema_decay >= 0 && *options.ema_decay <= 1))
    throw Error("[AveragedModel] ema_decay " + std::to_string(*options.ema_decay) + ": not in [0, 1]", at);
  module = register_module("module", std::move(part), at);
  n_averaged = register_buffer("n_averaged", zeros({}, kInt64, at), true, at);
}

void AveragedModel::update_parameters(const Module& model, SourceLocation at) {
  const NoGradGuard no_grad;
  std::vector<std::pair<Tensor, Tensor>> updates;
  const Tensor is_first = Operand(n_averaged, at) == Operand(0, at);
  const auto take_over = [&](const std::vector<Tensor>& averages, const std::vector<Tensor>& values, bool averaged) {
    if (averages.size() != values.size())
      throw Error("[AveragedModel] " + std::to_string(values.size()) + " tensors of the model, " +
                      std::to_string(averages.size()) + " here",
                  at);
    for (std::size_t i = 0; i < averages.size(); ++i) {
      const TensorType &type = TensorAccess::impl(averages[i])->type, &given = TensorAccess::impl(values[i])->type;
      if (type != given)
        throw Error(kind_of_difference(type, given),
                    "[AveragedModel] a: " + type.str() + ", b: " + given.str() + ": the model is another one", at);
      const Tensor p = values[i].detach(at), a = averages[i].detach(at);
      if (!averaged || !is_floating(type.dtype)) {
        updates.emplace_back(averages[i], p);
        continue;
      }
      const Tensor weight = options_.ema_decay ? full({}, Operand(1 - *options_.ema_decay, at), type.dtype, at)
                                               : Operand(1, at) / Operand(n_averaged.to(type.dtype, at) + 1, at);
      const Tensor next =
          Operand(a, at) + Operand(Operand(Operand(p, at) - Operand(a, at), at) * Operand(weight, at), at);
      updates.emplace_back(averages[i], where(Operand(is_first, at), Operand(p, at), Operand(next, at)));
    }
  };
  take_over(module->parameters(), model.parameters(), true);
  take_over(module->buffers(), model.buffers(), options_.use_buffers);
  updates.emplace_back(n_averaged, Operand(n_averaged, at) + Operand(1, at));
  assign(std::move(updates), at);
}

Tensor AveragedModel::forward(const Operand& x) { return module->forward(x); }
std::string AveragedModel::str() const { return "AveragedModel(" + (module ? module->str() : "") + ")"; }

}  // namespace weft::nn
