// Optimizers: they change parameters by their gradients. Formulas, names and defaults are PyTorch's.
//
//   optim::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
//   optimizer.zero_grad();
//   loss.backward();
//   optimizer.step();
//
// The same lines work inside compile(): parameters and optimizer state are then variables of the compiled program.
//
// Threads: one optimizer is for one thread at a time.
#pragma once

#include <vector>

#include "weft/optimizer.h"

namespace weft::optim {

// In the formulas p is a parameter, g its gradient (-g where maximize is set), and t counts the updates of this
// parameter from 1. Each constructor throws Error for options that are out of range, and where there are no parameters,
// one is not a floating leaf, or one is there twice.

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool maximize = false;
};

//   g = g + weight_decay p
//   b = g at t = 1, else momentum b + (1 - dampening) g     where momentum != 0
//   g = g + momentum b if nesterov, else b                  where momentum != 0
//   p = p - lr g
// (Sutskever et al. 2013.)
class SGD : public OptimizerOf<SGDOptions> {
 public:
  // Throws Error for a negative option, and for nesterov without momentum or with dampening.
  explicit SGD(std::vector<Tensor> parameters, SGDOptions options = {}, SourceLocation at = SourceLocation::current());

 private:
  std::vector<Option> list(SGDOptions& options) const override;
  void check(const SGDOptions& options, SourceLocation at) const override;
  State first_state(const Tensor& parameter, const SGDOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const SGDOptions& options, Updates& updates,
                        SourceLocation at) override;
  bool has_variable_momentum() const override { return true; }
  void update_with_variable_momentum(std::size_t i, const Tensor& grad, const SGDOptions& options, Updates& updates,
                                     SourceLocation at);
};

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool amsgrad = false;
  bool maximize = false;
};

//   g = g + weight_decay p
//   m = beta1 m + (1 - beta1) g
//   v = beta2 v + (1 - beta2) g^2
//   u = max(u, v) if amsgrad, else v
//   p = p - lr / (1 - beta1^t) m / (sqrt(u) / sqrt(1 - beta2^t) + eps)
// (Kingma and Ba 2015; amsgrad: Reddi et al. 2018.)
class Adam : public OptimizerOf<AdamOptions> {
 public:
  // Throws Error for a negative option and a beta outside of [0, 1).
  explicit Adam(std::vector<Tensor> parameters, AdamOptions options = {},
                SourceLocation at = SourceLocation::current());

 protected:
  Adam(const char* name, std::vector<Tensor> parameters, const AdamOptions& options, bool decoupled, SourceLocation at);

 private:
  std::vector<Option> list(AdamOptions& options) const override;
  State first_state(const Tensor& parameter, const AdamOptions& options, SourceLocation at) const override;
  void update_parameter(std::size_t i, const Tensor& grad, const AdamOptions& options, Updates& updates,
                        SourceLocation at) override;
  bool has_variable_momentum() const override { return true; }
  void update_by_operations(std::size_t i, const Tensor& grad, const AdamOptions& options, Updates& updates,
                            SourceLocation at);

  bool decoupled_;
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
  bool amsgrad = false;
  bool maximize = false;
};

// Adam with decoupled weight decay: p = p - lr weight_decay p comes first, and g is used as it is.
// (Loshchilov and Hutter 2019.)
class AdamW : public Adam {
 public:
  explicit AdamW(std::vector<Tensor> parameters, AdamWOptions options = {},
                 SourceLocation at = SourceLocation::current());
  void add_param_group(std::vector<Tensor> parameters, const AdamWOptions& options = {},
                       SourceLocation at = SourceLocation::current());
};

}  // namespace weft::optim
