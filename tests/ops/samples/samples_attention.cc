#include "ops/attention/attention_values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

struct Sizes {
  std::int64_t batch, heads, key_heads, queries, keys, depth, width;
};

Attention operands(SampleBuilder& b, const Sizes& s) {
  return {b.input({s.batch, s.heads, s.queries, s.depth}),
          b.input({s.batch, s.key_heads, s.keys, s.depth}),
          b.input({s.batch, s.key_heads, s.keys, s.width}),
          {},
          0.6};
}

std::vector<Value> both(const Attention& x) {
  const Value out = attention(x);
  return {out, out.output(1)};
}

// Each query sees key 0 at least: the logarithm of no sum is infinite.
Value mask(SampleBuilder& b, const Shape& shape) {
  const Value first = eq(arange(b.builder(), shape[3]), full(b.builder(), {DType::i64, {}}, 0));
  return logical_or(b.booleans(shape), first);
}

const SampleOptions kLarge{.gradients = false, .f32_tolerance = 1e-4};

WEFT_OP_SAMPLES("scaled_dot_product_attention", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return both(operands(b, {1, 1, 1, 3, 4, 2, 3})); });
  s.add([](SampleBuilder& b) { return attention(operands(b, {2, 3, 3, 2, 5, 3, 2})); });
  s.add([](SampleBuilder& b) { return both(operands(b, {1, 4, 2, 2, 3, 2, 2})); });
  s.add([](SampleBuilder& b) {
    Attention x = operands(b, {2, 2, 1, 4, 3, 2, 1});
    x.causal = true;
    return both(x);
  });
  s.add([](SampleBuilder& b) {
    Attention x = operands(b, {2, 2, 2, 3, 4, 2, 2});
    x.mask = b.input({2, 1, 3, 4});
    return both(x);
  });
  s.add([](SampleBuilder& b) {
    Attention x = operands(b, {2, 2, 1, 3, 4, 2, 2});
    x.mask = b.input({1, 2, 1, 4});
    x.causal = true;
    return attention(x);
  });
  s.add([](SampleBuilder& b) {
    Attention x = operands(b, {2, 2, 2, 3, 4, 2, 2});
    x.mask = mask(b, {2, 1, 3, 4});
    return both(x);
  });
  s.add([](SampleBuilder& b) { return attention(operands(b, {0, 2, 2, 3, 4, 2, 2})); });
  s.add([](SampleBuilder& b) { return attention(operands(b, {1, 2, 2, 0, 4, 2, 2})); });
  s.add([](SampleBuilder& b) { return attention(operands(b, {1, 2, 2, 3, 0, 2, 2})); });
  s.add([](SampleBuilder& b) { return attention(operands(b, {1, 2, 2, 3, 4, 0, 0})); });
  s.add([](SampleBuilder& b) { return both(operands(b, {1, 3, 1, 130, 260, 16, 24})); }, kLarge);
  s.add(
      [](SampleBuilder& b) {
        Attention x = operands(b, {2, 2, 2, 200, 150, 33, 7});
        x.causal = true;
        x.mask = b.input({1, 1, 200, 150});
        return both(x);
      },
      kLarge);
  s.add(
      [](SampleBuilder& b) {
        Attention x = operands(b, {2, 8, 4, 128, 256, 64, 64});
        x.mask = mask(b, {2, 1, 1, 256});
        return both(x);
      },
      kLarge);
});

Value slopes(SampleBuilder& b, const Attention& x) {
  std::vector<Value> all = x.operands();
  const Shape &q = x.q.shape(), &v = x.v.shape();
  all.push_back(b.input({q[0], q[1], q[2]}, {.low = 2, .high = 4}));
  all.push_back(b.input({q[0], q[1], q[2]}));
  all.push_back(b.input({q[0], q[1], q[2], v[3]}));
  return b.builder().record(*find_op("scaled_dot_product_attention_grad"), all, x.attrs());
}
std::vector<Value> all_slopes(SampleBuilder& b, const Attention& x) {
  const Value first = slopes(b, x);
  return {first, first.output(1), first.output(2)};
}

WEFT_OP_SAMPLES("scaled_dot_product_attention_grad", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return all_slopes(b, operands(b, {1, 1, 1, 3, 4, 2, 3})); });
  s.add([](SampleBuilder& b) { return all_slopes(b, operands(b, {2, 4, 2, 2, 3, 2, 1})); });
  s.add([](SampleBuilder& b) { return slopes(b, operands(b, {1, 2, 1, 1, 2, 2, 2})); });
  s.add([](SampleBuilder& b) { return slopes(b, operands(b, {1, 2, 2, 2, 3, 2, 2})).output(2); });
  s.add([](SampleBuilder& b) {
    Attention x = operands(b, {2, 2, 2, 3, 4, 2, 2});
    x.mask = b.input({2, 1, 3, 4});
    x.causal = true;
    return all_slopes(b, x);
  });
  s.add([](SampleBuilder& b) {
    Attention x = operands(b, {2, 2, 2, 3, 4, 2, 2});
    x.mask = mask(b, {1, 2, 1, 4});
    return all_slopes(b, x);
  });
  s.add([](SampleBuilder& b) { return all_slopes(b, operands(b, {0, 2, 2, 3, 4, 2, 2})); });
  s.add([](SampleBuilder& b) { return all_slopes(b, operands(b, {1, 2, 2, 3, 0, 2, 2})); });
  s.add([](SampleBuilder& b) { return all_slopes(b, operands(b, {1, 2, 2, 3, 4, 0, 0})); });
  s.add(
      [](SampleBuilder& b) {
        return all_slopes(b, operands(b, {2, 4, 2, 130, 140, 3, 9}));
      },
      {.gradients = false, .f32_tolerance = 1e-3});
});

}  // namespace
}  // namespace weft
