// interpolate: another size, a pass of blend for each extent.
#include <array>
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "ops/conv/image_call.h"
#include "ops/images/blend.h"
#include "ops/pool/pool_values.h"
#include "weft/images.h"

namespace weft {
namespace {

struct Mode {
  std::string_view name;
  BlendRule rule;
  int extents;  // 0: any
  bool is_smooth;
  std::array<const char*, 3> grad_names;
};
constexpr Mode kModes[] = {
    {"nearest",
     BlendRule::nearest,
     0,
     false,
     {"UpsampleNearest1DBackward0", "UpsampleNearest2DBackward0", "UpsampleNearest3DBackward0"}},
    {"nearest-exact",
     BlendRule::nearest_exact,
     0,
     false,
     {"UpsampleNearestExact1DBackward0", "UpsampleNearestExact2DBackward0", "UpsampleNearestExact3DBackward0"}},
    {"area",
     BlendRule::nearest,
     0,
     false,
     {"AdaptiveAvgPool2DBackward0", "AdaptiveAvgPool2DBackward0", "AdaptiveAvgPool3DBackward0"}},
    {"linear", BlendRule::linear, 1, true, {"UpsampleLinear1DBackward0", "", ""}},
    {"bilinear", BlendRule::linear, 2, true, {"", "UpsampleBilinear2DBackward0", ""}},
    {"bicubic", BlendRule::cubic, 2, true, {"", "UpsampleBicubic2DBackward0", ""}},
    {"trilinear", BlendRule::linear, 3, true, {"", "", "UpsampleTrilinear3DBackward0"}},
};

const Mode& checked_mode(const ImageCall& call, const InterpolateOptions& options) {
  const auto refuse = [&](const std::string& rule) { call.refuse(rule, ErrorKind::value); };
  const Mode* mode = nullptr;
  for (const Mode& each : kModes)
    if (each.name == options.mode) mode = &each;
  if (!mode)
    refuse("mode '" + options.mode + "' is none of nearest, nearest-exact, area, linear, bilinear, bicubic, trilinear");
  if (mode->extents != 0 && mode->extents != call.extents)
    call.refuse("mode '" + options.mode + "' is for images of " + std::to_string(mode->extents) + " extents");
  if (options.align_corners && !mode->is_smooth) refuse("align_corners goes with linear and cubic modes only");
  if (options.antialias && (!mode->is_smooth || call.extents != 2))
    refuse("antialias goes with bilinear and bicubic only");
  return *mode;
}

bool is_given(const Extents& e) { return e.size() != 1 || e[0] != 0; }
bool is_given(const Factors& f) { return f.size() != 1 || f[0] != 0; }

// The extents of the result.
Dims checked_sizes(const ImageCall& call, const InterpolateOptions& options) {
  const auto refuse = [&](const std::string& rule) { call.refuse(rule, ErrorKind::value); };
  const Factors& factors = options.scale_factor;
  if (is_given(options.size) == is_given(factors)) refuse("either size or scale_factor must be given");
  if (is_given(options.size) && options.recompute_scale_factor)
    refuse("recompute_scale_factor goes with scale_factor only");
  Dims sizes;
  if (is_given(options.size)) {
    sizes = call.numbers(options.size, 1, "size");
  } else {
    if (factors.size() != 1 && static_cast<int>(factors.size()) != call.extents)
      refuse("scale_factor has " + std::to_string(factors.size()) + " numbers");
    for (std::size_t d = 0; d < static_cast<std::size_t>(call.extents); ++d) {
      const double size = static_cast<double>(call.extent(d)) * factors[d];
      if (!(size >= 1 && size < static_cast<double>(kMaxExtent))) refuse("scale_factor is out of range");
      sizes.push_back(static_cast<std::int64_t>(size));
    }
  }
  Dims shape = call.x().shape().vec();
  std::copy(sizes.begin(), sizes.end(), shape.end() - call.extents);
  checked_shape(call.name, call.operands, call.x().builder().where, shape);
  return sizes;
}

Value interpolated(const ImageCall& call, const Mode& mode, const InterpolateOptions& options) {
  call.check_not_empty();
  if (call.channels() == 0) call.refuse("there are no channels");
  const Dims sizes = checked_sizes(call, options);
  if (mode.name == "area") {
    const Dims ones(sizes.size(), 1), zeros(sizes.size(), 0);
    return call.result(avg_pool(call.images(), {{ones, ones, zeros, ones, sizes, true}, true, 0}));
  }
  Value y = call.x();
  BlendRule rule = mode.rule;
  if (options.antialias) rule = rule == BlendRule::linear ? BlendRule::linear_average : BlendRule::cubic_average;
  for (std::size_t d = sizes.size(); d-- > 0;) {
    const std::int64_t dim = call.x().rank() - call.extents + static_cast<std::int64_t>(d);
    const bool scaled = is_given(options.scale_factor) && !options.recompute_scale_factor;
    y = blend(y, {.rule = rule,
                  .dim = dim,
                  .from = call.extent(d),
                  .to = sizes[d],
                  .scale = scaled ? options.scale_factor[d] : 0,
                  .align_corners = options.align_corners.value_or(false)});
  }
  return y;
}

}  // namespace

Tensor interpolate(const Operand& x, const InterpolateOptions& options) {
  CaptureScope scope(std::span<const Operand* const>({&x}), "interpolate");
  const int extents = scope.values()[0].rank() - 2;
  const ImageCall call{"interpolate", scope.values(), extents};
  require_floating("interpolate", call.x());
  if (extents < 1 || extents > 3) call.refuse("x must be [n, channels, extents...] with 1 to 3 extents");
  const Mode& mode = checked_mode(call, options);
  return scope.tensor(interpolated(call, mode, options), mode.grad_names[static_cast<std::size_t>(extents) - 1]);
}

}  // namespace weft
