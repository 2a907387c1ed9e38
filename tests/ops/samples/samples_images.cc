// Samples of convolutions, pooling, and normalisation.
#include "ops/conv/conv.h"
#include "ops/pool/pool_values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

struct ConvSample {
  Shape x, w;  // channels-last images
  ConvRule rule;
};

// Odd extents, 1, strides, padding on one side, dilation, groups, depthwise, and no images.
std::vector<ConvSample> conv_samples() {
  const auto rule = [](Dims stride, Dims before, Dims after, Dims dilation, std::int64_t groups = 1) {
    return ConvRule{std::move(stride), std::move(before), std::move(after), std::move(dilation), groups};
  };
  return {{{2, 7, 3}, {4, 3, 3}, rule({1}, {1}, {1}, {1})},
          {{1, 9, 2}, {3, 2, 3}, rule({2}, {0}, {1}, {2})},
          {{2, 5, 4, 3}, {2, 3, 3, 2}, rule({1, 1}, {1, 0}, {1, 0}, {1, 1})},
          {{1, 7, 7, 4}, {6, 2, 3, 3}, rule({2, 2}, {1, 1}, {1, 1}, {1, 1}, 2)},
          {{3, 4, 4, 3}, {3, 1, 3, 3}, rule({1, 1}, {1, 1}, {1, 1}, {1, 1}, 3)},
          {{2, 3, 3, 5}, {17, 5, 1, 1}, rule({1, 1}, {0, 0}, {0, 0}, {1, 1})},
          {{1, 3, 4, 3, 2}, {2, 2, 2, 2, 2}, rule({1, 1, 1}, {0, 1, 0}, {0, 1, 0}, {1, 1, 1})},
          {{0, 5, 5, 2}, {3, 2, 3, 3}, rule({1, 1}, {0, 0}, {0, 0}, {1, 1})},
          {{1, 1, 1, 1}, {1, 1, 1, 1}, rule({1, 1}, {0, 0}, {0, 0}, {1, 1})}};
}

WEFT_OP_SAMPLES("conv", [](OpSamples& s) {
  for (const ConvSample& c : conv_samples())
    s.add([=](SampleBuilder& b) { return conv(b.input(c.x), b.input(c.w), c.rule); }, {.f32_tolerance = 3e-5});
});
Dims middle(const Shape& images) { return {images.dims().begin() + 1, images.dims().end() - 1}; }
WEFT_OP_SAMPLES("conv_data", [](OpSamples& s) {
  for (const ConvSample& c : conv_samples())
    s.add(
        [=](SampleBuilder& b) {
          const Value dy = conv(b.input(c.x), b.input(c.w), c.rule);
          return conv_data(dy, b.input(c.w), c.rule, middle(c.x));
        },
        {.f32_tolerance = 3e-4});
});
WEFT_OP_SAMPLES("conv_weights", [](OpSamples& s) {
  for (const ConvSample& c : conv_samples())
    s.add(
        [=](SampleBuilder& b) {
          const Value x = b.input(c.x), dy = conv(x, b.input(c.w), c.rule);
          return conv_weights(x, dy, c.rule, {c.w.dims().begin() + 2, c.w.dims().end()});
        },
        {.f32_tolerance = 3e-4});
});

struct PoolSample {
  Shape x;
  PoolRule rule;
};
std::vector<PoolSample> pool_samples() {
  return {{{2, 7, 3}, {{3}, {2}, {1}, {1}, {4}}},
          {{1, 9, 2}, {{2}, {1}, {0}, {3}, {6}}},
          {{2, 5, 4, 3}, {{3, 2}, {2, 2}, {1, 0}, {1, 1}, {3, 2}}},
          {{1, 4, 4, 17}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, {2, 2}}},
          {{1, 5, 5, 1}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}, {3, 3}}},
          {{2, 7, 5, 2}, {{1, 1}, {1, 1}, {0, 0}, {1, 1}, {3, 2}, true}},
          {{1, 3, 4, 3, 2}, {{2, 2, 2}, {1, 2, 1}, {0, 0, 0}, {1, 1, 1}, {2, 2, 2}}},
          {{0, 4, 4, 2}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, {2, 2}}}};
}

const Range kDistinct{.distinct = true};

WEFT_OP_SAMPLES("max_pool", [](OpSamples& s) {
  for (const PoolSample& c : pool_samples())
    s.add([=](SampleBuilder& b) { return max_pool(b.input(c.x, kDistinct), c.rule); });
});
WEFT_OP_SAMPLES("pool_scatter", [](OpSamples& s) {
  for (const PoolSample& c : pool_samples())
    s.add([=](SampleBuilder& b) {
      const Value y = max_pool(b.input(c.x, kDistinct), c.rule);
      return pool_scatter(square(y), y.output(1), middle(c.x));
    });
});
WEFT_OP_SAMPLES("pool_gather", [](OpSamples& s) {
  for (const PoolSample& c : pool_samples())
    s.add([=](SampleBuilder& b) {
      const Value x = b.input(c.x, kDistinct);
      return pool_gather(square(x), max_pool(x, c.rule).output(1));
    });
});
WEFT_OP_SAMPLES("avg_pool", [](OpSamples& s) {
  for (const PoolSample& c : pool_samples())
    for (const bool with_padding : {true, false}) {
      if (c.rule.dilation != Dims(c.rule.dilation.size(), 1)) continue;
      s.add([=](SampleBuilder& b) { return avg_pool(b.input(c.x), {c.rule, with_padding, 0}); });
    }
  const PoolSample first = pool_samples()[0];
  s.add([=](SampleBuilder& b) { return avg_pool(b.input(first.x), {first.rule, true, 5}); });
});
WEFT_OP_SAMPLES("avg_pool_data", [](OpSamples& s) {
  for (const PoolSample& c : pool_samples()) {
    const AveragePoolRule rule{c.rule, true, 0};
    s.add([=](SampleBuilder& b) { return avg_pool_data(square(avg_pool(b.input(c.x), rule)), rule, middle(c.x)); });
  }
});

}  // namespace
}  // namespace weft
