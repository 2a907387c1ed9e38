// ConvShape: what a convolution multiplies.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace weft {

// Images are channels-last: [images, in..., in_channels] and [images, out..., out_channels]; weights are
// [out_channels, in_channels / groups, kernel...]. Where there are fewer than three extents the first ones are 1.
struct ConvShape {
  using Extents = std::array<std::int64_t, 3>;

  int rank = 2;  // extents of an image
  std::int64_t images = 0, in_channels = 0, out_channels = 0, groups = 1;
  Extents in{1, 1, 1}, out{1, 1, 1}, kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1};
  Extents before{}, after{};  // rows of zeros around an image

  auto operator<=>(const ConvShape&) const = default;

  static std::int64_t product(const Extents& e) { return e[0] * e[1] * e[2]; }
  std::int64_t in_elements() const { return product(in) * in_channels; }  // of an image
  std::int64_t out_elements() const { return product(out) * out_channels; }
  std::int64_t weights() const { return out_channels * (in_channels / groups) * product(kernel); }
  double flops() const {
    return 2.0 * static_cast<double>(images) * static_cast<double>(product(out)) * static_cast<double>(weights());
  }
};

// The three products of a convolution y = conv(x, w) with the gradient dy of y.
enum class ConvProduct : std::uint8_t {
  forward,  // y of x and w
  data,     // the gradient of x, of dy and w
  weights   // the gradient of w, of x and dy
};

}  // namespace weft
