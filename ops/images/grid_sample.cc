// grid_sample and affine_grid: images at places that are values.
#include <array>
#include <string>

#include "graph/capture/capture.h"
#include "ops/conv/image_call.h"
#include "ops/indexing/index.h"
#include "weft/images.h"

namespace weft {
namespace {

Value like(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

enum class Outside { zeros, border, reflection };

// One of the two dims of the places: what follows from its extent.
struct Axis {
  std::int64_t extent;
  Outside outside;
  bool align_corners;

  // From [-1, 1] to elements.
  Value place(const Value& g) const {
    const auto n = static_cast<double>(extent);
    return align_corners ? (g + 1) * 0.5 * (n - 1) : ((g + 1) * n - 1) * 0.5;
  }
  // With the gradient 0 at the ends and beyond.
  Value clipped(const Value& p) const {
    const Value last = like(p, static_cast<double>(extent - 1));
    return where(le(p, like(p, 0)), like(p, 0), where(ge(p, last), last, p));
  }
  Value reflected(const Value& p) const {
    const double low = align_corners ? 0 : -0.5;
    const double span = static_cast<double>(align_corners ? extent - 1 : extent);
    if (span == 0) return p * 0.0;
    const Value from_low = abs(p - low), extra = fmod(from_low, like(p, span));
    const Value is_even = eq(remainder(floor(from_low / span), like(p, 2)), like(p, 0));
    return where(is_even, extra + low, like(p, span + low) - extra);
  }
  Value inside(const Value& p) const {
    if (outside == Outside::zeros) return p;
    return clipped(outside == Outside::border ? p : reflected(p));
  }
  // Of a whole number.
  Value is_inside(const Value& p) const {
    return logical_and(ge(p, like(p, 0)), le(p, like(p, static_cast<double>(extent - 1))));
  }
  Value row(const Value& p) const { return clamp(cast(p, DType::i64), 0, static_cast<double>(extent - 1)); }
};

// x as rows of channels, and where each place's image begins among them.
struct Rows {
  Value rows, first;  // [n h w, c], [l]
  Axis x, y;

  // The elements at whole numbers (px, py), times the weight, as [l, c]; 0 outside.
  Value at(const Value& px, const Value& py, const Value& weight) const {
    const Value from = index_select(
        rows, 0, first + y.row(py) * number(first.builder(), DType::i64, static_cast<double>(x.extent)) + x.row(px));
    const Shape column{weight.shape().numel(), 1};
    const Value term = from * reshape(weight, column);
    if (x.outside != Outside::zeros) return term;
    return where(reshape(logical_and(x.is_inside(px), y.is_inside(py)), column), term, like(term, 0));
  }
};

Value bilinear(const Rows& r, const Value& px, const Value& py) {
  const Value ix = r.x.inside(px), iy = r.y.inside(py), x0 = floor(ix), y0 = floor(iy), x1 = x0 + 1, y1 = y0 + 1;
  return r.at(x0, y0, (x1 - ix) * (y1 - iy)) + r.at(x1, y0, (ix - x0) * (y1 - iy)) +
         r.at(x0, y1, (x1 - ix) * (iy - y0)) + r.at(x1, y1, (ix - x0) * (iy - y0));
}

// The weights of the four elements around a place (Keys 1981, a = -3/4), t behind the second one.
std::array<Value, 4> cubic_weights(const Value& t) {
  constexpr double kA = -0.75;
  const auto near = [](const Value& x) { return (x * (kA + 2) - (kA + 3)) * x * x + 1; };
  const auto far = [](const Value& x) { return ((x * kA - 5 * kA) * x + 8 * kA) * x - 4 * kA; };
  const Value rest = like(t, 1) - t;
  return {far(t + 1), near(t), near(rest), far(rest + 1)};
}

Value bicubic(const Rows& r, const Value& px, const Value& py) {
  const Value x1 = floor(px), y1 = floor(py);
  const std::array<Value, 4> wx = cubic_weights(px - x1), wy = cubic_weights(py - y1);
  Value sum;
  for (std::size_t i = 0; i < 4; ++i) {
    const Value row = r.y.inside(y1 + (static_cast<double>(i) - 1));
    Value along;
    for (std::size_t j = 0; j < 4; ++j) {
      const Value term = r.at(r.x.inside(x1 + (static_cast<double>(j) - 1)), row, wx[j]);
      along = along.defined() ? along + term : term;
    }
    const Value term = along * reshape(wy[i], {wy[i].shape().numel(), 1});
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

Outside checked_outside(const ImageCall& call, const std::string& mode) {
  if (mode == "border") return Outside::border;
  if (mode == "reflection") return Outside::reflection;
  if (mode != "zeros")
    call.refuse("padding_mode '" + mode + "' is none of zeros, border, reflection", ErrorKind::value);
  return Outside::zeros;
}

Value sampled(const ImageCall& call, const GridSampleOptions& options) {
  const Value &x = call.x(), &grid = call.operands[1];
  if (x.rank() != 4 || grid.rank() != 4) call.refuse("x must be [n, channels, h, w] and the grid [n, h, w, 2]");
  if (grid.dtype() != x.dtype()) call.refuse("dtypes differ", ErrorKind::dtype);
  if (grid.shape()[0] != x.shape()[0] || grid.shape()[3] != 2)
    call.refuse("the grid must be [n, h, w, 2], n that of x");
  call.check_not_empty();
  const Outside outside = checked_outside(call, options.padding_mode);
  const std::int64_t n = x.shape()[0], c = x.shape()[1], h = x.shape()[2], w = x.shape()[3];
  const std::int64_t each = grid.shape()[1] * grid.shape()[2], all = n * each;
  checked_shape(call.name, call.operands, x.builder().where, {n, c, grid.shape()[1], grid.shape()[2]});
  const auto part = [&](std::int64_t k) { return reshape(slice(grid, 3, k, k + 1, 1), {all}); };
  const Value image = arange(x.builder(), n) * number(x.builder(), DType::i64, static_cast<double>(h * w));
  const Rows rows{reshape(to_channels_last(x), {n * h * w, c}),
                  reshape(expand(reshape(image, {n, 1}), {n, each}), {all}),
                  {w, outside, options.align_corners},
                  {h, outside, options.align_corners}};
  const Value px = rows.x.place(part(0)), py = rows.y.place(part(1));
  Value y;
  if (options.mode == "bilinear") {
    y = bilinear(rows, px, py);
  } else if (options.mode == "bicubic") {
    y = bicubic(rows, px, py);
  } else if (options.mode == "nearest") {
    const Value ix = round(rows.x.inside(px)), iy = round(rows.y.inside(py));
    y = rows.at(ix, iy, with_derivative(ones_like(px), px, zeros_like(px)));  // the gradient of the grid is 0
  } else {
    call.refuse("mode '" + options.mode + "' is none of bilinear, nearest, bicubic", ErrorKind::value);
  }
  return from_channels_last(reshape(y, {n, grid.shape()[1], grid.shape()[2], c}));
}

// n numbers from -1 to 1: at the middles of n elements, or with corners from end to end.
Value even_places(Builder& b, DType dtype, std::int64_t n, bool corners) {
  if (n == 1) return full(b, {dtype, {1}}, 0);
  const auto count = static_cast<double>(n);
  const Value i = cast(arange(b, n), dtype);
  const double step = 2 / (count - 1);
  const Value ends = where(lt(i, like(i, static_cast<double>(n / 2))), i * step - 1, (i - (count - 1)) * step + 1);
  return corners ? ends : ends * (count - 1) / count;
}

Value affine(const Value& theta, DimsRef size, bool align_corners) {
  const auto refuse = [&](ErrorKind kind, const char* rule) { fail_call(kind, "affine_grid", theta, rule); };
  require_floating("affine_grid", theta);
  if (size.size() != 4) refuse(ErrorKind::value, "the size must be [n, channels, h, w]");
  for (const std::int64_t extent : size)
    if (extent < 1) refuse(ErrorKind::value, "the extents of the size must be at least 1");
  const std::int64_t n = size[0], h = size[2], w = size[3];
  if (theta.shape() != Shape{n, 2, 3}) refuse(ErrorKind::shape, "theta must be [n, 2, 3], n that of the size");
  const Shape places = checked_shape("affine_grid", std::span(&theta, 1), theta.builder().where, {h, w, n, 2});
  Builder& b = theta.builder();
  const Shape each{h, w, 1};
  const Value coordinates[] = {expand(reshape(even_places(b, theta.dtype(), w, align_corners), {1, w, 1}), each),
                               expand(reshape(even_places(b, theta.dtype(), h, align_corners), {h, 1, 1}), each),
                               full(b, {theta.dtype(), each}, 1)};
  const Value grid = matmul(reshape(cat(coordinates, 2), {h * w, 3}), false, reshape(theta, {2 * n, 3}), true);
  return permute(reshape(grid, places), {2, 0, 1, 3});
}

}  // namespace

Tensor grid_sample(const Operand& x, const Tensor& grid, const GridSampleOptions& options) {
  const Operand places(grid, x.at());
  CaptureScope scope(std::span<const Operand* const>({&x, &places}), "grid_sample");
  const ImageCall call{"grid_sample", scope.values(), 2};
  require_floating("grid_sample", call.x());
  return scope.tensor(sampled(call, options), "GridSampler2DBackward0");
}

Tensor affine_grid(const Operand& theta, DimsRef size, bool align_corners) {
  return capture(
      {&theta}, [&](std::span<const Value> v) { return affine(v[0], size, align_corners); },
      "AffineGridGeneratorBackward0");
}

}  // namespace weft
