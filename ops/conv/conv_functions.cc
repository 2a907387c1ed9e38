// conv1d to conv3d and conv_transpose1d to conv_transpose3d: PyTorch's layouts and options around conv and conv_data.
#include <array>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/conv/conv.h"
#include "weft/conv.h"

namespace weft {

Value to_channels_last(const Value& x) {
  Dims order{0};
  for (std::int64_t d = 2; d < x.rank(); ++d) order.push_back(d);
  order.push_back(1);
  return permute(x, order);
}
Value from_channels_last(const Value& x) {
  Dims order{0, x.rank() - 1};
  for (std::int64_t d = 1; d + 1 < x.rank(); ++d) order.push_back(d);
  return permute(x, order);
}

namespace {

// What all functions of this file refuse with.
class Refusal {
 public:
  Refusal(const char* name, std::span<const Value> operands) : name_(name), operands_(operands) {}
  [[noreturn]] void operator()(std::string_view rule, ErrorKind kind = ErrorKind::shape) const {
    fail_call(kind, name_, operands_, operands_[0].builder().where, rule);
  }

 private:
  const char* name_;
  std::span<const Value> operands_;
};

Dims checked(const Extents& e, int extents, std::int64_t least, const char* what, const Refusal& refuse) {
  if (e.size() != 1 && static_cast<int>(e.size()) != extents)
    refuse(std::string(what) + " has " + std::to_string(e.size()) + " numbers", ErrorKind::value);
  Dims dims;
  for (int d = 0; d < extents; ++d) {
    dims.push_back(e[static_cast<std::size_t>(d)]);
    if (dims.back() < least || dims.back() >= kMaxExtent)
      refuse(std::string(what) + " is out of range", ErrorKind::value);
  }
  return dims;
}

// Checks what the functions have in common: x [n, channels, extents...] or without n, weight, bias.
void check_operands(std::span<const Value> v, int extents, std::int64_t groups, std::int64_t bias_size,
                    const Refusal& refuse) {
  const Value &x = v[0], &w = v[1];
  if (x.rank() != extents + 1 && x.rank() != extents + 2)
    refuse("x must be [n, channels, " + std::to_string(extents) + " extents], or without n");
  if (w.rank() != extents + 2) refuse("the weight must have " + std::to_string(extents + 2) + " dims");
  for (const Value& each : v)
    if (each.dtype() != x.dtype()) refuse("dtypes differ", ErrorKind::dtype);
  if (!is_floating(x.dtype())) refuse("needs floating tensors", ErrorKind::dtype);
  if (groups < 1 || groups >= kMaxExtent) refuse("groups is out of range", ErrorKind::value);
  if (w.shape().numel() == 0) refuse("the weight has no elements");
  if (v.size() > 2 && v[2].shape() != Shape{bias_size})
    refuse("the bias must have one element for each output channel");
}

// f of channels-last images, with the bias, in the layout of x.
template <class F>
Value around(std::span<const Value> v, int extents, F f) {
  Value x = v[0];
  const bool is_batch = x.rank() == extents + 2;
  if (!is_batch) {
    Dims shape = x.shape().vec();
    shape.insert(shape.begin(), 1);
    x = reshape(x, Shape(shape));
  }
  Value y = f(to_channels_last(x));
  if (v.size() > 2) y = y + v[2];
  y = from_channels_last(y);
  if (is_batch) return y;
  Dims shape = y.shape().vec();
  shape.erase(shape.begin());
  return reshape(y, Shape(shape));
}

void pad_to_same(ConvRule& rule, const Value& w, const Refusal& refuse) {
  for (std::size_t d = 0; d < rule.stride.size(); ++d) {
    if (w.shape()[static_cast<int>(d) + 2] - 1 > kMaxExtent / 2 / rule.dilation[d])
      refuse("the kernel is larger than the padded image");
    if (rule.stride[d] != 1) refuse("padding \"same\" goes with a stride of 1 only", ErrorKind::value);
    const std::int64_t both = rule.dilation[d] * (w.shape()[static_cast<int>(d) + 2] - 1);
    rule.before[d] = both / 2;
    rule.after[d] = both - both / 2;
  }
}

Value convolve(const char* name, int extents, std::span<const Value> v, const ConvOptions& options) {
  const Refusal refuse(name, v);
  const Value& w = v[1];
  check_operands(v, extents, options.groups, w.rank() > 0 ? w.shape()[0] : 0, refuse);
  ConvRule rule{checked(options.stride, extents, 1, "stride", refuse),
                {},
                {},
                checked(options.dilation, extents, 1, "dilation", refuse),
                options.groups};
  rule.before = rule.after = checked(options.padding.extents(), extents, 0, "padding", refuse);
  if (options.padding.name() == "same")
    pad_to_same(rule, w, refuse);
  else if (!options.padding.name().empty() && options.padding.name() != "valid")
    refuse("padding is neither numbers nor \"same\" nor \"valid\"", ErrorKind::value);
  const std::int64_t channels = v[0].shape()[v[0].rank() - extents - 1];
  if (channels != w.shape()[1] * options.groups)
    refuse("x has " + std::to_string(channels) + " channels, the weight is for " +
           std::to_string(w.shape()[1] * options.groups));
  if (w.shape()[0] % options.groups != 0) refuse("the groups do not divide the output channels");
  for (int d = 0; d < extents; ++d) {
    const auto i = static_cast<std::size_t>(d);
    const std::int64_t extent = v[0].shape()[v[0].rank() - extents + d],
                       padded = extent + rule.before[i] + rule.after[i];
    if (extent == 0) refuse("an image has no elements");
    if (w.shape()[d + 2] - 1 > padded / rule.dilation[i] || padded < rule.dilation[i] * (w.shape()[d + 2] - 1) + 1)
      refuse("the kernel is larger than the padded image");
  }
  return around(v, extents, [&](const Value& x) { return conv(x, w, rule); });
}

Value convolve_transposed(const char* name, int extents, std::span<const Value> v,
                          const ConvTransposeOptions& options) {
  const Refusal refuse(name, v);
  const Value& w = v[1];
  check_operands(v, extents, options.groups, w.rank() > 1 ? w.shape()[1] * options.groups : 0, refuse);
  ConvRule rule{checked(options.stride, extents, 1, "stride", refuse),
                {},
                {},
                checked(options.dilation, extents, 1, "dilation", refuse),
                options.groups};
  rule.before = rule.after = checked(options.padding, extents, 0, "padding", refuse);
  const Dims more = checked(options.output_padding, extents, 0, "output_padding", refuse);
  if (v[0].shape()[v[0].rank() - extents - 1] != w.shape()[0]) refuse("the channels of x are not those of the weight");
  if (w.shape()[0] % options.groups != 0) refuse("the groups do not divide the input channels");
  Dims result;
  for (std::size_t d = 0; d < more.size(); ++d) {
    if (more[d] >= rule.stride[d]) refuse("output_padding must be smaller than the stride", ErrorKind::value);
    const std::int64_t extent = v[0].shape()[v[0].rank() - extents + static_cast<int>(d)];
    if (extent == 0) refuse("an image has no elements");
    if (extent - 1 > kMaxExtent / rule.stride[d] ||
        w.shape()[static_cast<int>(d) + 2] - 1 > kMaxExtent / rule.dilation[d])
      refuse("the result has more than 2^40 elements");
    result.push_back((extent - 1) * rule.stride[d] - 2 * rule.before[d] +
                     rule.dilation[d] * (w.shape()[static_cast<int>(d) + 2] - 1) + more[d] + 1);
    if (result.back() < 1) refuse("the result has no elements");
  }
  return around(v, extents, [&](const Value& x) { return conv_data(x, w, rule, result); });
}

template <class F>
Tensor with_bias(const char* name, const Operand& x, const Tensor& weight, const Tensor& bias, F f) {
  const Operand w(weight, x.at()), b(bias, x.at());
  const std::array<const Operand*, 3> operands{&x, &w, &b};
  CaptureScope scope(std::span<const Operand* const>(operands.data(), bias.defined() ? 3 : 2), name);
  return scope.tensor(f(name, scope.values()), "ConvolutionBackward0");
}

Tensor conv_of(const char* name, int extents, const Operand& x, const Tensor& weight, const Tensor& bias,
               const ConvOptions& options) {
  return with_bias(name, x, weight, bias,
                   [&](const char* called, std::span<const Value> v) { return convolve(called, extents, v, options); });
}
Tensor transposed_of(const char* name, int extents, const Operand& x, const Tensor& weight, const Tensor& bias,
                     const ConvTransposeOptions& options) {
  return with_bias(name, x, weight, bias, [&](const char* called, std::span<const Value> v) {
    return convolve_transposed(called, extents, v, options);
  });
}

}  // namespace

Tensor conv1d(const Operand& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) {
  return conv_of("conv1d", 1, x, weight, bias, options);
}
Tensor conv2d(const Operand& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) {
  return conv_of("conv2d", 2, x, weight, bias, options);
}
Tensor conv3d(const Operand& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) {
  return conv_of("conv3d", 3, x, weight, bias, options);
}
Tensor conv_transpose1d(const Operand& x, const Tensor& weight, const Tensor& bias,
                        const ConvTransposeOptions& options) {
  return transposed_of("conv_transpose1d", 1, x, weight, bias, options);
}
Tensor conv_transpose2d(const Operand& x, const Tensor& weight, const Tensor& bias,
                        const ConvTransposeOptions& options) {
  return transposed_of("conv_transpose2d", 2, x, weight, bias, options);
}
Tensor conv_transpose3d(const Operand& x, const Tensor& weight, const Tensor& bias,
                        const ConvTransposeOptions& options) {
  return transposed_of("conv_transpose3d", 3, x, weight, bias, options);
}

}  // namespace weft
