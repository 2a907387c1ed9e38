// What training loops do with gradients and weights besides optimizer steps: clipping, and averages of weights. All of
// it works in compiled functions, too.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/module.h"

namespace weft::nn {

// Multiplies the gradients of the parameters by min(1, max_norm / (norm + 1e-6)), where norm is that of all of their
// elements together, and returns it: 0 where there are no gradients. norm_type: p of the p-norm, infinity included.
// Throws Error for a p that is nan, for a negative max_norm, and with error_if_nonfinite for a norm that is not finite,
// which cannot be asked for while a function is traced. (PyTorch's; Pascanu et al. 2013.)
Tensor clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false, SourceLocation at = SourceLocation::current());
// Clamps each element of the gradients to [-clip_value, clip_value]. Throws Error for a negative clip_value.
void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value,
                      SourceLocation at = SourceLocation::current());

struct AverageOptions {
  std::optional<double> ema_decay = std::nullopt;  // without it: the mean of all
  bool use_buffers = false;                        // floating buffers are averaged, too; else they are the model's
};

// Averages of a model's weights, in a module of the same make:
//
//   nn::AveragedModel average(std::make_shared<Net>(), {.ema_decay = 0.999});
//   ... optimizer.step(); average.update_parameters(model); ...
//   average(images);
//
//   first update: a = p;  later ones: a = a + (p - a) / (n + 1) after n updates, or a = a + (1 - decay) (p - a).
// (PyTorch's AveragedModel with get_swa_multi_avg_fn or get_ema_multi_avg_fn; Izmailov et al. 2018.)
class AveragedModel : public Module {
 public:
  // Throws Error for a null pointer and a decay outside of [0, 1].
  explicit AveragedModel(std::shared_ptr<Module> module, AverageOptions options = {},
                         SourceLocation at = SourceLocation::current());

  // Throws Error where the model's parameters or buffers have other shapes or dtypes.
  void update_parameters(const Module& model, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  std::shared_ptr<Module> module;
  Tensor n_averaged;  // i64[]: updates so far

 private:
  AverageOptions options_;
};

}  // namespace weft::nn
