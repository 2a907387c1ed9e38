// Modules of images: convolutions, pooling, normalisation.
#include "weft/image_layers.h"

#include <cmath>
#include <string>
#include <vector>

#include "weft/norm.h"
#include "weft/ops.h"

namespace weft::nn {
namespace {

[[noreturn]] void refuse(const std::string& module, const std::string& rule, SourceLocation at) {
  throw Error(ErrorKind::value, "[" + module + "] " + rule, at);
}

std::string text(const Extents& e) {
  std::string s = std::to_string(e[0]);
  for (std::size_t i = 1; i < e.size() && i < 3; ++i) s += ", " + std::to_string(e[i]);
  return e.size() == 1 ? s : "{" + s + "}";
}

// [out, in / groups, kernel...]
std::vector<std::int64_t> weight_shape(const std::string& module, int extents, std::int64_t in, std::int64_t out,
                                       const Extents& kernel, std::int64_t groups, SourceLocation at) {
  if (in < 1 || out < 1 || groups < 1) refuse(module, "channels and groups must be at least 1", at);
  if (in % groups != 0 || out % groups != 0) refuse(module, "the groups do not divide the channels", at);
  if (kernel.size() != 1 && static_cast<int>(kernel.size()) != extents)
    refuse(module, "the kernel has " + std::to_string(kernel.size()) + " numbers", at);
  std::vector<std::int64_t> shape{out, in / groups};
  for (int d = 0; d < extents; ++d) {
    shape.push_back(kernel[static_cast<std::size_t>(d)]);
    if (shape.back() < 1) refuse(module, "the kernel is out of range", at);
  }
  return shape;
}

double bound_of(const std::vector<std::int64_t>& shape) {
  double fan_in = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) fan_in *= static_cast<double>(shape[i]);
  return 1 / std::sqrt(fan_in);
}

}  // namespace

ConvNd::ConvNd(int extents, std::int64_t in, std::int64_t out, const Extents& kernel, const ConvOptions& options,
               bool with_bias, DType dtype, SourceLocation at)
    : extents_(extents), options_(options) {
  const auto shape = weight_shape("Conv" + std::to_string(extents) + "d", extents, in, out, kernel, options.groups, at);
  weight = register_uniform("weight", shape, bound_of(shape), dtype, at);
  if (with_bias) bias = register_uniform("bias", {out}, bound_of(shape), dtype, at);
}
Tensor ConvNd::forward(const Operand& x) {
  const auto f = extents_ == 1 ? conv1d : extents_ == 2 ? conv2d : conv3d;
  return f(x, weight, bias, options_);
}
std::string ConvNd::str() const {
  const std::string name = "Conv" + std::to_string(extents_) + "d(";
  if (!weight.defined() || weight.dim() < 3) return name + "?)";
  std::string s = name + std::to_string(weight.size(1) * options_.groups) + ", " + std::to_string(weight.size(0)) +
                  ", kernel " + std::to_string(weight.size(2));
  for (std::int64_t d = 3; d < weight.dim(); ++d) s += "x" + std::to_string(weight.size(d));
  return s + (bias.defined() ? ")" : ", no bias)");
}

Tensor MaxPool2d::forward(const Operand& x) { return max_pool2d(x, kernel_, options_); }
std::string MaxPool2d::str() const { return "MaxPool2d(" + text(kernel_) + ")"; }
Tensor AvgPool2d::forward(const Operand& x) { return avg_pool2d(x, kernel_, options_); }
std::string AvgPool2d::str() const { return "AvgPool2d(" + text(kernel_) + ")"; }
Tensor AdaptiveAvgPool2d::forward(const Operand& x) { return adaptive_avg_pool2d(x, extents_); }
std::string AdaptiveAvgPool2d::str() const { return "AdaptiveAvgPool2d(" + text(extents_) + ")"; }

BatchNorm::BatchNorm(std::int64_t channels, double eps, double momentum, DType dtype, SourceLocation at)
    : eps_(eps), momentum_(momentum) {
  if (channels < 0) refuse("BatchNorm", "a negative number of channels", at);
  weight = register_parameter("weight", ones({channels}, dtype, at), at);
  bias = register_parameter("bias", zeros({channels}, dtype, at), at);
  running_mean = register_buffer("running_mean", zeros({channels}, dtype, at), true, at);
  running_var = register_buffer("running_var", ones({channels}, dtype, at), true, at);
  num_batches_tracked = register_buffer("num_batches_tracked", zeros({}, kInt64, at), true, at);
}
Tensor BatchNorm::forward(const Operand& x) {
  const Tensor y = batch_norm(x, running_mean, running_var, weight, bias,
                              {.training = is_training(), .momentum = momentum_, .eps = eps_});
  if (is_training()) num_batches_tracked.add_(Operand(1, x.at()));
  return y;
}
std::string BatchNorm::str() const {
  return "BatchNorm(" + (weight.defined() ? std::to_string(weight.numel()) : "?") + ")";
}

LayerNorm::LayerNorm(DimsRef normalized_shape, double eps, DType dtype, SourceLocation at) : eps_(eps) {
  weight = register_parameter("weight", ones(normalized_shape, dtype, at), at);
  bias = register_parameter("bias", zeros(normalized_shape, dtype, at), at);
}
Tensor LayerNorm::forward(const Operand& x) { return layer_norm(x, weight.shape(), weight, bias, eps_); }
std::string LayerNorm::str() const { return "LayerNorm(" + (weight.defined() ? weight.shape().str() : "?") + ")"; }

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, double eps, DType dtype, SourceLocation at)
    : groups_(groups), eps_(eps) {
  if (groups < 1 || channels < 0 || channels % groups != 0)
    refuse("GroupNorm", "the groups do not divide the channels", at);
  weight = register_parameter("weight", ones({channels}, dtype, at), at);
  bias = register_parameter("bias", zeros({channels}, dtype, at), at);
}
Tensor GroupNorm::forward(const Operand& x) { return group_norm(x, groups_, weight, bias, eps_); }
std::string GroupNorm::str() const {
  return "GroupNorm(" + std::to_string(groups_) + ", " + (weight.defined() ? std::to_string(weight.numel()) : "?") +
         ")";
}

}  // namespace weft::nn
