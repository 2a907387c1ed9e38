#include "ops/elementwise/elementwise.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

using Unary = Value (*)(const Value&);
using Binary = Value (*)(const Value&, const Value&);

// Around the width of a vector, a scalar, and no elements.
void add_unary(OpSamples& s, Unary fn, const Range& range = {}, const SampleOptions& options = {}) {
  for (const Shape& shape : {Shape{3, 7}, Shape{}, Shape{1, 1}, Shape{2, 0}})
    s.add([=](SampleBuilder& b) { return fn(b.input(shape, range)); }, options);
  SampleOptions large = options;
  large.gradients = false;
  s.add([=](SampleBuilder& b) { return fn(b.input({5, 1031}, range)); }, large);
}

void add_integers(OpSamples& s, Unary fn) {
  for (const DType dtype : {DType::i64, DType::i32, DType::u8})
    s.add([=](SampleBuilder& b) { return fn(b.integers({3, 7}, -9, 9, dtype)); });
}

void add_binary(OpSamples& s, Binary fn, const Range& range_a = {}, const Range& range_b = {},
                const SampleOptions& options = {}) {
  const std::pair<Shape, Shape> shapes[] = {{{3, 7}, {3, 7}}, {{3, 7}, {7}},       {{3, 1}, {3, 7}}, {{}, {5}},
                                            {{1}, {}},        {{2, 1, 3}, {4, 1}}, {{0, 3}, {3}}};
  for (const auto& [a, b] : shapes)
    s.add([=, a = a, b = b](SampleBuilder& s) { return fn(s.input(a, range_a), s.input(b, range_b)); }, options);
  SampleOptions large = options;
  large.gradients = false;
  s.add([=](SampleBuilder& b) { return fn(b.input({33, 67}, range_a), b.input({67}, range_b)); }, large);
  s.add([=](SampleBuilder& b) { return fn(b.input({33, 1}, range_a), b.input({33, 67}, range_b)); }, large);
}

void add_integers(OpSamples& s, Binary fn) {
  for (const DType dtype : {DType::i64, DType::i32, DType::u8})
    s.add([=](SampleBuilder& b) { return fn(b.integers({3, 7}, -9, 9, dtype), b.integers({7}, -9, 9, dtype)); });
}

// Operands with the values 0 and 1 only, so that they are often equal.
void add_compare(OpSamples& s, Binary fn) {
  add_binary(s, fn, {}, {}, {.gradients = false});
  add_integers(s, fn);
  s.add([=](SampleBuilder& b) { return fn(b.integers({3, 7}, 0, 2), b.integers({3, 1}, 0, 2)); });
  s.add([=](SampleBuilder& b) { return fn(b.booleans({3, 7}), b.booleans({3, 7})); });
}

void add_logical(OpSamples& s, Binary fn) {
  s.add([=](SampleBuilder& b) { return fn(b.booleans({3, 7}), b.booleans({7})); });
  s.add([=](SampleBuilder& b) { return fn(b.booleans({}), b.booleans({0, 3})); });
}

const Range kPositive{.low = 0.1, .high = 3};
const Range kOffZero{.avoid = {0}};
const Range kOffWhole{.avoid = {-1, 0, 1}};

WEFT_OP_SAMPLES("neg", [](OpSamples& s) { add_unary(s, neg), add_integers(s, neg); });
WEFT_OP_SAMPLES("abs", [](OpSamples& s) { add_unary(s, abs, kOffZero), add_integers(s, abs); });
WEFT_OP_SAMPLES("sign", [](OpSamples& s) { add_unary(s, sign, kOffZero), add_integers(s, sign); });
WEFT_OP_SAMPLES("square", [](OpSamples& s) { add_unary(s, square), add_integers(s, square); });
WEFT_OP_SAMPLES("relu", [](OpSamples& s) { add_unary(s, relu, kOffZero), add_integers(s, relu); });
WEFT_OP_SAMPLES("sqrt", [](OpSamples& s) { add_unary(s, sqrt, kPositive); });
WEFT_OP_SAMPLES("exp", [](OpSamples& s) { add_unary(s, exp); });
WEFT_OP_SAMPLES("log", [](OpSamples& s) { add_unary(s, log, kPositive); });
WEFT_OP_SAMPLES("sin", [](OpSamples& s) { add_unary(s, sin); });
WEFT_OP_SAMPLES("cos", [](OpSamples& s) { add_unary(s, cos); });
WEFT_OP_SAMPLES("tanh", [](OpSamples& s) { add_unary(s, tanh); });
WEFT_OP_SAMPLES("sigmoid", [](OpSamples& s) { add_unary(s, sigmoid); });
WEFT_OP_SAMPLES("erf", [](OpSamples& s) { add_unary(s, erf); });
WEFT_OP_SAMPLES("gelu", [](OpSamples& s) { add_unary(s, gelu); });

WEFT_OP_SAMPLES("relu_grad", [](OpSamples& s) {
  const auto relu_grad = [](const Value& g, const Value& y) {
    return g.builder().record(*find_op("relu_grad"), {g, y});
  };
  add_binary(s, relu_grad, {}, kOffZero);
});

WEFT_OP_SAMPLES("clamp", [](OpSamples& s) {
  const Range range{.avoid = {-1, 0.5}};
  s.add([=](SampleBuilder& b) { return clamp(b.input({3, 7}, range), -1, 0.5); });
  s.add([=](SampleBuilder& b) { return clamp(b.input({37}, range), -1, {}); });
  s.add([=](SampleBuilder& b) { return clamp(b.input({}, range), {}, 0.5); });
  s.add([=](SampleBuilder& b) { return clamp(b.input({2, 0}, range), -1, 0.5); });
  s.add([=](SampleBuilder& b) { return clamp(b.integers({3, 7}, -9, 9), -2, 3); });
});

// cast() leaves out what would change nothing; the op itself does not.
Value cast_op(const Value& x, DType dtype) { return x.builder().record(*find_op("cast"), {x}, {{"dtype", dtype}}); }

WEFT_OP_SAMPLES("cast", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return cast_op(b.input({3, 7}), DType::f64); });
  for (const DType to : {DType::i64, DType::boolean, DType::f32, DType::f64}) {
    s.add([=](SampleBuilder& b) { return cast_op(b.input({3, 7}, kOffWhole), to); }, {.gradients = false});
    s.add([=](SampleBuilder& b) { return cast_op(b.integers({0, 3}, -9, 9), to); });
    s.add([=](SampleBuilder& b) { return cast_op(b.integers({5}, -9, 9), to); });
    s.add([=](SampleBuilder& b) { return cast_op(b.booleans({5}), to); });
  }
});

WEFT_OP_SAMPLES("add", [](OpSamples& s) { add_binary(s, add), add_integers(s, add), add_logical(s, add); });
WEFT_OP_SAMPLES("sub", [](OpSamples& s) { add_binary(s, sub), add_integers(s, sub); });
WEFT_OP_SAMPLES("mul", [](OpSamples& s) { add_binary(s, mul), add_integers(s, mul), add_logical(s, mul); });
WEFT_OP_SAMPLES("div", [](OpSamples& s) { add_binary(s, div, {}, kPositive); });

// Ranges that do not meet keep off the kink.
WEFT_OP_SAMPLES("maximum", [](OpSamples& s) {
  add_binary(s, maximum, {.low = -2, .high = 0.4}, {.low = 0.5, .high = 2});
  add_binary(s, maximum, {.low = 0.5, .high = 2}, {.low = -2, .high = 0.4});
  add_integers(s, maximum), add_logical(s, maximum);
});
WEFT_OP_SAMPLES("minimum", [](OpSamples& s) {
  add_binary(s, minimum, {.low = -2, .high = 0.4}, {.low = 0.5, .high = 2});
  add_binary(s, minimum, {.low = 0.5, .high = 2}, {.low = -2, .high = 0.4});
  add_integers(s, minimum), add_logical(s, minimum);
});

WEFT_OP_SAMPLES("pow", [](OpSamples& s) {
  add_binary(s, pow, kPositive);
  s.add([](SampleBuilder& b) { return pow(b.integers({3, 7}, -9, 9), b.integers({7}, 0, 5)); });
});
WEFT_OP_SAMPLES("pow_scalar", [](OpSamples& s) {
  for (const double exponent : {0.0, 1.0, 2.0, 3.0, -1.0, 0.5, -1.5, 4.0})
    s.add([=](SampleBuilder& b) { return pow(b.input({3, 7}, kPositive), exponent); }, {.f32_tolerance = 1e-4});
  s.add([](SampleBuilder& b) { return pow(b.input({0, 2}), 3.0); });
  s.add([](SampleBuilder& b) { return pow(b.input({5, 131}, kPositive), 3.0); }, {.gradients = false});
  s.add([](SampleBuilder& b) { return pow(b.integers({3, 7}, -9, 9), 3.0); });
});

WEFT_OP_SAMPLES("eq", [](OpSamples& s) { add_compare(s, eq); });
WEFT_OP_SAMPLES("ne", [](OpSamples& s) { add_compare(s, ne); });
WEFT_OP_SAMPLES("lt", [](OpSamples& s) { add_compare(s, lt); });
WEFT_OP_SAMPLES("le", [](OpSamples& s) { add_compare(s, le); });
WEFT_OP_SAMPLES("gt", [](OpSamples& s) { add_compare(s, gt); });
WEFT_OP_SAMPLES("ge", [](OpSamples& s) { add_compare(s, ge); });

WEFT_OP_SAMPLES("logical_and", [](OpSamples& s) { add_logical(s, logical_and); });
WEFT_OP_SAMPLES("logical_or", [](OpSamples& s) { add_logical(s, logical_or); });
WEFT_OP_SAMPLES("logical_xor", [](OpSamples& s) { add_logical(s, logical_xor); });
WEFT_OP_SAMPLES("logical_not", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return logical_not(b.booleans({3, 7})); });
  s.add([](SampleBuilder& b) { return logical_not(b.booleans({0})); });
});

WEFT_OP_SAMPLES("where", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return where(b.booleans({3, 7}), b.input({3, 7}), b.input({3, 7})); });
  s.add([](SampleBuilder& b) { return where(b.booleans({3, 1}), b.input({7}), b.input({})); });
  s.add([](SampleBuilder& b) { return where(b.booleans({}), b.input({3, 1}), b.input({7})); });
  s.add([](SampleBuilder& b) { return where(b.booleans({0, 3}), b.input({3}), b.input({1, 1})); });
  s.add([](SampleBuilder& b) { return where(b.booleans({7}), b.integers({3, 7}, -9, 9), b.integers({3, 1}, -9, 9)); });
  s.add(
      [](SampleBuilder& b) {
        return where(b.booleans({33, 67}), b.input({67}), b.input({33, 67}));
      },
      {.gradients = false});
});

}  // namespace
}  // namespace weft
