#include "ops/values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

// e^x, whose derivative is written down and not that of the value.
Value exp_of(const Value& x) {
  const Value value = exp(x.builder().record(*find_op("detach"), {x}));
  return with_derivative(value, x, exp(x));
}

WEFT_OP_SAMPLES("with_derivative", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return exp_of(b.input({3, 5})); });
  s.add([](SampleBuilder& b) { return exp_of(b.input({})); });
  s.add([](SampleBuilder& b) { return exp_of(b.input({0, 5})); });
  s.add([](SampleBuilder& b) { return exp_of(b.input({17, 31})); });
});

}  // namespace
}  // namespace weft
