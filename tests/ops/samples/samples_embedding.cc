#include "ops/indexing/embedding_values.h"
#include "ops/values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

WEFT_OP_SAMPLES("embedding", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return embedding(b.input({3, 5}), b.integers({4}, 0, 3), -1, false); });
  // Padding and frequencies make the gradient another one than the derivative.
  const SampleOptions scaled{.gradients = false};
  s.add([](SampleBuilder& b) { return embedding(b.input({3, 5}), b.integers({2, 3}, 0, 3), 1, false); }, scaled);
  s.add([](SampleBuilder& b) { return embedding(b.input({4, 2}), b.integers({2, 2, 3}, 0, 4), 0, true); }, scaled);
  s.add([](SampleBuilder& b) { return embedding(b.input({4, 1}), b.integers({}, 0, 4), -1, true); });
  s.add([](SampleBuilder& b) { return embedding(b.input({4, 3}), b.integers({2, 2, 2}, 0, 4), -1, false); });
  s.add([](SampleBuilder& b) { return embedding(b.input({1, 7}), b.integers({3, 1}, 0, 1), -1, false); });
  s.add([](SampleBuilder& b) { return embedding(b.input({3, 5}), b.integers({0, 2}, 0, 3), 2, true); });
  s.add([](SampleBuilder& b) { return embedding(b.input({3, 0}), b.integers({2}, 0, 3), -1, false); });
  s.add([](SampleBuilder& b) { return embedding(b.integers({3, 2}, -9, 9), b.integers({5}, 0, 3), -1, false); });
  s.add(
      [](SampleBuilder& b) {
        return embedding(b.input({37, 65}), b.integers({16, 64}, 0, 37), 5, false);
      },
      {.gradients = false, .f32_tolerance = 1e-4});
});

Value bag_numbers(const Value& offsets, std::int64_t count) {
  return offsets.builder().record(*find_op("bag_numbers"), {offsets}, {{"count", count}});
}

// Offsets 0, step, 2 step, ...
Value offsets(SampleBuilder& b, std::int64_t bags, std::int64_t step) {
  return arange(b.builder(), bags) * full(b.builder(), {DType::i64, {}}, static_cast<double>(step));
}

WEFT_OP_SAMPLES("bag_numbers", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return bag_numbers(offsets(b, 4, 3), 12); });
  s.add([](SampleBuilder& b) { return bag_numbers(offsets(b, 4, 3), 10); });
  s.add([](SampleBuilder& b) { return bag_numbers(offsets(b, 4, 3), 9); });
  s.add([](SampleBuilder& b) { return bag_numbers(offsets(b, 1, 0), 5); });
  s.add([](SampleBuilder& b) { return bag_numbers(offsets(b, 3, 0), 5); });
  s.add([](SampleBuilder& b) { return bag_numbers(offsets(b, 3, 0), 0); });
  s.add([](SampleBuilder& b) { return bag_numbers(offsets(b, 0, 0), 0); });
  s.add([](SampleBuilder& b) { return bag_numbers(offsets(b, 257, 31), 8192); });
});

Value largest_of_bags(const Value& rows, const Value& bag, std::int64_t bags) {
  return rows.builder().record(*find_op("largest_of_bags"), {rows, bag}, {{"bags", bags}});
}

WEFT_OP_SAMPLES("largest_of_bags", [](OpSamples& s) {
  const Range distinct{.distinct = true};
  s.add([=](SampleBuilder& b) { return largest_of_bags(b.input({5, 3}, distinct), b.integers({5}, 0, 2), 2); });
  s.add([=](SampleBuilder& b) { return largest_of_bags(b.input({5, 1}, distinct), b.integers({5}, 0, 9), 9); });
  s.add([=](SampleBuilder& b) { return largest_of_bags(b.input({1, 3}, distinct), b.integers({1}, 0, 1), 1); });
  s.add([=](SampleBuilder& b) { return largest_of_bags(zeros_like(b.input({5, 3})), b.integers({5}, 0, 2), 2); });
  s.add([=](SampleBuilder& b) { return largest_of_bags(b.input({0, 3}), b.integers({0}, 0, 2), 2); });
  s.add([=](SampleBuilder& b) { return largest_of_bags(b.input({4, 0}), b.integers({4}, 0, 2), 2); });
  s.add([=](SampleBuilder& b) { return largest_of_bags(b.input({0, 3}), b.integers({0}, 0, 2), 0); });
  s.add([=](SampleBuilder& b) { return largest_of_bags(b.input({517, 33}, distinct), b.integers({517}, 0, 40), 41); });
});

}  // namespace
}  // namespace weft
