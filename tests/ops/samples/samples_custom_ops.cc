// Operations of users' own go through the checks of all others.
#include "tests/testing/samples.h"

namespace weft {
namespace {

Value call(const char* name, const Value& x, Attrs attrs = {}) {
  return x.builder().record(*find_op(name), {x}, std::move(attrs));
}

WEFT_OP_SAMPLES("test.swish", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return call("test.swish", b.input({3, 5}), {{"beta", 1.5}}); });
  s.add([](SampleBuilder& b) { return call("test.swish", b.input({1}), {{"beta", std::int64_t{2}}}); });
  s.add([](SampleBuilder& b) { return call("test.swish", b.input({0, 5}), {{"beta", 1.0}}); });
  s.add(
      [](SampleBuilder& b) {
        return call("test.swish", b.input({300, 401}), {{"beta", 0.5}});
      },
      {.gradients = false});
});

WEFT_OP_SAMPLES("test.row_moments", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return call("test.row_moments", b.input({3, 5})); });
  s.add([](SampleBuilder& b) {
    const Value first = call("test.row_moments", b.input({4, 3}));
    return std::vector<Value>{first, first.output(1)};
  });
  s.add([](SampleBuilder& b) { return call("test.row_moments", b.input({2, 0})).output(1); });
  s.add([](SampleBuilder& b) { return call("test.row_moments", b.input({0, 3})); });
});

}  // namespace
}  // namespace weft
