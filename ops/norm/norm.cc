// Normalisation: means and variances of rows or columns, made of reductions and elementwise functions.
#include "weft/norm.h"

#include <array>
#include <limits>
#include <numeric>
#include <string>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/conv/image_call.h"
#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft {
namespace {

// x with weight and bias, each of which may be undefined.
class NormCall {
 public:
  NormCall(const char* name, const Operand& x, const Tensor& weight, const Tensor& bias)
      : name_(name), scope_(std::span<const Operand* const>({&x}), name) {
    require_floating(name, this->x());
    if (weight.defined()) weight_ = scope_.value_of(weight);
    if (bias.defined()) bias_ = scope_.value_of(bias);
  }

  const Value& x() const { return scope_.values()[0]; }
  CaptureScope& scope() { return scope_; }
  [[noreturn]] void refuse(std::string_view rule, ErrorKind kind = ErrorKind::shape) const {
    fail_call(kind, name_, x(), rule);
  }
  void check(const Value& v, const Shape& shape, const char* what) const {
    if (v.shape() != shape) refuse(std::string(what) + " must have the shape " + shape.str());
    if (v.dtype() != x().dtype()) refuse(std::string("the dtype of x and ") + what + " differ", ErrorKind::dtype);
  }
  // y * weight + bias, of this shape, seen as `as`.
  Value scaled(Value y, const Shape& shape, const Shape& as) const {
    if (weight_) {
      check(*weight_, shape, "the weight");
      y = y * reshape(*weight_, as);
    }
    if (bias_) {
      check(*bias_, shape, "the bias");
      y = y + reshape(*bias_, as);
    }
    return y;
  }

 private:
  const char* name_;
  CaptureScope scope_;
  std::optional<Value> weight_, bias_;
};

struct Moments {
  Value mean, centered, variance;
};
// Of the variance, the derivative by the mean is 0: left out, all sums of a gradient are of one pass over the data.
// Half a square has what is centered as its derivative, without a factor that would be another tensor.
Moments moments(const Value& x, const Dims& dims, bool keepdim) {
  const Value mean_of = mean(x, dims, keepdim), centered = x - mean_of;
  const Value half = with_derivative(record_detach(square(centered) * 0.5), x, centered);
  return {mean_of, centered, mean(half, dims, keepdim) * 2.0};
}

// The last dims of x as one, and all others as one.
Shape rows_of(const NormCall& call, DimsRef last) {
  const Value& x = call.x();
  const int first = x.rank() - static_cast<int>(last.size());
  std::int64_t rows = 1, size = 1;
  bool fits = first >= 0 && !last.empty();
  for (int d = 0; fits && d < x.rank(); ++d) {
    if (d >= first) fits = x.shape()[d] == last[static_cast<std::size_t>(d - first)];
    (d < first ? rows : size) *= x.shape()[d];
  }
  if (!fits) call.refuse("the last extents of x are not those that are normalised");
  return Shape{rows, size};
}

Shape channels_shape(const Value& x) {
  Dims dims(static_cast<std::size_t>(x.rank()), 1);
  dims[1] = x.shape()[1];
  return Shape(dims);
}

void update_running(const Tensor& running, const Tensor& now, double momentum, SourceLocation at) {
  if (!running.defined()) return;
  const NoGradGuard no_grad;
  running.mul_({1 - momentum, at});
  running.add_({mul({now, at}, {momentum, at}), at});
}

}  // namespace

Tensor batch_norm(const Operand& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                  const Tensor& bias, const BatchNormOptions& options) {
  NormCall call("batch_norm", x, weight, bias);
  const Value& images = call.x();
  if (images.rank() < 2) call.refuse("x must have at least 2 dims");
  const std::int64_t channels = images.shape()[1];
  const std::int64_t seen = channels == 0 ? 0 : images.shape().numel() / channels;
  const bool has_running = running_mean.defined() && running_var.defined();
  if (running_mean.defined() != running_var.defined())
    call.refuse("only one of running_mean and running_var is defined", ErrorKind::value);
  for (const Tensor& running : {running_mean, running_var})
    if (running.defined()) call.check(call.scope().value_of(running), Shape{channels}, "running statistics");
  const Value last = to_channels_last(images);
  if (!options.training && has_running) {
    const Value scale = rsqrt(call.scope().value_of(running_var) + options.eps);
    const Value y = call.scaled((last - call.scope().value_of(running_mean)) * scale, Shape{channels}, Shape{channels});
    return call.scope().tensor(from_channels_last(y), "NativeBatchNormBackward0");
  }
  if (seen == 1) call.refuse("training needs more than one value for each channel", ErrorKind::value);
  Dims all_but_last(static_cast<std::size_t>(last.rank() - 1));
  std::iota(all_but_last.begin(), all_but_last.end(), 0);
  const Moments m = moments(last, all_but_last, false);
  const Value y = call.scaled(m.centered * rsqrt(m.variance + options.eps), Shape{channels}, Shape{channels});
  const Tensor result = call.scope().tensor(from_channels_last(y), "NativeBatchNormBackward0");
  if (seen == 0) return result;
  const auto n = static_cast<double>(seen);
  update_running(running_mean, call.scope().tensor(m.mean), options.momentum, x.at());
  update_running(running_var, call.scope().tensor(m.variance * (n / (n - 1))), options.momentum, x.at());
  return result;
}

Tensor layer_norm(const Operand& x, DimsRef normalized_shape, const Tensor& weight, const Tensor& bias, double eps) {
  NormCall call("layer_norm", x, weight, bias);
  const Shape rows = rows_of(call, normalized_shape);
  const Moments m = moments(reshape(call.x(), rows), {1}, true);
  const Shape last(normalized_shape.vec());
  const Value y = call.scaled(m.centered * rsqrt(m.variance + eps), last, Shape{rows[1]});
  return call.scope().tensor(reshape(y, call.x().shape()), "NativeLayerNormBackward0");
}

Tensor group_norm(const Operand& x, std::int64_t groups, const Tensor& weight, const Tensor& bias, double eps) {
  NormCall call("group_norm", x, weight, bias);
  const Value& images = call.x();
  if (images.rank() < 2) call.refuse("x must have at least 2 dims");
  const std::int64_t n = images.shape()[0], channels = images.shape()[1];
  if (groups < 1 || channels % groups != 0) call.refuse("the groups do not divide the channels", ErrorKind::value);
  if (images.shape().numel() == groups) call.refuse("there is one value for each group only", ErrorKind::value);
  const std::int64_t rows = n * groups;
  const Shape grouped{rows, rows == 0 ? 0 : images.shape().numel() / rows};
  const Moments m = moments(reshape(images, grouped), {1}, true);
  const Value y = reshape(m.centered * rsqrt(m.variance + eps), images.shape());
  return call.scope().tensor(call.scaled(y, Shape{channels}, channels_shape(images)), "NativeGroupNormBackward0");
}

Tensor instance_norm(const Operand& x, const Tensor& weight, const Tensor& bias, double eps) {
  NormCall call("instance_norm", x, weight, bias);
  const Value& images = call.x();
  if (images.rank() < 3) call.refuse("x must have at least 3 dims");
  const std::int64_t channels = images.shape()[1], rows = images.shape()[0] * channels;
  const Shape grouped{rows, rows == 0 ? 0 : images.shape().numel() / rows};
  if (grouped[1] == 1) call.refuse("there is one value for each channel only", ErrorKind::value);
  const Moments m = moments(reshape(images, grouped), {1}, true);
  const Value y = reshape(m.centered * rsqrt(m.variance + eps), images.shape());
  return call.scope().tensor(call.scaled(y, Shape{channels}, channels_shape(images)), "NativeBatchNormBackward0");
}

Tensor rms_norm(const Operand& x, DimsRef normalized_shape, const Tensor& weight, std::optional<double> eps) {
  NormCall call("rms_norm", x, weight, {});
  const Shape rows = rows_of(call, normalized_shape);
  const Value flat = reshape(call.x(), rows);
  const double precision =
      flat.dtype() == DType::f32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  const Value y = flat * rsqrt(mean(square(flat), {1}, true) + eps.value_or(precision));
  const Shape last(normalized_shape.vec());
  return call.scope().tensor(reshape(call.scaled(y, last, Shape{rows[1]}), call.x().shape()), "MulBackward0");
}

}  // namespace weft
