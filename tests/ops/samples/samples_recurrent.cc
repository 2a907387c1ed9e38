#include "ops/recurrent/recurrent_values.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

struct Sizes {
  RecurrentCell cell;
  std::int64_t steps, batch, hidden;
  bool reverse = false, lengths = false;
  std::int64_t projected = 0;
};

RecurrentSteps operands(SampleBuilder& b, const Sizes& s) {
  const std::int64_t gates = gates_of(s.cell) * s.hidden, width = s.projected > 0 ? s.projected : s.hidden;
  // Off the point where relu breaks.
  const Range range = s.cell == RecurrentCell::relu ? Range{.low = 0.2, .high = 1} : Range{.low = -1, .high = 1};
  RecurrentSteps x{.cell = s.cell,
                   .input = b.input({s.steps, s.batch, gates}, range),
                   .weight = b.input({gates, width}, range),
                   .h = b.input({s.batch, width}, range)};
  if (s.cell == RecurrentCell::lstm) x.c = b.input({s.batch, s.hidden}, range);
  if (s.cell == RecurrentCell::gru) x.bias = b.input({s.hidden}, range);
  if (s.lengths) x.lengths = b.integers({s.batch}, 0, s.steps + 1);
  if (s.projected > 0) x.projection = b.input({width, s.hidden}, range);
  x.reverse = s.reverse;
  return x;
}

std::vector<Value> states(SampleBuilder& b, const Sizes& s) {
  const Value h = recurrent_steps(operands(b, s));
  if (s.cell != RecurrentCell::lstm) return {h};
  return {h, h.output(1)};
}

constexpr RecurrentCell kTanh = RecurrentCell::tanh, kRelu = RecurrentCell::relu, kLstm = RecurrentCell::lstm,
                        kGru = RecurrentCell::gru;

WEFT_OP_SAMPLES("recurrent_steps", [](OpSamples& s) {
  const SampleOptions once{.smooth = false}, large{.gradients = false, .f32_tolerance = 1e-3};
  for (const RecurrentCell cell : {kTanh, kRelu, kLstm, kGru}) {
    s.add([=](SampleBuilder& b) { return states(b, {cell, 3, 2, 3}); }, once);
    s.add([=](SampleBuilder& b) { return states(b, {cell, 4, 3, 2, true, true}); }, once);
    s.add([=](SampleBuilder& b) { return states(b, {cell, 2, 0, 3}); }, once);
  }
  s.add([](SampleBuilder& b) { return states(b, {kLstm, 3, 2, 3, false, true, 2}); }, once);
  s.add([](SampleBuilder& b) { return states(b, {kLstm, 0, 2, 3}); }, once);
  s.add([](SampleBuilder& b) { return states(b, {kLstm, 3, 2, 4, true, false, 1}); }, once);
  s.add([](SampleBuilder& b) { return states(b, {kLstm, 20, 33, 40}); }, large);
  s.add([](SampleBuilder& b) { return states(b, {kGru, 20, 40, 37, true, true}); }, large);
});

WEFT_OP_SAMPLES("recurrent_steps_grad", [](OpSamples& s) {
  const auto slopes = [](SampleBuilder& b, const Sizes& sizes) {
    const RecurrentSteps x = operands(b, sizes);
    const Value h = recurrent_steps(x);
    std::vector<Value> all{x.input, x.weight, x.h};
    for (const Value& v : {x.c, x.bias, x.lengths, x.projection})
      if (v.defined()) all.push_back(v);
    for (std::uint32_t k = 0; k < 3; ++k) all.push_back(h.output(k));
    for (std::uint32_t k = 0; k < 2; ++k) all.push_back(b.input(h.output(k).shape()));
    const Value first = b.builder().record(*find_op("recurrent_steps_grad"), all,
                                           {{"bias", x.bias.defined()},
                                            {"cell", static_cast<std::int64_t>(x.cell)},
                                            {"lengths", x.lengths.defined()},
                                            {"projects", x.projection.defined()},
                                            {"reverse", x.reverse}});
    std::vector<Value> results;
    for (std::uint32_t k = 0; k < 5; ++k) results.push_back(first.output(k));
    return results;
  };
  const SampleOptions values{.gradients = false, .f32_tolerance = 1e-4};
  for (const RecurrentCell cell : {kTanh, kRelu, kLstm, kGru})
    s.add([=](SampleBuilder& b) { return slopes(b, {cell, 3, 2, 3, true, true}); }, values);
  s.add([=](SampleBuilder& b) { return slopes(b, {kLstm, 3, 2, 3, false, true, 2}); }, values);
  s.add([=](SampleBuilder& b) { return slopes(b, {kGru, 2, 0, 3}); }, values);
  s.add([=](SampleBuilder& b) { return slopes(b, {kLstm, 0, 2, 3}); }, values);
  s.add([=](SampleBuilder& b) { return slopes(b, {kLstm, 12, 33, 24}); }, values);
});

}  // namespace
}  // namespace weft
