// Normalisation, with PyTorch's names and defaults. Errors: shapes that do not fit throw Error in the caller's line.
// Threads: as weft/ops.h.
#pragma once

#include <cstdint>
#include <optional>

#include "weft/tensor.h"

namespace weft {

struct BatchNormOptions {
  bool training = false;
  double momentum = 0.1;
  double eps = 1e-5;
};

// (x - mean) / sqrt(variance + eps) * weight + bias for each channel (dim 1) of x [n, channels, ...]; weight and bias
// may be undefined. In training (or without running statistics) mean and variance are those of x over all other dims,
// and running_mean and running_var become (1 - momentum) * before + momentum * now, with the variance of n - 1 degrees
// of freedom; otherwise they are running_mean and running_var (Ioffe and Szegedy 2015).
Tensor batch_norm(const Operand& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight = {},
                  const Tensor& bias = {}, const BatchNormOptions& options = {});
// The same over the last dims, which have these extents, for each place of the others (Ba et al. 2016).
Tensor layer_norm(const Operand& x, DimsRef normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
// Over each of `groups` groups of channels of an image; weight and bias for each channel (Wu and He 2018).
Tensor group_norm(const Operand& x, std::int64_t groups, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
// Over each channel of an image (Ulyanov et al. 2016).
Tensor instance_norm(const Operand& x, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);
// x / sqrt(mean(x^2) + eps) * weight over the last dims; without eps the machine's precision (Zhang and Sennrich 2019).
Tensor rms_norm(const Operand& x, DimsRef normalized_shape, const Tensor& weight = {},
                std::optional<double> eps = std::nullopt);

}  // namespace weft
