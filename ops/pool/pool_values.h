// Pooling of channels-last images as functions on Values.
#pragma once

#include "ops/values.h"

namespace weft {

// One number for each extent of an image; extents: of the result.
struct PoolRule {
  Dims kernel, stride, padding, dilation, extents;
  bool adaptive = false;  // windows follow from the extents alone
};
struct AveragePoolRule {
  PoolRule windows;
  bool count_include_pad = true;
  std::int64_t divisor = 0;  // 0: the size of the window
};

// The results are the maxima and their places.
Value max_pool(const Value& x, const PoolRule& rule);
// Images of these extents with the numbers added at their places, and numbers from places.
Value pool_scatter(const Value& dy, const Value& places, const Dims& extents);
Value pool_gather(const Value& x, const Value& places);
Value avg_pool(const Value& x, const AveragePoolRule& rule);
// The gradient of the images, which have these extents.
Value avg_pool_data(const Value& dy, const AveragePoolRule& rule, const Dims& in);

}  // namespace weft
