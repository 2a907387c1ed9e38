#include "tests/testing/random_dag.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "graph/builder.h"
#include "tests/testing/dag_ops.h"

namespace weft {
namespace {

class Generator {
 public:
  Generator(std::uint64_t seed, const DagOptions& options) : random_(seed), options_(options) {}

  Program make() {
    Builder builder(program_.graph);
    for (std::size_t i = 0; i < options_.arguments + options_.variables; ++i)
      values_.push_back(builder.value({program_.graph.add_input(input_type(i)), 0}));
    program_.num_variables = options_.variables;
    while (program_.graph.size() < options_.nodes) add_node(builder);
    for (std::size_t k = 0; k < options_.results; ++k) program_.graph.outputs().push_back(pick().id());
    add_writes(builder);
    return std::move(program_);
  }

 private:
  static constexpr std::int64_t kSizes[] = {16, 64, 4};

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  TensorType input_type(std::size_t i) { return {DType::f32, {kSizes[i % 2]}}; }

  // Near ones more often than far ones, so that lives differ in length.
  Value pick() { return values_[values_.size() - 1 - below(1 + below(values_.size()))]; }
  // One of this shape, or x itself.
  Value pick_like(const Value& x) {
    for (int tries = 0; tries < 8; ++tries)
      if (const Value v = pick(); v.type() == x.type()) return v;
    return x;
  }

  void add_node(Builder& builder) {
    const Value x = pick();
    const std::int64_t size = kSizes[below(3)];
    if (options_.throw_every > 0 && below(options_.throw_every) == 0) {
      values_.push_back(builder.record(kTestCheck, {x}, {{"id", checks_++}}));
      return;
    }
    switch (below(12)) {
      case 0:
        return add(builder.record(kTestValue, {}, {{"size", size}, {"value", static_cast<double>(below(5))}}));
      case 1:
        return add(builder.record(kTestFold, {x}));
      case 2:
        return add(builder.record(kTestFlat, {x}, {{"size", x.shape().numel()}}));
      case 3:
        return add(builder.record(kTestReversed, {x}));
      case 4: {
        const Value both = builder.record(kTestSplit, {x, pick_like(x)});
        add(both);
        return add(both.output(1));
      }
      case 5:
      case 6: {
        std::vector<Value> operands = {x};
        for (std::size_t k = below(5); k > 0; --k) operands.push_back(pick());
        return add(builder.record(kTestGather, operands, {{"size", size}}));
      }
      case 7:
        return add(builder.record(kTestRows, {x, pick_like(x)}));
      case 8:
        return add(builder.record(kTestColumns, {x, pick_like(x)}));
      default: {
        std::vector<Value> operands = {x};
        for (std::size_t k = below(3); k > 0; --k) operands.push_back(pick_like(x));
        return add(builder.record(kTestMix, operands));
      }
    }
  }

  void add(const Value& value) { values_.push_back(value); }

  void add_writes(Builder& builder) {
    for (std::uint32_t j = 0; j < options_.variables; ++j) {
      const Value old = values_[options_.arguments + j];
      if (below(6) == 0) continue;  // only read
      Value value = old;
      if (const std::size_t kind = below(4); kind < 2)
        value = builder.record(kTestMix, {old, pick_like(old)});  // an update
      else if (kind == 2)
        value = pick_like(old);  // anything: computed, another variable, itself
      else
        value = builder.record(kTestGather, {pick()}, {{"size", old.shape().numel()}});
      program_.graph.outputs().push_back(value.id());
      program_.writes.push_back(j);
    }
  }

  std::mt19937_64 random_;
  DagOptions options_;
  Program program_;
  std::vector<Value> values_;
  std::int64_t checks_ = 0;
};

HostTensor filled(const TensorType& type, std::mt19937_64& random) {
  HostTensor tensor(type);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.set(i, static_cast<double>(random() % 256) / 64 - 2);
  return tensor;
}

}  // namespace

Program random_program(std::uint64_t seed, const DagOptions& options) { return Generator(seed, options).make(); }

StepGraph random_step_graph(std::mt19937_64& random, std::size_t steps, std::size_t max_predecessors) {
  StepGraph graph;
  std::vector<StepId> row;
  for (StepId s = 0; s < steps; ++s) {
    row.clear();
    for (std::size_t k = s == 0 ? 0 : random() % (max_predecessors + 1); k > 0; --k)
      row.push_back(static_cast<StepId>(s - 1 - random() % std::min<std::size_t>(s, 1 + random() % 40)));
    graph.add_step(row);
  }
  return graph;
}

BoundRun::BoundRun(std::shared_ptr<const Plan> plan, std::uint64_t seed) : run(plan) {
  const Program& program = plan->program;
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < program.graph.inputs().size(); ++i) {
    const TensorType& type = program.graph.node(program.graph.inputs()[i]).outputs[0];
    (i < program.num_arguments() ? arguments : variables).push_back(filled(type, random));
  }
  for (std::size_t k = 0; k < program.num_results(); ++k)
    results.emplace_back(program.graph.type(program.graph.outputs()[k]));
  for (std::size_t i = 0; i < arguments.size(); ++i) run.bind_argument(i, arguments[i].data());
  for (std::size_t j = 0; j < variables.size(); ++j) run.bind_variable(j, variables[j].data(), variables[j].data());
  for (std::size_t k = 0; k < results.size(); ++k) run.bind_result(k, results[k].data());
}

std::vector<HostTensor> BoundRun::interpreted() const {
  std::vector<HostTensor> inputs = arguments;
  inputs.insert(inputs.end(), variables.begin(), variables.end());
  return interpret(run.plan().program.graph, inputs);
}

void expect_outputs(const BoundRun& bound, const std::vector<HostTensor>& expected) {
  const Program& program = bound.run.plan().program;
  ASSERT_EQ(expected.size(), program.graph.outputs().size());
  for (std::size_t k = 0; k < bound.results.size(); ++k)
    EXPECT_TRUE(bound.results[k].same_bits(expected[k]))
        << "result " << k << " is " << bound.results[k] << ", not " << expected[k];
  for (std::size_t k = 0; k < program.writes.size(); ++k) {
    const HostTensor& variable = bound.variables[program.writes[k]];
    const HostTensor& value = expected[bound.results.size() + k];
    EXPECT_TRUE(variable.same_bits(value))
        << "variable " << program.writes[k] << " is " << variable << ", not " << value;
  }
}

}  // namespace weft
