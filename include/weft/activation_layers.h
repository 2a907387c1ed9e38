// The activations of weft/ops.h as modules. Names and defaults are PyTorch's. GELU, ReLU, Sigmoid and Tanh are in
// weft/nn.h.
//
// Threads: as weft/nn.h.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "weft/containers.h"
#include "weft/module.h"

namespace weft::nn {

// A function of one tensor.
class ActivationModule : public Module {
 public:
  Tensor forward(const Operand& x) override { return function_(x); }
  std::string str() const override { return text_; }

 protected:
  ActivationModule(std::string text, std::function<Tensor(const Operand&)> function)
      : text_(std::move(text)), function_(std::move(function)) {}

 private:
  std::string text_;
  std::function<Tensor(const Operand&)> function_;
};

class ReLU6 : public ActivationModule {
 public:
  ReLU6();
};
class LeakyReLU : public ActivationModule {
 public:
  explicit LeakyReLU(double negative_slope = 0.01);
};
// In training mode the slope of what is not above 0 is drawn for each element; in evaluation mode it is the mean.
class RReLU : public Module {
 public:
  // Throws Error for a lower bound above the upper one.
  explicit RReLU(double lower = 1.0 / 8, double upper = 1.0 / 3, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  double lower_, upper_;
};
class ELU : public ActivationModule {
 public:
  explicit ELU(double alpha = 1);
};
class SELU : public ActivationModule {
 public:
  SELU();
};
class CELU : public ActivationModule {
 public:
  explicit CELU(double alpha = 1);
};
class SiLU : public ActivationModule {
 public:
  SiLU();
};
class Mish : public ActivationModule {
 public:
  Mish();
};
class Softplus : public ActivationModule {
 public:
  explicit Softplus(double beta = 1, double threshold = 20);
};
class Softsign : public ActivationModule {
 public:
  Softsign();
};
class LogSigmoid : public ActivationModule {
 public:
  LogSigmoid();
};
class Hardtanh : public ActivationModule {
 public:
  explicit Hardtanh(double min = -1, double max = 1);
};
class Hardswish : public ActivationModule {
 public:
  Hardswish();
};
class Hardsigmoid : public ActivationModule {
 public:
  Hardsigmoid();
};
class Hardshrink : public ActivationModule {
 public:
  explicit Hardshrink(double lambda = 0.5);
};
class Softshrink : public ActivationModule {
 public:
  explicit Softshrink(double lambda = 0.5);
};
class Tanhshrink : public ActivationModule {
 public:
  Tanhshrink();
};
class Threshold : public ActivationModule {
 public:
  Threshold(double threshold, double value);
};
class GLU : public ActivationModule {
 public:
  explicit GLU(std::int64_t dim = -1);
};
class Softmax : public ActivationModule {
 public:
  explicit Softmax(std::int64_t dim);
};
class LogSoftmax : public ActivationModule {
 public:
  explicit LogSoftmax(std::int64_t dim);
};
class Softmin : public ActivationModule {
 public:
  explicit Softmin(std::int64_t dim);
};
// Softmax over the channels of images [n, channels, h, w] or [channels, h, w].
class Softmax2d : public ActivationModule {
 public:
  Softmax2d();
};
// The tensor itself.
class Identity : public ActivationModule {
 public:
  Identity();
};
// x where x > 0, else weight * x; one weight, or one for each channel, which start as `init`.
class PReLU : public Module {
 public:
  // Throws Error for a number of parameters below 1.
  explicit PReLU(std::int64_t num_parameters = 1, double init = 0.25, DType dtype = kFloat32,
                 SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight;
};

// bilinear() of two tensors; weight [out, in1, in2] and bias [out] start as U(-1/sqrt(in1), 1/sqrt(in1)).
class Bilinear : public ModuleOf<Tensor(Tensor, Tensor)> {
 public:
  // Throws Error for an extent below 0, and for in1 = 0.
  Bilinear(std::int64_t in1, std::int64_t in2, std::int64_t out, bool with_bias = true, DType dtype = kFloat32,
           SourceLocation at = SourceLocation::current());
  Tensor forward(Operand a, Operand b) override;
  std::string str() const override;

  Tensor weight;
  Tensor bias;  // undefined without a bias
};

}  // namespace weft::nn
