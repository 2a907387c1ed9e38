// Convolutions of channels-last images as functions on Values.
#pragma once

#include "ops/values.h"

namespace weft {

// One number for each extent of an image.
struct ConvRule {
  Dims stride, before, after, dilation;
  std::int64_t groups = 1;
};

// x [n, extents..., channels], w [out channels, channels / groups, kernel...].
Value conv(const Value& x, const Value& w, const ConvRule& rule);
// The gradient of x, which has these extents.
Value conv_data(const Value& dy, const Value& w, const ConvRule& rule, const Dims& extents);
// The gradient of w, whose kernel has these extents.
Value conv_weights(const Value& x, const Value& dy, const ConvRule& rule, const Dims& kernel);

}  // namespace weft
