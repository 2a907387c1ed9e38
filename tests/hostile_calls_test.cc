// Every registered op with attributes and operands that no function of the library would give it, as a hostile graph
// text may. Each call must either be refused with weft::Error or run within its buffers: the interpreter watches guards
// behind them, the sanitizers the rest.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "graph/element_program.h"
#include "graph/verify.h"
#include "tests/testing/custom_ops.h"
#include "tests/testing/gradcheck.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

constexpr std::size_t kLargestRun = 1 << 16;  // bytes of a value; larger calls are only checked, not run
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min(), kHighest = -(kLowest + 1);

AttrValue program(std::string_view text) { return std::make_shared<const ElementProgram>(ElementProgram::parse(text)); }

const std::vector<AttrValue>& hostile_values() {
  static const std::vector<AttrValue> values{true,
                                             false,
                                             std::int64_t{0},
                                             std::int64_t{1},
                                             std::int64_t{-1},
                                             std::int64_t{7},
                                             kLowest,
                                             kHighest,
                                             std::int64_t{1} << 40,
                                             0.0,
                                             -1.5,
                                             1e300,
                                             0x1p63,
                                             static_cast<double>(NAN),
                                             static_cast<double>(INFINITY),
                                             DType::f32,
                                             DType::f64,
                                             DType::i64,
                                             DType::boolean,
                                             Dims{},
                                             Dims{0},
                                             Dims{1},
                                             Dims{-1},
                                             Dims{9},
                                             Dims{0, 0},
                                             Dims{1, 0},
                                             Dims{2, 1, 0},
                                             Dims{kLowest},
                                             Dims{kHighest, kHighest},
                                             Dims{0, kHighest},
                                             Dims(9, 1),
                                             program(""),
                                             program("inputs 1"),
                                             program("inputs 1; out elements 0"),
                                             program("inputs 59000; exp 0; out elements 59000"),
                                             program("inputs 3; mul 0 0; out block_sums 2"),
                                             program("inputs 3; where 0 1 2; out elements 3; out column_sums 0"),
                                             Dims(100, 0)};
  return values;
}

const std::vector<TensorType>& hostile_types() {
  static const std::vector<TensorType> types{
      {DType::f32, {}},     {DType::f64, {}},     {DType::i64, {}},        {DType::boolean, {}},
      {DType::f32, {0}},    {DType::f64, {3}},    {DType::i64, {2}},       {DType::boolean, {2, 3}},
      {DType::f32, {2, 0}}, {DType::i64, {1, 1}}, {DType::f64, {3, 1, 2}}, {DType::f32, {1, 1, 1, 1, 1, 1, 1, 2}}};
  return types;
}

struct Counts {
  int refused = 0;
  int ran = 0;
};

bool is_small(const Graph& graph) {
  for (NodeId n = 0; n < graph.size(); ++n)
    for (const TensorType& type : graph.node(n).outputs)
      if (type.bytes() > kLargestRun) return false;
  return true;
}

// Inputs of ones and zeros, some of them negative.
std::vector<HostTensor> any_inputs(const Graph& graph) {
  std::vector<HostTensor> inputs;
  for (const NodeId n : graph.inputs()) {
    HostTensor& input = inputs.emplace_back(graph.node(n).outputs[0]);
    for (std::int64_t i = 0; i < input.numel(); ++i) input.set(i, static_cast<double>(i % 3 - 1));
  }
  return inputs;
}

void try_call(const OpDef& op, const std::vector<TensorType>& types, const Attrs& attrs, Counts& counts) {
  Graph graph;
  Builder builder(graph);
  try {
    std::vector<Value> operands;
    for (const TensorType& type : types)
      operands.push_back(builder.value({graph.add_input(type, is_floating(type.dtype)), 0}));
    graph.outputs() = {builder.record(op, operands, attrs).id()};
    verify(graph);
    if (!is_small(graph)) return;
    interpret(graph, any_inputs(graph));
    const Graph gradients = gradient_graph(graph).graph;
    if (is_small(gradients)) interpret(gradients, any_inputs(gradients));
    ++counts.ran;
  } catch (const Error& error) {
    ++counts.refused;
    const std::string_view text = error.what();
    EXPECT_FALSE(text.starts_with("[interpreter]") || text.starts_with("[verify]")) << text;
    EXPECT_FALSE(text.starts_with("[shape]")) << text << "\nnames no operation";
  }
}

class HostileCalls : public ::testing::TestWithParam<const OpDef*> {
 protected:
  // The calls of the op in its samples.
  template <class F>
  void for_each_call(F visit) {
    for (const Sample& sample : samples_of(GetParam()->name)) {
      const Graph graph = build_sample(sample, DType::f32).graph;
      for (NodeId n = 0; n < graph.size(); ++n) {
        if (graph.node(n).op != GetParam() || !is_small(graph)) continue;
        std::vector<TensorType> types;
        for (const ValueId& v : graph.operands(n)) types.push_back(graph.type(v));
        visit(types, graph.node(n).attrs);
      }
    }
  }
  Counts counts_;
};

TEST_P(HostileCalls, Attributes) {
  for_each_call([&](const std::vector<TensorType>& types, const Attrs& attrs) {
    for (const auto& [name, value] : attrs) {
      for (const AttrValue& hostile : hostile_values()) {
        Attrs changed = attrs;
        changed.set(name, hostile);
        try_call(*GetParam(), types, changed, counts_);
      }
      Attrs without;
      for (const auto& [other, kept] : attrs)
        if (other != name) without.set(other, kept);
      try_call(*GetParam(), types, without, counts_);
    }
  });
}

TEST_P(HostileCalls, Operands) {
  for_each_call([&](const std::vector<TensorType>& types, const Attrs& attrs) {
    std::vector<TensorType> changed = types;
    for (std::size_t i = 0; i < types.size(); ++i) {
      for (const TensorType& hostile : hostile_types()) {
        changed[i] = hostile;
        try_call(*GetParam(), changed, attrs, counts_);
      }
      changed[i] = types[i];
    }
    for (const TensorType& hostile : hostile_types())
      try_call(*GetParam(), std::vector<TensorType>(types.size(), hostile), attrs, counts_);
    changed.emplace_back();
    try_call(*GetParam(), changed, attrs, counts_);
    try_call(*GetParam(), {}, attrs, counts_);
  });
  EXPECT_GT(counts_.refused + counts_.ran, 0);
}

std::vector<const OpDef*> tested_ops() {
  std::vector<const OpDef*> ops;
  for (const OpDef* op : registered_ops())
    if (op != &kInput && !op->name.starts_with("test_")) ops.push_back(op);
  return ops;
}

INSTANTIATE_TEST_SUITE_P(All, HostileCalls, ::testing::ValuesIn(tested_ops()),
                         [](const auto& info) { return without_dots(info.param->name); });

}  // namespace
}  // namespace weft
