#include "ops/values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

WEFT_OP_SAMPLES("sum", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return sum(b.input({3, 5}), {}, false); });
  s.add([](SampleBuilder& b) { return sum(b.input({3, 5}), {0}, true); });
  s.add([](SampleBuilder& b) { return sum(b.input({2, 3, 1, 4}), {1, 3}, false); });
  s.add([](SampleBuilder& b) { return sum(b.input({2, 3, 4}), {0, 2}, true); });
  s.add([](SampleBuilder& b) { return sum(b.input({}), {}, false); });
  s.add([](SampleBuilder& b) { return sum(b.input({2, 0, 3}), {1}, false); });
  s.add([](SampleBuilder& b) { return sum(b.input({2, 0, 3}), {0, 2}, false); });
  s.add([](SampleBuilder& b) { return sum(b.integers({3, 5}, -9, 9), {1}, false); });
  s.add([](SampleBuilder& b) { return sum(b.booleans({7}), {}, false); });
  s.add([](SampleBuilder& b) { return sum(b.input({37, 1031}), {1}, false); }, {.gradients = false});
  s.add([](SampleBuilder& b) { return sum(b.input({517, 83}), {0}, false); }, {.gradients = false});
  s.add([](SampleBuilder& b) { return mean(b.input({3, 5}), {-1}, false); });
  s.add([](SampleBuilder& b) { return sum_to(b.input({2, 3, 5}), {3, 1}); });
});

WEFT_OP_SAMPLES("max", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return max(b.input({3, 5}, {.distinct = true}), {}, false); });
  s.add([](SampleBuilder& b) { return max(b.input({3, 5}, {.distinct = true}), {0}, true); });
  s.add([](SampleBuilder& b) { return max(b.input({2, 3, 4}, {.distinct = true}), {0, 2}, false); });
  s.add([](SampleBuilder& b) { return max(b.input({2, 0}), {0}, false); });
  s.add([](SampleBuilder& b) { return max(b.integers({3, 5}, -9, 9), {1}, false); });
  s.add([](SampleBuilder& b) { return max(b.input({37, 131}), {1}, false); }, {.gradients = false});
});

WEFT_OP_SAMPLES("min", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return min(b.input({3, 5}, {.distinct = true}), {}, false); });
  s.add([](SampleBuilder& b) { return min(b.input({3, 5}, {.distinct = true}), {1}, true); });
  s.add([](SampleBuilder& b) { return min(b.input({0, 2}), {1}, false); });
  s.add([](SampleBuilder& b) { return min(b.booleans({3, 5}), {0}, false); });
});

Value argmax_of(const Value& x, std::int64_t dim, bool keepdim) {
  return x.builder().record(*find_op("argmax"), {x}, {{"dim", dim}, {"keepdim", keepdim}});
}

WEFT_OP_SAMPLES("argmax", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return argmax_of(b.input({3, 5}), 1, false); });
  s.add([](SampleBuilder& b) { return argmax_of(b.input({3, 5, 2}), 1, true); });
  s.add([](SampleBuilder& b) { return argmax_of(b.input({0, 2}), 1, false); });
  s.add([](SampleBuilder& b) { return argmax_of(b.integers({4, 3}, 0, 3), 0, false); });
});

WEFT_OP_SAMPLES("accumulate", [](OpSamples& s) {
  const auto of = [](SampleBuilder& b, std::size_t slots, const Shape& shape) {
    std::vector<Value> values;
    for (std::size_t i = 0; i < slots; ++i) values.push_back(b.input(shape));
    return accumulate(values);
  };
  s.add([of](SampleBuilder& b) { return of(b, 2, {3, 5}); });
  s.add([of](SampleBuilder& b) { return of(b, 5, {}); });
  s.add([of](SampleBuilder& b) { return of(b, 3, {0, 4}); });
  s.add([of](SampleBuilder& b) { return of(b, 12, {77}); }, {.gradients = false});
  s.add([](SampleBuilder& b) {
    return accumulate(std::vector<Value>{b.integers({4, 3}, -9, 9), b.integers({4, 3}, -9, 9)});
  });
});

using SoftmaxFn = Value (*)(const Value& x, std::int64_t dim);
void add_softmax(OpSamples& s, SoftmaxFn fn) {
  s.add([fn](SampleBuilder& b) { return fn(b.input({3, 5}), 1); });
  s.add([fn](SampleBuilder& b) { return fn(b.input({2, 3, 5}), 1); });
  s.add([fn](SampleBuilder& b) { return fn(b.input({4, 1}), -1); });
  s.add([fn](SampleBuilder& b) { return fn(b.input({}), 0); });
  s.add([fn](SampleBuilder& b) { return fn(b.input({0, 3}), 1); });
  s.add([fn](SampleBuilder& b) { return fn(b.input({3, 0}), 1); });
  s.add([fn](SampleBuilder& b) { return fn(b.input({33, 129}, {.low = -20, .high = 20}), 1); }, {.gradients = false});
  s.add([fn](SampleBuilder& b) { return fn(b.input({33, 129}, {.low = -20, .high = 20}), 0); }, {.gradients = false});
}
WEFT_OP_SAMPLES("softmax", [](OpSamples& s) { add_softmax(s, softmax); });
WEFT_OP_SAMPLES("log_softmax", [](OpSamples& s) { add_softmax(s, log_softmax); });

constexpr std::int64_t kNone = 0, kMean = 1, kSum = 2;

Value cross_entropy_of(SampleBuilder& b, std::int64_t rows, std::int64_t classes, std::int64_t reduction) {
  return b.builder().record(*find_op("cross_entropy"), {b.input({rows, classes}), b.integers({rows}, 0, classes)},
                            {{"reduction", reduction}});
}
WEFT_OP_SAMPLES("cross_entropy", [](OpSamples& s) {
  for (const std::int64_t reduction : {kNone, kMean, kSum}) {
    s.add([=](SampleBuilder& b) { return cross_entropy_of(b, 3, 5, reduction); });
    s.add([=](SampleBuilder& b) { return cross_entropy_of(b, 4, 1, reduction); });
    s.add([=](SampleBuilder& b) { return cross_entropy_of(b, 0, 3, reduction); });
    s.add([=](SampleBuilder& b) { return cross_entropy_of(b, 65, 33, reduction); }, {.gradients = false});
  }
});

Value cross_entropy_grad_of(SampleBuilder& b, std::int64_t rows, std::int64_t classes, std::int64_t reduction) {
  const Shape loss = reduction == kNone ? Shape{rows} : Shape();
  return b.builder().record(*find_op("cross_entropy_grad"),
                            {b.input({rows, classes}), b.integers({rows}, 0, classes), b.input(loss)},
                            {{"reduction", reduction}});
}
WEFT_OP_SAMPLES("cross_entropy_grad", [](OpSamples& s) {
  for (const std::int64_t reduction : {kNone, kMean, kSum}) {
    s.add([=](SampleBuilder& b) { return cross_entropy_grad_of(b, 3, 4, reduction); });
    s.add([=](SampleBuilder& b) { return cross_entropy_grad_of(b, 2, 1, reduction); });
    s.add([=](SampleBuilder& b) { return cross_entropy_grad_of(b, 0, 3, reduction); });
    s.add([=](SampleBuilder& b) { return cross_entropy_grad_of(b, 65, 33, reduction); }, {.gradients = false});
  }
});

}  // namespace
}  // namespace weft
