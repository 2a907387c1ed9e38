// conv1d to conv3d and conv_transpose1d to conv_transpose3d: PyTorch's layouts and options around conv and conv_data.
#include <algorithm>
#include <array>
#include <string>

#include "graph/capture/capture.h"
#include "ops/conv/conv.h"
#include "ops/conv/image_call.h"

namespace weft {
namespace {

// Checks what the functions have in common: x, the weight, the bias.
void check_operands(const ImageCall& call, std::int64_t groups, std::int64_t bias_size) {
  const std::span<const Value> v = call.operands;
  call.check_rank();
  if (v[1].rank() != call.extents + 2)
    call.refuse("the weight must have " + std::to_string(call.extents + 2) + " dims");
  for (const Value& each : v)
    if (each.dtype() != v[0].dtype()) call.refuse("dtypes differ", ErrorKind::dtype);
  if (!is_floating(v[0].dtype())) call.refuse("needs floating tensors", ErrorKind::dtype);
  if (groups < 1 || groups >= kMaxExtent) call.refuse("groups is out of range", ErrorKind::value);
  if (v[1].shape().numel() == 0) call.refuse("the weight has no elements");
  if (v.size() > 2 && v[2].shape() != Shape{bias_size})
    call.refuse("the bias must have one element for each output channel");
  call.check_not_empty();
}

// Channels-last images with the call's bias, in the layout of x.
Value with_bias(const ImageCall& call, const Value& images) {
  return call.result(call.operands.size() > 2 ? images + call.operands[2] : images);
}

void pad_to_same(const ImageCall& call, const Value& w, ConvRule& rule) {
  for (std::size_t d = 0; d < rule.stride.size(); ++d) {
    if (w.shape()[static_cast<int>(d) + 2] - 1 > kMaxExtent / 2 / rule.dilation[d])
      call.refuse("the kernel is larger than the padded image");
    if (rule.stride[d] != 1) call.refuse("padding \"same\" goes with a stride of 1 only", ErrorKind::value);
    const std::int64_t both = rule.dilation[d] * (w.shape()[static_cast<int>(d) + 2] - 1);
    rule.before[d] = both / 2;
    rule.after[d] = both - both / 2;
  }
}

Value convolve(const ImageCall& call, const ConvOptions& options) {
  const Value& w = call.operands[1];
  check_operands(call, options.groups, w.rank() > 0 ? w.shape()[0] : 0);
  ConvRule rule{
      call.numbers(options.stride, 1, "stride"), {}, {}, call.numbers(options.dilation, 1, "dilation"), options.groups};
  rule.before = rule.after = call.numbers(options.padding.extents(), 0, "padding");
  if (options.padding.name() == "same")
    pad_to_same(call, w, rule);
  else if (!options.padding.name().empty() && options.padding.name() != "valid")
    call.refuse("padding is neither numbers nor \"same\" nor \"valid\"", ErrorKind::value);
  if (call.channels() != w.shape()[1] * options.groups)
    call.refuse("x has " + std::to_string(call.channels()) + " channels, the weight is for " +
                std::to_string(w.shape()[1] * options.groups));
  if (w.shape()[0] % options.groups != 0) call.refuse("the groups do not divide the output channels");
  for (std::size_t d = 0; d < rule.stride.size(); ++d) {
    const std::int64_t steps = w.shape()[static_cast<int>(d) + 2] - 1,
                       padded = call.extent(d) + rule.before[d] + rule.after[d];
    if (steps > padded / rule.dilation[d] || padded < rule.dilation[d] * steps + 1)
      call.refuse("the kernel is larger than the padded image");
  }
  return with_bias(call, conv(call.images(), w, rule));
}

// An output_padding of the stride or more would be room for another image element: it comes out of the padding behind,
// and what is left then is rows of zeros, whose number this gives back.
std::int64_t take_from_padding(ConvRule& rule, std::size_t d, std::int64_t more) {
  const std::int64_t taken = std::min(rule.after[d], more), left = more - taken;
  rule.after[d] -= taken;
  return std::max<std::int64_t>(left - (rule.stride[d] - 1), 0);
}

Value convolve_transposed(const ImageCall& call, const ConvTransposeOptions& options) {
  const Value& w = call.operands[1];
  check_operands(call, options.groups, w.rank() > 1 ? w.shape()[1] * options.groups : 0);
  ConvRule rule{
      call.numbers(options.stride, 1, "stride"), {}, {}, call.numbers(options.dilation, 1, "dilation"), options.groups};
  rule.before = rule.after = call.numbers(options.padding, 0, "padding");
  const Dims more = call.numbers(options.output_padding, 0, "output_padding");
  if (call.channels() != w.shape()[0]) call.refuse("the channels of x are not those of the weight");
  if (w.shape()[0] % options.groups != 0) call.refuse("the groups do not divide the input channels");
  Dims result, zeros;
  for (std::size_t d = 0; d < more.size(); ++d) {
    if (more[d] >= std::max(rule.stride[d], rule.dilation[d]))
      call.refuse("output_padding must be smaller than the stride or the dilation", ErrorKind::value);
    const std::int64_t steps = w.shape()[static_cast<int>(d) + 2] - 1, extent = call.extent(d);
    if (extent - 1 > kMaxExtent / rule.stride[d] || steps > kMaxExtent / rule.dilation[d])
      call.refuse("the result has more than 2^40 elements");
    result.push_back((extent - 1) * rule.stride[d] - 2 * rule.before[d] + rule.dilation[d] * steps + more[d] + 1);
    if (result.back() < 1) call.refuse("the result has no elements");
    zeros.push_back(0);
    if (more[d] >= rule.stride[d]) zeros.back() = take_from_padding(rule, d, more[d]);
    result.back() -= zeros.back();
  }
  Value images = conv_data(call.images(), w, rule, result);
  for (std::size_t d = 0; d < zeros.size(); ++d)
    if (zeros[d] > 0) images = slice_scatter(images, static_cast<std::int64_t>(d) + 1, 0, 1, result[d] + zeros[d]);
  return with_bias(call, images);
}

template <class Options>
Tensor call_of(const char* name, int extents, const Operand& x, const Tensor& weight, const Tensor& bias,
               const Options& options, Value (*f)(const ImageCall&, const Options&)) {
  const Operand w(weight, x.at()), b(bias, x.at());
  const std::array<const Operand*, 3> operands{&x, &w, &b};
  CaptureScope scope(std::span<const Operand* const>(operands.data(), bias.defined() ? 3 : 2), name);
  return scope.tensor(f({name, scope.values(), extents}, options), "ConvolutionBackward0");
}

}  // namespace

Tensor conv1d(const Operand& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) {
  return call_of("conv1d", 1, x, weight, bias, options, convolve);
}
Tensor conv2d(const Operand& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) {
  return call_of("conv2d", 2, x, weight, bias, options, convolve);
}
Tensor conv3d(const Operand& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) {
  return call_of("conv3d", 3, x, weight, bias, options, convolve);
}
Tensor conv_transpose1d(const Operand& x, const Tensor& weight, const Tensor& bias,
                        const ConvTransposeOptions& options) {
  return call_of("conv_transpose1d", 1, x, weight, bias, options, convolve_transposed);
}
Tensor conv_transpose2d(const Operand& x, const Tensor& weight, const Tensor& bias,
                        const ConvTransposeOptions& options) {
  return call_of("conv_transpose2d", 2, x, weight, bias, options, convolve_transposed);
}
Tensor conv_transpose3d(const Operand& x, const Tensor& weight, const Tensor& bias,
                        const ConvTransposeOptions& options) {
  return call_of("conv_transpose3d", 3, x, weight, bias, options, convolve_transposed);
}

}  // namespace weft
