// Convolutions by their definition, for numbers that oneDNN does not multiply.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/kernels/conv/conv_shape.h"

namespace weft {

// Calls f(x, w, y) with the places of every product x * w that is part of an element y.
template <class F>
void for_each_product(const ConvShape& s, F f) {
  const std::int64_t in_group = s.in_channels / s.groups, out_group = s.out_channels / s.groups;
  const std::int64_t window = ConvShape::product(s.kernel);
  const auto place = [&](std::int64_t output, std::int64_t tap, std::size_t d) {
    return output * s.stride[d] - s.before[d] + tap * s.dilation[d];
  };
  const auto is_inside = [&](std::int64_t i, std::size_t d) { return i >= 0 && i < s.in[d]; };
  for (std::int64_t n = 0; n < s.images; ++n)
    for (std::int64_t out = 0; out < ConvShape::product(s.out); ++out)
      for (std::int64_t tap = 0; tap < window; ++tap) {
        const std::int64_t z = place(out / (s.out[1] * s.out[2]), tap / (s.kernel[1] * s.kernel[2]), 0);
        const std::int64_t y = place(out / s.out[2] % s.out[1], tap / s.kernel[2] % s.kernel[1], 1);
        const std::int64_t x = place(out % s.out[2], tap % s.kernel[2], 2);
        if (!is_inside(z, 0) || !is_inside(y, 1) || !is_inside(x, 2)) continue;
        const std::int64_t in_place = ((n * s.in[0] + z) * s.in[1] + y) * s.in[2] + x;
        const std::int64_t out_place = n * ConvShape::product(s.out) + out;
        for (std::int64_t o = 0; o < s.out_channels; ++o)
          for (std::int64_t c = 0; c < in_group; ++c)
            f(in_place * s.in_channels + o / out_group * in_group + c, (o * in_group + c) * window + tap,
              out_place * s.out_channels + o);
      }
}

// a, b: the operands in the order of ConvProduct.
template <class T>
void direct_convolution(ConvProduct product, const ConvShape& s, const T* a, const T* b, T* to) {
  switch (product) {
    case ConvProduct::forward:
      std::fill_n(to, s.images * s.out_elements(), T{0});
      return for_each_product(s, [&](auto x, auto w, auto y) { to[y] += a[x] * b[w]; });
    case ConvProduct::data:
      std::fill_n(to, s.images * s.in_elements(), T{0});
      return for_each_product(s, [&](auto x, auto w, auto y) { to[x] += a[y] * b[w]; });
    default:
      std::fill_n(to, s.weights(), T{0});
      return for_each_product(s, [&](auto x, auto w, auto y) { to[w] += a[x] * b[y]; });
  }
}

}  // namespace weft
