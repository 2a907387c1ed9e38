#include "ops/values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

Value written(const Value& whole, const Value& part, std::int64_t dim, std::int64_t start, std::int64_t step) {
  return whole.builder().record(*find_op("slice_write"), {whole, part},
                                Attrs{{"dim", dim}, {"start", start}, {"step", step}});
}
Value over(const Value& value, const Value& before, bool keep) {
  return value.builder().record(*find_op("overwritten"), {value, before}, Attrs{{"keep_history", keep}});
}

WEFT_OP_SAMPLES("slice_write", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return written(b.input({3, 5}), b.input({3, 2}), 1, 1, 2); });
  s.add([](SampleBuilder& b) { return written(b.input({4, 1}), b.input({1, 1}), 0, 3, 1); });
  s.add([](SampleBuilder& b) { return written(b.input({2, 3, 2}), b.input({2, 1, 2}), 1, 0, 1); });
  s.add([](SampleBuilder& b) { return written(b.input({3, 0}), b.input({1, 0}), 0, 1, 1); });
  s.add([](SampleBuilder& b) { return written(b.integers({4}, -3, 3), b.integers({2}, -3, 3), 0, 0, 2); });
});

// Its gradient is that of the value alone, which central differences agree with only there.
WEFT_OP_SAMPLES("overwritten", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return over(b.input({3, 5}), full(b.builder(), {b.floating(), {3, 5}}, 2.0), false); });
  s.add([](SampleBuilder& b) { return over(b.input({0, 5}), full(b.builder(), {b.floating(), {0, 5}}, 2.0), false); });
  s.add([](SampleBuilder& b) { return over(b.integers({4}, -3, 3), b.integers({4}, -3, 3), true); });
});

}  // namespace
}  // namespace weft
