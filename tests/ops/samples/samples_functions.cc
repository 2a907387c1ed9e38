// Samples of the functions that have no vector code of their own, and of remainders and rounding.
#include "ops/elementwise/elementwise.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

using Unary = Value (*)(const Value&);
using Binary = Value (*)(const Value&, const Value&);

const Shape kShapes[] = {{3, 7}, {}, {1, 1}, {2, 0}, {17}, {2, 3, 5}, {1, 33}};

void add(OpSamples& s, Unary fn, const Range& range = {}, const SampleOptions& options = {}) {
  for (const Shape& shape : kShapes) s.add([=](SampleBuilder& b) { return fn(b.input(shape, range)); }, options);
  SampleOptions large = options;
  large.gradients = false;
  s.add([=](SampleBuilder& b) { return fn(b.input({5, 131}, range)); }, large);
}

void add(OpSamples& s, Binary fn, const Range& range_a = {}, const Range& range_b = {},
         const SampleOptions& options = {}) {
  const std::pair<Shape, Shape> shapes[] = {{{3, 7}, {3, 7}}, {{3, 7}, {7}},       {{3, 1}, {3, 7}}, {{}, {5}},
                                            {{1}, {}},        {{2, 1, 3}, {4, 1}}, {{0, 3}, {3}},    {{17}, {17}}};
  for (const auto& [a, b] : shapes)
    s.add([=, a = a, b = b](SampleBuilder& s) { return fn(s.input(a, range_a), s.input(b, range_b)); }, options);
}

const Range kPositive{.low = 0.1, .high = 3};
const Range kInside{.low = -0.9, .high = 0.9};
const Range kAboveOne{.low = 1.2, .high = 4};
const Range kOffWhole{.low = -2.9, .high = 2.9, .avoid = {-2, -1, 0, 1, 2}};
const Range kOffHalves{.low = -2.4, .high = 2.4, .avoid = {-1.5, -0.5, 0.5, 1.5}};

WEFT_OP_SAMPLES("exp2", [](OpSamples& s) { add(s, exp2); });
WEFT_OP_SAMPLES("expm1", [](OpSamples& s) { add(s, expm1); });
WEFT_OP_SAMPLES("log1p", [](OpSamples& s) { add(s, log1p, kInside); });
WEFT_OP_SAMPLES("log2", [](OpSamples& s) { add(s, log2, kPositive); });
WEFT_OP_SAMPLES("log10", [](OpSamples& s) { add(s, log10, kPositive); });
WEFT_OP_SAMPLES("tan", [](OpSamples& s) { add(s, tan, kInside); });
WEFT_OP_SAMPLES("asin", [](OpSamples& s) { add(s, asin, kInside); });
WEFT_OP_SAMPLES("acos", [](OpSamples& s) { add(s, acos, kInside); });
WEFT_OP_SAMPLES("atan", [](OpSamples& s) { add(s, atan); });
WEFT_OP_SAMPLES("sinh", [](OpSamples& s) { add(s, sinh); });
WEFT_OP_SAMPLES("cosh", [](OpSamples& s) { add(s, cosh); });
WEFT_OP_SAMPLES("asinh", [](OpSamples& s) { add(s, asinh); });
WEFT_OP_SAMPLES("acosh", [](OpSamples& s) { add(s, acosh, kAboveOne); });
WEFT_OP_SAMPLES("atanh", [](OpSamples& s) { add(s, atanh, kInside); });
WEFT_OP_SAMPLES("erfc", [](OpSamples& s) { add(s, erfc); });
WEFT_OP_SAMPLES("erfinv", [](OpSamples& s) { add(s, erfinv, kInside); });
WEFT_OP_SAMPLES("lgamma", [](OpSamples& s) { add(s, lgamma, kPositive); });
WEFT_OP_SAMPLES("digamma", [](OpSamples& s) { add(s, digamma, kPositive, {.smooth = false}); });
WEFT_OP_SAMPLES("trigamma", [](OpSamples& s) {
  const auto trigamma = [](const Value& x) { return x.builder().record(*find_op("trigamma"), {x}); };
  add(s, trigamma, kPositive, {.gradients = false});
});
WEFT_OP_SAMPLES("reciprocal", [](OpSamples& s) { add(s, reciprocal, kPositive); });
WEFT_OP_SAMPLES("rsqrt", [](OpSamples& s) { add(s, rsqrt, kPositive); });
WEFT_OP_SAMPLES("floor", [](OpSamples& s) { add(s, floor, kOffWhole); });
WEFT_OP_SAMPLES("ceil", [](OpSamples& s) { add(s, ceil, kOffWhole); });
WEFT_OP_SAMPLES("round", [](OpSamples& s) { add(s, round, kOffHalves); });
WEFT_OP_SAMPLES("trunc", [](OpSamples& s) { add(s, trunc, kOffWhole); });

WEFT_OP_SAMPLES("atan2", [](OpSamples& s) { add(s, atan2, kPositive, kPositive); });
WEFT_OP_SAMPLES("hypot", [](OpSamples& s) { add(s, hypot, kPositive, kPositive); });
WEFT_OP_SAMPLES("fmod", [](OpSamples& s) { add(s, fmod, {.low = 0.2, .high = 0.9}, {.low = 1.1, .high = 1.9}); });
WEFT_OP_SAMPLES("remainder", [](OpSamples& s) {
  add(s, remainder, {.low = -0.9, .high = -0.2}, {.low = 1.1, .high = 1.9});
  s.add([](SampleBuilder& b) { return remainder(b.integers({3, 7}, -9, 9), b.integers({7}, 1, 5)); });
});
WEFT_OP_SAMPLES("floor_divide", [](OpSamples& s) {
  add(s, floor_divide, {.low = 0.2, .high = 0.9}, {.low = 1.1, .high = 1.9});
  s.add([](SampleBuilder& b) { return floor_divide(b.integers({3, 7}, -9, 9), b.integers({7}, 1, 5)); });
});

}  // namespace
}  // namespace weft
