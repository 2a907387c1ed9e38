// blend: rows of a dim as weighted sums of rows, by a rule for their numbers. Borders, resizing and patches are made of
// it, a dim at a time.
#pragma once

#include "ops/kernels/move/weighted_rows.h"
#include "ops/values.h"

namespace weft {

// Which rows row i of the result is of. The numbers are those of the attribute "rule".
enum class BlendRule : std::int64_t {
  reflect,    // i - before, mirrored at the first and last row
  replicate,  // i - before, or the nearest row that there is
  circular,   // i - before, modulo the rows
  windows,    // stride * (i % n) + dilation * (i / n) - before for n = to / taps, or none where there is no such row
  nearest,    // floor(s i), for s of BlendMap
  nearest_exact,   // floor(s (i + 1/2))
  linear,          // the two rows around s (i + 1/2) - 1/2
  cubic,           // the four rows around it (Keys 1981, a = -3/4)
  linear_average,  // all rows within max(s, 1) of it, by a triangle: linear without aliasing
  cubic_average,   // all rows within 2 max(s, 1) of it (a = -1/2)
};

// A map of `from` rows of dim `dim` to `to` rows.
struct BlendMap {
  BlendRule rule = BlendRule::nearest;
  std::int64_t dim = 0, from = 0, to = 0;
  std::int64_t before = 0;
  Dims window{1, 1, 1};        // taps, stride, dilation
  double scale = 0;            // s = 1 / scale; 0: s = from / to
  bool align_corners = false;  // linear and cubic: s i for s = (from - 1) / (to - 1)
};

// Computed in double, or in float as for f32 images. `map` is legal.
WeightedRows blend_table(const BlendMap& map, bool is_double);

Value blend(const Value& x, const BlendMap& map);
// The adjoint map: `to` rows to `from`.
Value blend_transposed(const Value& dy, const BlendMap& map);

}  // namespace weft
