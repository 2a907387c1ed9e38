// Samples of the optimizer ops. lr is f64[] and steps are i64[] whatever the parameter's dtype.
#include "ops/values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

constexpr SampleOptions kNoGradients{.gradients = false, .smooth = false};

std::vector<Value> results(const Value& first, std::uint32_t count) {
  std::vector<Value> all;
  for (std::uint32_t k = 0; k < count; ++k) all.push_back(first.output(k));
  return all;
}

Value rate(SampleBuilder& b) { return number(b.builder(), DType::f64, 0.125); }

struct SgdCase {
  double momentum = 0, dampening = 0, weight_decay = 0;
  bool nesterov = false;
  std::int64_t step = 0;  // 0: the op gets none
};

std::vector<Value> sgd_step(SampleBuilder& b, const Shape& shape, const SgdCase& c) {
  std::vector<Value> operands{b.input(shape), b.input(shape)};
  if (c.momentum != 0) operands.push_back(b.input(shape));
  operands.push_back(rate(b));
  if (c.step != 0) operands.push_back(full(b.builder(), {DType::i64, {}}, static_cast<double>(c.step)));
  const Value first = b.builder().record(*find_op("sgd_step"), operands,
                                         Attrs{{"dampening", c.dampening},
                                               {"momentum", c.momentum},
                                               {"nesterov", c.nesterov},
                                               {"weight_decay", c.weight_decay}});
  return results(first, c.momentum != 0 ? 2 : 1);
}

WEFT_OP_SAMPLES("sgd_step", [](OpSamples& s) {
  const auto add = [&](const Shape& shape, const SgdCase& c) {
    s.add([=](SampleBuilder& b) { return sgd_step(b, shape, c); }, kNoGradients);
  };
  add({3, 5}, {});
  add({3, 5}, {.weight_decay = 0.25});
  add({37}, {.momentum = 0.5});
  add({37}, {.momentum = 0.5, .weight_decay = 0.25, .nesterov = true});
  add({7}, {.momentum = 0.5, .dampening = 0.25, .step = 1});
  add({7}, {.momentum = 0.5, .dampening = 0.25, .step = 2});
  add({}, {.momentum = 0.5});
  add({0, 3}, {.momentum = 0.5});
});

Value adam_factors(SampleBuilder& b, double decay, double step) {
  return b.builder().record(*find_op("adam_factors"), {rate(b), full(b.builder(), {DType::i64, {}}, step)},
                            Attrs{{"beta1", 0.875}, {"beta2", 0.9375}, {"decay", decay}});
}

std::vector<Value> adam_step(SampleBuilder& b, const Shape& shape, double weight_decay, bool decoupled, double step) {
  const Range positive{.low = 0.5, .high = 2};
  const Value factors = adam_factors(b, decoupled ? weight_decay : 0.0, step);
  const std::vector<Value> operands{b.input(shape), b.input(shape),    b.input(shape),   b.input(shape, positive),
                                    factors,        factors.output(1), factors.output(2)};
  const Value first = b.builder().record(
      *find_op("adam_step"), operands,
      Attrs{{"beta1", 0.875}, {"beta2", 0.9375}, {"eps", 0.0078125}, {"l2", decoupled ? 0.0 : weight_decay}});
  return results(first, 3);
}

WEFT_OP_SAMPLES("adam_factors", [](OpSamples& s) {
  s.add([](SampleBuilder& b) { return results(adam_factors(b, 0, 1), 3); }, kNoGradients);
  s.add([](SampleBuilder& b) { return results(adam_factors(b, 0.25, 7), 3); }, kNoGradients);
});

WEFT_OP_SAMPLES("adam_step", [](OpSamples& s) {
  const auto add = [&](const Shape& shape, double weight_decay, bool decoupled, double step) {
    s.add([=](SampleBuilder& b) { return adam_step(b, shape, weight_decay, decoupled, step); }, kNoGradients);
  };
  add({3, 5}, 0, false, 1);
  add({37}, 0.25, false, 2);
  add({37}, 0.25, true, 10);
  add({}, 0, false, 3);
  add({0, 3}, 0, false, 1);
});

}  // namespace
}  // namespace weft
