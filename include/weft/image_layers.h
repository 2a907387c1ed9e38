// Modules of images: convolutions, pooling, normalisation. Names and defaults are PyTorch's.
#pragma once

#include <cstdint>
#include <string>

#include "weft/conv.h"
#include "weft/module.h"

namespace weft::nn {

// Convolutions; weight [out, in / groups, kernel...] and bias [out] start as U(-k, k), k = 1 / sqrt(in / groups *
// taps).
class ConvNd : public Module {
 public:
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight;
  Tensor bias;  // undefined without a bias

 protected:
  ConvNd(int extents, std::int64_t in, std::int64_t out, const Extents& kernel, const ConvOptions& options,
         bool with_bias, DType dtype, SourceLocation at);

 private:
  int extents_;
  ConvOptions options_;
};
class Conv1d : public ConvNd {
 public:
  // Throws Error for extents and groups that do not fit.
  Conv1d(std::int64_t in, std::int64_t out, const Extents& kernel, const ConvOptions& options = {},
         bool with_bias = true, DType dtype = kFloat32, SourceLocation at = SourceLocation::current())
      : ConvNd(1, in, out, kernel, options, with_bias, dtype, at) {}
};
class Conv2d : public ConvNd {
 public:
  // Throws Error for extents and groups that do not fit.
  Conv2d(std::int64_t in, std::int64_t out, const Extents& kernel, const ConvOptions& options = {},
         bool with_bias = true, DType dtype = kFloat32, SourceLocation at = SourceLocation::current())
      : ConvNd(2, in, out, kernel, options, with_bias, dtype, at) {}
};
class Conv3d : public ConvNd {
 public:
  // Throws Error for extents and groups that do not fit.
  Conv3d(std::int64_t in, std::int64_t out, const Extents& kernel, const ConvOptions& options = {},
         bool with_bias = true, DType dtype = kFloat32, SourceLocation at = SourceLocation::current())
      : ConvNd(3, in, out, kernel, options, with_bias, dtype, at) {}
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
// bias as zeros; the running statistics and the number of batches that they have seen are buffers.
class BatchNorm : public Module {
 public:
  // Throws Error for a negative number of channels.
  explicit BatchNorm(std::int64_t channels, double eps = 1e-5, double momentum = 0.1, DType dtype = kFloat32,
                     SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  std::string str() const override;

  Tensor weight, bias, running_mean, running_var, num_batches_tracked;

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

}  // namespace weft::nn
