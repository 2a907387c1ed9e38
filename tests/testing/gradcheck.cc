#include "tests/testing/gradcheck.h"

#include <cmath>

#include "graph/text/text.h"

namespace weft {
namespace {

double weighted_sum(const std::vector<HostTensor>& outputs, const std::vector<HostTensor>& seeds) {
  double total = 0;
  std::size_t next = 0;
  for (const HostTensor& out : outputs) {
    if (!is_floating(out.type().dtype)) continue;
    const HostTensor& seed = seeds[next++];
    for (std::int64_t i = 0; i < out.numel(); ++i) total += out.at(i) * seed.at(i);
  }
  return total;
}

// d(weighted sum)/d(input[i]).
double central_difference(const Graph& graph, std::vector<HostTensor>& inputs, std::size_t input, std::int64_t i,
                          const std::vector<HostTensor>& seeds, double eps) {
  const double x = inputs[input].at(i);
  inputs[input].set(i, x + eps);
  const double above = weighted_sum(interpret(graph, inputs), seeds);
  inputs[input].set(i, x - eps);
  const double below = weighted_sum(interpret(graph, inputs), seeds);
  inputs[input].set(i, x);
  return (above - below) / (2 * eps);
}

}  // namespace

GradientGraph gradient_graph(const Graph& graph) {
  GradientGraph made{graph, {}, {}};
  Builder builder(made.graph);
  std::vector<Value> outputs, seeds, wrt;
  for (const ValueId& v : graph.outputs())
    if (is_floating(graph.type(v).dtype)) outputs.push_back(builder.value(v));
  for (const Value& v : outputs) seeds.push_back(builder.value({made.graph.add_input(v.type(), true), 0}));
  for (const NodeId n : graph.inputs())
    if (graph.node(n).requires_grad) {
      made.wrt.push_back(n);
      wrt.push_back(builder.value({n, 0}));
    }
  made.graph.outputs().clear();
  for (const Value& gradient : differentiate(builder, outputs, seeds, wrt)) {
    made.present.push_back(gradient.defined());
    if (gradient.defined()) made.graph.outputs().push_back(gradient.id());
  }
  return made;
}

std::vector<HostTensor> gradient_inputs(const Graph& gradients, const std::vector<HostTensor>& inputs) {
  std::vector<HostTensor> all(inputs);
  for (std::size_t k = inputs.size(); k < gradients.inputs().size(); ++k) {
    HostTensor seed(gradients.node(gradients.inputs()[k]).outputs[0]);
    for (std::int64_t i = 0; i < seed.numel(); ++i) seed.set(i, 1 + 0.5 * std::sin(static_cast<double>(i) * 1.7 + k));
    all.push_back(std::move(seed));
  }
  return all;
}

::testing::AssertionResult check_gradients(const Graph& graph, const std::vector<HostTensor>& inputs,
                                           const GradcheckOptions& options) {
  const GradientGraph gradients = gradient_graph(graph);
  const std::vector<HostTensor> all = gradient_inputs(gradients.graph, inputs);
  const std::vector<HostTensor> seeds(all.begin() + static_cast<std::ptrdiff_t>(inputs.size()), all.end());
  const std::vector<HostTensor> computed = interpret(gradients.graph, all);
  std::vector<HostTensor> moved(inputs);
  std::size_t next = 0;
  for (std::size_t w = 0; w < gradients.wrt.size(); ++w) {
    const auto input = static_cast<std::size_t>(
        std::find(graph.inputs().begin(), graph.inputs().end(), gradients.wrt[w]) - graph.inputs().begin());
    if (inputs[input].type().dtype != DType::f64)
      return ::testing::AssertionFailure() << "input " << input << " is not f64";
    const HostTensor* gradient = gradients.present[w] ? &computed[next++] : nullptr;
    if (gradient && gradient->type() != inputs[input].type())
      return ::testing::AssertionFailure() << "gradient of input " << input << " is " << gradient->type().str();
    for (std::int64_t i = 0; i < inputs[input].numel(); ++i) {
      const double expected = central_difference(graph, moved, input, i, seeds, options.eps);
      const double got = gradient ? gradient->at(i) : 0;
      if (!(std::abs(got - expected) <= options.atol + options.rtol * std::abs(expected)))
        return ::testing::AssertionFailure() << "gradient of input " << input << " at element " << i << " is " << got
                                             << ", central differences give " << expected << "\n"
                                             << print_graph(gradients.graph);
    }
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult check_second_gradients(const Graph& graph, const std::vector<HostTensor>& inputs,
                                                  const GradcheckOptions& options) {
  const GradientGraph gradients = gradient_graph(graph);
  return check_gradients(gradients.graph, gradient_inputs(gradients.graph, inputs), options);
}

::testing::AssertionResult gradcheck(const GraphFn& fn, const std::vector<HostTensor>& inputs, bool second,
                                     const GradcheckOptions& options) {
  Graph graph;
  Builder builder(graph);
  std::vector<Value> values;
  for (const HostTensor& input : inputs)
    values.push_back(builder.value({graph.add_input(input.type(), is_floating(input.type().dtype)), 0}));
  graph.outputs().push_back(fn(values).id());
  const ::testing::AssertionResult first = check_gradients(graph, inputs, options);
  return first && second ? check_second_gradients(graph, inputs, options) : first;
}

}  // namespace weft
