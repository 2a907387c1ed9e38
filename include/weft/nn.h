// Networks: the layers and initialisers. Names and defaults are PyTorch's.
//
//   nn::Sequential model(nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10));
//   Tensor logits = model(images);
//   optim::SGD optimizer(model.parameters(), {.lr = 0.1});
//
// Threads: building and changing a module is for one thread; forward() may be called in several at once.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/image_layers.h"
#include "weft/module.h"

namespace weft::nn {

// x W^T + b for x [..., in]; weight [out, in] and bias [out] start as U(-1/sqrt(in), 1/sqrt(in)).
class Linear : public Module {
 public:
  // Throws Error for a negative extent.
  Linear(std::int64_t in, std::int64_t out, bool with_bias = true, DType dtype = kFloat32,
         SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight;
  Tensor bias;  // undefined without a bias
};

// Modules applied one after the other; the parts are named "0", "1", ...
//
// A module draws its first values when it is made. But in Sequential(Linear(3, 4), Linear(4, 2)) C++ leaves open which
// part is made first, and compilers differ: so parts that are made there are given their draws anew, from left to
// right. A part that had a name before keeps its values, and so does a parameter that was written to.
class Sequential : public Module {
 public:
  // Modules by value or as shared_ptr, in any mixture.
  template <class... M>
  explicit Sequential(M... parts) {
    (keep_if_named(parts), ...);
    (push_back(std::move(parts), SourceLocation{}), ...);  // nobody knows the caller's line here
    draw_in_order();
  }

  void push_back(std::shared_ptr<Module> part, SourceLocation at = SourceLocation::current());
  template <class M>
  requires std::derived_from<M, Module>
  void push_back(M part, SourceLocation at = SourceLocation::current()) {
    push_back(std::static_pointer_cast<Module>(std::make_shared<M>(std::move(part))), at);
  }

  std::size_t size() const { return parts_.size(); }
  // Throws Error when there is no such part.
  Module& operator[](const Index& i) const;

  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  static void keep_if_named(Module& part) {
    if (part.was_moved_.value) part.forget_first_values();
  }
  template <class M>
  static void keep_if_named(const std::shared_ptr<M>& part) {
    if (part && part.use_count() > 1) part->forget_first_values();
  }

  std::vector<std::shared_ptr<Module>> parts_;
};

// Elementwise functions; weft/ops.h has the formulas.
class ReLU : public Module {
 public:
  Tensor forward(const Operand& x) override;
  std::string str() const override { return "ReLU()"; }
};
class Tanh : public Module {
 public:
  Tensor forward(const Operand& x) override;
  std::string str() const override { return "Tanh()"; }
};
class Sigmoid : public Module {
 public:
  Tensor forward(const Operand& x) override;
  std::string str() const override { return "Sigmoid()"; }
};
class GELU : public Module {
 public:
  Tensor forward(const Operand& x) override;
  std::string str() const override { return "GELU()"; }
};

// In training mode each element is 0 with probability p and x / (1 - p) else; the identity in evaluation mode.
class Dropout : public Module {
 public:
  // Throws Error unless 0 <= p <= 1.
  explicit Dropout(double p = 0.5, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  double p_;
};

// [n, a, b, ...] becomes [n, a * b * ...].
class Flatten : public Module {
 public:
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1) : start_(start_dim), end_(end_dim) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  std::int64_t start_, end_;
};

// Fill a floating leaf in place, from the generator that manual_seed() seeds, and return it. Gradients do not see it.
// fan_in is size(1) and fan_out is size(0), both times the extents that follow; they need a rank of at least 2.
namespace init {

Tensor uniform_(const Tensor& x, double low = 0, double high = 1,
                SourceLocation at = SourceLocation::current());  // U(low, high)
Tensor normal_(const Tensor& x, double mean = 0, double stddev = 1,
               SourceLocation at = SourceLocation::current());  // N(mean, stddev^2)
Tensor constant_(const Tensor& x, double value, SourceLocation at = SourceLocation::current());
// U(-b, b), b = sqrt(6 / ((1 + a^2) fan_in)) for leaky ReLUs of slope a (He et al. 2015).
Tensor kaiming_uniform_(const Tensor& x, double a = 0, SourceLocation at = SourceLocation::current());
// U(-b, b), b = gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).
Tensor xavier_uniform_(const Tensor& x, double gain = 1, SourceLocation at = SourceLocation::current());

}  // namespace init
}  // namespace weft::nn
