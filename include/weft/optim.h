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

#include <span>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft::optim {

// In the formulas p is a parameter, g its gradient, and t counts the updates of this parameter from 1.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Two optimizers would share one state.
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // Clears the gradients: grad() of each parameter is undefined afterwards.
  void zero_grad(SourceLocation at = SourceLocation::current());
  // Updates each parameter that has a gradient, all in one run; leaves the others and their state as they are.
  void step(SourceLocation at = SourceLocation::current());

  const std::vector<Tensor>& parameters() const { return parameters_; }
  double lr(SourceLocation at = SourceLocation::current()) const;
  // Takes effect at the next step, also in compiled programs, which are not compiled again.
  // Throws Error unless lr >= 0.
  void set_lr(double lr, SourceLocation at = SourceLocation::current());

 protected:
  using Updates = std::vector<std::pair<Tensor, Tensor>>;

  // Throws Error where there are no parameters, one is not a floating leaf, or one is there twice.
  Optimizer(const char* name, std::vector<Tensor> parameters, double lr, SourceLocation at);
  // Adds the new values of parameter i and of its state.
  virtual void update(std::size_t i, const Tensor& grad, Updates& updates, SourceLocation at) = 0;

  const Tensor& lr_tensor() const { return lr_; }
  // One tensor of zeros for each parameter, of its shape and dtype: optimizer state.
  std::vector<Tensor> zeros_like_parameters(SourceLocation at) const;
  // One count of updates for each parameter, zero at first.
  std::vector<Tensor> counters(SourceLocation at) const;

 private:
  const char* name_;
  std::vector<Tensor> parameters_;
  Tensor lr_;  // f64[]
};

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

//   g = g + weight_decay p
//   b = g at t = 1, else momentum b + (1 - dampening) g     where momentum != 0
//   g = g + momentum b if nesterov, else b                  where momentum != 0
//   p = p - lr g
// (Sutskever et al. 2013.)
class SGD : public Optimizer {
 public:
  // Throws Error for a negative option, and for nesterov without momentum or with dampening.
  explicit SGD(std::vector<Tensor> parameters, SGDOptions options = {}, SourceLocation at = SourceLocation::current());

 private:
  void update(std::size_t i, const Tensor& grad, Updates& updates, SourceLocation at) override;

  SGDOptions options_;
  std::vector<Tensor> momentum_;
  std::vector<Tensor> steps_;  // only where dampening makes the first update different
};

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};

//   g = g + weight_decay p
//   m = beta1 m + (1 - beta1) g
//   v = beta2 v + (1 - beta2) g^2
//   p = p - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
// (Kingma and Ba 2015.)
class Adam : public Optimizer {
 public:
  // Throws Error for a negative option and a beta outside of [0, 1).
  explicit Adam(std::vector<Tensor> parameters, AdamOptions options = {},
                SourceLocation at = SourceLocation::current());

 protected:
  Adam(const char* name, std::vector<Tensor> parameters, AdamOptions options, bool decoupled, SourceLocation at);

 private:
  void update(std::size_t i, const Tensor& grad, Updates& updates, SourceLocation at) override;

  AdamOptions options_;
  bool decoupled_;
  std::vector<Tensor> m_, v_, steps_;
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
};

// Adam with decoupled weight decay: p = p - lr weight_decay p comes first, and g is used as it is.
// (Loshchilov and Hutter 2019.)
class AdamW : public Adam {
 public:
  explicit AdamW(std::vector<Tensor> parameters, AdamWOptions options = {},
                 SourceLocation at = SourceLocation::current());
};

}  // namespace weft::optim
