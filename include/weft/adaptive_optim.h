// Optimizers that scale each element's step by its gradients so far. Formulas, names and defaults are PyTorch's; those
// of Lion and LAMB are the papers'.
//
// In the formulas p is a parameter, g its gradient (-g where maximize is set) with weight_decay p added to it unless
// said otherwise, and t counts the updates of this parameter from 1. What is remembered is zero at first. Constructors
// throw Error for options that are negative, betas and their kind outside of [0, 1), and parameters that SGD refuses.
#pragma once

#include <vector>

#include "weft/optimizer.h"

namespace weft::optim {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;
  bool maximize = false;
};

//   v = alpha v + (1 - alpha) g^2,  a = alpha a + (1 - alpha) g
//   s = g / (sqrt(v - a^2 if centered, else v) + eps)
//   b = momentum b + s
//   p = p - lr (b if momentum > 0, else s)
// (Hinton 2012; centered: Graves 2013.)
class RMSprop : public OptimizerOf<RMSpropOptions> {
 public:
  explicit RMSprop(std::vector<Tensor> parameters, RMSpropOptions options = {},
                   SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(RMSpropOptions& options) const override;
  State first_state(const Tensor& parameter, const RMSpropOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const RMSpropOptions& options, Updates& updates,
                        SourceLocation at) override;
};

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  bool maximize = false;
};

//   s = s + g^2, from initial_accumulator_value
//   p = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)
// (Duchi et al. 2011.)
class Adagrad : public OptimizerOf<AdagradOptions> {
 public:
  explicit Adagrad(std::vector<Tensor> parameters, AdagradOptions options = {},
                   SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(AdagradOptions& options) const override;
  State first_state(const Tensor& parameter, const AdagradOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const AdagradOptions& options, Updates& updates,
                        SourceLocation at) override;
};

struct AdadeltaOptions {
  double lr = 1;
  double rho = 0.9;
  double eps = 1e-6;
  double weight_decay = 0;
  bool maximize = false;
};

//   v = rho v + (1 - rho) g^2
//   d = sqrt(u + eps) / sqrt(v + eps) g
//   u = rho u + (1 - rho) d^2
//   p = p - lr d
// (Zeiler 2012.)
class Adadelta : public OptimizerOf<AdadeltaOptions> {
 public:
  explicit Adadelta(std::vector<Tensor> parameters, AdadeltaOptions options = {},
                    SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(AdadeltaOptions& options) const override;
  State first_state(const Tensor& parameter, const AdadeltaOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const AdadeltaOptions& options, Updates& updates,
                        SourceLocation at) override;
};

struct AdamaxOptions {
  double lr = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool maximize = false;
};

//   m = beta1 m + (1 - beta1) g
//   u = max(beta2 u, |g| + eps)
//   p = p - lr / (1 - beta1^t) m / u
// (Kingma and Ba 2015.)
class Adamax : public OptimizerOf<AdamaxOptions> {
 public:
  explicit Adamax(std::vector<Tensor> parameters, AdamaxOptions options = {},
                  SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(AdamaxOptions& options) const override;
  State first_state(const Tensor& parameter, const AdamaxOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const AdamaxOptions& options, Updates& updates,
                        SourceLocation at) override;
};

struct NAdamOptions {
  double lr = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum_decay = 4e-3;
  bool decoupled_weight_decay = false;
  bool maximize = false;
};

// With decoupled_weight_decay, p = p - lr weight_decay p comes first, and g is used as it is.
//   mu(t) = beta1 (1 - 0.96^(t momentum_decay) / 2),  c = product of mu(1) ... mu(t)
//   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
//   d = sqrt(v / (1 - beta2^t)) + eps
//   p = p - lr (1 - mu(t)) / (1 - c) g / d - lr mu(t + 1) / (1 - c mu(t + 1)) m / d
// (Dozat 2016.)
class NAdam : public OptimizerOf<NAdamOptions> {
 public:
  explicit NAdam(std::vector<Tensor> parameters, NAdamOptions options = {},
                 SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(NAdamOptions& options) const override;
  State first_state(const Tensor& parameter, const NAdamOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const NAdamOptions& options, Updates& updates,
                        SourceLocation at) override;
};

struct RAdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled_weight_decay = false;
  bool maximize = false;
};

// With decoupled_weight_decay, p = p - lr weight_decay p comes first, and g is used as it is.
//   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
//   R = 2 / (1 - beta2) - 1,  r = R - 2 t beta2^t / (1 - beta2^t)
//   c = sqrt((r - 4) (r - 2) R / ((R - 4) (R - 2) r)) sqrt(1 - beta2^t) / (sqrt(v) + eps) if r > 5, else 1
//   p = p - lr c m / (1 - beta1^t)
// (Liu et al. 2020.)
class RAdam : public OptimizerOf<RAdamOptions> {
 public:
  explicit RAdam(std::vector<Tensor> parameters, RAdamOptions options = {},
                 SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(RAdamOptions& options) const override;
  State first_state(const Tensor& parameter, const RAdamOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const RAdamOptions& options, Updates& updates,
                        SourceLocation at) override;
};

struct LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0;
  bool maximize = false;
};

// With g as it is:
//   p = p - lr weight_decay p
//   p = p - lr sign(beta1 m + (1 - beta1) g)
//   m = beta2 m + (1 - beta2) g
// (Chen et al. 2023.)
class Lion : public OptimizerOf<LionOptions> {
 public:
  explicit Lion(std::vector<Tensor> parameters, LionOptions options = {},
                SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(LionOptions& options) const override;
  State first_state(const Tensor& parameter, const LionOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const LionOptions& options, Updates& updates,
                        SourceLocation at) override;
};

struct LAMBOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-6;
  double weight_decay = 0.01;
  bool maximize = false;
};

// With g as it is:
//   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
//   u = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay p
//   p = p - lr (|p| / |u|, or 1 where one of these norms over the parameter is 0) u
// (You et al. 2020.)
class LAMB : public OptimizerOf<LAMBOptions> {
 public:
  explicit LAMB(std::vector<Tensor> parameters, LAMBOptions options = {},
                SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(LAMBOptions& options) const override;
  State first_state(const Tensor& parameter, const LAMBOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const LAMBOptions& options, Updates& updates,
                        SourceLocation at) override;
};

}  // namespace weft::optim
