#include "tests/testing/samples.h"

namespace weft {
namespace {

Value detached(const Value& x) { return x.builder().record(*find_op("detach"), {x}); }

// No central difference agrees with the gradient of detach, which is zero by definition.
WEFT_OP_SAMPLES("detach", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return detached(b.input({3, 5})); }, {.gradients = false});
  s.add([](SampleBuilder& b) { return detached(b.input({0, 5})); }, {.gradients = false});
  s.add([](SampleBuilder& b) { return detached(b.integers({4}, -3, 3)); });
});

}  // namespace
}  // namespace weft
