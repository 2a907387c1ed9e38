// Images: borders, sizes, patches and places, with PyTorch's names, defaults and numbers. Images are [n, channels,
// extents...] where nothing else is said.
//
//   Tensor y = interpolate(x, {.scale_factor = 2, .mode = "bilinear", .align_corners = false});
//
// All have gradients of any order, and the same bits for any number of workers. Errors: shapes, modes and numbers that
// do not fit throw Error in the caller's line. Threads: as weft/ops.h.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "weft/conv.h"
#include "weft/tensor.h"

namespace weft {

// Rows in front of and behind the last dims: pads {before, after} for the last one, then for the one before it, and so
// on. Negative numbers cut rows off. mode "constant": they hold the value, which is of the dtype of x; "reflect": x
// mirrored at its first and last row, which are not repeated; "replicate": these rows repeated; "circular": x repeated.
// All but "constant" are for the last 1 to 3 dims of [channels, extents...] or [n, channels, extents...].
Tensor pad(const Operand& x, DimsRef pads, std::string_view mode = "constant", double value = 0);

// One number for all extents of an image, or one for each. Owns its numbers, of which there are at most 3.
class Factors {
 public:
  template <class N>
  requires(std::is_arithmetic_v<N> && !std::same_as<N, bool>) Factors(N all) : Factors({static_cast<double>(all)}) {}
  Factors(std::initializer_list<double> numbers) {
    for (const double n : numbers) {
      if (size_ < numbers_.size()) numbers_[size_] = n;
      ++size_;
    }
  }

  std::size_t size() const { return size_; }  // 1: for all extents
  // The number for extent i, below 3; 0 where there is none.
  double operator[](std::size_t i) const { return size_ == 1 ? numbers_[0] : i < 3 ? numbers_[i] : 0; }

 private:
  std::array<double, 3> numbers_{};
  std::size_t size_ = 0;
};

struct InterpolateOptions {
  Extents size = 0;          // of the result; or
  Factors scale_factor = 0;  // the result has the extents floor(factor * extent)
  // "nearest", "nearest-exact" and "area" for 1 to 3 extents, "linear" for 1, "bilinear" and "bicubic" for 2,
  // "trilinear" for 3.
  std::string mode = "nearest";
  std::optional<bool> align_corners = std::nullopt;  // of the linear and cubic modes
  bool recompute_scale_factor = false;               // the scale is that of the extents, not scale_factor
  bool antialias = false;                            // of "bilinear" and "bicubic": average where the result is smaller
};
// Another size, an extent at a time. With s = extent / new extent, or 1 / scale_factor, element i of the result is of
// the place s (i + 1/2) - 1/2, or s i for s = (extent - 1) / (new extent - 1) with align_corners: "linear" and its kind
// between the two elements around it, "bicubic" of the four around it (Keys 1981, a = -3/4), "nearest" the element
// floor(s i), "nearest-exact" floor(s (i + 1/2)), "area" adaptive_avg_pool().
Tensor interpolate(const Operand& x, const InterpolateOptions& options);

struct PatchOptions {
  Extents dilation = 1;
  Extents padding = 0;
  Extents stride = 1;
};
// The patches under a moving window: x [n, channels, h, w] or [channels, h, w] gives [n, channels * kernel, places],
// places in row-major order.
Tensor unfold(const Operand& x, const Extents& kernel, const PatchOptions& options = {});
// Sums of patches [n, channels * kernel, places] at their places in images of these extents: unfold() turned round.
Tensor fold(const Operand& x, const Extents& extents, const Extents& kernel, const PatchOptions& options = {});

// x [..., channels r^2, h, w] as [..., channels, h r, w r], and back (Shi et al. 2016).
Tensor pixel_shuffle(const Operand& x, std::int64_t upscale_factor);
Tensor pixel_unshuffle(const Operand& x, std::int64_t downscale_factor);
// The channels (dim 1) in the order 0, c / groups, 2 c / groups, ..., 1, ... (Zhang et al. 2018).
Tensor channel_shuffle(const Operand& x, std::int64_t groups);

struct GridSampleOptions {
  std::string mode = "bilinear";       // or "nearest", "bicubic"
  std::string padding_mode = "zeros";  // or "border", "reflection"
  bool align_corners = false;
};
// y[n, c, i, j] is x[n, c] at the place grid[n, i, j] = (column, row), where -1 and 1 are the outer edges of the image,
// or with align_corners the middles of its first and last elements (Jaderberg et al. 2015).
Tensor grid_sample(const Operand& x, const Tensor& grid, const GridSampleOptions& options = {});
// The grid of the places theta [n, 2, 3] * (column, row, 1) for images of size [n, channels, h, w].
Tensor affine_grid(const Operand& theta, DimsRef size, bool align_corners = false);

// x / (k + alpha mean(x^2))^beta, with the mean over `size` channels around each one, those outside being 0
// (Krizhevsky et al. 2012).
Tensor local_response_norm(const Operand& x, std::int64_t size, double alpha = 1e-4, double beta = 0.75, double k = 1);

struct LpPoolOptions {
  Extents stride = 0;  // 0: the kernel's extents
  bool ceil_mode = false;
};
// (sum of x^p)^(1/p) of each window; p is not 0. max_pool() is the limit of large p.
Tensor lp_pool1d(const Operand& x, double p, const Extents& kernel, const LpPoolOptions& options = {});
Tensor lp_pool2d(const Operand& x, double p, const Extents& kernel, const LpPoolOptions& options = {});
Tensor lp_pool3d(const Operand& x, double p, const Extents& kernel, const LpPoolOptions& options = {});

// Each channel is 0 with probability p, and x / (1 - p) otherwise, in training (Tompson et al. 2015). Channels are dim
// 1; without n they are dim 0 of [channels, l] for dropout1d, and of all but [n, channels, d, h, w] for dropout3d.
Tensor dropout1d(const Operand& x, double p = 0.5, bool training = true);
Tensor dropout2d(const Operand& x, double p = 0.5, bool training = true);
Tensor dropout3d(const Operand& x, double p = 0.5, bool training = true);
// In training each element, or each channel, is -1.7581 with probability p; all are then moved and scaled so that mean
// 0 and variance 1 stay (Klambauer et al. 2017, for selu()).
Tensor alpha_dropout(const Operand& x, double p = 0.5, bool training = false);
Tensor feature_alpha_dropout(const Operand& x, double p = 0.5, bool training = false);

}  // namespace weft
