// Samples of the ops that the fusion pass makes. They exist in f32 only: f64 inputs are rounded first.
#include "graph/element_program.h"
#include "ops/values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

Value f32(SampleBuilder& b, const Shape& shape) { return cast(b.input(shape), DType::f32); }
Value f64(SampleBuilder& b) { return cast(b.input({}), DType::f64); }

std::vector<Value> fused(SampleBuilder& b, const char* op, const Shape& shape, const std::vector<Value>& operands,
                         const char* program, Attrs attrs = {}) {
  attrs.set("program", std::make_shared<const ElementProgram>(ElementProgram::parse(program)));
  attrs.set("shape", shape.vec());
  const Value first = b.builder().record(*find_op(op), operands, std::move(attrs));
  std::vector<Value> results;
  const auto outputs = static_cast<std::uint32_t>(b.builder().graph().node(first.id().node).outputs.size());
  for (std::uint32_t k = 0; k < outputs; ++k) results.push_back(first.output(k));
  return results;
}

std::vector<Value> product(SampleBuilder& b, std::int64_t m, std::int64_t n, std::int64_t k, bool ta, bool tb,
                           std::vector<Value> others, const char* program) {
  std::vector<Value> operands{f32(b, ta ? Shape{k, m} : Shape{m, k}), f32(b, tb ? Shape{n, k} : Shape{k, n})};
  operands.insert(operands.end(), others.begin(), others.end());
  return fused(b, "fused_matmul", {m, n}, operands, program, {{"transpose_a", ta}, {"transpose_b", tb}});
}

constexpr SampleOptions kNoGradients{.gradients = false};

WEFT_OP_SAMPLES("fused", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return fused(b, "fused", {7}, {f32(b, {7})}, "inputs 1; tanh 0; out elements 1"); },
        kNoGradients);
  s.add(
      [](SampleBuilder& b) {
        return fused(b, "fused", {3, 5}, {f32(b, {3, 5}), f32(b, {5}), f32(b, {3, 1}), f32(b, {})},
                     "inputs 4; mul 0 1; add 4 2; sub 5 3; out elements 6; out column_sums 6");
      },
      kNoGradients);
  s.add(
      [](SampleBuilder& b) {
        return fused(b, "fused", {4, 9}, {f32(b, {4, 9}), f64(b)},
                     "inputs 2; constant 0.5; mul 0 1; gt 3 2; where 4 3 0; out elements 5; out block_sums 5");
      },
      kNoGradients);
  s.add(
      [](SampleBuilder& b) {  // several parts
        return fused(b, "fused", {300, 1000}, {f32(b, {300, 1000}), f32(b, {300, 1000})},
                     "inputs 2; exp 0; mul 2 1; tanh 3; out elements 4; out block_sums 3");
      },
      kNoGradients);
  s.add(
      [](SampleBuilder& b) {  // several parts, by columns
        return fused(b, "fused", {300, 1000}, {f32(b, {300, 1000}), f32(b, {1000})},
                     "inputs 2; sub 0 1; sigmoid 2; relu_grad 3 0; out elements 3; out column_sums 4");
      },
      kNoGradients);
  s.add(
      [](SampleBuilder& b) {  // several parts, by rows; an operand as a result
        return fused(b, "fused", {300, 1000}, {f32(b, {300, 1000}), f32(b, {300, 1})},
                     "inputs 2; div 0 1; gelu 2; out elements 3; out elements 0");
      },
      {.gradients = false, .f32_tolerance = 1e-4});
});

WEFT_OP_SAMPLES("fused_matmul", [](OpSamples& s) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      s.add(
          [=](SampleBuilder& b) {
            return product(b, 5, 7, 3, ta, tb, {f32(b, {7}), f32(b, {5, 7})},
                           "inputs 3; add 0 1; relu_grad 3 2; out elements 4; out column_sums 4; out elements 0");
          },
          kNoGradients);
  s.add(
      [](SampleBuilder& b) {
        return product(b, 9, 1, 6, false, false, {f32(b, {1})}, "inputs 2; add 0 1; out elements 2");
      },
      kNoGradients);
  s.add(
      [](SampleBuilder& b) {
        return product(b, 1, 9, 6, false, true, {f32(b, {9})}, "inputs 2; add 0 1; out elements 2");
      },
      kNoGradients);
  s.add(
      [](SampleBuilder& b) {  // several parts
        return product(b, 130, 390, 200, false, false, {f32(b, {390})},
                       "inputs 2; add 0 1; relu 2; out elements 3; out column_sums 3");
      },
      {.gradients = false, .f32_tolerance = 1e-3});
  s.add(
      [](SampleBuilder& b) {  // several parts; an update
        return product(b, 390, 520, 65, true, false, {f32(b, {390, 520}), f32(b, {390, 520}), f64(b)},
                       "inputs 4; constant 0.9; mul 4 2; add 5 0; mul 3 6; sub 1 7; out elements 8; out elements 6");
      },
      {.gradients = false, .f32_tolerance = 1e-3});
});

WEFT_OP_SAMPLES("sum_blocks", [](OpSamples& s) {
  for (const std::int64_t n : {1, 2, 7})
    s.add([n](SampleBuilder& b) { return b.builder().record(*find_op("sum_blocks"), {f32(b, {n})}); }, kNoGradients);
});

}  // namespace
}  // namespace weft
