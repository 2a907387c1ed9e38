// Samples of bits, signs, functions of an order, scans of extremes, and places in ascending elements.
#include "ops/elementwise/elementwise.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

const Shape kShapes[] = {{3, 7}, {}, {1, 1}, {2, 0}, {17}, {2, 3, 5}, {1, 33}, {5, 1}};

void add_bits(OpSamples& s, std::string_view op, bool of_bool, std::int64_t low, std::int64_t high) {
  const std::pair<Shape, Shape> shapes[] = {{{3, 7}, {3, 7}}, {{3, 7}, {7}},       {{3, 1}, {3, 7}}, {{}, {5}},
                                            {{1}, {}},        {{2, 1, 3}, {4, 1}}, {{0, 3}, {3}},    {{17}, {17}}};
  for (const DType dtype : {DType::i64, DType::i32, DType::u8})
    for (const auto& [a, b] : shapes)
      s.add([=, a = a, b = b](SampleBuilder& s) {
        return s.builder().record(*find_op(op), {s.integers(a, -90, 90, dtype), s.integers(b, low, high, dtype)});
      });
  if (!of_bool) return;
  for (const auto& [a, b] : shapes)
    s.add([=, a = a, b = b](SampleBuilder& s) {
      return s.builder().record(*find_op(op), {s.booleans(a), s.booleans(b)});
    });
}

WEFT_OP_SAMPLES("bitwise_and", [](OpSamples& s) { add_bits(s, "bitwise_and", true, -90, 90); });
WEFT_OP_SAMPLES("bitwise_or", [](OpSamples& s) { add_bits(s, "bitwise_or", true, -90, 90); });
WEFT_OP_SAMPLES("bitwise_xor", [](OpSamples& s) { add_bits(s, "bitwise_xor", true, -90, 90); });
WEFT_OP_SAMPLES("bitwise_left_shift", [](OpSamples& s) { add_bits(s, "bitwise_left_shift", false, -3, 70); });
WEFT_OP_SAMPLES("bitwise_right_shift", [](OpSamples& s) { add_bits(s, "bitwise_right_shift", false, -3, 70); });

WEFT_OP_SAMPLES("signbit", [](OpSamples& s) {
  const auto signbit = [](const Value& x) { return x.builder().record(*find_op("signbit"), {x}); };
  for (const Shape& shape : kShapes) {
    s.add([=](SampleBuilder& b) { return signbit(b.input(shape, {.avoid = {0}})); }, {.gradients = false});
    s.add([=](SampleBuilder& b) { return signbit(b.integers(shape, -9, 9)); });
  }
});

void add_order(OpSamples& s, std::string_view op, std::int64_t order, const Range& range, bool smooth) {
  for (const Shape& shape : kShapes)
    s.add(
        [=](SampleBuilder& b) {
          return b.builder().record(*find_op(op), {b.input(shape, range)}, {{"order", order}});
        },
        {.smooth = smooth});
}

WEFT_OP_SAMPLES("bessel_i", [](OpSamples& s) {
  add_order(s, "bessel_i", 0, {.avoid = {0}}, true);
  add_order(s, "bessel_i", 1, {.avoid = {0}}, true);
});
WEFT_OP_SAMPLES("polygamma", [](OpSamples& s) {
  for (const std::int64_t order : {0, 1, 2, 3}) add_order(s, "polygamma", order, {.low = 0.8, .high = 3}, true);
});

const std::pair<Shape, std::int64_t> kScans[] = {{{3, 7}, 1}, {{3, 7}, 0},    {{1}, 0},       {{2, 0}, 1},
                                                 {{0, 2}, 1}, {{2, 3, 4}, 1}, {{2, 3, 4}, 2}, {{17}, 0}};

WEFT_OP_SAMPLES("cumulative_extreme", [](OpSamples& s) {
  const auto scan = [](const Value& x, std::int64_t dim, bool largest) {
    const Value both = x.builder().record(*find_op("cumulative_extreme"), {x}, {{"dim", dim}, {"largest", largest}});
    return std::vector<Value>{both, both.output(1)};
  };
  for (const auto& [shape, dim] : kScans)
    for (const bool largest : {false, true}) {
      s.add([=, shape = shape, dim = dim](SampleBuilder& b) {
        return scan(b.input(shape, {.distinct = true}), dim, largest);
      });
      s.add([=, shape = shape, dim = dim](SampleBuilder& b) { return scan(b.integers(shape, -3, 3), dim, largest); });
    }
});

WEFT_OP_SAMPLES("logcumsumexp", [](OpSamples& s) {
  for (const auto& [shape, dim] : kScans)
    for (const bool reverse : {false, true})
      s.add([=, shape = shape, dim = dim](SampleBuilder& b) {
        return b.builder().record(*find_op("logcumsumexp"), {b.input(shape)}, {{"dim", dim}, {"reverse", reverse}});
      });
});

WEFT_OP_SAMPLES("argmin", [](OpSamples& s) {
  const auto argmin = [](const Value& x, std::int64_t dim, bool keepdim) {
    return x.builder().record(*find_op("argmin"), {x}, {{"dim", dim}, {"keepdim", keepdim}});
  };
  const std::pair<Shape, std::int64_t> shapes[] = {{{3, 7}, 1}, {{3, 7}, 0},    {{}, 0},        {{0, 2}, 1},
                                                   {{1}, 0},    {{2, 3, 4}, 1}, {{2, 3, 4}, 2}, {{17}, 0}};
  for (const auto& [shape, dim] : shapes) {
    s.add([=, shape = shape, dim = dim](SampleBuilder& b) { return argmin(b.input(shape), dim, true); },
          {.gradients = false});
    s.add([=, shape = shape, dim = dim](SampleBuilder& b) { return argmin(b.integers(shape, 0, 3), dim, false); });
  }
});

WEFT_OP_SAMPLES("histc", [](OpSamples& s) {
  for (const Shape& shape : kShapes)
    for (const double low : {-1.03, 0.97})
      s.add(
          [=](SampleBuilder& b) {
            return b.builder().record(*find_op("histc"), {b.input(shape)},
                                      {{"bins", std::int64_t{5}}, {"max", 0.97}, {"min", low}});
          },
          {.gradients = false});
});

WEFT_OP_SAMPLES("searchsorted", [](OpSamples& s) {
  const auto search = [](const Value& rows, const Value& values, bool right) {
    return rows.builder().record(*find_op("searchsorted"), {rows, values}, {{"right", right}});
  };
  const std::pair<Shape, Shape> shapes[] = {
      {{5}, {3, 7}},          {{5}, {}},       {{1}, {4}}, {{0}, {3}}, {{5}, {0}}, {{2, 5}, {2, 3}},
      {{2, 3, 4}, {2, 3, 1}}, {{3, 0}, {3, 2}}};
  for (const auto& [rows, values] : shapes)
    for (const bool right : {false, true}) {
      s.add([=, rows = rows, values = values](SampleBuilder& b) {
        // Whole numbers that ascend: the sums of their sizes.
        const Value steps = b.integers(rows, 0, 3);
        return search(cumsum(steps, rows.rank() - 1, false), b.integers(values, -1, 9), right);
      });
    }
});

}  // namespace
}  // namespace weft
