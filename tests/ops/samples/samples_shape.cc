#include <array>

#include "ops/values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

Value call(Builder& b, std::string_view op, std::initializer_list<Value> operands, Attrs attrs) {
  return b.record(*find_op(op), operands, std::move(attrs));
}

WEFT_OP_SAMPLES("full", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return full(b.builder(), {b.floating(), {3, 5}}, -1.5); });
  s.add([](SampleBuilder& b) { return full(b.builder(), {b.floating(), {}}, 2); });
  s.add([](SampleBuilder& b) { return full(b.builder(), {b.floating(), {2, 0}}, 2); });
  s.add([](SampleBuilder& b) { return full(b.builder(), {DType::i64, {7}}, -3); });
  s.add([](SampleBuilder& b) { return full(b.builder(), {DType::boolean, {7}}, 1); });
});

Value arange_of(SampleBuilder& b, DType dtype, double start, double step, std::int64_t length) {
  return call(b.builder(), "arange", {}, {{"dtype", dtype}, {"length", length}, {"start", start}, {"step", step}});
}

WEFT_OP_SAMPLES("arange", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return arange_of(b, DType::i64, -3, 2, 7); });
  s.add([](SampleBuilder& b) { return arange_of(b, b.floating(), 1, -0.25, 9); });
  s.add([](SampleBuilder& b) { return arange_of(b, b.floating(), 0, 1, 0); });
});

Value eye_of(SampleBuilder& b, DType dtype, std::int64_t n) {
  return call(b.builder(), "eye", {}, {{"dtype", dtype}, {"n", n}});
}

WEFT_OP_SAMPLES("eye", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return eye_of(b, b.floating(), 3); });
  s.add([](SampleBuilder& b) { return eye_of(b, DType::i64, 1); });
  s.add([](SampleBuilder& b) { return eye_of(b, DType::boolean, 5); });
  s.add([](SampleBuilder& b) { return eye_of(b, b.floating(), 0); });
});

// The dtype is fixed: f32 and f64 draw different numbers.
Value draw(SampleBuilder& b, std::string_view op, DType dtype, const Shape& shape) {
  Attrs attrs{{"dtype", dtype}, {"offset", std::int64_t{3}}, {"shape", shape.vec()}};
  if (op == "randint") {
    attrs.set("low", std::int64_t{-5});
    attrs.set("high", std::int64_t{6});
  }
  return call(b.builder(), op, {b.integers({2}, 0, 1000)}, std::move(attrs));
}

void add_draws(OpSamples& s, std::string_view op, DType other) {
  s.add([op](SampleBuilder& b) { return draw(b, op, DType::f32, {3, 5}); });
  s.add([op](SampleBuilder& b) { return draw(b, op, DType::f32, {}); });
  s.add([op](SampleBuilder& b) { return draw(b, op, DType::f32, {0, 2}); });
  s.add([op, other](SampleBuilder& b) { return draw(b, op, other, {7}); });
}

WEFT_OP_SAMPLES("rand", [](OpSamples& s) { add_draws(s, "rand", DType::f64); });
WEFT_OP_SAMPLES("randn", [](OpSamples& s) { add_draws(s, "randn", DType::f64); });
WEFT_OP_SAMPLES("randint", [](OpSamples& s) { add_draws(s, "randint", DType::i64); });

WEFT_OP_SAMPLES("reshape", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return reshape(square(b.input({3, 4})), {2, 6}); });
  s.add([](SampleBuilder& b) { return reshape(square(b.input({1, 1})), {}); });
  s.add([](SampleBuilder& b) { return reshape(b.input({0, 3}), {2, 0}); });
  s.add([](SampleBuilder& b) { return reshape(b.booleans({4}), {2, 2}); });
});

WEFT_OP_SAMPLES("permute", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return permute(square(b.input({3, 5})), {1, 0}); });
  s.add([](SampleBuilder& b) { return permute(square(b.input({2, 3, 4})), {2, 0, 1}); });
  s.add([](SampleBuilder& b) { return permute(b.input({2, 3, 1, 2, 2}), {3, 1, 4, 0, 2}); });
  s.add([](SampleBuilder& b) { return permute(b.input({2, 0, 3}), {2, 1, 0}); });
  s.add([](SampleBuilder& b) { return permute(b.integers({3, 5}, -9, 9), {1, 0}); });
  s.add([](SampleBuilder& b) { return permute(b.booleans({3, 5}), {1, 0}); });
  s.add([](SampleBuilder& b) { return permute(b.input({37, 3, 41}), {2, 1, 0}); }, {.gradients = false});
});

WEFT_OP_SAMPLES("expand", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return expand(square(b.input({3, 1})), {2, 3, 4}); });
  s.add([](SampleBuilder& b) { return expand(square(b.input({})), {5}); });
  s.add([](SampleBuilder& b) { return expand(b.input({1, 3, 1}), {2, 3, 2}); });
  s.add([](SampleBuilder& b) { return expand(b.input({1, 3}), {0, 3}); });
  s.add([](SampleBuilder& b) { return expand(b.integers({1, 3}, -9, 9), {5, 3}); });
  s.add([](SampleBuilder& b) { return expand(b.booleans({3, 1}), {3, 5}); });
});

WEFT_OP_SAMPLES("slice", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return slice(square(b.input({3, 5})), 1, 1, 4, 1); });
  s.add([](SampleBuilder& b) { return slice(square(b.input({7, 3})), 0, 1, 7, 3); });
  s.add([](SampleBuilder& b) { return slice(b.input({3, 7}), 1, 0, 7, 2); });
  s.add([](SampleBuilder& b) { return slice(b.input({3, 5}), 0, 2, 2, 1); });
  s.add([](SampleBuilder& b) { return slice(b.integers({7}, -9, 9), 0, 1, 5, 2); });
  s.add([](SampleBuilder& b) { return slice(b.booleans({3, 5}), 1, 2, 5, 1); });
});

Value scatter(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t step, std::int64_t size) {
  return call(x.builder(), "slice_scatter", {x}, {{"dim", dim}, {"size", size}, {"start", start}, {"step", step}});
}

WEFT_OP_SAMPLES("slice_scatter", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return scatter(square(b.input({3, 2})), 1, 1, 1, 5); });
  s.add([](SampleBuilder& b) { return scatter(square(b.input({3, 2})), 0, 1, 2, 7); });
  s.add([](SampleBuilder& b) { return scatter(b.input({2, 0}), 1, 0, 1, 3); });
  s.add([](SampleBuilder& b) { return scatter(b.input({0, 2}), 1, 0, 1, 3); });
  s.add([](SampleBuilder& b) { return scatter(b.integers({2}, -9, 9), 0, 0, 3, 5); });
  s.add([](SampleBuilder& b) { return scatter(b.booleans({2}), 0, 0, 3, 5); });
});

template <class... V>
Value cat_of(std::int64_t dim, V... values) {
  return cat(std::array<Value, sizeof...(V)>{values...}, dim);
}

WEFT_OP_SAMPLES("cat", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return cat_of(0, square(b.input({2, 3})), b.input({1, 3})); });
  s.add([](SampleBuilder& b) { return cat_of(1, b.input({2, 3}), square(b.input({2, 1})), b.input({2, 0})); });
  s.add([](SampleBuilder& b) { return cat_of(1, b.input({2, 1, 2}), b.input({2, 2, 2})); });
  s.add([](SampleBuilder& b) { return cat_of(0, b.input({0})); });
  s.add([](SampleBuilder& b) { return cat_of(-1, b.integers({3, 1}, -9, 9), b.integers({3, 2}, -9, 9)); });
  s.add([](SampleBuilder& b) { return cat_of(0, b.booleans({3}), b.booleans({4})); });
});

WEFT_OP_SAMPLES("matmul", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 3}), b.input({3, 4})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({3, 2}), true, b.input({3, 4}), false); });
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 3}), false, b.input({4, 3}), true); });
  s.add([](SampleBuilder& b) { return matmul(b.input({3, 2}), true, b.input({4, 3}), true); });
  s.add([](SampleBuilder& b) { return matmul(b.input({3}), b.input({3})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 3}), b.input({3})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({3}), b.input({3, 2})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 2, 3}), b.input({2, 3, 2})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 2, 3}), b.input({3, 2})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 3}), b.input({2, 3, 2})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 3, 2}), true, b.input({3, 2}), false); });
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 1, 1, 3}), b.input({2, 3, 1})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({0, 3}), b.input({3, 4})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({2, 0}), b.input({0, 2})); });
  s.add([](SampleBuilder& b) { return matmul(b.input({0, 2, 3}), b.input({3, 2})); });
  s.add([](SampleBuilder& b) { return matmul(b.integers({3, 4}, -9, 9), b.integers({4, 2}, -9, 9)); });
  // Large enough for oneDNN.
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      s.add(
          [ta, tb](SampleBuilder& b) {
            const Value x = b.input(ta ? Shape{129, 67} : Shape{67, 129});
            return matmul(x, ta, b.input(tb ? Shape{45, 129} : Shape{129, 45}), tb);
          },
          {.gradients = false, .f32_tolerance = 1e-4});
  s.add(
      [](SampleBuilder& b) {
        return matmul(b.input({3, 70, 65}), b.input({3, 65, 66}));
      },
      {.gradients = false, .f32_tolerance = 1e-4});
});

}  // namespace
}  // namespace weft
