// conv, and its two gradients conv_data and conv_weights: each is linear in both operands, and the gradients of each
// are the other two. Images are channels-last here: [n, extents..., channels].
#include <algorithm>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/conv/conv.h"
#include "ops/kernels/conv/direct.h"
#include "ops/kernels/onednn/onednn.h"

namespace weft {
namespace {

constexpr int kMostExtents = 3;

// Right-aligned, as ConvShape has them.
ConvShape::Extents extents_of(const Dims& dims, std::int64_t before) {
  ConvShape::Extents e{before, before, before};
  std::copy(dims.begin(), dims.end(), e.end() - static_cast<std::ptrdiff_t>(dims.size()));
  return e;
}

Dims image_extents(const Shape& images) {
  Dims dims;
  for (int d = 1; d + 1 < images.rank(); ++d) dims.push_back(images[d]);
  return dims;
}

// The attributes of all three ops; `images` is an operand of image rank.
ConvShape checked_options(const OpCall& call, const Shape& images) {
  ConvShape s;
  s.rank = images.rank() - 2;
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype) && call.in(0).dtype == call.in(1).dtype,
               "the operands must be floating, and of one dtype");
  call.require(s.rank >= 1 && s.rank <= kMostExtents, "images have 1 to 3 extents");
  const auto option = [&](const char* name, std::int64_t least, std::int64_t other) {
    const Dims& dims = checked_attr<Dims>(call, name);
    call.require(ErrorKind::value, static_cast<int>(dims.size()) == s.rank, "an option has another number of extents");
    for (const std::int64_t d : dims)
      call.require(ErrorKind::value, d >= least && d < kMaxExtent, "an option is out of range");
    return extents_of(dims, other);
  };
  s.stride = option("stride", 1, 1);
  s.dilation = option("dilation", 1, 1);
  s.before = option("before", 0, 0);
  s.after = option("after", 0, 0);
  s.groups = checked_attr_in(call, "groups", 1, kMaxExtent);
  s.images = images[0];
  return s;
}

void set_weights(const OpCall& call, ConvShape& s, const Shape& w) {
  call.require(w.rank() == s.rank + 2, "the weights have another rank than the images");
  s.out_channels = w[0];
  s.in_channels = w[1] * s.groups;
  Dims kernel;
  for (int d = 2; d < w.rank(); ++d) kernel.push_back(w[d]);
  s.kernel = extents_of(kernel, 1);
  call.require(w.numel() > 0, "the weights have no elements");
  call.require(s.out_channels % s.groups == 0, "the groups do not divide the output channels");
}

void set_images(const OpCall& call, ConvShape& s, const Dims& in) {
  s.in = extents_of(in, 1);
  for (std::size_t d = 0; d < s.in.size(); ++d) {
    call.require(s.in[d] > 0, "an image has no elements");
    call.require(ErrorKind::value, s.in[d] <= kMaxExtent, "an image is too large");
    call.require(ErrorKind::value, s.kernel[d] - 1 <= kMaxExtent / s.dilation[d], "the kernel reaches too far");
    const std::int64_t room = s.in[d] + s.before[d] + s.after[d] - s.dilation[d] * (s.kernel[d] - 1) - 1;
    call.require(room >= 0, "the kernel is larger than the padded image");
    s.out[d] = room / s.stride[d] + 1;
  }
}

Shape images(const ConvShape& s, const ConvShape::Extents& extents, std::int64_t channels) {
  Dims dims{s.images};
  dims.insert(dims.end(), extents.end() - s.rank, extents.end());
  dims.push_back(channels);
  return Shape(dims);
}

ConvShape forward_shape(const OpCall& call) {
  const Shape &x = call.in(0).shape, &w = call.in(1).shape;
  ConvShape s = checked_options(call, x);
  set_weights(call, s, w);
  call.require(x[x.rank() - 1] == s.in_channels, "the channels of x are not those of the weights times the groups");
  set_images(call, s, image_extents(x));
  return s;
}
ConvShape data_shape(const OpCall& call) {
  const Shape &dy = call.in(0).shape, &w = call.in(1).shape;
  ConvShape s = checked_options(call, dy);
  set_weights(call, s, w);
  const Dims& extents = checked_attr<Dims>(call, "extents");
  call.require(static_cast<int>(extents.size()) == s.rank, "the extents have another rank than the images");
  set_images(call, s, extents);
  call.require(dy == images(s, s.out, s.out_channels), "the gradient has not the shape of the result");
  return s;
}
ConvShape weights_shape(const OpCall& call) {
  const Shape &x = call.in(0).shape, &dy = call.in(1).shape;
  ConvShape s = checked_options(call, x);
  call.require(dy.rank() == x.rank() && x[x.rank() - 1] % s.groups == 0, "the operands are no images of the groups");
  const Dims& kernel = checked_attr<Dims>(call, "kernel");
  call.require(static_cast<int>(kernel.size()) == s.rank, "the kernel has another rank than the images");
  Dims w{dy[dy.rank() - 1], x[x.rank() - 1] / s.groups};
  w.insert(w.end(), kernel.begin(), kernel.end());
  set_weights(call, s, checked_shape("conv_weights", {}, call.where, w));
  set_images(call, s, image_extents(x));
  call.require(dy == images(s, s.out, s.out_channels), "the gradient has not the shape of the result");
  return s;
}

// Images of a part: enough for some 100 us of work.
std::int64_t images_of_part(const ConvShape& s) {
  constexpr double kFlops = 8e6;
  const double image = std::max(1.0, s.flops() / static_cast<double>(std::max<std::int64_t>(1, s.images)));
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(kFlops / image), 1, std::max<std::int64_t>(1, s.images));
}

// Of the gradient of the weights, whose parts are added afterwards: few of them.
std::int64_t images_of_sum(const ConvShape& s) {
  constexpr std::int64_t kMostSums = 4;
  return std::max(images_of_part(s), (s.images + kMostSums - 1) / kMostSums);
}

// By the definition, part by part in the order in which onednn_convolution has them.
template <class T>
Kernel direct_kernel(ConvProduct product, const ConvShape& s, std::int64_t step) {
  const bool sums = product == ConvProduct::weights, is_data = product == ConvProduct::data;
  const std::int64_t a_step = is_data ? s.out_elements() : s.in_elements(), b_step = sums ? s.out_elements() : 0;
  const std::int64_t to_step = is_data ? s.in_elements() : s.out_elements();
  return {.run =
              [=](const KernelArgs& args) {
                for (std::int64_t i = 0; i < s.images; i += step) {
                  ConvShape part = s;
                  part.images = std::min(step, s.images - i);
                  direct_convolution(product, part, args.input<T>(0) + i * a_step, args.input<T>(1) + i * b_step,
                                     args.output<T>() + (sums ? i / step * s.weights() : i * to_step));
                }
              },
          .flops = s.flops()};
}

Kernel compile_product(const OpCall& call, ConvProduct product, const ConvShape& s, std::int64_t step) {
  if (s.images == 0) {
    const std::size_t bytes = call.out().bytes();
    return {.run = [bytes](const KernelArgs& args) {
      if (bytes > 0) std::fill_n(args.output<char>(), bytes, char{0});
    }};
  }
  if (call.in(0).dtype == DType::f64) return direct_kernel<double>(product, s, step);
  try {
    return onednn_convolution(product, s, step);
  } catch (const std::exception&) {
    return direct_kernel<float>(product, s, step);  // options that oneDNN refuses, like huge strides
  }
}

Types infer_conv(const OpCall& call) {
  const ConvShape s = forward_shape(call);
  return {{call.in(0).dtype, images(s, s.out, s.out_channels)}};
}
Kernel compile_conv(const OpCall& call) {
  const ConvShape s = forward_shape(call);
  return compile_product(call, ConvProduct::forward, s, images_of_part(s));
}
Types infer_data(const OpCall& call) {
  const ConvShape s = data_shape(call);
  return {{call.in(0).dtype, images(s, s.in, s.in_channels)}};
}
Kernel compile_data(const OpCall& call) {
  const ConvShape s = data_shape(call);
  return compile_product(call, ConvProduct::data, s, images_of_part(s));
}
Types infer_weights(const OpCall& call) {
  const ConvShape s = weights_shape(call);
  const std::int64_t step = images_of_sum(s);
  Dims shape{std::max<std::int64_t>(1, (s.images + step - 1) / step), s.out_channels, s.in_channels / s.groups};
  shape.insert(shape.end(), s.kernel.end() - s.rank, s.kernel.end());
  return {{call.in(0).dtype, Shape(shape)}};
}
Kernel compile_weights(const OpCall& call) {
  const ConvShape s = weights_shape(call);
  return compile_product(call, ConvProduct::weights, s, images_of_sum(s));
}

// ---- Gradients

ConvRule rule_of(const GradCall& g) {
  return {g.attr<Dims>("stride"), g.attr<Dims>("before"), g.attr<Dims>("after"), g.attr<Dims>("dilation"),
          g.attr<std::int64_t>("groups")};
}
Dims kernel_of(const Value& weights) {
  const Dims shape = weights.shape().vec();
  return {shape.begin() + 2, shape.end()};
}

void grad_conv(GradCall& g) {
  const ConvRule rule = rule_of(g);
  if (g.needs(0)) g.set(0, conv_data(g.dout(), g.in(1), rule, image_extents(g.in(0).shape())));
  if (g.needs(1)) g.set(1, conv_weights(g.in(0), g.dout(), rule, kernel_of(g.in(1))));
}
void grad_data(GradCall& g) {
  const ConvRule rule = rule_of(g);
  if (g.needs(0)) g.set(0, conv(g.dout(), g.in(1), rule));
  if (g.needs(1)) g.set(1, conv_weights(g.dout(), g.in(0), rule, kernel_of(g.in(1))));
}

// Each sum is of images of its own.
void grad_weights(GradCall& g) {
  const ConvRule rule = rule_of(g);
  const std::int64_t sums = g.dout().shape()[0], n = g.in(0).shape()[0], step = sums > 0 ? (n + sums - 1) / sums : n;
  std::vector<Value> to_x, to_dy;
  for (std::int64_t p = 0; p < sums; ++p) {
    const std::int64_t first = std::min(n, p * step), last = std::min(n, first + step);
    Dims shape = g.dout().shape().vec();
    shape.erase(shape.begin());
    const Value w = reshape(slice(g.dout(), 0, p, p + 1, 1), Shape(shape));
    if (g.needs(0))
      to_x.push_back(conv_data(slice(g.in(1), 0, first, last, 1), w, rule, image_extents(g.in(0).shape())));
    if (g.needs(1)) to_dy.push_back(conv(slice(g.in(0), 0, first, last, 1), w, rule));
  }
  if (g.needs(0)) g.set(0, cat(to_x, 0));
  if (g.needs(1)) g.set(1, cat(to_dy, 0));
}

constexpr OpDef kConv{.name = "conv",
                      .min_inputs = 2,
                      .max_inputs = 2,
                      .infer = infer_conv,
                      .grad = grad_conv,
                      .compile = compile_conv,
                      .grad_name = "ConvolutionBackward0"};
WEFT_REGISTER_OP(kConv);
constexpr OpDef kConvData{.name = "conv_data",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_data,
                          .grad = grad_data,
                          .compile = compile_data,
                          .grad_name = "ConvolutionBackward0"};
WEFT_REGISTER_OP(kConvData);
constexpr OpDef kConvWeights{.name = "conv_weights",
                             .min_inputs = 2,
                             .max_inputs = 2,
                             .infer = infer_weights,
                             .grad = grad_weights,
                             .compile = compile_weights,
                             .grad_name = "ConvolutionBackwardBackward0"};
WEFT_REGISTER_OP(kConvWeights);

Attrs attributes(const ConvRule& rule) {
  return {{"stride", rule.stride},
          {"before", rule.before},
          {"after", rule.after},
          {"dilation", rule.dilation},
          {"groups", rule.groups}};
}

}  // namespace

Value conv(const Value& x, const Value& w, const ConvRule& rule) {
  return x.builder().record(kConv, {x, w}, attributes(rule));
}
Value conv_data(const Value& dy, const Value& w, const ConvRule& rule, const Dims& extents) {
  Attrs attrs = attributes(rule);
  attrs.set("extents", extents);
  return dy.builder().record(kConvData, {dy, w}, std::move(attrs));
}
Value conv_weights(const Value& x, const Value& dy, const ConvRule& rule, const Dims& kernel) {
  Attrs attrs = attributes(rule);
  attrs.set("kernel", kernel);
  return sum(x.builder().record(kConvWeights, {x, dy}, std::move(attrs)), {0}, false);
}

}  // namespace weft
