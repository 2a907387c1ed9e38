// Operations that graph/capture puts into graphs.
#include "tests/testing/samples.h"

namespace weft {
namespace {

Value call(std::initializer_list<Value> operands, std::int64_t results) {
  return operands.begin()->builder().record(*find_op("custom_call"), operands, Attrs{{"results", results}});
}
Value after(std::initializer_list<Value> operands) {
  return operands.begin()->builder().record(*find_op("after"), operands);
}

// Its gradient is in no graph.
WEFT_OP_SAMPLES("custom_call", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return call({b.input({3, 5}), b.input({2})}, 1); }, {.gradients = false});
  s.add(
      [](SampleBuilder& b) {
        return call({b.input({3, 5}), b.input({0, 2}), b.input({2})}, 2);
      },
      {.gradients = false});
});

WEFT_OP_SAMPLES("after", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return after({b.input({3, 5}), b.integers({2}, -3, 3)}); });
  s.add([](SampleBuilder& b) { return after({b.input({0, 5})}); });
});

}  // namespace
}  // namespace weft
