// Every registered op, by its samples (tests/testing/samples.h): a new op is tested here by nothing but its samples.
#include <gtest/gtest.h>
#include <tbb/task_arena.h>

#include <ostream>
#include <set>
#include <string>

#include "graph/passes/optimize.h"
#include "graph/text/text.h"
#include "graph/verify.h"
#include "runtime/running/run.h"
#include "tests/testing/custom_ops.h"
#include "tests/testing/gradcheck.h"
#include "tests/testing/matchers.h"
#include "tests/testing/samples.h"

namespace weft {

void PrintTo(const Sample& sample, std::ostream* out) { *out << sample.op << " " << sample.index; }

namespace {

bool is_tested(const OpDef& op) { return &op != &kInput && !op.name.starts_with("test_"); }

bool computes(const SampleGraph& sample, std::string_view op) {
  for (NodeId n = 0; n < sample.graph.size(); ++n)
    if (sample.graph.node(n).op->name == op) return true;
  return false;
}

bool has_value_of_no_elements(const SampleGraph& sample) {
  for (NodeId n = 0; n < sample.graph.size(); ++n)
    if (sample.graph.node(n).outputs[0].shape.numel() == 0) return true;
  return false;
}

bool is_differentiable(const Sample& sample, const Graph& graph) {
  const OpDef* op = find_op(sample.op);
  if (!op || !op->grad) return false;
  for (const ValueId& v : graph.outputs())
    if (graph.node(v.node).requires_grad) return true;
  return false;
}

// The sample's results followed by its gradients where it has any.
SampleGraph with_gradients(const Sample& sample, DType floating) {
  SampleGraph made = build_sample(sample, floating);
  if (!is_differentiable(sample, made.graph)) return made;
  const std::vector<ValueId> results = made.graph.outputs();
  GradientGraph gradients = gradient_graph(made.graph);
  made.inputs = gradient_inputs(gradients.graph, made.inputs);
  made.graph = std::move(gradients.graph);
  made.graph.outputs().insert(made.graph.outputs().begin(), results.begin(), results.end());
  return made;
}

std::vector<HostTensor> run_planned(const SampleGraph& sample, Executor& executor) {
  Program program;
  program.graph = sample.graph;
  Run run(make_plan(std::move(program)));
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) run.bind_argument(i, sample.inputs[i].data());
  std::vector<HostTensor> results;
  for (const ValueId& v : sample.graph.outputs()) results.emplace_back(sample.graph.type(v));
  for (std::size_t k = 0; k < results.size(); ++k) run.bind_result(k, results[k].data());
  run.execute(executor);
  return results;
}

// ---- Coverage

TEST(AllOps, EveryOpHasSamples) {
  for (const OpDef* op : registered_ops())
    EXPECT_TRUE(!is_tested(*op) || !samples_of(op->name).empty()) << op->name << ": add WEFT_OP_SAMPLES";
}

TEST(AllOps, EverySampleNamesAnOp) {
  for (const Sample& sample : all_samples()) EXPECT_NE(find_op(sample.op), nullptr) << sample.op;
}

TEST(AllOps, EveryOpHasASampleOfNoElements) {
  // Made by a pass, for calls that have elements; scalars in, scalars out.
  const std::set<std::string_view> never_empty{"fused", "fused_matmul", "sum_blocks", "adam_factors"};
  for (const OpDef* op : registered_ops()) {
    if (!is_tested(*op) || never_empty.contains(op->name)) continue;
    bool found = false;
    for (const Sample& sample : samples_of(op->name))
      found = found || has_value_of_no_elements(build_sample(sample, DType::f32));
    EXPECT_TRUE(found) << op->name << ": add a sample of no elements";
  }
}

TEST(AllOps, EveryDifferentiableOpHasASampleWithGradients) {
  for (const OpDef* op : registered_ops()) {
    if (!is_tested(*op) || !op->grad || op->name == "detach") continue;  // the gradient of detach is to be missing
    bool found = false;
    for (const Sample& sample : samples_of(op->name))
      found = found || (sample.options.gradients && is_differentiable(sample, build_sample(sample, DType::f64).graph));
    EXPECT_TRUE(found) << op->name << ": add a sample with inputs that require gradients";
  }
}

// ---- Each sample

class OpSample : public ::testing::TestWithParam<Sample> {};

TEST_P(OpSample, ComputesItsOp) { EXPECT_TRUE(computes(build_sample(GetParam(), DType::f64), GetParam().op)); }

TEST_P(OpSample, ObeysTheRulesWithItsGradients) {
  EXPECT_NO_THROW(verify(with_gradients(GetParam(), DType::f32).graph));
}

// Exact, where text might not show a digit.
bool same_node(const Graph& a, const Graph& b, NodeId n) {
  const Node &x = a.node(n), &y = b.node(n);
  return x.op == y.op && x.outputs == y.outputs && x.attrs == y.attrs && a.operands(n) == b.operands(n);
}

TEST_P(OpSample, SurvivesPrintingAndParsing) {
  const Graph graph = with_gradients(GetParam(), DType::f32).graph;
  const std::string text = print_graph(graph);
  const Graph parsed = parse_graph(text);
  ASSERT_EQ(parsed.size(), graph.size()) << text;
  for (NodeId n = 0; n < graph.size(); ++n) EXPECT_TRUE(same_node(graph, parsed, n)) << "node " << n << " of\n" << text;
  EXPECT_EQ(parsed.inputs(), graph.inputs());
  EXPECT_EQ(parsed.outputs(), graph.outputs());
  EXPECT_EQ(print_graph(parsed), text);
}

TEST_P(OpSample, GradientsAgreeWithCentralDifferences) {
  const SampleGraph sample = build_sample(GetParam(), DType::f64);
  if (!GetParam().options.gradients || !is_differentiable(GetParam(), sample.graph)) return;
  EXPECT_TRUE(check_gradients(sample.graph, sample.inputs));
}

TEST_P(OpSample, SecondGradientsAgreeWithCentralDifferences) {
  const SampleGraph sample = build_sample(GetParam(), DType::f64);
  const SampleOptions& options = GetParam().options;
  if (!options.gradients || !options.smooth || !is_differentiable(GetParam(), sample.graph)) return;
  EXPECT_TRUE(check_second_gradients(sample.graph, sample.inputs));
}

TEST_P(OpSample, F32AgreesWithF64) {
  const SampleGraph single = with_gradients(GetParam(), DType::f32), twice = with_gradients(GetParam(), DType::f64);
  // The seeds of the gradients are rounded in f32; the reference must start from the same numbers.
  std::vector<HostTensor> inputs;
  for (std::size_t i = 0; i < twice.inputs.size(); ++i)
    inputs.emplace_back(twice.inputs[i].type(), single.inputs[i].doubles());
  const std::vector<HostTensor> got = interpret(single.graph, single.inputs);
  const std::vector<HostTensor> expected = interpret(twice.graph, inputs);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t k = 0; k < got.size(); ++k) {
    ASSERT_EQ(got[k].type().shape, expected[k].type().shape);
    EXPECT_THAT(got[k], has_values(expected[k].doubles(), GetParam().options.f32_tolerance)) << "result " << k;
  }
}

TEST_P(OpSample, PlannedRunsGiveTheBitsOfTheInterpreter) {
  const SampleGraph sample = with_gradients(GetParam(), DType::f32);
  const std::vector<HostTensor> expected = interpret(sample.graph, sample.inputs);
  const std::vector<HostTensor> serial = run_planned(sample, serial_executor());
  std::vector<HostTensor> parallel;
  tbb::task_arena arena(3);
  arena.execute([&] { parallel = run_planned(sample, *make_tbb_executor(0)); });
  for (std::size_t k = 0; k < expected.size(); ++k) {
    EXPECT_THAT(serial[k], has_bits_of(expected[k])) << "result " << k;
    EXPECT_THAT(parallel[k], has_bits_of(expected[k])) << "result " << k;
  }
}

TEST_P(OpSample, OptimizingChangesNoResult) {
  const SampleGraph sample = with_gradients(GetParam(), DType::f64);
  const Graph optimized = optimize(sample.graph);
  EXPECT_NO_THROW(verify(optimized));
  const std::vector<HostTensor> expected = interpret(sample.graph, sample.inputs);
  const std::vector<HostTensor> got = interpret(optimized, sample.inputs);
  for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_THAT(got[k], is_near(expected[k], 1e-12)) << "result " << k;
}

INSTANTIATE_TEST_SUITE_P(All, OpSample, ::testing::ValuesIn(all_samples()), [](const auto& info) {
  return without_dots(info.param.op) + "_" + std::to_string(info.param.index);
});

}  // namespace
}  // namespace weft
