// Convolutions and pooling, with PyTorch's names, defaults and layouts: images are [n, channels, extents...], or
// without n, and 1, 2 or 3 extents are the 1d, 2d and 3d of a name.
//
//   Tensor y = conv2d(x, weight, bias, {.stride = 2, .padding = {1, 1}});
//
// Errors: shapes and options that do not fit throw Error in the caller's line. Threads: as weft/ops.h.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "weft/tensor.h"

namespace weft {

// One number for all extents of an image, or one for each. Owns its numbers, of which there are at most 3.
class Extents {
 public:
  template <std::integral N>
  requires(!std::same_as<N, bool>) Extents(N all) {
    numbers_[0] = static_cast<std::int64_t>(all);
    size_ = 1;
  }
  Extents(std::initializer_list<std::int64_t> numbers) {
    for (const std::int64_t n : numbers) {
      if (size_ < numbers_.size()) numbers_[size_] = n;
      ++size_;
    }
  }

  std::size_t size() const { return size_; }  // 1: for all extents
  // The number for extent i, below 3; 0 where there is none.
  std::int64_t operator[](std::size_t i) const { return size_ == 1 ? numbers_[0] : i < 3 ? numbers_[i] : 0; }

 private:
  std::array<std::int64_t, 3> numbers_{};
  std::size_t size_ = 0;
};

// Rows of zeros on both sides of an image. "valid": none; "same": as many as keep the extents, for a stride of 1.
class Padding {
 public:
  template <class N>
  requires std::constructible_from<Extents, N> Padding(N all) : extents_(all) {}
  Padding(std::initializer_list<std::int64_t> numbers) : extents_(numbers) {}
  Padding(const char* name) : extents_(0), name_(name) {}

  const Extents& extents() const { return extents_; }
  const std::string& name() const { return name_; }  // empty: extents()

 private:
  Extents extents_;
  std::string name_;
};

struct ConvOptions {
  Extents stride = 1;
  Padding padding = 0;
  Extents dilation = 1;
  std::int64_t groups = 1;
};

// y[n, o, p] = bias[o] + sum over channels c of o's group and taps t of x[n, c, stride p - padding + dilation t] *
// weight[o, c, t], for weight [out channels, in channels / groups, taps...]; each extent of y is
// floor((extent + 2 padding - dilation (taps - 1) - 1) / stride) + 1. oneDNN convolution for f32.
Tensor conv1d(const Operand& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {});
Tensor conv2d(const Operand& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {});
Tensor conv3d(const Operand& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {});

struct ConvTransposeOptions {
  Extents stride = 1;
  Extents padding = 0;
  Extents output_padding = 0;
  Extents dilation = 1;
  std::int64_t groups = 1;
};

// The gradient of a convolution as a function: weight is [in channels, out channels / groups, taps...], and each extent
// of the result (extent - 1) stride - 2 padding + dilation (taps - 1) + output_padding + 1.
Tensor conv_transpose1d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTransposeOptions& options = {});
Tensor conv_transpose2d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTransposeOptions& options = {});
Tensor conv_transpose3d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTransposeOptions& options = {});

// stride: 0 for the kernel's extents. ceil_mode: results whose window begins inside the image, or the padding before
// it, and ends behind it, count.
struct MaxPoolOptions {
  Extents stride = 0;
  Extents padding = 0;  // at most half of the kernel
  Extents dilation = 1;
  bool ceil_mode = false;
};
struct AvgPoolOptions {
  Extents stride = 0;
  Extents padding = 0;
  bool ceil_mode = false;
  bool count_include_pad = true;
  std::int64_t divisor_override = 0;  // 0: the size of the window
};

// The largest element of each window, nan where there is one; the first of equal ones has the gradient.
Tensor max_pool1d(const Operand& x, const Extents& kernel, const MaxPoolOptions& options = {});
Tensor max_pool2d(const Operand& x, const Extents& kernel, const MaxPoolOptions& options = {});
Tensor max_pool3d(const Operand& x, const Extents& kernel, const MaxPoolOptions& options = {});
// The mean of each window.
Tensor avg_pool1d(const Operand& x, const Extents& kernel, const AvgPoolOptions& options = {});
Tensor avg_pool2d(const Operand& x, const Extents& kernel, const AvgPoolOptions& options = {});
Tensor avg_pool3d(const Operand& x, const Extents& kernel, const AvgPoolOptions& options = {});
// Results of these extents: result i of n is of the places from floor(i extent / n) to ceil((i + 1) extent / n).
Tensor adaptive_max_pool1d(const Operand& x, const Extents& extents);
Tensor adaptive_max_pool2d(const Operand& x, const Extents& extents);
Tensor adaptive_max_pool3d(const Operand& x, const Extents& extents);
Tensor adaptive_avg_pool1d(const Operand& x, const Extents& extents);
Tensor adaptive_avg_pool2d(const Operand& x, const Extents& extents);
Tensor adaptive_avg_pool3d(const Operand& x, const Extents& extents);

}  // namespace weft
