// pad: rows around tensors.
#include <array>
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/images/blend.h"
#include "weft/images.h"

namespace weft {
namespace {

struct Border {
  std::int64_t before, after;
};

// Whether nothing is left of an extent.
std::int64_t padded(const Value& x, std::int64_t extent, const Border& b) {
  const auto sane = [](std::int64_t n) { return n > -kMaxExtent && n < kMaxExtent; };
  if (!sane(b.before) || !sane(b.after)) fail_call(ErrorKind::value, "pad", x, "a border is out of range");
  const std::int64_t kept = extent + std::min<std::int64_t>(b.before, 0) + std::min<std::int64_t>(b.after, 0);
  if (kept < 0) fail_call(ErrorKind::value, "pad", x, "more rows are cut off than there are");
  return extent + b.before + b.after;
}

Value cropped(const Value& x, std::int64_t dim, std::int64_t before, std::int64_t after) {
  if (before == 0 && after == 0) return x;
  return slice(x, dim, before, x.shape()[static_cast<int>(dim)] - after, 1);
}
Value cropped(const Value& x, std::int64_t dim, const Border& b) {
  return cropped(x, dim, std::max<std::int64_t>(-b.before, 0), std::max<std::int64_t>(-b.after, 0));
}
Border added(const Border& b) { return {std::max<std::int64_t>(b.before, 0), std::max<std::int64_t>(b.after, 0)}; }

Value with_constant(const Value& x, std::int64_t dim, const Border& border, double value) {
  const Value kept = cropped(x, dim, border);
  const Border b = added(border);
  if (b.before == 0 && b.after == 0) return kept;
  const std::int64_t extent = kept.shape()[static_cast<int>(dim)];
  if (value == 0 && !std::signbit(value)) return slice_scatter(kept, dim, b.before, 1, extent + b.before + b.after);
  const auto rows = [&](std::int64_t count) {
    Dims shape = kept.shape().vec();
    shape[static_cast<std::size_t>(dim)] = count;
    return full(x.builder(), {x.dtype(), Shape(shape)}, value);
  };
  const Value parts[] = {rows(b.before), kept, rows(b.after)};
  return cat(parts, dim);
}

Value with_rule(const Value& x, std::int64_t dim, const Border& border, BlendRule rule) {
  const bool first_cut = rule == BlendRule::circular;
  const Value kept = first_cut ? cropped(x, dim, border) : x;
  const Border b = added(border);
  Value y = kept;
  if (b.before != 0 || b.after != 0) {
    const std::int64_t extent = kept.shape()[static_cast<int>(dim)], whole = x.shape()[static_cast<int>(dim)];
    if (rule == BlendRule::reflect && (b.before >= extent || b.after >= extent))
      fail_call(ErrorKind::value, "pad", x, "a border is not smaller than the extent that it reflects");
    if (first_cut && (extent == 0 || b.before > whole || b.after > whole))
      fail_call(ErrorKind::value, "pad", x, "a border is larger than the extent that it repeats");
    y = blend(kept, {.rule = rule, .dim = dim, .from = extent, .to = extent + b.before + b.after, .before = b.before});
  }
  return first_cut ? y : cropped(y, dim, border);
}

BlendRule checked_rule(const Value& x, std::size_t borders, std::string_view mode, double value) {
  const auto refuse = [&](ErrorKind kind, const std::string& rule, const char* hint = "") {
    fail_call(kind, "pad", x, rule, hint);
  };
  const BlendRule rule = mode == "reflect"     ? BlendRule::reflect
                         : mode == "replicate" ? BlendRule::replicate
                                               : BlendRule::circular;
  if (rule == BlendRule::circular && mode != "circular")
    refuse(ErrorKind::value, "mode '" + std::string(mode) + "'", "constant, reflect, replicate or circular");
  if (value != 0) refuse(ErrorKind::value, "only the mode constant takes a value");
  const int extents = static_cast<int>(borders);
  if (extents < 1 || extents > 3 || (x.rank() != extents + 1 && x.rank() != extents + 2))
    refuse(ErrorKind::shape, "this mode pads the last 1 to 3 dims of [channels, ...] or [n, channels, ...]");
  for (int d = x.rank() == extents + 2 ? 1 : 0; d < x.rank(); ++d)
    if (x.shape()[d] == 0 && (rule != BlendRule::circular || d >= x.rank() - extents))
      refuse(ErrorKind::shape, "an image has no elements");
  return rule;
}

Value padded(const Value& x, DimsRef pads, std::string_view mode, double value) {
  if (pads.size() % 2 != 0) fail_call(ErrorKind::value, "pad", x, "pads come in pairs");
  const std::size_t borders = pads.size() / 2;
  if (borders > static_cast<std::size_t>(x.rank()))
    fail_call(ErrorKind::shape, "pad", x, "more pairs of pads than dims");
  const bool constant = mode == "constant";
  const BlendRule rule = constant ? BlendRule::replicate : checked_rule(x, borders, mode, value);
  Dims shape = x.shape().vec();
  for (std::size_t i = 0; i < borders; ++i) {
    std::int64_t& extent = shape[shape.size() - 1 - i];
    extent = padded(x, extent, {pads[2 * i], pads[2 * i + 1]});
    if (extent == 0 && !constant && rule != BlendRule::circular)
      fail_call(ErrorKind::value, "pad", x, "nothing is left of an extent");
  }
  checked_shape("pad", std::span(&x, 1), x.builder().where, shape);
  Value y = x;
  for (std::size_t i = 0; i < borders; ++i) {
    const Border border{pads[2 * i], pads[2 * i + 1]};
    const auto dim = static_cast<std::int64_t>(shape.size() - 1 - i);
    y = constant ? with_constant(y, dim, border, value) : with_rule(y, dim, border, rule);
  }
  return y.id() == x.id() ? clone(x) : y;
}

const char* grad_name(std::string_view mode, std::size_t borders) {
  constexpr std::array kReflect = {"ReflectionPad1DBackward0", "ReflectionPad2DBackward0", "ReflectionPad3DBackward0"};
  constexpr std::array kReplicate = {"ReplicationPad1DBackward0", "ReplicationPad2DBackward0",
                                     "ReplicationPad3DBackward0"};
  const std::size_t d = std::min<std::size_t>(borders, 3) - (borders > 0 ? 1 : 0);
  return mode == "reflect"     ? kReflect[d]
         : mode == "replicate" ? kReplicate[d]
         : mode == "circular"  ? "CopySlices"
                               : "ConstantPadNdBackward0";
}

}  // namespace

Tensor pad(const Operand& x, DimsRef pads, std::string_view mode, double value) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return padded(v[0], pads, mode, value); },
      grad_name(mode, pads.size() / 2));
}

}  // namespace weft
