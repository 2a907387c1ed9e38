// Networks: modules that own parameters, the layers, and initialisers. Names and defaults are PyTorch's.
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
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/conv.h"
#include "weft/tensor.h"

namespace weft::nn {

// A part of a network: named parameters, named parts of its own, and a function of one tensor.
//
//   struct Block : nn::Module {
//     std::shared_ptr<nn::Linear> inner = register_module("inner", nn::Linear(64, 64));
//     Tensor forward(const Operand& x) override { return x + relu((*inner)(x)); }
//   };
//
// Moving a module moves its parameters; there are no copies, because two modules with one set of parameters and two
// training flags would surprise.
class Module {
 public:
  Module() = default;
  virtual ~Module() = default;
  Module(Module&&) = default;
  Module& operator=(Module&&) = default;

  // What the module computes. An Operand carries the line of the caller, so that errors can name it. A module that does
  // not override this throws Error.
  virtual Tensor forward(const Operand& x);
  Tensor operator()(const Operand& x) { return forward(x); }

  // Its own parameters and those of its parts in the order of registration, each once: "weight", "0.weight".
  std::vector<std::pair<std::string, Tensor>> named_parameters() const;
  std::vector<Tensor> parameters() const;
  // Tensors that belong to the module and are not trained, as running statistics are. In the same order.
  std::vector<std::pair<std::string, Tensor>> named_buffers() const;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children() const { return children_; }

  // Training mode, of this module and all its parts; on at first. A compiled function that reads it is traced again
  // when it changes.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const;

  // Clears the gradients of all parameters.
  void zero_grad(SourceLocation at = SourceLocation::current());

  // One line for people: "Linear(784, 128)".
  virtual std::string str() const { return "Module"; }

 protected:
  // Makes a floating leaf a parameter: it will require gradients. Throws Error for any other tensor, and for a name
  // that is empty, has a dot or is taken.
  Tensor register_parameter(const std::string& name, const Tensor& value,
                            SourceLocation at = SourceLocation::current());
  // Makes a tensor a buffer. Throws Error for one that is undefined or requires gradients, and for a bad name.
  Tensor register_buffer(const std::string& name, const Tensor& value, SourceLocation at = SourceLocation::current());
  // A new parameter that starts as U(-bound, bound), drawn now; see Sequential for the one exception.
  Tensor register_uniform(const std::string& name, DimsRef shape, double bound, DType dtype = kFloat32,
                          SourceLocation at = SourceLocation::current());
  // Makes a module, given by value or as a shared_ptr, a part of this one. Throws Error for a bad name, a null pointer
  // and a module that contains this one.
  template <class M>
  std::shared_ptr<M> register_module(const std::string& name, std::shared_ptr<M> part,
                                     SourceLocation at = SourceLocation::current()) {
    add_child(name, part, at);
    return part;
  }
  template <class M>
  requires std::derived_from<M, Module> std::shared_ptr<M> register_module(
      const std::string& name, M part, SourceLocation at = SourceLocation::current()) {
    return register_module(name, std::make_shared<M>(std::move(part)), at);
  }

 private:
  void add_child(const std::string& name, std::shared_ptr<Module> part, SourceLocation at);
  void check_name(const std::string& name, SourceLocation at) const;
  bool contains(const Module* other) const;
  using Tensors = std::vector<std::pair<std::string, Tensor>>;
  void collect(Tensors Module::*own, const std::string& prefix, Tensors& found) const;

  // The draw that a parameter's first values are: U(-bound, bound), the generator's draw `number` after `seed`.
  struct FirstValues {
    Tensor parameter;
    double bound = 0;
    std::int64_t seed = 0, number = 0;
    void draw() const;
    bool are_there() const;  // nothing else was written since
  };
  // Of a module that was moved: somebody had named it.
  struct WasMoved {
    bool value = false;
    WasMoved() = default;
    WasMoved(WasMoved&&) noexcept : value(true) {}
    WasMoved& operator=(WasMoved&&) noexcept {
      value = true;
      return *this;
    }
  };
  friend class Sequential;
  void collect_first_values(std::vector<FirstValues*>& found);
  void forget_first_values();
  void draw_in_order();

  std::vector<FirstValues> first_values_;
  WasMoved was_moved_;
  Tensors parameters_, buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
  std::shared_ptr<bool> training_ = std::make_shared<bool>(true);  // shared with traces that read it
};

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

// Convolutions; weight [out, in / groups, kernel...] and bias [out] start as U(-k, k), k = 1 / sqrt(in / groups *
// taps).
class Conv1d : public Module {
 public:
  // Throws Error for extents and groups that do not fit.
  Conv1d(std::int64_t in, std::int64_t out, const Extents& kernel, const ConvOptions& options = {},
         bool with_bias = true, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight;
  Tensor bias;  // undefined without a bias

 private:
  ConvOptions options_;
};
class Conv2d : public Module {
 public:
  // Throws Error for extents and groups that do not fit.
  Conv2d(std::int64_t in, std::int64_t out, const Extents& kernel, const ConvOptions& options = {},
         bool with_bias = true, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight;
  Tensor bias;  // undefined without a bias

 private:
  ConvOptions options_;
};
class Conv3d : public Module {
 public:
  // Throws Error for extents and groups that do not fit.
  Conv3d(std::int64_t in, std::int64_t out, const Extents& kernel, const ConvOptions& options = {},
         bool with_bias = true, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight;
  Tensor bias;  // undefined without a bias

 private:
  ConvOptions options_;
};

class MaxPool2d : public Module {
 public:
  explicit MaxPool2d(const Extents& kernel, const MaxPoolOptions& options = {}) : kernel_(kernel), options_(options) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  Extents kernel_;
  MaxPoolOptions options_;
};
class AvgPool2d : public Module {
 public:
  explicit AvgPool2d(const Extents& kernel, const AvgPoolOptions& options = {}) : kernel_(kernel), options_(options) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  Extents kernel_;
  AvgPoolOptions options_;
};
class AdaptiveAvgPool2d : public Module {
 public:
  explicit AdaptiveAvgPool2d(const Extents& extents) : extents_(extents) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  Extents extents_;
};

// batch_norm() of x [n, channels, ...] of any rank from 2: PyTorch's BatchNorm1d, 2d and 3d. weight starts as ones,
// bias as zeros; the running statistics are buffers.
class BatchNorm : public Module {
 public:
  // Throws Error for a negative number of channels.
  explicit BatchNorm(std::int64_t channels, double eps = 1e-5, double momentum = 0.1, DType dtype = kFloat32,
                     SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight, bias, running_mean, running_var;

 private:
  double eps_, momentum_;
};
using BatchNorm1d = BatchNorm;
using BatchNorm2d = BatchNorm;
using BatchNorm3d = BatchNorm;

class LayerNorm : public Module {
 public:
  explicit LayerNorm(DimsRef normalized_shape, double eps = 1e-5, DType dtype = kFloat32,
                     SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight, bias;

 private:
  double eps_;
};
class GroupNorm : public Module {
 public:
  GroupNorm(std::int64_t groups, std::int64_t channels, double eps = 1e-5, DType dtype = kFloat32,
            SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight, bias;

 private:
  std::int64_t groups_;
  double eps_;
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
