// unfold and fold: the patches of images, and their sums. pixel_shuffle, pixel_unshuffle and channel_shuffle: patches
// as channels and back, and another order of channels.
#include <array>
#include <string>

#include "graph/capture/capture.h"
#include "ops/conv/image_call.h"
#include "ops/images/blend.h"
#include "weft/images.h"

namespace weft {
namespace {

// The windows along each of the two extents.
std::array<BlendMap, 2> window_maps(const ImageCall& call, const Dims& extents, const Extents& kernel,
                                    const PatchOptions& options) {
  const Dims taps = call.numbers(kernel, 1, "kernel"), dilation = call.numbers(options.dilation, 1, "dilation");
  const Dims padding = call.numbers(options.padding, 0, "padding"), stride = call.numbers(options.stride, 1, "stride");
  std::array<BlendMap, 2> maps;
  for (std::size_t d = 0; d < 2; ++d) {
    if (taps[d] - 1 > (extents[d] + 2 * padding[d]) / dilation[d])
      call.refuse("the kernel is larger than the padded image");
    const std::int64_t room = extents[d] + 2 * padding[d] - dilation[d] * (taps[d] - 1) - 1;
    if (room < 0) call.refuse("the kernel is larger than the padded image");
    const std::int64_t places = room / stride[d] + 1;
    if (places > kMaxExtent / taps[d]) call.refuse("the result has more than 2^40 elements");
    maps[d] = {.rule = BlendRule::windows,
               .dim = static_cast<std::int64_t>(d) + 2,
               .from = extents[d],
               .to = places * taps[d],
               .before = padding[d],
               .window = {taps[d], stride[d], dilation[d]}};
  }
  return maps;
}

// [n, c, taps * places, taps * places] and [n, c, taps, taps, places, places]
Shape apart(std::int64_t n, std::int64_t channels, const std::array<BlendMap, 2>& maps) {
  const std::int64_t a = maps[0].window[0], b = maps[1].window[0];
  return {n, channels, a, maps[0].to / a, b, maps[1].to / b};
}
const Dims kTapsFirst{0, 1, 2, 4, 3, 5};  // its own inverse

Shape patches_shape(std::int64_t n, std::int64_t channels, const std::array<BlendMap, 2>& maps) {
  const std::int64_t a = maps[0].window[0], b = maps[1].window[0];
  return {n, channels * a * b, maps[0].to / a * (maps[1].to / b)};
}

Value without_first(const Value& x) {
  Dims shape = x.shape().vec();
  shape.erase(shape.begin());
  return reshape(x, Shape(shape));
}
Value with_first(const Value& x) {
  Dims shape = x.shape().vec();
  shape.insert(shape.begin(), 1);
  return reshape(x, Shape(shape));
}

Value unfolded(const ImageCall& call, const Extents& kernel, const PatchOptions& options) {
  call.check_rank();
  call.check_not_empty();
  if (call.channels() == 0) call.refuse("there are no channels");
  const auto maps = window_maps(call, {call.extent(0), call.extent(1)}, kernel, options);
  const bool batch = call.x().rank() == 4;
  const Value x = batch ? call.x() : with_first(call.x());
  const std::int64_t n = x.shape()[0], channels = x.shape()[1];
  checked_shape(call.name, call.operands, x.builder().where,
                {n, channels, maps[0].window[0], maps[1].window[0], maps[0].to / maps[0].window[0],
                 maps[1].to / maps[1].window[0]});
  const Value windows = reshape(blend(blend(x, maps[1]), maps[0]), apart(n, channels, maps));
  const Value y = reshape(permute(windows, kTapsFirst), patches_shape(n, channels, maps));
  return batch ? y : without_first(y);
}

Value folded(const ImageCall& call, const Extents& extents, const Extents& kernel, const PatchOptions& options) {
  const Value& v = call.x();
  if (v.rank() != 2 && v.rank() != 3) call.refuse("x must be [n, channels * kernel, places], or without n");
  const auto maps = window_maps(call, call.numbers(extents, 1, "extents"), kernel, options);
  const Value x = v.rank() == 3 ? v : with_first(v);
  const std::int64_t taps =
      checked_shape(call.name, call.operands, v.builder().where, {maps[0].window[0], maps[1].window[0]}).numel();
  const std::int64_t n = x.shape()[0], channels = x.shape()[1] / taps;
  if (channels == 0 || channels * taps != x.shape()[1]) call.refuse("the kernel does not divide the channels");
  const std::int64_t places = checked_shape(call.name, call.operands, v.builder().where,
                                            {maps[0].to / maps[0].window[0], maps[1].to / maps[1].window[0]})
                                  .numel();
  if (x.shape()[2] != places) call.refuse("x has another number of places than the windows: " + std::to_string(places));
  checked_shape(call.name, call.operands, v.builder().where, {n, channels, maps[0].from, maps[1].from});
  const Shape split = apart(n, channels, maps);
  const Value windows = permute(reshape(x, {n, channels, split[2], split[4], split[3], split[5]}), kTapsFirst);
  const Value y =
      blend_transposed(blend_transposed(reshape(windows, {n, channels, maps[0].to, maps[1].to}), maps[0]), maps[1]);
  return v.rank() == 3 ? y : without_first(y);
}

template <class F>
Tensor patches(const char* name, const Operand& x, const char* grad_name, F f) {
  CaptureScope scope(std::span<const Operand* const>({&x}), name);
  const ImageCall call{name, scope.values(), 2};
  require_floating(name, call.x());
  return scope.tensor(f(call), grad_name);
}

// The dims in front of the last three as one, and those three.
Dims images_of(const char* name, const Value& x, std::int64_t factor) {
  if (x.rank() < 3) fail_call(ErrorKind::shape, name, x, "x must be [..., channels, h, w]");
  if (factor < 1 || factor > (std::int64_t{1} << 20))
    fail_call(ErrorKind::value, name, x, "the factor is out of range");
  std::int64_t n = 1;
  for (int d = 0; d + 3 < x.rank(); ++d) n *= x.shape()[d];
  return {n, x.shape()[x.rank() - 3], x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]};
}
Value with_images(const char* name, const Value& y, const Value& x, const Dims& image) {
  Dims shape = x.shape().vec();
  std::copy(image.begin(), image.end(), shape.end() - 3);
  return reshape(y, checked_shape(name, std::span(&x, 1), x.builder().where, shape));
}

}  // namespace

Tensor unfold(const Operand& x, const Extents& kernel, const PatchOptions& options) {
  return patches("unfold", x, "Im2ColBackward0",
                 [&](const ImageCall& call) { return unfolded(call, kernel, options); });
}

Tensor fold(const Operand& x, const Extents& extents, const Extents& kernel, const PatchOptions& options) {
  return patches("fold", x, "Col2ImBackward0",
                 [&](const ImageCall& call) { return folded(call, extents, kernel, options); });
}

Tensor pixel_shuffle(const Operand& x, std::int64_t upscale_factor) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        const std::int64_t r = upscale_factor;
        const Dims i = images_of("pixel_shuffle", v[0], r);
        if (i[1] % (r * r) != 0)
          fail_call(ErrorKind::shape, "pixel_shuffle", v[0], "the square of the factor does not divide the channels");
        const Value y = permute(reshape(v[0], {i[0], i[1] / (r * r), r, r, i[2], i[3]}), {0, 1, 4, 2, 5, 3});
        return with_images("pixel_shuffle", y, v[0], {i[1] / (r * r), i[2] * r, i[3] * r});
      },
      "PixelShuffleBackward0");
}

Tensor pixel_unshuffle(const Operand& x, std::int64_t downscale_factor) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        const std::int64_t r = downscale_factor;
        const Dims i = images_of("pixel_unshuffle", v[0], r);
        if (i[2] % r != 0 || i[3] % r != 0)
          fail_call(ErrorKind::shape, "pixel_unshuffle", v[0], "the factor does not divide the extents");
        const Value y = permute(reshape(v[0], {i[0], i[1], i[2] / r, r, i[3] / r, r}), {0, 1, 3, 5, 2, 4});
        return with_images("pixel_unshuffle", y, v[0], {i[1] * r * r, i[2] / r, i[3] / r});
      },
      "PixelUnshuffleBackward0");
}

Tensor channel_shuffle(const Operand& x, std::int64_t groups) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        if (v[0].rank() < 3) fail_call(ErrorKind::shape, "channel_shuffle", v[0], "x must have at least 3 dims");
        const std::int64_t channels = v[0].shape()[1];
        if (groups < 1 || channels % groups != 0)
          fail_call(ErrorKind::value, "channel_shuffle", v[0], "the groups do not divide the channels");
        std::int64_t rest = 1;
        for (int d = 2; d < v[0].rank(); ++d) rest *= v[0].shape()[d];
        const Value grouped = reshape(v[0], {v[0].shape()[0], groups, channels / groups, rest});
        return reshape(permute(grouped, {0, 2, 1, 3}), v[0].shape());
      },
      "ChannelShuffleBackward0");
}

}  // namespace weft
