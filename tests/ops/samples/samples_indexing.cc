#include "ops/indexing/index.h"
#include "ops/values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

WEFT_OP_SAMPLES("flip", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return flip(b.input({5}), {0}); });
  s.add([](SampleBuilder& b) { return flip(b.input({3, 5}), {1}); });
  s.add([](SampleBuilder& b) { return flip(b.input({3, 1, 4}), {0, 2}); });
  s.add([](SampleBuilder& b) { return flip(b.input({2, 3, 2, 2}), {1, -1}); });
  s.add([](SampleBuilder& b) { return flip(b.input({}), {}); });
  s.add([](SampleBuilder& b) { return flip(b.input({0, 3}), {0, 1}); });
  s.add([](SampleBuilder& b) { return flip(b.integers({4, 3}, -9, 9), {0}); });
  s.add([](SampleBuilder& b) { return flip(b.input({67, 129}), {0, 1}); }, {.gradients = false});
});

WEFT_OP_SAMPLES("index_select", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return index_select(b.input({5}), 0, b.integers({7}, 0, 5)); });
  s.add([](SampleBuilder& b) { return index_select(b.input({3, 5, 2}), 1, b.integers({3, 4}, 0, 5)); });
  s.add([](SampleBuilder& b) { return index_select(b.input({3, 5}), 0, b.integers({4}, 0, 3)); });
  s.add([](SampleBuilder& b) { return index_select(b.input({3, 5}), 1, b.integers({2}, 0, 5)); });
  s.add([](SampleBuilder& b) { return index_select(b.input({2, 3, 4}), 1, b.integers({5}, 0, 3)); });
  s.add([](SampleBuilder& b) { return index_select(b.input({1, 7}), 0, b.integers({3}, 0, 1)); });
  s.add([](SampleBuilder& b) { return index_select(b.input({3, 5}), 0, b.integers({0}, 0, 3)); });
  s.add([](SampleBuilder& b) { return index_select(b.input({3, 0}), 0, b.integers({2}, 0, 3)); });
  s.add([](SampleBuilder& b) { return index_select(b.booleans({3, 5}), 1, b.integers({4}, 0, 5)); });
  s.add(
      [](SampleBuilder& b) {
        return index_select(b.input({37, 65}), 0, b.integers({1031}, 0, 37));
      },
      {.gradients = false});
});

WEFT_OP_SAMPLES("index_sum", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return index_sum(b.input({7}), 0, b.integers({7}, 0, 5), 5); });
  s.add([](SampleBuilder& b) { return index_sum(b.input({3, 4, 2}), 1, b.integers({3, 4}, 0, 5), 5); });
  s.add([](SampleBuilder& b) { return index_sum(b.input({4, 5}), 0, b.integers({4}, 0, 3), 3); });
  s.add([](SampleBuilder& b) { return index_sum(b.input({3, 2}), 1, b.integers({2}, 0, 5), 5); });
  s.add([](SampleBuilder& b) { return index_sum(b.input({2, 5, 4}), 1, b.integers({5}, 0, 3), 3); });
  s.add([](SampleBuilder& b) { return index_sum(b.input({3, 7}), 0, b.integers({3}, 0, 1), 1); });
  s.add([](SampleBuilder& b) { return index_sum(b.input({0, 5}), 0, b.integers({0}, 0, 1), 3); });
  s.add([](SampleBuilder& b) { return index_sum(b.input({2, 0}), 0, b.integers({2}, 0, 3), 3); });
  s.add([](SampleBuilder& b) { return index_sum(b.integers({4, 3}, -9, 9), 0, b.integers({4}, 0, 2), 2); });
  s.add(
      [](SampleBuilder& b) {
        return index_sum(b.input({1031, 65}), 0, b.integers({1031}, 0, 37), 37);
      },
      {.gradients = false, .f32_tolerance = 1e-4});
  s.add(
      [](SampleBuilder& b) {
        return index_sum(b.input({3, 517, 33}), 1, b.integers({517}, 0, 5), 5);
      },
      {.gradients = false, .f32_tolerance = 1e-4});
});

WEFT_OP_SAMPLES("gather", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return gather(b.input({5}), 0, b.integers({7}, 0, 5)); });
  s.add([](SampleBuilder& b) { return gather(b.input({3, 5}), 0, b.integers({4, 5}, 0, 3)); });
  s.add([](SampleBuilder& b) { return gather(b.input({3, 5}), 1, b.integers({2, 3}, 0, 5)); });
  s.add([](SampleBuilder& b) { return gather(b.input({2, 3, 4}), 1, b.integers({2, 5, 3}, 0, 3)); });
  s.add([](SampleBuilder& b) { return gather(b.input({1, 7}), 0, b.integers({3, 1}, 0, 1)); });
  s.add([](SampleBuilder& b) { return gather(b.input({3, 5}), 1, b.integers({3, 0}, 0, 5)); });
  s.add([](SampleBuilder& b) { return gather(b.booleans({3, 5}), 1, b.integers({3, 2}, 0, 5)); });
  s.add(
      [](SampleBuilder& b) {
        return gather(b.input({61, 129}), 1, b.integers({61, 67}, 0, 129));
      },
      {.gradients = false});
});

WEFT_OP_SAMPLES("scatter_sum", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return scatter_sum(b.input({7}), 0, b.integers({7}, 0, 5), {5}); });
  s.add([](SampleBuilder& b) { return scatter_sum(b.input({4, 5}), 0, b.integers({4, 5}, 0, 3), {3, 5}); });
  s.add([](SampleBuilder& b) { return scatter_sum(b.input({2, 3}), 1, b.integers({2, 3}, 0, 5), {3, 5}); });
  s.add([](SampleBuilder& b) { return scatter_sum(b.input({2, 5, 3}), 1, b.integers({2, 5, 3}, 0, 3), {2, 3, 4}); });
  s.add([](SampleBuilder& b) { return scatter_sum(b.input({3, 1}), 0, b.integers({3, 1}, 0, 1), {1, 7}); });
  s.add([](SampleBuilder& b) { return scatter_sum(b.input({0}), 0, b.integers({0}, 0, 1), {3}); });
  s.add([](SampleBuilder& b) { return scatter_sum(b.integers({4}, -9, 9), 0, b.integers({4}, 0, 3), {3}); });
  s.add(
      [](SampleBuilder& b) {
        return scatter_sum(b.input({61, 67}), 1, b.integers({61, 67}, 0, 9), {61, 9});
      },
      {.gradients = false, .f32_tolerance = 1e-4});
});

// Each index once: of equal ones the last counts, which finite differences see and the gradient, as PyTorch's, does
// not.
WEFT_OP_SAMPLES("scatter", [](OpSamples& s) {
  const auto places = [](SampleBuilder& b, std::int64_t rows, std::int64_t cols) {
    return expand(unsqueeze(arange(b.builder(), rows), 1), {rows, cols});
  };
  s.add([=](SampleBuilder& b) { return scatter(b.input({5}), 0, arange(b.builder(), 3), b.input({3})); });
  s.add([=](SampleBuilder& b) { return scatter(b.input({3, 5}), 0, places(b, 2, 5), b.input({2, 5})); });
  s.add([=](SampleBuilder& b) { return scatter(b.input({3, 5}), 0, places(b, 3, 2), b.input({3, 2})); });
  s.add([=](SampleBuilder& b) { return scatter(b.input({1, 7}), 0, places(b, 1, 7), b.input({1, 7})); });
  s.add([=](SampleBuilder& b) { return scatter(b.input({4, 1}), 0, places(b, 4, 1), b.input({4, 1})); });
  s.add([=](SampleBuilder& b) { return scatter(b.input({3}), 0, b.integers({0}, 0, 3), b.input({0})); });
  s.add([=](SampleBuilder& b) {
    return scatter(b.integers({5}, -9, 9), 0, b.integers({8}, 0, 5), b.integers({8}, -9, 9));
  });
  s.add(
      [=](SampleBuilder& b) {
        return scatter(b.input({67, 33}), 0, places(b, 61, 33), b.input({61, 33}));
      },
      {.gradients = false});
});

Value extreme(const Value& x, std::int64_t dim, const Value& index, const Value& src, bool largest) {
  return x.builder().record(*find_op("scatter_extreme"), {x, index, src}, {{"dim", dim}, {"largest", largest}});
}

WEFT_OP_SAMPLES("scatter_extreme", [](OpSamples& s) {
  const auto of = [](SampleBuilder& b, const Shape& x, std::int64_t dim, const Shape& index, bool largest) {
    // All values of one tensor, so that no two are close.
    const Value all = b.input({x.numel() + index.numel()}, {.distinct = true});
    return extreme(reshape(slice(all, 0, 0, x.numel(), 1), x), dim, b.integers(index, 0, x[static_cast<int>(dim)]),
                   reshape(slice(all, 0, x.numel(), x.numel() + index.numel(), 1), index), largest);
  };
  s.add([=](SampleBuilder& b) { return of(b, {5}, 0, {7}, true); });
  s.add([=](SampleBuilder& b) { return of(b, {3, 5}, 0, {4, 5}, false); });
  s.add([=](SampleBuilder& b) { return of(b, {3, 5}, 1, {2, 3}, true); });
  s.add([=](SampleBuilder& b) { return of(b, {2, 3, 4}, 1, {2, 5, 3}, false); });
  s.add([=](SampleBuilder& b) { return of(b, {1, 7}, 0, {3, 1}, true); });
  s.add([=](SampleBuilder& b) { return of(b, {3}, 0, {0}, true); });
  s.add([=](SampleBuilder& b) {
    return extreme(b.integers({5}, -9, 9), 0, b.integers({8}, 0, 5), b.integers({8}, -9, 9), true);
  });
  s.add([=](SampleBuilder& b) { return of(b, {67, 33}, 0, {61, 33}, false); }, {.gradients = false});
});

std::vector<Value> sorted(const Value& x, std::int64_t dim, bool descending, std::int64_t count) {
  const Value values =
      x.builder().record(*find_op("sort"), {x}, {{"count", count}, {"descending", descending}, {"dim", dim}});
  return {values, values.output(1)};
}

WEFT_OP_SAMPLES("sort", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return sorted(b.input({5}, {.distinct = true}), 0, false, 5); });
  s.add([](SampleBuilder& b) { return sorted(b.input({3, 5}, {.distinct = true}), 1, true, 5); });
  s.add([](SampleBuilder& b) { return sorted(b.input({3, 5}, {.distinct = true}), 0, false, 2); });
  s.add([](SampleBuilder& b) { return sorted(b.input({2, 3, 4}, {.distinct = true}), 1, true, 1); });
  s.add([](SampleBuilder& b) { return sorted(b.input({1, 7}, {.distinct = true}), 0, false, 1); });
  s.add([](SampleBuilder& b) { return sorted(b.input({0, 3}), 1, false, 3); });
  s.add([](SampleBuilder& b) { return sorted(b.input({3, 4}, {.distinct = true}), 1, false, 0); });
  s.add([](SampleBuilder& b) { return sorted(b.integers({4, 9}, 0, 3), 1, false, 9); });
  s.add([](SampleBuilder& b) { return sorted(b.booleans({9}), 0, true, 9); });
  s.add([](SampleBuilder& b) { return sorted(b.input({131, 67}), 1, false, 67); }, {.gradients = false});
});

WEFT_OP_SAMPLES("cumsum", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return cumsum(b.input({5}), 0, false); });
  s.add([](SampleBuilder& b) { return cumsum(b.input({3, 5}), 1, true); });
  s.add([](SampleBuilder& b) { return cumsum(b.input({3, 5}), 0, false); });
  s.add([](SampleBuilder& b) { return cumsum(b.input({2, 3, 4}), 1, true); });
  s.add([](SampleBuilder& b) { return cumsum(b.input({1, 7}), 0, false); });
  s.add([](SampleBuilder& b) { return cumsum(b.input({0, 3}), 1, false); });
  s.add([](SampleBuilder& b) { return cumsum(b.integers({4, 3}, -9, 9), 0, false); });
  s.add(
      [](SampleBuilder& b) {
        return cumsum(b.input({37, 1031}), 1, false);
      },
      {.gradients = false, .f32_tolerance = 1e-4});
  s.add(
      [](SampleBuilder& b) {
        return cumsum(b.input({5, 131, 77}), 1, true);
      },
      {.gradients = false, .f32_tolerance = 1e-4});
});

}  // namespace
}  // namespace weft
