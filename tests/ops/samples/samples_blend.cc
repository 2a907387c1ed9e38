// Samples of blend: every rule, odd extents, 1, other sizes in front and behind, scales that are not those of the
// extents, and no elements.
#include "ops/images/blend.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

struct BlendSample {
  Shape x;
  BlendMap map;
};

std::vector<BlendSample> blend_samples() {
  using enum BlendRule;
  const auto border = [](BlendRule rule, std::int64_t dim, std::int64_t from, std::int64_t before, std::int64_t after) {
    return BlendMap{.rule = rule, .dim = dim, .from = from, .to = from + before + after, .before = before};
  };
  const auto size = [](BlendRule rule, std::int64_t dim, std::int64_t from, std::int64_t to, double scale = 0,
                       bool align_corners = false) {
    return BlendMap{.rule = rule, .dim = dim, .from = from, .to = to, .scale = scale, .align_corners = align_corners};
  };
  const auto window_rows = [](std::int64_t dim, std::int64_t from, std::int64_t to, std::int64_t before, Dims window) {
    return BlendMap{
        .rule = BlendRule::windows, .dim = dim, .from = from, .to = to, .before = before, .window = std::move(window)};
  };
  return {{{2, 3, 4}, border(reflect, 2, 4, 3, 2)},
          {{2, 3, 4}, border(replicate, 1, 3, 2, 0)},
          {{1}, border(replicate, 0, 1, 5, 3)},
          {{2, 5, 3}, border(circular, 1, 5, 4, 7)},
          {{2, 7}, window_rows(1, 7, 9, 1, {3, 3, 2})},
          {{2, 5, 3, 2}, window_rows(1, 5, 8, 0, {2, 1, 1})},
          {{1, 5, 2}, size(nearest, 1, 5, 7)},
          {{3, 17}, size(nearest, 1, 17, 4, 0.25)},
          {{2, 4, 1}, size(nearest_exact, 1, 4, 6)},
          {{2, 3, 2, 2}, size(linear, 1, 3, 7)},
          {{2, 5}, size(linear, 1, 5, 3, 0, true)},
          {{2, 1}, size(linear, 1, 1, 4)},
          {{2, 5}, size(linear, 1, 5, 9, 1.875)},
          {{2, 4, 3}, size(cubic, 1, 4, 9)},
          {{1, 2}, size(cubic, 1, 2, 1, 0, true)},
          {{2, 9, 2}, size(linear_average, 1, 9, 4)},
          {{1, 7}, size(cubic_average, 1, 7, 3)},
          {{1, 3}, size(cubic_average, 1, 3, 5)},
          {{0, 3, 4}, size(cubic, 2, 4, 5)},
          {{2, 3, 0}, border(reflect, 1, 3, 1, 1)}};
}

WEFT_OP_SAMPLES("blend", [](OpSamples& s) {
  for (const BlendSample& c : blend_samples()) s.add([=](SampleBuilder& b) { return blend(b.input(c.x), c.map); });
  // A part of its own for each of many rows.
  s.add(
      [](SampleBuilder& b) {
        return blend(b.input({65, 33, 40}), {.rule = BlendRule::linear, .dim = 1, .from = 33, .to = 64});
      },
      {.gradients = false});
  for (const bool boolean : {false, true})
    s.add([=](SampleBuilder& b) {
      const Value x = boolean ? b.booleans({2, 5}) : b.integers({2, 5}, -9, 9);
      return blend(x, {.rule = BlendRule::windows, .dim = 1, .from = 5, .to = 12, .before = 1, .window = {2, 1, 1}});
    });
});
WEFT_OP_SAMPLES("blend_transposed", [](OpSamples& s) {
  for (const BlendSample& c : blend_samples())
    s.add([=](SampleBuilder& b) {
      Dims shape = c.x.vec();
      shape[static_cast<std::size_t>(c.map.dim)] = c.map.to;
      return blend_transposed(square(b.input(Shape(shape))), c.map);
    });
});

}  // namespace
}  // namespace weft
