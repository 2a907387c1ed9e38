// Positions in sequences as vectors and as angles.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "weft/attention.h"

namespace weft {
namespace {

// position * base^(-2i / width) for i below width / 2: [length, width / 2].
Value angles(Builder& b, std::int64_t length, std::int64_t width, double base, std::int64_t first) {
  const Value column =
      cast(arange(b, (width + 1) / 2), DType::f64) * (-2 * std::log(base) / static_cast<double>(width));
  return unsqueeze(cast(arange(b, length), DType::f64) + static_cast<double>(first), 1) * exp(column);
}

// Columns of a and b in turn.
Value in_turn(const Value& a, const Value& b) {
  const int rank = a.rank();
  Dims shape = a.shape().vec();
  shape.back() *= 2;
  const std::array<Value, 2> pair{unsqueeze(a, rank), unsqueeze(b, rank)};
  return reshape(cat(pair, rank), Shape(shape));
}

}  // namespace

Tensor sinusoidal_positions(std::int64_t length, std::int64_t width, DType dtype, SourceLocation at) {
  if (length < 0 || width < 0) fail_call(ErrorKind::shape, "sinusoidal_positions", {}, at, "a negative extent");
  if (!is_floating(dtype)) fail_call(ErrorKind::dtype, "sinusoidal_positions", {}, at, "wants a floating dtype");
  return capture(at, [&](Builder& b) {
    const Value angle = angles(b, length, width, 10000, 0);
    return cast(slice(in_turn(sin(angle), cos(angle)), 1, 0, width, 1), dtype);
  });
}

Tensor rotary_positions(const Operand& x, const RotaryOptions& options) {
  return capture({&x}, [&](std::span<const Value> v) {
    const Value& rows = v[0];
    require_floating("rotary_positions", rows);
    if (rows.rank() < 2) fail_call(ErrorKind::shape, "rotary_positions", rows, "needs at least 2 dims");
    const std::int64_t last = rows.rank() - 1, length = rows.shape()[rows.rank() - 2],
                       width = rows.shape()[rows.rank() - 1];
    if (width % 2 != 0) fail_call(ErrorKind::shape, "rotary_positions", rows, "the width must be even");
    if (!(options.base > 0)) fail_call(ErrorKind::value, "rotary_positions", rows, "the base must be positive");
    const Value angle = angles(rows.builder(), length, width, options.base, options.first);
    const Value c = cast(cos(angle), rows.dtype()), s = cast(sin(angle), rows.dtype());
    const std::int64_t half = width / 2, step = options.interleaved ? 2 : 1;
    const Value a = slice(rows, last, 0, options.interleaved ? width : half, step);
    const Value b = slice(rows, last, options.interleaved ? 1 : half, width, step);
    const std::array<Value, 2> turned{a * c - b * s, a * s + b * c};
    return options.interleaved ? in_turn(turned[0], turned[1]) : cat(turned, last);
  });
}

}  // namespace weft
